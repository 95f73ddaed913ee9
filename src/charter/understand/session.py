"""A session that reads a database and can change nothing in it."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import apsw

from charter.sql.statement import Statement
from charter.store.address import Dialect, dialect_of, sqlite_path
from charter.store.database import Database
from charter.store.errors import Unavailable
from charter.store.open import open_database
from charter.store.settings import StoreSettings
from charter.store.sqlite_errors import FAILURES, translated

SECONDS = 5.0
"""The longest that one statement may run."""
_STEPS = 10_000
"""Steps of SQLite's machine between two looks at the clock."""

Rows = Sequence[Sequence[Any]]


class Session(Protocol):
    """Statements without arguments, one at a time."""

    async def rows(self, statement: Statement) -> Rows:
        """All rows of a statement. Raises StoreError; TimedOut after SECONDS."""


@asynccontextmanager
async def session(url: str) -> AsyncIterator[Session]:
    """Connects, and disconnects at the end. Raises ValueError for a bad URL, and StoreError."""
    if dialect_of(url) is Dialect.SQLITE:
        path = sqlite_path(url)
        if path is None:
            raise ValueError("a database in memory is empty: name a file")
        file = _SqliteFile(path)
        try:
            yield file
        finally:
            file.close()
        return
    settings = StoreSettings(pool_size=1, statement_timeout=SECONDS, lock_timeout=SECONDS / 2)
    database = open_database(url, settings)
    await database.open()
    try:
        yield _Server(database)
    finally:
        await database.close()


@dataclass(frozen=True, slots=True)
class _Server:
    """The store's own sessions for reading, which the server lets change nothing."""

    database: Database

    async def rows(self, statement: Statement) -> Rows:
        return await self.database.read(statement, ())


class _SqliteFile:
    """A file opened for reading only: not even its journal is changed."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise Unavailable(f"there is no file {path}")
        self._until = time.monotonic() + SECONDS
        flags = apsw.SQLITE_OPEN_READONLY
        try:
            self._connection = apsw.Connection(str(path.absolute()), flags=flags)
            self._connection.set_busy_timeout(int(SECONDS * 1000))
            self._connection.set_progress_handler(self._late, _STEPS)
            self._connection.execute("PRAGMA trusted_schema = OFF")
        except apsw.Error as error:
            raise translated(error) from error

    async def rows(self, statement: Statement) -> Rows:
        return await asyncio.to_thread(self._fetch, statement.text)

    def close(self) -> None:
        self._connection.close()

    def _fetch(self, text: str) -> Rows:
        self._until = time.monotonic() + SECONDS
        try:
            return self._connection.execute(text).fetchall()
        except FAILURES as error:
            raise translated(error, text) from error

    def _late(self) -> bool:
        return time.monotonic() > self._until
