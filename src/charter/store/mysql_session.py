"""A Session of session.py on a MySQL or MariaDB server.

A statement that changes a schema is a transaction of its own there, whatever is around it.
"""

from collections.abc import Awaitable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, TypeVar

from charter.sql.statement import Statement
from charter.store.address import mysql_parts
from charter.store.database import Row
from charter.store.errors import Locked, StoreError, Unavailable
from charter.store.mysql_address import MysqlAddress
from charter.store.mysql_connection import MysqlLink, connect
from charter.store.mysql_errors import FAILURES, breaks_connection, number_of, translated
from charter.store.session import within
from charter.store.settings import StoreSettings

T = TypeVar("T")

LOCK_TIMEOUT = 1205
# Statements run for as long as they need. MySQL keeps the sizes of tables for a day otherwise.
UNLIMITED = (
    "SET /*M! SESSION max_statement_time = 0 *//*!80000 SESSION max_execution_time = 0 */"
    "/*!80000 , SESSION information_schema_stats_expiry = 0 */, SESSION sql_notes = 0"
)
AS_BEFORE = ("UNLOCK TABLES", "SET foreign_key_checks = 1")
"""What is to hold again where a statement between others has failed."""
# Names are the server's, and have 64 characters at most.
_ALONE = Statement(
    "SELECT GET_LOCK(sha2(concat_ws(char(31), database(), ?), 256), 0)", label="advisory lock"
)


async def open_session(url: str, settings: StoreSettings) -> "MysqlSession":
    """Connect. The lock timeout is that of the settings. Raises ValueError and Unavailable."""
    address = MysqlAddress(**mysql_parts(url))
    try:
        link = await connect(address, settings, idle=settings.transaction_timeout, writes=True)
    except FAILURES as error:
        raise Unavailable(f"cannot connect to MySQL: {error!r}") from error
    session = MysqlSession(link)
    try:
        await session.run(UNLIMITED)
    except BaseException:
        await session.close()
        raise
    return session


class MysqlSession:
    """One connection. It has its settings and its named locks until it is closed."""

    def __init__(self, link: MysqlLink) -> None:
        self._link = link

    @property
    def alive(self) -> bool:
        return not self._link.closed

    async def fetch(self, statement: Statement, arguments: Sequence[Any] = ()) -> Sequence[Row]:
        return await self._told(statement.text, self._link.fetch(statement.text, arguments))

    async def change(self, statement: Statement, arguments: Sequence[Any] = ()) -> int:
        return await self._told(statement.text, self._link.execute(statement.text, arguments))

    async def change_many(self, statement: Statement, arguments: Sequence[Sequence[Any]]) -> None:
        await self._told(statement.text, self._link.execute_many(statement.text, arguments))

    async def run(self, text: str) -> None:
        try:
            await self._told(text, self._link.command(text))
        except StoreError:
            await self._as_before()
            raise

    def transaction(self) -> AbstractAsyncContextManager[None]:
        return within(self.run, "START TRANSACTION READ WRITE")

    async def alone(self, name: str) -> bool:
        return bool((await self.fetch(_ALONE, (name,)))[0][0])

    async def wait_at_most(self, seconds: float) -> None:
        # The server takes whole seconds.
        whole = max(1, round(seconds))
        await self.run(f"SET lock_wait_timeout = {whole}, innodb_lock_wait_timeout = {whole}")

    async def checked(self) -> Sequence[str]:
        return ()

    async def close(self) -> None:
        try:
            await self._link.close(5.0)
        except FAILURES:
            self._link.drop()

    async def _as_before(self) -> None:
        for text in AS_BEFORE:
            if self.alive:
                with suppress(StoreError):
                    await self._told(text, self._link.command(text))

    async def _told(self, text: str, running: Awaitable[T]) -> T:
        try:
            return await running
        except FAILURES as error:
            if breaks_connection(error):
                self._link.drop()
                raise Unavailable(f"the connection to MySQL was lost: {error!r}") from error
            if number_of(error) == LOCK_TIMEOUT:
                raise Locked("a lock was not had in time") from error
            raise translated(error, text) from error
