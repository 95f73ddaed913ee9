"""Hashing off the event loop, with a bound on how much of it there is at once."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

from charter.access.passwords.argon2id import DECOY
from charter.access.passwords.hashing import Verified, hash_password, verify
from charter.access.passwords.strength import StrengthRules, password_flaws
from charter.core.codes import OVERLOADED
from charter.core.problems import Flaw, Problem

_T = TypeVar("_T")

MOST_WAITING = 64
RETRY_AFTER = 1
"""Seconds."""


@dataclass(slots=True)
class Work:
    """What a hasher has done so far: how often it made a hash, and verified against one."""

    hashed: int = 0
    verified: int = 0


class Hasher:
    """Hashes and verifies in a few threads. For one event loop.

    Each hash takes 19 MiB and some 25 ms of one core: `at_once` of them run, `waiting` more wait,
    and beyond that a Problem `overloaded` says to come back.
    """

    def __init__(self, at_once: int | None = None, waiting: int = MOST_WAITING) -> None:
        threads = at_once if at_once is not None else min(4, os.cpu_count() or 1)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="charter-hasher")
        self._most = threads + waiting
        self._taken = 0
        self._lock = Lock()
        self.work = Work()

    async def hash(self, password: str) -> str:
        """The hash to store for a password that was found strong enough."""
        running = self._begin(lambda: hash_password(password))
        self.work.hashed += 1
        return await asyncio.wrap_future(running)

    async def verify(self, stored: str | None, password: str) -> Verified:
        """Whether the password is the one in the stored hash.

        None stands for an account that is not there, or has no password: the answer is no, after
        verifying against a hash that nobody has the password of.
        """
        running = self._begin(lambda: verify(stored or DECOY, password))
        self.work.verified += 1
        found = await asyncio.wrap_future(running)
        return found if stored is not None else Verified(ok=False)

    async def flaws(
        self, password: str, context: tuple[str, ...], rules: StrengthRules, *, pointer: str
    ) -> tuple[Flaw, ...]:
        """`password_flaws`, off the loop."""
        running = self._begin(lambda: password_flaws(password, context, rules, pointer=pointer))
        return await asyncio.wrap_future(running)

    def close(self) -> None:
        """Ends the threads; what waits is not begun."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self, job: Callable[[], _T]) -> Future[_T]:
        with self._lock:
            if self._taken >= self._most:
                raise Problem(OVERLOADED, retry_after=RETRY_AFTER)
            self._taken += 1
        future = self._pool.submit(job)
        # A caller that goes away gives its place back only when its thread is done.
        future.add_done_callback(self._release)
        return future

    def _release(self, _: object) -> None:
        with self._lock:
            self._taken -= 1
