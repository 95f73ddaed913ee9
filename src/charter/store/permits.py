"""Permits: so many at once, so many waiting, each for so long."""

import asyncio
from collections import deque
from contextlib import suppress

from charter.store.errors import Unavailable


class Permits:
    """Lets `size` holders in at once, and the others in the order they came.

    At most `queue` wait, each at most `seconds`; others get Unavailable, which names `what`
    there is not enough of.
    """

    __slots__ = ("_closed", "_free", "_queue", "_seconds", "_waiting", "_what", "size")

    def __init__(self, size: int, *, queue: int, seconds: float, what: str) -> None:
        self.size = size
        self._free = size
        self._queue = queue
        self._seconds = seconds
        self._what = what
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False

    async def acquire(self) -> None:
        """Wait for a permit. Raises Unavailable."""
        if self._closed:
            raise Unavailable("the database is closed")
        if self._free:
            self._free -= 1
            return
        if len(self._waiting) >= self._queue:
            raise Unavailable(f"too many requests wait for {self._what}")
        loop = asyncio.get_running_loop()
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
            granted.set_exception(Unavailable(f"no {self._what} came free in time"))
