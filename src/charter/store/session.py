"""One connection that somebody has for themselves: for work that changes a schema.

Unlike those of a `Database` its statements may run for as long as they need, outside of any
transaction too, and nothing is ever tried again unasked.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, Protocol

from charter.sql.statement import Statement
from charter.store.database import Row
from charter.store.errors import StoreError


class Session(Protocol):
    """An open connection. Every method raises `StoreError`: `Locked` where a lock was not had in
    time, `Violated` where rows break a constraint, `Unavailable` where the database is gone or
    refuses to write."""

    @property
    def alive(self) -> bool:
        """Whether the connection is of any use still."""

    async def fetch(self, statement: Statement, arguments: Sequence[Any] = ()) -> Sequence[Row]:
        """Run a statement and give all its rows."""

    async def change(self, statement: Statement, arguments: Sequence[Any] = ()) -> int:
        """Run a statement that changes rows; how many it changed."""

    async def change_many(self, statement: Statement, arguments: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each of many tuples of arguments."""

    async def run(self, text: str) -> None:
        """Run one statement without arguments, as it is written."""

    def transaction(self) -> AbstractAsyncContextManager[None]:
        """What is done inside is committed durably, or not at all where an exception leaves it.

        It takes the right to write at once where a database has but one (SQLite).
        """

    async def alone(self, name: str) -> bool:
        """Whether this session is now the only one that holds this name, until it ends.

        Where the database has no such locks the answer is always yes.
        """

    async def wait_at_most(self, seconds: float) -> None:
        """How long to wait for a lock from now on."""

    async def checked(self) -> Sequence[str]:
        """References that lead nowhere, said for people, where the database does not hold them
        by itself while a schema changes (SQLite)."""

    async def close(self) -> None:
        """Disconnect. What is not committed is gone."""


@asynccontextmanager
async def within(
    run: Callable[[str], Awaitable[None]], begin: str, pending: Callable[[], bool] = lambda: False
) -> AsyncIterator[None]:
    """A transaction of `Session.transaction`, by running statements. `pending` says whether one
    is still under way, where a COMMIT that fails may leave it so."""
    await run(begin)
    try:
        yield
    except BaseException:
        await _undo(run)
        raise
    try:
        await run("COMMIT")
    except BaseException:
        if pending():
            await _undo(run)
        raise


async def _undo(run: Callable[[str], Awaitable[None]]) -> None:
    with suppress(StoreError):
        await run("ROLLBACK")
