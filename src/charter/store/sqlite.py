"""SQLite: reads on the event loop within a budget, the others in threads; one writer."""

import asyncio
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypeVar

import apsw

from charter.core.signals import Listener, Queried
from charter.sql.statement import Statement
from charter.store.database import Row, Transaction
from charter.store.errors import Unavailable
from charter.store.settings import StoreSettings
from charter.store.slow_shapes import SlowShapes
from charter.store.sqlite_connection import Guard, Opening, connect
from charter.store.sqlite_errors import FAILURES, translated
from charter.store.sqlite_readers import Readers
from charter.store.sqlite_transaction import SqliteTransaction
from charter.store.sqlite_writer import Writer
from charter.store.usage import PoolUse

T = TypeVar("T")


class SqliteDatabase:
    """A Database of database.py in one file, which several processes may have open.

    A read takes 3 to 10 µs, less than the way to a thread and back: it runs on the event loop.
    One that uses up `inline_budget` is interrupted and runs again in a thread, and its statement
    goes there straight away for a while. Without a path the database is a temporary file.
    """

    def __init__(
        self, path: Path | None, settings: StoreSettings, listener: Listener | None = None
    ) -> None:
        self._path = path
        self._settings = settings
        self._listener = listener
        self._slow = SlowShapes()
        self._guard = Guard(settings.inline_budget)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._opened: Opened | None = None

    async def open(self) -> None:
        if self._opened is not None:
            return
        if self._path is None:
            self._folder = tempfile.TemporaryDirectory(prefix="charter-")
            self._path = Path(self._folder.name) / "memory.db"
        opening = Opening(self._path, self._settings.cached_statements, self._settings.lock_timeout)
        # The first connection may have to recover a log: not on the event loop.
        self._opened = await asyncio.to_thread(self._connect, opening)

    async def close(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.writer.drain()
            await opened.readers.close()
            opened.connection.close()
            await opened.writer.close()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder, self._path = None, None

    def usage(self) -> tuple[PoolUse, ...]:
        """The threads that read, and the streams; what reads on the event loop waits for none."""
        return () if self._opened is None else self._opened.readers.usage()

    async def read(self, statement: Statement, arguments: Sequence[Any]) -> Sequence[Row]:
        if self._listener is None:
            return await self._read(statement, arguments)
        started = time.perf_counter()
        rows = await self._read(statement, arguments)
        elapsed = time.perf_counter() - started
        self._listener(Queried(None, statement.label, elapsed, len(rows)))
        return rows

    async def stream(
        self, statement: Statement, arguments: Sequence[Any]
    ) -> AsyncGenerator[list[Row], None]:
        started, count = time.perf_counter(), 0
        batches = self._ready().readers.stream(statement, arguments)
        try:
            async with aclosing(batches):
                async for rows in batches:
                    count += len(rows)
                    yield rows
        finally:
            if self._listener is not None:
                elapsed = time.perf_counter() - started
                self._listener(Queried(None, statement.label, elapsed, count))

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._ready().writer.write(work)

    async def write_at_once(self, statement: Statement, arguments: Sequence[Any]) -> Sequence[Row]:
        return await self.write(lambda transaction: transaction.fetch(statement, arguments))

    async def script(self, text: str) -> None:
        async def run(transaction: SqliteTransaction) -> None:
            await transaction.script(text)

        await self._ready().writer.write(run)

    async def _read(self, statement: Statement, arguments: Sequence[Any]) -> list[Row]:
        opened = self._ready()
        text = statement.text
        if not statement.heavy and not self._slow.holds(text):
            self._guard.arm()
            try:
                return opened.cursor.execute(text, arguments).fetchall()  # type: ignore[return-value]
            except apsw.InterruptError:
                self._slow.overran(text)
            except (apsw.BusyError, apsw.LockedError):
                pass
            except FAILURES as error:
                raise translated(error, text) from error
        return await opened.readers.read(statement, arguments)

    def _ready(self) -> "Opened":
        if self._opened is None:
            raise Unavailable("the database is not open")
        return self._opened

    def _connect(self, opening: Opening) -> "Opened":
        writer = Writer(opening, self._settings, self._slow, self._listener)
        connection = connect(opening)
        connection.set_busy_timeout(0)
        self._guard.watch(connection)
        return Opened(connection, Readers(opening, self._settings), writer)


class Opened:
    """What there is while a database is open. `connection` belongs to the event loop."""

    __slots__ = ("connection", "cursor", "readers", "writer")

    def __init__(self, connection: apsw.Connection, readers: Readers, writer: Writer) -> None:
        self.connection = connection
        self.cursor = connection.cursor()
        self.readers = readers
        self.writer = writer
