"""Permits: so many at once, so many waiting, each for so long."""

import asyncio
from collections import deque
from contextlib import suppress
from math import inf
from typing import NamedTuple

from charter.store.errors import Crowded, Unavailable
from charter.store.usage import PoolUse


class Waiter(NamedTuple):
    """Somebody who waits for a permit until a time of the loop's clock."""

    granted: "asyncio.Future[None]"
    until: float


class Permits:
    """Lets `size` holders in at once, and the others in the order they came.

    At most `queue` wait, each at most `seconds`; others get Crowded, which names `what` there is
    not enough of.
    """

    __slots__ = (
        "_clock",
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
        self._waiting: deque[Waiter] = deque()
        self._clock: asyncio.TimerHandle | None = None
        """One for all: as all wait equally long, the first is the first whose time is over."""
        self._closed = False
        self._longest = 0.0
        self._refused = 0

    def usage(self, name: str, idle: int = 0) -> PoolUse:
        """How many are in, and wait; `idle` is what the caller keeps for the next ones."""
        waiting = sum(1 for one in self._waiting if not one.granted.done())
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
        waiter = Waiter(granted, began + self._seconds)
        self._waiting.append(waiter)
        if self._clock is None:
            self._clock = loop.call_at(waiter.until, self._look)
        try:
            await granted
        except BaseException:
            if granted.done() and not granted.cancelled() and granted.exception() is None:
                self.release()
            else:
                with suppress(ValueError):
                    self._waiting.remove(waiter)
            raise
        finally:
            self._longest = max(self._longest, loop.time() - began)

    def release(self) -> None:
        """Give a permit back, to the one who has waited longest."""
        while self._waiting:
            granted = self._waiting.popleft().granted
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
                self._waiting.append(Waiter(last, inf))
                await last

    def _look(self) -> None:
        """Refuse those whose time is over."""
        self._clock = None
        loop = asyncio.get_running_loop()
        while self._waiting:
            granted, until = self._waiting[0]
            if not granted.done() and until > loop.time():
                if until < inf:
                    self._clock = loop.call_at(until, self._look)
                return
            self._waiting.popleft()
            if not granted.done():
                self._refused += 1
                granted.set_exception(Crowded(f"no {self._what} came free in time"))
