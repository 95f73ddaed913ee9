"""A scratch database in a SQLite file."""

import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import apsw

from charter.sql.dialect import Dialect
from charter.sql.sqlite import SQLITE
from charter.store.sqlite_connection import Opening, connect
from charter.verify.scratch.model import STATEMENT_SECONDS, Ran, Values, characters

_CACHED = 100
_LOCK_SECONDS = 5.0
_STEPS = 10_000
_COUNTERS = {
    "steps": "SQLITE_STMTSTATUS_VM_STEP",
    "scanned": "SQLITE_STMTSTATUS_FULLSCAN_STEP",
    "sorts": "SQLITE_STMTSTATUS_SORT",
    "automatic": "SQLITE_STMTSTATUS_AUTOINDEX",
}


class SqliteScratch:
    """A Scratch of model.py. It blocks its thread while it works.

    Plans are those of production: Charter never runs ANALYZE on SQLite, and neither does this.
    """

    dialect: Dialect = SQLITE

    def __init__(self, path: Path, seconds: float = STATEMENT_SECONDS) -> None:
        self._connection = connect(Opening(path, _CACHED, _LOCK_SECONDS), writable=True)
        self._seconds = seconds
        self._filling = False
        self._until = 0.0

    async def close(self) -> None:
        self._connection.close()

    async def has_tables(self) -> bool:
        return bool(self._rows("SELECT 1 FROM sqlite_schema LIMIT 1"))

    async def run(self, text: str) -> None:
        self._begin_filling()
        self._rows(text)

    async def fetch(self, text: str, arguments: Values = ()) -> Sequence[Values]:
        return self._rows(text, arguments)

    async def load(self, table: str, columns: Sequence[str], rows: Iterable[Values]) -> None:
        self._begin_filling()
        with closing(self._connection.cursor()) as cursor:
            cursor.executemany(self._insertion(table, columns), rows)

    async def insert(self, table: str, columns: Sequence[str], rows: Sequence[Values]) -> float:
        text = self._insertion(table, columns)
        started = time.perf_counter()
        with closing(self._connection.cursor()) as cursor:
            for row in rows:
                cursor.execute(text, row)
        return time.perf_counter() - started

    async def explain(self, text: str, arguments: Values) -> Ran:
        plan = self._rows(f"EXPLAIN QUERY PLAN {text}", arguments)
        counted: dict[str, Any] = {}

        def profiled(event: dict[str, Any]) -> None:
            if event["sql"] == text:
                counted.update(event["stmt_status"])

        self._until = time.monotonic() + self._seconds
        self._connection.set_progress_handler(self._too_long, _STEPS)
        self._connection.trace_v2(apsw.SQLITE_TRACE_PROFILE, profiled)
        rows: list[Values] = []
        error: str | None = None
        started = time.perf_counter()
        self._connection.execute("SAVEPOINT explained")
        try:
            rows = self._rows(text, arguments)
        except apsw.InterruptError:
            error = "it took too long"
        except apsw.Error as failure:
            error = str(failure)
        finally:
            seconds = time.perf_counter() - started
            self._connection.trace_v2(0, None)
            self._connection.set_progress_handler(None)
            self._connection.execute("ROLLBACK TO explained; RELEASE explained")
        counters = {name: int(counted.get(key, 0)) for name, key in _COUNTERS.items()}
        told = characters(rows)
        return Ran(plan, seconds, len(rows), told, counters, error is None, error)

    async def settle(self) -> None:
        if self._filling:
            self._connection.execute("COMMIT")
            self._filling = False
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    async def index_bytes(self, name: str) -> int:
        found = self._rows("SELECT sum(pgsize) FROM dbstat WHERE name = ?1", (name,))
        return int(found[0][0] or 0)

    @asynccontextmanager
    async def without_scans(self) -> AsyncIterator[bool]:
        yield False

    @asynccontextmanager
    async def trial(self) -> AsyncIterator[None]:
        self._connection.execute("SAVEPOINT trial")
        try:
            yield
        finally:
            self._connection.execute("ROLLBACK TO trial; RELEASE trial")

    def _rows(self, text: str, arguments: Values = ()) -> list[Values]:
        with closing(self._connection.cursor()) as cursor:
            return list(cursor.execute(text, tuple(arguments)))

    def _insertion(self, table: str, columns: Sequence[str]) -> str:
        names = ", ".join(self.dialect.quote(column) for column in columns)
        places = ", ".join("?" for _ in columns)
        into = self.dialect.quote(table)
        return f"INSERT INTO {into} ({names}) VALUES ({places})"  # noqa: S608 - no values in it

    def _begin_filling(self) -> None:
        """One transaction for all that is filled in, and no wait for the disk: it is scratch."""
        if not self._filling and not self._connection.in_transaction:
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("PRAGMA defer_foreign_keys = ON")
            self._filling = True

    def _too_long(self) -> bool:
        return time.monotonic() > self._until
