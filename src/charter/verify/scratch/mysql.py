"""A scratch database on a MySQL or MariaDB server."""

import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import islice
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import UUID

from asyncmy.errors import MySQLError

from charter.sql.catalog_mysql import quoted
from charter.sql.dialect import Dialect
from charter.sql.mysql import MYSQL
from charter.store.address import mysql_parts
from charter.store.errors import TimedOut, Unavailable
from charter.store.mysql_address import MysqlAddress
from charter.store.mysql_connection import MysqlLink, connect
from charter.store.mysql_errors import FAILURES, MEANINGS, number_of
from charter.store.settings import StoreSettings
from charter.verify.scratch.model import STATEMENT_SECONDS, Ran, Values, characters

_ROWS = 500
"""Rows of one INSERT, as long as there are places for all of their values."""
_PLACES = 60_000
_TABLES = "SELECT count(*) FROM information_schema.tables WHERE table_schema = database()"
_NAMES = (
    "SELECT table_name FROM information_schema.tables"
    " WHERE table_schema = database() AND table_type = 'BASE TABLE'"
)
_STATUS = "SHOW SESSION STATUS LIKE 'Handler_read%'"
_BYTES = (
    "SELECT stat_value * @@innodb_page_size FROM mysql.innodb_index_stats"
    " WHERE database_name = database() AND index_name = ? AND stat_name = 'size'"
)
_WHOLE = ("Handler_read_rnd_next",)
# What an index sorts out by itself is not counted as read: so that everything is, it does not.
_COUNTED = "SET SESSION optimizer_switch = 'index_condition_pushdown=off'"
_MEMBER = re.compile(r'^(\s*"\w+": )"(.*)"(,?)$', re.MULTILINE)
_MAKES = re.compile(r"CREATE INDEX (\S+) ON (\S+) ")
_DROPS = re.compile(r"DROP INDEX (\S+) ON (\S+)")
_MODIFIES = re.compile(r"ALTER TABLE (\S+) MODIFY COLUMN (\S+) ")


