"""What a scratch database can do."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from charter.sql.dialect import Dialect

Values = Sequence[Any]
STATEMENT_SECONDS = 10.0
"""How long one statement may run while it is explained."""


class NotEmpty(Exception):
    """The database has tables: nothing is ever filled into such."""


@dataclass(frozen=True, slots=True)
class Ran:
    """One statement as the database ran it.

    `plan` is what the database says of how: JSON as PostgreSQL and MySQL make it, or the rows of
    EXPLAIN QUERY PLAN. `answered` counts the characters of all that it gave. `counters` are those
    that SQLite and MySQL keep for the statement. `ended` is false where it was stopped because it
    took too long, or failed with `error`.
    """

    plan: Any
    seconds: float
    rows: int = 0
    answered: int = 0
    counters: dict[str, int] | None = None
    ended: bool = True
    error: str | None = None


class Scratch(Protocol):
    """One connection to a database that belongs to this process alone."""

    @property
    def dialect(self) -> Dialect: ...

    async def has_tables(self) -> bool:
        """Whether there is anything in it."""

    async def run(self, text: str) -> None:
        """Run one statement without arguments."""

    async def fetch(self, text: str, arguments: Values = ()) -> Sequence[Values]:
        """Run one statement and give its rows."""

    async def load(self, table: str, columns: Sequence[str], rows: Iterable[Values]) -> None:
        """Put rows into a table, as fast as the database takes them. Values are encoded."""

    async def insert(self, table: str, columns: Sequence[str], rows: Sequence[Values]) -> float:
        """Put rows into a table as a service does, one after the other; the seconds it took."""

    async def explain(self, text: str, arguments: Values) -> Ran:
        """Run a statement, and tell how it was run. What it changes is undone."""

    async def settle(self) -> None:
        """After filling: commit, and do what a database in use has done for itself by then."""

    async def index_bytes(self, name: str) -> int:
        """How large an index is."""

    def without_scans(self) -> AbstractAsyncContextManager[bool]:
        """Inside, the planner reads no table whole where an index would do, as it will when the
        table has grown. False where it decides without regard to sizes anyway."""

    def trial(self) -> AbstractAsyncContextManager[None]:
        """What is done inside is undone at its end."""


def characters(rows: Iterable[Values]) -> int:
    """How many characters rows have as text."""
    return sum(len(str(value)) for row in rows for value in row)
