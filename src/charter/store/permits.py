"""Permits: so many at once, so many waiting, each for so long."""

import asyncio
from collections import deque
from contextlib import suppress

from charter.store.errors import Crowded, Unavailable
from charter.store.usage import PoolUse


class Permits:
    """Lets `size` holders in at once, and the others in the order they came.

    At most `queue` wait, each at most `seconds`; others get Crowded, which names `what` there is
    not enough of.
    """

    __slots__ = (
        "_closed",
        "_free",
        "_longest",
        "_queue",
        "_refused",
        "_seconds",
        "_waiting",
        "_what",
        "size",
    )

    def __init__(self, size: int, *, queue: int, seconds: float, what: str) -> None:
        self.size = size
        self._free = size
        self._queue = queue
        self._seconds = seconds
        self._what = what
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False
        self._longest = 0.0
        self._refused = 0

    def usage(self, name: str, idle: int = 0) -> PoolUse:
        """How many are in, and wait; `idle` is what the caller keeps for the next ones."""
        waiting = sum(1 for one in self._waiting if not one.done())
        used = self.size - self._free
        longest = round(self._longest, 3)
        return PoolUse(name, self.size, used, idle, waiting, longest, self._refused)

    async def acquire(self) -> None:
        """Wait for a permit. Raises Crowded, and Unavailable once closed."""
        if self._closed:
            raise Unavailable("the database is closed")
        if self._free:
            self._free -= 1
            return
        if len(self._waiting) >= self._queue:
            self._refused += 1
            raise Crowded(f"too many requests wait for {self._what}")
        loop = asyncio.get_running_loop()
        began = loop.time()
        granted: asyncio.Future[None] = loop.create_future()
        self._waiting.append(granted)
        timer = loop.call_later(self._seconds, self._expire, granted)
        try:
            await granted
        except BaseException:
            if granted.done() and not granted.cancelled() and granted.exception() is None:
                self.release()
            else:
                with suppress(ValueError):
                    self._waiting.remove(granted)
            raise
        finally:
            timer.cancel()
            self._longest = max(self._longest, loop.time() - began)

    def release(self) -> None:
        """Give a permit back, to the one who has waited longest."""
        while self._waiting:
            granted = self._waiting.popleft()
            if not granted.done():
                granted.set_result(None)
                return
        self._free += 1

    async def close(self) -> None:
        """Refuse newcomers, and wait until every holder is done."""
        self._closed = True
        for _ in range(self.size):
            if self._free:
                self._free -= 1
            else:
                last: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiting.append(last)
                await last

    def _expire(self, granted: asyncio.Future[None]) -> None:
        if not granted.done():
            self._refused += 1
            granted.set_exception(Crowded(f"no {self._what} came free in time"))
