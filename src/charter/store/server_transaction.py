"""One write transaction on a database server."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, ParamSpec, TypeVar

from charter.core.signals import Listener, Queried
from charter.sql.statement import Statement
from charter.store.database import Row
from charter.store.driver import Driver, Link
from charter.store.errors import StoreError, TimedOut

P = ParamSpec("P")
T = TypeVar("T")


class ServerTransaction:
    """A Transaction of database.py."""

    __slots__ = ("_driver", "_failed", "_link", "_listener", "_one", "_savepoints", "holds")

    def __init__(self, driver: Driver, link: Link, listener: Listener | None) -> None:
        self.holds = False
        """A statement took a lock that outlives the transaction."""
        self._driver = driver
        self._link = link
        self._listener = listener
        self._one = asyncio.Lock()
        self._failed: StoreError | None = None
        self._savepoints = 0

    async def fetch(self, statement: Statement, arguments: Sequence[Any]) -> Sequence[Row]:
        self.holds |= statement.holds
        return await self._told(statement, self._fetch(statement.text, arguments))

    async def execute(self, statement: Statement, arguments: Sequence[Any]) -> int:
        return await self._told(statement, self._execute(statement.text, arguments))

    async def execute_many(self, statement: Statement, arguments: Sequence[Sequence[Any]]) -> None:
        await self._told(statement, self._execute_many(statement.text, arguments))

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        # To MySQL, one of the same name is the same savepoint.
        self._savepoints += 1
        name = f"part{self._savepoints}"
        await self.command(f"SAVEPOINT {name}")
        try:
            yield
        except Exception:
            # After a lost connection this fails too: the first error is the one to tell.
            if not self._link.closed:
                self._failed = None
                await self.command(f"ROLLBACK TO SAVEPOINT {name}; RELEASE SAVEPOINT {name}")
            raise
        await self.command(f"RELEASE SAVEPOINT {name}")

    async def command(self, text: str) -> None:
        """Run commands without arguments."""
        await self._run(text, self._link.command, text)

    @property
    def failed(self) -> StoreError | None:
        """The failure that no savepoint has undone: the transaction cannot be committed."""
        return self._failed

    def end(self) -> None:
        """Refuse whatever comes after the transaction."""
        self._failed = StoreError("the transaction has ended")

    async def _fetch(self, text: str, arguments: Sequence[Any]) -> Sequence[Row]:
        return await self._run(text, self._link.fetch, text, arguments)

    async def _execute(self, text: str, arguments: Sequence[Any]) -> int:
        return await self._run(text, self._link.execute, text, arguments)

    async def _execute_many(self, text: str, arguments: Sequence[Sequence[Any]]) -> None:
        await self._run(text, self._link.execute_many, text, arguments)

    async def _told(self, statement: Statement, running: Awaitable[T]) -> T:
        if self._listener is None:
            return await running
        started = time.perf_counter()
        result = await running
        rows = len(result) if isinstance(result, Sequence) else 0
        elapsed = time.perf_counter() - started
        self._listener(Queried(None, statement.label, elapsed, rows))
        return result

    async def _run(self, text: str, run: Callable[P, Awaitable[T]], *a: P.args, **k: P.kwargs) -> T:
        """Run one thing at a time, also where the work asks for several at once."""
        async with self._one:
            if self._failed is not None:
                raise self._failed
            try:
                return await run(*a, **k)
            except self._driver.failures as error:
                self._failed = self._driver.translated(error, text)
                raise self._failed from error
            except asyncio.CancelledError:
                self._failed = TimedOut("the statement was cancelled")
                raise
