"""A scratch database on a PostgreSQL server."""

import json
import secrets
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from charter.sql.dialect import Dialect
from charter.sql.postgres import POSTGRES
from charter.store.errors import Unavailable
from charter.verify.scratch.model import STATEMENT_SECONDS, Ran, Values, characters

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

_BATCH = 10_000
_TABLES = (
    "SELECT EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%'"
    " AND n.nspname <> 'information_schema')"
)
_EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "


class PostgresScratch:
    """A Scratch of model.py on a connection of its own."""

    dialect: Dialect = POSTGRES

    def __init__(self, connection: "Connection", limit: str) -> None:
        self._connection = connection
        self._limit = f"SET LOCAL statement_timeout = {limit}"

    async def has_tables(self) -> bool:
        return bool(await self._connection.fetchval(_TABLES))

    async def run(self, text: str) -> None:
        await self._connection.execute(text)

    async def fetch(self, text: str, arguments: Values = ()) -> Sequence[Values]:
        return [tuple(row) for row in await self._connection.fetch(text, *arguments)]

    async def load(self, table: str, columns: Sequence[str], rows: Iterable[Values]) -> None:
        left = iter(rows)
        while batch := list(islice(left, _BATCH)):
            await self._connection.copy_records_to_table(
                table, records=batch, columns=list(columns)
            )

    async def insert(self, table: str, columns: Sequence[str], rows: Sequence[Values]) -> float:
        names = ", ".join(self.dialect.quote(column) for column in columns)
        places = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
        into = self.dialect.quote(table)
        text = f"INSERT INTO {into} ({names}) VALUES ({places})"  # noqa: S608 - no values in it
        prepared = await self._connection.prepare(text)
        started = time.perf_counter()
        await prepared.executemany(rows)
        return time.perf_counter() - started

    async def explain(self, text: str, arguments: Values) -> Ran:
        started = time.perf_counter()
        try:
            async with self.trial():
                await self._connection.execute(self._limit)
                found = await self._connection.fetchval(_EXPLAIN + text, *arguments)
                rows = await self._connection.fetch(text, *arguments)
        except asyncpg.QueryCanceledError:
            said = "it took too long"
        except asyncpg.PostgresError as error:
            said = str(error)
        else:
            plan = json.loads(found)[0]
            seconds = plan["Execution Time"] / 1000
            return Ran(plan, seconds, len(rows), characters(tuple(row) for row in rows))
        planned = await self._planned(text, arguments)
        return Ran(planned, time.perf_counter() - started, ended=False, error=said)

    async def _planned(self, text: str, arguments: Values) -> object:
        """How the database would run a statement that did not end."""
        try:
            async with self._connection.transaction():
                found = await self._connection.fetchval(f"EXPLAIN (FORMAT JSON) {text}", *arguments)
        except asyncpg.PostgresError:
            return None
        return json.loads(found)[0]

    async def settle(self) -> None:
        """Statistics and the visibility map, as autovacuum makes them."""
        await self._connection.execute("VACUUM (ANALYZE)")

    async def index_bytes(self, name: str) -> int:
        quoted = self.dialect.quote(name)
        return int(await self._connection.fetchval("SELECT pg_relation_size($1::regclass)", quoted))

    @asynccontextmanager
    async def without_scans(self) -> AsyncIterator[bool]:
        await self._connection.execute("SET enable_seqscan = off")
        try:
            yield True
        finally:
            await self._connection.execute("RESET enable_seqscan")

    @asynccontextmanager
    async def trial(self) -> AsyncIterator[None]:
        transaction = self._connection.transaction()
        await transaction.start()
        try:
            yield
        finally:
            await transaction.rollback()


@asynccontextmanager
async def connected(url: str, seconds: float = STATEMENT_SECONDS) -> AsyncIterator[PostgresScratch]:
    """A scratch in the database of a URL, which has to be empty. Raises Unavailable."""
    # As the pool of a service has it, but for the time that a statement may take.
    limit = f"{seconds * 1000:.0f}"
    connection = await _connect(url, {"jit": "off", "TimeZone": "UTC"})
    try:
        yield PostgresScratch(connection, limit)
    finally:
        await connection.close()


@asynccontextmanager
async def made_beside(url: str) -> AsyncIterator[str]:
    """The URL of a new database on the same server, which is dropped at the end.

    Raises Unavailable where the server is not there, or the role may not make databases.
    """
    name = f"charter_verify_{secrets.token_hex(6)}"
    keeper = await _connect(url, {})
    try:
        try:
            await keeper.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        except asyncpg.PostgresError as error:
            raise Unavailable(f"no scratch database can be made: {error}") from error
        try:
            yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        finally:
            await keeper.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await keeper.close()


async def _connect(url: str, settings: dict[str, str]) -> "Connection":
    try:
        return await asyncpg.connect(url, server_settings=settings)
    except (OSError, asyncpg.PostgresError, ValueError) as error:
        raise Unavailable(str(error)) from error
