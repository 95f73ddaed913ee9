"""A Session of session.py on a SQLite file.

References are not enforced in it, so that a table can be made anew in the place of another
(https://www.sqlite.org/lang_altertable.html#otheralter); `checked` finds those that lead nowhere.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import Any, TypeVar

import apsw

from charter.sql.statement import Statement
from charter.store.database import Row
from charter.store.errors import Locked
from charter.store.session import within
from charter.store.settings import StoreSettings
from charter.store.sqlite_connection import Opening, connect
from charter.store.sqlite_errors import FAILURES, translated

T = TypeVar("T")


async def open_session(path: Path, settings: StoreSettings) -> "SqliteSession":
    """Open a file. A lock is waited for as long as the settings say. Raises StoreError."""
    threads = ThreadPoolExecutor(1, thread_name_prefix="charter-sqlite-session")
    opening = Opening(path, settings.cached_statements, settings.lock_timeout)
    loop = asyncio.get_running_loop()
    try:
        connection = await loop.run_in_executor(threads, _connection, opening)
    except BaseException:
        threads.shutdown(wait=False)
        raise
    return SqliteSession(connection, threads)


def _connection(opening: Opening) -> apsw.Connection:
    connection = connect(opening, writable=True)
    connection.execute("PRAGMA foreign_keys = OFF")
    # Renaming a table must not touch what other tables and triggers say of it.
    connection.execute("PRAGMA legacy_alter_table = ON")
    return connection


class SqliteSession:
    """One connection, which works in a thread of its own."""

    def __init__(self, connection: apsw.Connection, threads: ThreadPoolExecutor) -> None:
        self._connection = connection
        self._threads = threads
        self._open = True

    @property
    def alive(self) -> bool:
        return self._open

    async def fetch(self, statement: Statement, arguments: Sequence[Any] = ()) -> Sequence[Row]:
        return await self._told(
            statement.text, lambda: self._connection.execute(statement.text, arguments).fetchall()
        )

    async def change(self, statement: Statement, arguments: Sequence[Any] = ()) -> int:
        def work() -> int:
            self._connection.execute(statement.text, arguments).fetchall()
            return self._connection.changes()

        return await self._told(statement.text, work)

    async def change_many(self, statement: Statement, arguments: Sequence[Sequence[Any]]) -> None:
        def work() -> None:
            self._connection.executemany(statement.text, arguments).fetchall()

        await self._told(statement.text, work)

    async def run(self, text: str) -> None:
        await self.fetch(Statement(text))

    def transaction(self) -> AbstractAsyncContextManager[None]:
        return within(self.run, "BEGIN IMMEDIATE", lambda: self._connection.in_transaction)

    async def alone(self, name: str) -> bool:
        return True

    async def wait_at_most(self, seconds: float) -> None:
        self._connection.set_busy_timeout(int(seconds * 1000))

    async def checked(self) -> Sequence[str]:
        found = await self.fetch(Statement("PRAGMA foreign_key_check"))
        return [f"row {row[1]} of {row[0]} refers to a missing {row[2]}" for row in found]

    async def close(self) -> None:
        self._open = False
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self._connection.close)
        self._threads.shutdown(wait=False)

    async def _told(self, text: str, work: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        job = loop.run_in_executor(self._threads, work)
        try:
            return await asyncio.shield(job)
        except asyncio.CancelledError:
            self._connection.interrupt()
            with suppress(*FAILURES):
                await job
            raise
        except (apsw.BusyError, apsw.LockedError) as error:
            raise Locked("the database was locked by another writer for too long") from error
        except FAILURES as error:
            raise translated(error, text) from error
