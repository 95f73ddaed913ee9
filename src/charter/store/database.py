"""What the rest of Charter needs of a database."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from charter.sql.statement import Statement

Row = Sequence[Any]
T = TypeVar("T")


class Transaction(Protocol):
    """A write transaction that is under way. Statements see what it has written.

    Statements that are asked for at once run one after the other. After one that failed, no more
    are taken, and nothing is committed, until a savepoint around it has been left.
    """

    async def fetch(self, statement: Statement, arguments: Sequence[Any]) -> Sequence[Row]:
        """Run a statement and give all its rows."""

    async def execute(self, statement: Statement, arguments: Sequence[Any]) -> int:
        """Run a statement that gives no rows; how many rows it changed."""

    async def execute_many(self, statement: Statement, arguments: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each of many tuples of arguments."""

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """What is done inside is undone where an exception leaves it."""


class Database(Protocol):
    """One database, opened once for a process."""

    async def open(self) -> None:
        """Connect. Raises `Unavailable`."""

    async def close(self) -> None:
        """Wait for what is under way and disconnect."""

    async def read(self, statement: Statement, arguments: Sequence[Any]) -> Sequence[Row]:
        """Run one reading statement outside any transaction and give all its rows."""

    def stream(
        self, statement: Statement, arguments: Sequence[Any]
    ) -> AsyncGenerator[list[Row], None]:
        """Run one reading statement and give its rows in batches, in constant memory.

        Whoever may leave early closes it (`contextlib.aclosing`): that frees its connection.
        """

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` in one transaction and commit it durably before returning its result.

        Where `work` raises, nothing stays. Where the database cannot serialize it with others
        (or has to break a deadlock), `work` is called again from the start, a few times.
        """

    async def write_at_once(self, statement: Statement, arguments: Sequence[Any]) -> Sequence[Row]:
        """Run one statement that writes, as a transaction of its own, and give its rows.

        They are committed durably. Raises `NotAtOnce` where nothing stays and a transaction is
        to find out why, or to try again; and what `write` raises.
        """

    async def script(self, text: str) -> None:
        """Run several statements without arguments, in one transaction (schema creation)."""
