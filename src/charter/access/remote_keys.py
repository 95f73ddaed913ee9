"""The published keys of an issuer elsewhere: fetched, kept, and fetched again."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from charter.access.jwks import read_published
from charter.access.keys import BadKey, KeySet
from charter.access.outbound import Unreachable
from charter.core.codes import PROVIDER_UNAVAILABLE
from charter.core.problems import Problem
from charter.core.signals import Failed, Listener


@dataclass(frozen=True, slots=True)
class Pace:
    """When keys are fetched. Seconds."""

    refresh: float = 600.0
    """From one fetch that went well to the next."""
    retry: float = 15.0
    """From a fetch that failed to the next, doubled each time up to `refresh`; and the least
    between two fetches that unknown keys cause."""
    longest: float = 86_400.0
    """For how long keys are trusted while no fetch goes well."""


PACE = Pace()


class KeysUnavailable(Exception):
    """The keys cannot be fetched, or used: what is wrong, and whose they are."""


def _failure(where: str, error: Exception) -> Exception:
    """What is told of a failed fetch: in words where it is one of those that happen."""
    if isinstance(error, Unreachable | BadKey | ValueError):
        return KeysUnavailable(f"{where}: {error}")
    return error


class RemoteKeys:
    """The keys that one issuer publishes. A `Keys`: `current` never waits.

    A fetch that goes well replaces all keys, so a key that the issuer withdraws ends here too.
    After one that fails the old keys stay, for `pace.longest`. Fetches that are wanted at once
    are one. For one event loop.
    """

    def __init__(
        self,
        where: str,
        fetch: Callable[[], Awaitable[bytes]],
        listener: Listener,
        *,
        pace: Pace = PACE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._where = where
        self._fetch = fetch
        self._listener = listener
        self._pace = pace
        self._clock = clock
        self._document = b""
        self._keys: KeySet | None = None
        self._fetched = float("-inf")
        self._asked = float("-inf")
        self._failures = 0
        self._flight: asyncio.Task[bool] | None = None

    def current(self, now: float) -> KeySet:
        """The keys; the same object until they change. A Problem where there are none."""
        if self._keys is None or now >= self._fetched + self._pace.longest:
            raise Problem(PROVIDER_UNAVAILABLE, retry_after=round(self._pace.retry))
        return self._keys

    async def refresh(self) -> bool:
        """Fetch the keys now; whether that went well."""
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._refreshed())
        # Whoever leaves does not take the fetch away from the others who wait for it.
        return await asyncio.shield(self._flight)

    async def look_again(self) -> None:
        """Fetch the keys because some are missing: one that a token names, or all. Does nothing
        for `pace.retry` after the last fetch, so that forged tokens cause no flood."""
        under_way = self._flight is not None and not self._flight.done()
        if under_way or not self._asked <= self._clock() < self._asked + self._pace.retry:
            await self.refresh()

    async def ensure(self) -> None:
        """Have keys that are not older than `pace.refresh`, if they can be had."""
        if not self._fetched <= self._clock() < self._fetched + self._pace.refresh:
            await self.look_again()

    async def run(self) -> None:
        """Keep the keys fresh until cancelled. Services of many processes do not all ask at one
        time."""
        while True:
            await self.refresh()
            await asyncio.sleep(self._wait() * random.uniform(0.9, 1.1))  # noqa: S311

    async def close(self) -> None:
        """End a fetch that is under way."""
        flight, self._flight = self._flight, None
        if flight is not None and not flight.done():
            flight.cancel()
            with suppress(asyncio.CancelledError):
                await flight

    def _wait(self) -> float:
        if not self._failures:
            return self._pace.refresh
        return min(self._pace.retry * float(2 ** (self._failures - 1)), self._pace.refresh)

    async def _refreshed(self) -> bool:
        self._asked = self._clock()
        try:
            document = await self._fetch()
            if document != self._document or self._keys is None:
                self._keys = read_published(document, self._where)
                self._document = document
        except Exception as error:
            # Whatever it is, the old keys stay and the next fetch is tried: nobody else waits for
            # this task, and it must not end.
            self._failures = min(self._failures + 1, 16)
            if self._failures == 1:
                self._listener(Failed(None, _failure(self._where, error)))
            return False
        self._fetched = self._clock()
        self._failures = 0
        return True

    def __repr__(self) -> str:
        return f"RemoteKeys({self._where!r}, {self._keys!r})"
