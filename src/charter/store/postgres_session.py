"""A Session of session.py on a PostgreSQL server."""

from collections.abc import Awaitable, Sequence
from contextlib import AbstractAsyncContextManager
from hashlib import sha256
from typing import Any, TypeVar

from charter.sql.statement import Statement
from charter.store.database import Row
from charter.store.errors import Contended, Locked, Unavailable
from charter.store.postgres_connection import PostgresLink, connect
from charter.store.postgres_errors import (
    FAILURES,
    SERIALIZATION,
    breaks_connection,
    sqlstate,
    translated,
)
from charter.store.session import within
from charter.store.settings import StoreSettings

T = TypeVar("T")

LOCK_NOT_AVAILABLE = "55P03"
SETTINGS = (
    "SET application_name = 'charter migrate'",
    "SET statement_timeout = 0",
    # The server ends a statement within a second of the death of whoever asked for it.
    "SET client_connection_check_interval = '1s'",
)
_ALONE = Statement("SELECT pg_try_advisory_lock($1)", label="advisory lock")

_WAIT = Statement("SELECT set_config('lock_timeout', $1, false)", label="lock timeout")


async def open_session(dsn: str, settings: StoreSettings) -> "PostgresSession":
    """Connect. The lock timeout is that of the settings. Raises Unavailable."""
    try:
        link = await connect(dsn, settings, idle=settings.transaction_timeout, writes=True)
    except FAILURES as error:
        raise Unavailable(f"cannot connect to PostgreSQL: {error!r}") from error
    session = PostgresSession(link)
    try:
        for text in SETTINGS:
            await session.run(text)
    except BaseException:
        await session.close()
        raise
    return session


class PostgresSession:
    """One connection. It has its settings and its advisory locks until it is closed."""

    def __init__(self, link: PostgresLink) -> None:
        self._link = link

    @property
    def alive(self) -> bool:
        return not self._link.connection.is_closed()

    async def fetch(self, statement: Statement, arguments: Sequence[Any] = ()) -> Sequence[Row]:
        return await self._told(statement.text, self._link.fetch(statement.text, arguments))

    async def change(self, statement: Statement, arguments: Sequence[Any] = ()) -> int:
        return await self._told(statement.text, self._link.execute(statement.text, arguments))

    async def change_many(self, statement: Statement, arguments: Sequence[Sequence[Any]]) -> None:
        await self._told(statement.text, self._link.execute_many(statement.text, arguments))

    async def run(self, text: str) -> None:
        try:
            await self._told(text, self._link.connection.execute(text))
        finally:
            # Whatever it was, statements that were prepared may be older than the schema now.
            self._link.forget()

    def transaction(self) -> AbstractAsyncContextManager[None]:
        return within(self.run, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")

    async def alone(self, name: str) -> bool:
        number = int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)
        return bool((await self.fetch(_ALONE, (number,)))[0][0])

    async def wait_at_most(self, seconds: float) -> None:
        await self.fetch(_WAIT, (f"{seconds * 1000:.0f}",))

    async def checked(self) -> Sequence[str]:
        return ()

    async def close(self) -> None:
        try:
            await self._link.connection.close(timeout=5)
        except FAILURES:
            self._link.connection.terminate()

    async def _told(self, text: str, running: Awaitable[T]) -> T:
        try:
            return await running
        except FAILURES as error:
            if breaks_connection(error):
                self._link.connection.terminate()
                raise Unavailable(f"the connection to PostgreSQL was lost: {error!r}") from error
            if sqlstate(error) == LOCK_NOT_AVAILABLE:
                raise Locked("a lock was not had in time") from error
            if sqlstate(error) in SERIALIZATION:
                raise Contended(f"PostgreSQL: {error}") from error
            raise translated(error, text) from error
