"""A turn at a database: alone, and again where the database was gone meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from charter.migrate import history
from charter.migrate.events import Queued, Reconnecting, Tell
from charter.migrate.faults import MigrationFault
from charter.migrate.job import Job, Overtaken
from charter.migrate.pace import Pace
from charter.migrate.stops import ALREADY_RUNNING, DATABASE_GONE
from charter.sql.dialect import Dialect
from charter.sql.dialects import dialect_named
from charter.store.address import dialect_of
from charter.store.errors import MissingDriver, Unavailable
from charter.store.open import open_session
from charter.store.session import Session
from charter.store.settings import StoreSettings

T = TypeVar("T")

ALONE = "charter migrate"
_LOOKS = 0.5
"""Seconds between two tries to be alone."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0


@dataclass(frozen=True, slots=True)
class Target:
    """A database, by its URL, how it is to be treated, and who is told."""

    url: str
    pace: Pace
    tell: Tell

    @property
    def dialect(self) -> Dialect:
        return dialect_named(dialect_of(self.url))


async def in_turn(target: Target, work: Callable[[Job], Awaitable[T]]) -> T:
    """Do some work as the only `charter migrate` on a database.

    `work` begins by reading the history and can be called again: where the connection is lost it
    is, as often as the history goes on, and else for `pace.reconnect` seconds. Raises
    MigrationFault, and what `work` raises.
    """
    since, known, pause = time.monotonic(), None, _FIRST_PAUSE
    session: Session | None = None
    while True:
        try:
            session = await _opened(target)
            job = await _job(target, session)
            found = await history.entries(session, target.dialect)
            if found != known:
                since, known, pause = time.monotonic(), found, _FIRST_PAUSE
            return await work(job)
        except Overtaken:
            continue
        except MissingDriver:
            raise
        except Unavailable as error:
            if session is not None and session.alive:
                raise
            if time.monotonic() - since > target.pace.reconnect:
                message = f"not to be reached for {target.pace.reconnect:g} s: {error}"
                raise MigrationFault(DATABASE_GONE, message) from error
            target.tell(Reconnecting(str(error), pause))
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        finally:
            if session is not None:
                await session.close()
                session = None


@asynccontextmanager
async def looking(target: Target) -> AsyncIterator[Session]:
    """A session that only looks: nobody waits for it, and it waits for nobody's turn."""
    session = await _opened(target)
    try:
        yield session
    finally:
        await session.close()


async def _opened(target: Target) -> Session:
    settings = StoreSettings(lock_timeout=target.pace.lock_timeout, transaction_timeout=60)
    return await open_session(target.url, settings)


async def _job(target: Target, session: Session) -> Job:
    dialect = target.dialect
    until, told = time.monotonic() + target.pace.turn, False
    while not await session.alone(ALONE):
        if time.monotonic() > until:
            raise MigrationFault(ALREADY_RUNNING, "another `charter migrate` holds its lock")
        if not told:
            target.tell(Queued())
            told = True
        await asyncio.sleep(_LOOKS)
    job = Job(session, dialect, target.pace, target.tell)
    await job.patiently("make the tables of the history", "", _ensuring(job))
    return job


def _ensuring(job: Job) -> Callable[[], Awaitable[None]]:
    async def work() -> None:
        await history.ensure(job.session, job.dialect)

    return work
