"""How a database runs one statement, in the same words for every database."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Access(StrEnum):
    """How the rows of one table are come by."""

    TABLE = "table scan"
    """Every row of the table is read."""
    WHOLE_INDEX = "index scan"
    """Every entry of an index is read, from one end or the other: fine where it may stop early."""
    INDEX = "index search"
    """An index leads to the rows."""
    KEY = "key search"
    """The primary key leads to the row."""
    AUTOMATIC = "automatic index"
    """An index is built for this statement alone."""
    OTHER = "other rows"
    """Rows of a subselect, a function or a list of values."""


@dataclass(frozen=True, slots=True)
class Step:
    """Rows of one table as a part of the plan. Numbers are for all loops together.

    `kept` and `removed` are None where the database does not say: `removed` counts the rows that
    were read and then fell to a condition.
    """

    access: Access
    table: str
    index: str | None = None
    kept: int | None = None
    removed: int | None = None
    loops: int | None = None
    condition: str = ""

    @property
    def touched(self) -> int:
        return (self.kept or 0) + (self.removed or 0)


@dataclass(frozen=True, slots=True)
class Sorting:
    """Rows that are put into an order, or sorted out by group, by the statement itself.

    `rows` are those of each time that it is done. `spilled` are bytes written to disk because
    they did not fit into memory.
    """

    what: str
    rows: int | None = None
    spilled: int = 0


@dataclass(frozen=True, slots=True)
class Explained:
    """One statement, run once with certain values.

    `work` is what it cost in units that are the same from run to run: pages of the database's
    cache and rows touched on PostgreSQL, steps of its virtual machine on SQLite, rows and entries
    of indexes read on MySQL. `ended` is false where it took too long; `error` says what else was
    wrong.
    """

    steps: tuple[Step, ...]
    sortings: tuple[Sorting, ...]
    work: int
    seconds: float
    rows: int
    answered: int = 0
    """Characters of the answer."""
    scanned: int | None = None
    """Steps through tables and indexes that are read from an end, where no step counts its rows."""
    ended: bool = True
    error: str | None = None

    def on(self, table: str) -> Iterator[Step]:
        return (step for step in self.steps if step.table == table)

    @property
    def sign(self) -> tuple[tuple[str, str, str | None], ...]:
        """Which accesses there are, without any numbers: what a test can pin."""
        found = {(step.access.value, step.table, step.index) for step in self.steps}
        return tuple(sorted(found, key=str))
