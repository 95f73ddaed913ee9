"""One unit of work within a group of writes on SQLite."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import apsw

from charter.core.signals import Listener, Queried
from charter.sql.statement import Statement
from charter.store.database import Row
from charter.store.errors import StoreError, TimedOut, Unavailable
from charter.store.slow_shapes import SlowShapes
from charter.store.sqlite_connection import Guard
from charter.store.sqlite_errors import FAILURES, translated
from charter.store.sqlite_thread import WriterThread

INLINE_MANY = 64
"""Up to so many runs of one statement are worth less than a hop to the thread."""


class Overran(StoreError):
    """A write was interrupted on the event loop; SQLite undid the whole transaction with it.

    Never leaves the store: the works of the group run again, this statement then in the thread.
    """


class Done(NamedTuple):
    """The rows a statement gave, and how many it changed."""

    rows: list[Row]
    changed: int


class SqliteTransaction:
    """A Transaction of database.py. It is good only during its turn.

    Without a guard all its statements run in the thread.

    After a failure it takes no more statements until a savepoint around the failed one has been
    left: as on PostgreSQL, so that a contract means the same on both.
    """

    __slots__ = ("_failed", "_guard", "_listener", "_slow", "_thread")

    def __init__(
        self,
        thread: WriterThread,
        guard: Guard | None,
        slow: SlowShapes,
        listener: Listener | None,
    ) -> None:
        self._thread = thread
        self._guard = guard
        self._slow = slow
        self._listener = listener
        self._failed: StoreError | None = None

    async def fetch(self, statement: Statement, arguments: Sequence[Any]) -> Sequence[Row]:
        return (await self._run(statement, run_one, arguments, heavy=statement.heavy)).rows

    async def execute(self, statement: Statement, arguments: Sequence[Any]) -> int:
        return (await self._run(statement, run_one, arguments, heavy=statement.heavy)).changed

    async def execute_many(self, statement: Statement, arguments: Sequence[Sequence[Any]]) -> None:
        heavy = statement.heavy or len(arguments) > INLINE_MANY
        await self._run(statement, run_many, arguments, heavy=heavy)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        await self._ready()
        self._thread.control("SAVEPOINT part")
        try:
            yield
        except BaseException:
            await self._thread.settled()
            if self._thread.undo("part"):
                self._failed = None
            elif self._failed is None:
                self._failed = Unavailable("SQLite gave up the transaction")
            raise
        await self._ready()
        self._thread.control("RELEASE part")

    async def script(self, text: str) -> None:
        """Run several statements without arguments."""
        await self._run(Statement(text, label="script"), run_one, (), heavy=True)

    @property
    def failed(self) -> StoreError | None:
        """The failure that no savepoint has undone: the transaction cannot be committed."""
        return self._failed

    def end(self) -> None:
        """Refuse whatever comes after the turn."""
        self._failed = StoreError("the transaction has ended")

    async def _ready(self) -> None:
        # One statement at a time, also where the work asks for several at once.
        while self._thread.running:
            await self._thread.settled()
        if self._failed is not None:
            raise self._failed

    async def _run(
        self,
        statement: Statement,
        how: "How",
        arguments: Sequence[Any],
        *,
        heavy: bool,
    ) -> Done:
        await self._ready()
        if self._listener is None:
            return await self._done(statement, how, arguments, heavy=heavy)
        started = time.perf_counter()
        done = await self._done(statement, how, arguments, heavy=heavy)
        elapsed = time.perf_counter() - started
        self._listener(Queried(None, statement.label, elapsed, len(done.rows)))
        return done

    async def _done(
        self,
        statement: Statement,
        how: "How",
        arguments: Sequence[Any],
        *,
        heavy: bool,
    ) -> Done:
        text = statement.text
        try:
            if self._guard is not None and not heavy and not self._slow.holds(text):
                done = self._inline(self._guard, text, how, arguments)
                if done is not None:
                    return done
            return await self._thread.run(how, text, arguments)
        except FAILURES as error:
            self._failed = translated(error, text)
            raise self._failed from error
        except Overran as error:
            self._failed = error
            raise
        except asyncio.CancelledError:
            self._failed = TimedOut("the statement was cancelled, and its transaction with it")
            raise

    def _inline(self, guard: Guard, text: str, how: "How", arguments: Sequence[Any]) -> Done | None:
        """Run a statement on the event loop; None where it has to run again in the thread."""
        guard.watch(self._thread.connection)
        guard.arm()
        try:
            return how(self._thread.connection, self._thread.cursor, text, arguments)
        except apsw.InterruptError as error:
            self._slow.overran(text)
            if not self._thread.connection.in_transaction:
                raise Overran("a write was too long for the event loop") from error
            return None
        finally:
            guard.disarm()


How = Callable[[apsw.Connection, apsw.Cursor, str, Sequence[Any]], Done]


def run_one(
    connection: apsw.Connection, cursor: apsw.Cursor, text: str, arguments: Sequence[Any]
) -> Done:
    rows = cursor.execute(text, arguments).fetchall()
    return Done(rows, connection.changes())  # type: ignore[arg-type]


def run_many(
    connection: apsw.Connection, cursor: apsw.Cursor, text: str, arguments: Sequence[Any]
) -> Done:
    rows = cursor.executemany(text, arguments).fetchall()
    return Done(rows, len(arguments))  # type: ignore[arg-type]
