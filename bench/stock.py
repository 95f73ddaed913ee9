"""The rows of the table that is migrated under load, on each kind of server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType

from charter.sql.statement import Statement
from charter.store.address import Dialect, dialect_of
from charter.store.open import open_session
from charter.store.session import Session

_FILL: Mapping[Dialect, tuple[str, ...]] = MappingProxyType(
    {
        Dialect.POSTGRESQL: (
            "INSERT INTO things (id, name, rank, tag, created_at, updated_at, version)"
            " SELECT gen_random_uuid(), 'Thing ' || i, i % 1000,"
            " CASE WHEN i % 2 = 0 THEN 'tag ' || i END, now(), now(), 1"
            " FROM generate_series(1, {rows}) AS i",
            "ANALYZE things",
        ),
        Dialect.MYSQL: (
            'INSERT INTO things (id, name, "rank", tag, created_at, updated_at, version)'
            " WITH RECURSIVE numbers AS"
            " (SELECT 1 AS i UNION ALL SELECT i + 1 FROM numbers WHERE i < {rows})"
            " SELECT uuid(), concat('Thing ', i), i % 1000,"
            " CASE WHEN i % 2 = 0 THEN concat('tag ', i) END, utc_timestamp(6), utc_timestamp(6), 1"
            " FROM numbers",
            "ANALYZE TABLE things",
        ),
    }
)
_WAITED: Mapping[Dialect, str] = MappingProxyType(
    {
        Dialect.POSTGRESQL: (
            "SELECT max(extract(epoch FROM clock_timestamp() - l.waitstart))::float8"
            " FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE NOT l.granted AND a.application_name = 'charter'"
        ),
        Dialect.MYSQL: (
            "SELECT max(time_ms) / 1000 FROM information_schema.processlist"
            " WHERE db = database() AND state LIKE 'Waiting for table%lock'"
        ),
    }
)
_RECURSION = "SET max_recursive_iterations = 100000000"


async def fill(url: str, rows: int) -> None:
    """So many rows, of which every second one has a tag."""
    session = await open_session(url)
    try:
        if dialect_of(url) is Dialect.MYSQL:
            await session.run(_RECURSION)
        for text in _FILL[dialect_of(url)]:
            await session.run(text.format(rows=rows))
    finally:
        await session.close()


async def keys(url: str) -> list[str]:
    """The keys of some of them."""
    session = await open_session(url)
    try:
        found = await session.fetch(Statement("SELECT id FROM things LIMIT 500"))
    finally:
        await session.close()
    return [str(row[0]) for row in found]


@asynccontextmanager
async def watched(url: str, note: Callable[[float], None]) -> AsyncIterator[None]:
    """Looks again and again how long sessions have waited for locks of tables (MariaDB), or those
    of releases for any lock (PostgreSQL)."""
    session = await open_session(url)
    done = asyncio.Event()

    async def look(session: Session) -> None:
        statement = Statement(_WAITED[dialect_of(url)])
        while not done.is_set():
            note(float((await session.fetch(statement))[0][0] or 0.0))
            await asyncio.sleep(0.02)

    task = asyncio.create_task(look(session))
    try:
        yield
    finally:
        done.set()
        await task
        await session.close()
