"""Rights that are looked at again and again, by one clock for all who are told of changes."""

import asyncio
import time
from typing import Protocol

from charter.core.signals import Failed, Listener
from charter.core.tasks import ended

TICK = 0.5
CHECKS_AT_ONCE = 8


class Rechecked(Protocol):
    """Somebody who is told of changes. `due` is when it was looked at last, by `monotonic`."""

    due: float

    async def recheck(self) -> None:
        """Look at its rights, and end it where they are not what they were."""


class Rechecks:
    """Looks at each every so many `seconds`. For one event loop; it rests while there is none."""

    def __init__(self, seconds: float, listener: Listener | None) -> None:
        self._seconds = seconds
        self._listener = listener
        self._all: set[Rechecked] = set()
        self._looking: set[Rechecked] = set()
        self._clock: asyncio.Task[None] | None = None
        self._checks: set[asyncio.Task[None]] = set()
        self._permits = asyncio.Semaphore(CHECKS_AT_ONCE)

    def add(self, one: Rechecked) -> None:
        one.due = time.monotonic()
        self._all.add(one)
        if self._clock is None:
            self._clock = asyncio.create_task(self._tick())

    def discard(self, one: Rechecked) -> None:
        self._all.discard(one)

    async def close(self) -> None:
        """Look no more."""
        clock, self._clock = self._clock, None
        await ended(clock)

    async def _tick(self) -> None:
        while self._all:
            await asyncio.sleep(min(TICK, self._seconds))
            now = time.monotonic()
            for one in self._all - self._looking:
                if now - one.due >= self._seconds:
                    self._look(one, now)
        self._clock = None

    def _look(self, one: Rechecked, now: float) -> None:
        one.due = now
        self._looking.add(one)
        task = asyncio.create_task(self._recheck(one))
        self._checks.add(task)
        task.add_done_callback(self._checks.discard)

    async def _recheck(self, one: Rechecked) -> None:
        try:
            async with self._permits:
                await one.recheck()
        except Exception as error:
            if self._listener is not None:
                self._listener(Failed(None, error))
        finally:
            self._looking.discard(one)