class MysqlScratch:
    """A Scratch of model.py on a connection of its own. Its work is what handlers have read:
    rows and entries of indexes, the same on every machine.

    Statements that change tables are no part of a transaction there: at the end of a trial each
    is undone by its opposite.
    """

    dialect: Dialect = MYSQL

    def __init__(self, link: MysqlLink, *, mariadb: bool, seconds: float) -> None:
        self._link = link
        self._mariadb = mariadb
        self._explain = "ANALYZE FORMAT=JSON " if mariadb else "EXPLAIN FORMAT=JSON "
        # On MySQL it is the time that a SELECT may take.
        self._limit = (
            f"SET SESSION max_statement_time = {seconds}"
            if mariadb
            else f"SET SESSION max_execution_time = {seconds * 1000:.0f}"
        )
        self._no_limit = self._limit.rpartition("=")[0] + "= 0"
        self._undoing: list[list[str]] = []
        self._filling = False
        self._asking: dict[str, int] = {}

    async def prepare(self) -> None:
        """Once, before anything else."""
        await self._link.command(_COUNTED)
        before = await self._status()
        # What the question costs by itself is the same each time.
        self._asking = _more(before, await self._status())

    async def has_tables(self) -> bool:
        return bool((await self.fetch(_TABLES))[0][0])

    async def run(self, text: str) -> None:
        if self._undoing and (opposite := await self._opposite(text)) is not None:
            self._undoing[-1].append(opposite)
        await self._link.execute(text, ())

    async def fetch(self, text: str, arguments: Values = ()) -> Sequence[Values]:
        return [tuple(row) for row in await self._link.fetch(text, arguments)]

    async def load(self, table: str, columns: Sequence[str], rows: Iterable[Values]) -> None:
        if not self._filling:
            self._filling = True
            await self._link.command("SET foreign_key_checks = 0, unique_checks = 0")
        # One transaction for each table: it is scratch.
        await self._link.command("START TRANSACTION")
        most = max(1, min(_ROWS, _PLACES // len(columns)))
        left = iter(rows)
        while batch := list(islice(left, most)):
            text = self._insertion(table, columns, len(batch))
            await self._link.execute(text, [_plain(value) for row in batch for value in row])
        await self._link.command("COMMIT")

    async def insert(self, table: str, columns: Sequence[str], rows: Sequence[Values]) -> float:
        text = self._insertion(table, columns, 1)
        plain = [[_plain(value) for value in row] for row in rows]
        started = time.perf_counter()
        await self._link.execute_many(text, plain)
        return time.perf_counter() - started

    async def explain(self, text: str, arguments: Values) -> Ran:
        plain = [_plain(value) for value in arguments]
        await self._link.command(f"{self._limit}; START TRANSACTION")
        started = time.perf_counter()
        plan = None
        try:
            before = await self._status()
            started = time.perf_counter()
            rows = await self.fetch(text, plain)
            seconds = time.perf_counter() - started
            counted = _more(before, await self._status())
            plan = await self._planned(self._explain, text, plain)
        except MySQLError as error:
            late = MEANINGS.get(number_of(error) or 0) is TimedOut
            said = "it took too long" if late else str(error)
        else:
            told = characters(rows)
            return Ran(plan, seconds, len(rows), told, self._counters(counted))
        finally:
            await self._link.command(f"ROLLBACK; {self._no_limit}")
        seconds = time.perf_counter() - started
        try:
            plan = await self._planned("EXPLAIN FORMAT=JSON ", text, plain)
        except MySQLError:
            plan = None
        return Ran(plan, seconds, ended=False, error=said)

    async def settle(self) -> None:
        """Statistics, as the server makes them while it runs."""
        await self._link.command("SET foreign_key_checks = 1, unique_checks = 1")
        names = ", ".join(quoted(name) for (name,) in await self.fetch(_NAMES))
        await self.fetch(f"ANALYZE TABLE {names}")

    async def index_bytes(self, name: str) -> int:
        """0 where the user may not read the server's statistics."""
        try:
            found = await self.fetch(_BYTES, (name,))
        except MySQLError:
            return 0
        return int(found[0][0]) if found else 0

    @asynccontextmanager
    async def without_scans(self) -> AsyncIterator[bool]:
        await self._link.command("SET SESSION max_seeks_for_key = 1")
        try:
            yield True
        finally:
            await self._link.command("SET SESSION max_seeks_for_key = DEFAULT")

    @asynccontextmanager
    async def trial(self) -> AsyncIterator[None]:
        self._undoing.append([])
        await self._link.command("START TRANSACTION")
        try:
            yield
        finally:
            await self._link.command("ROLLBACK")
            for text in reversed(self._undoing.pop()):
                await self._link.execute(text, ())

    async def _opposite(self, text: str) -> str | None:
        """What undoes a statement that changes a table."""
        if (found := _MAKES.match(text)) is not None:
            return f"DROP INDEX {found[1]} ON {found[2]}"
        if (found := _DROPS.match(text)) is not None:
            line = await self._line(found[2], f"KEY {_in_quotes(found[1])} ")
            return f"ALTER TABLE {found[2]} ADD {line}"
        if (found := _MODIFIES.match(text)) is not None:
            line = await self._line(found[1], f"{_in_quotes(found[2])} ")
            return f"ALTER TABLE {found[1]} MODIFY COLUMN {line}"
        return None

    async def _line(self, table: str, begin: str) -> str:
        """What the server says of a part of a table."""
        ((_, text),) = await self.fetch(f"SHOW CREATE TABLE {table}")
        lines = (line.strip().removesuffix(",") for line in str(text).splitlines())
        return next(line for line in lines if line.startswith(begin))

    async def _planned(self, word: str, text: str, arguments: Sequence[Any]) -> Any:
        return plan_of(str((await self.fetch(word + text, arguments))[0][0]))

    async def _status(self) -> dict[str, int]:
        return {str(name): int(value) for name, value in await self.fetch(_STATUS)}

    def _counters(self, counted: dict[str, int]) -> dict[str, int]:
        own = {name: more - self._asking.get(name, 0) for name, more in counted.items()}
        counters = {"read": sum(own.values())}
        if not self._mariadb:
            # Its plans do not count what they have read.
            counters["scanned"] = sum(own.get(name, 0) for name in _WHOLE)
        return counters

    def _insertion(self, table: str, columns: Sequence[str], rows: int) -> str:
        names = ", ".join(self.dialect.quote(column) for column in columns)
        places = f"({', '.join('?' for _ in columns)})"
        values = ", ".join([places] * rows)
        into = self.dialect.quote(table)
        return f"INSERT INTO {into} ({names}) VALUES {values}"  # noqa: S608 - no values in it


def plan_of(text: str) -> Any:
    """A plan from its JSON; None where it is none. MariaDB does not escape the quotes of names
    in conditions: each member has a line of its own."""
    for one in (text, _MEMBER.sub(lambda found: _member(*found.groups()), text)):
        with suppress(ValueError):
            return json.loads(one)
    return None


def _member(begin: str, value: str, comma: str) -> str:
    return f"{begin}{json.dumps(value)}{comma}"


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def _in_quotes(name: str) -> str:
    return name if name.startswith('"') else f'"{name}"'


def _more(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: count - before.get(name, 0) for name, count in after.items()}


@asynccontextmanager
async def connected(url: str, seconds: float = STATEMENT_SECONDS) -> AsyncIterator[MysqlScratch]:
    """A scratch in the database of a URL, which has to be empty. Raises ValueError, Unavailable."""
    link = await _connect(url)
    try:
        ((version,),) = await link.fetch("SELECT version()", ())
        found = MysqlScratch(link, mariadb="mariadb" in str(version).lower(), seconds=seconds)
        await found.prepare()
        yield found
    finally:
        await link.close(5.0)


@asynccontextmanager
async def made_beside(url: str) -> AsyncIterator[str]:
    """The URL of a new database on the same server, which is dropped at the end.

    Raises Unavailable where the server is not there, or the user may not make databases.
    """
    name = f"charter_verify_{secrets.token_hex(6)}"
    keeper = await _connect(url)
    try:
        try:
            await keeper.command(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        except MySQLError as error:
            raise Unavailable(f"no scratch database can be made: {error}") from error
        try:
            yield urlunsplit(urlsplit(url)._replace(path=f"/{quote(name)}"))
        finally:
            await keeper.command(f"DROP DATABASE IF EXISTS {name}")
    finally:
        await keeper.close(5.0)


async def _connect(url: str) -> MysqlLink:
    settings = StoreSettings(statement_timeout=3600.0, lock_timeout=60.0)
    try:
        return await connect(MysqlAddress(**mysql_parts(url)), settings, idle=3600.0, writes=True)
    except FAILURES as error:
        raise Unavailable(str(error)) from error
