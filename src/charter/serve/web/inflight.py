"""Requests under way: how many there are, how long they may take, and when they end early."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum

TICK = 0.1
"""Seconds between two looks at the requests under way."""


class Why(StrEnum):
    """Why the work for a request was ended before its time."""

    SLOW_BODY = "slow body"
    TIMEOUT = "timeout"
    GONE = "gone"
    """The client has left."""


class Stay:
    """One request under way, worked on by one task."""

    __slots__ = ("deadline", "endless", "gone", "limit", "since", "task", "watch", "why")

    def __init__(self, task: "asyncio.Task[object]", now: float, seconds: float) -> None:
        self.task = task
        self.since = now
        self.deadline = now + seconds
        self.limit = Why.TIMEOUT
        self.why: Why | None = None
        self.gone: Callable[[], Awaitable[object]] | None = None
        self.watch: asyncio.Task[None] | None = None
        self.endless = False
        """The answer goes on until somebody leaves."""

    def end(self, why: Why) -> None:
        """Cancel the work, once."""
        if self.why is None:
            self.why = why
            self.task.cancel()


class InFlight:
    """The requests under way in this process. For one event loop.

    A request costs two set operations: its time and its client are looked after by one timer
    for all, which runs only while there are requests. So a deadline is kept to within a `TICK`,
    and the leaving of a client is noticed in requests that are older than that.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._stays: set[Stay] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._empty: asyncio.Event | None = None
        self.stopping = False

    def __len__(self) -> int:
        return len(self._stays)

    @property
    def closed(self) -> bool:
        """Whether no further request is taken: there are too many, or the process is to stop."""
        return self.stopping or len(self._stays) >= self._most

    def enter(self, task: "asyncio.Task[object]", seconds: float) -> Stay:
        """Begin the stay of a request that may take so many seconds."""
        loop = task.get_loop()
        stay = Stay(task, loop.time(), seconds)
        self._stays.add(stay)
        if self._timer is None:
            self._timer = loop.call_later(TICK, self._look, loop)
        return stay

    def leave(self, stay: Stay) -> None:
        self._stays.discard(stay)
        if stay.watch is not None:
            stay.watch.cancel()
        if self._empty is not None and not self._stays:
            self._empty.set()

    async def drained(self, seconds: float) -> bool:
        """Wait until no request is under way; False where that takes longer."""
        if self._stays:
            self._empty = asyncio.Event()
            try:
                await asyncio.wait_for(self._empty.wait(), seconds)
            except TimeoutError:
                return False
        return True

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for stay in self._stays:
            if now >= stay.deadline:
                stay.end(stay.limit)
            elif stay.watch is None and stay.gone is not None and now - stay.since >= TICK:
                stay.watch = loop.create_task(_watch(stay, stay.gone))
        self._timer = loop.call_later(TICK, self._look, loop) if self._stays else None


async def _watch(stay: Stay, gone: Callable[[], Awaitable[object]]) -> None:
    await gone()
    stay.end(Why.GONE)
