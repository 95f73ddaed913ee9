"""Which releases run: those that need what a migration takes away are waited for.

A release is alive where its beat goes on while somebody watches. No clock is compared with
another, so one that jumps makes nobody dead or alive.
"""

import asyncio
import time
from collections.abc import Sequence

from charter.migrate.events import Watching
from charter.migrate.job import Job
from charter.sql.dialect import Dialect
from charter.sql.own import history as statements
from charter.sql.own.history import Release
from charter.store.session import Session

LOOKS = 1.0
"""Seconds between two looks at the beats."""


async def releases(session: Session, dialect: Dialect) -> tuple[Release, ...]:
    """All releases that are noted, alive or not."""
    query = statements.releases(dialect)
    rows = query.decoded(await session.fetch(query.statement, query.arguments(())))
    return tuple(map(Release.read, rows))


async def living(job: Job, suspects: Sequence[Release]) -> tuple[Release, ...]:
    """Those of the releases that are alive. It takes a few seconds to tell where none is; the
    dead are forgotten then."""
    if not suspects:
        return ()
    silence = job.pace.silence
    job.tell(Watching(tuple(item.name for item in suspects), silence))
    known = {item.id: item.beat for item in suspects}
    until = time.monotonic() + silence
    while True:
        now = {item.id: item for item in await releases(job.session, job.dialect)}
        alive = tuple(
            now[key] for key, beat in known.items() if key in now and now[key].beat != beat
        )
        if alive or not known.keys() & now.keys():
            return alive
        left = until - time.monotonic()
        if left <= 0:
            await _forget(job, list(known))
            return ()
        await asyncio.sleep(min(LOOKS, left))


async def _forget(job: Job, dead: Sequence[str]) -> None:
    query = statements.remove_release(job.dialect)

    async def work() -> None:
        async with job.session.transaction():
            for key in dead:
                await job.session.change(query.statement, query.arguments((key,)))

    await job.patiently("forget releases that are dead", statements.RELEASES.name, work)
