"""Steps of a migration: what is run, what it locks and costs, what it loses, and its way back."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Phase(StrEnum):
    """When a step may run. The phases of a migration follow each other in this order."""

    EXPAND = "expand"
    """Beside running releases of the contract before: it adds and loosens."""
    BACKFILL = "backfill"
    """The same; it fills what was added, and what rests on that."""
    CONTRACT = "contract"
    """Only when no running release uses what goes, or writes what is refused from then on."""


class Work(StrEnum):
    """What a step costs, from least to most."""

    CATALOG = "catalog"
    """The same, however large the table is."""
    ROWS = "rows"
    """Rows are written, some at a time; others wait for a row at most."""
    BUILD = "build"
    """An index is built beside running reads and writes."""
    SCAN = "scan"
    """The whole table is read while the lock is held."""
    REWRITE = "rewrite"
    """The whole table is written anew while the lock is held."""


class Maker(StrEnum):
    """Values that are made outside of the database."""

    FOLD = "fold"
    """The folded form of the text in `source` (`sql.folding.folded`); nothing stays nothing."""


@dataclass(frozen=True, slots=True)
class Fill:
    """What one column is set to: an SQL expression over the row, or a value made outside."""

    column: str
    sql: str | None = None
    maker: Maker | None = None
    source: str | None = None
    """An SQL expression over the row that gives what the maker reads, where it reads anything."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of a table that are filled by ranges of its key, some at a time, and resumable.

    `where` is an SQL condition on rows that are not done yet: a row that has been filled is not
    among them, so it can be run again at any time, and is done when no row is left.
    """

    table: str
    key: tuple[str, ...]
    fills: tuple[Fill, ...]
    where: str
    leaves: bool | None = None
    """Rows that others undo meanwhile, or hold, are left to a later step: once over the table is
    enough, however much is written to it."""


@dataclass(frozen=True, slots=True)
class Need:
    """What must hold before a step runs: a query that counts the rows that stand against it."""

    count: str
    """A SELECT of one number; zero where the step can run."""
    says: str
    """What that number counts, after the number: `rows of orders have no phone`."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step, forward (`up`) and back (`down`).

    The statements of a step that has a transaction are run in one. A batch is filled after the
    statements of its direction. Statements of a step without one can each be run again after
    they were interrupted, or tell that they were run.
    """

    name: str
    """Unique in its migration for its dialect."""
    phase: Phase
    does: str
    """One sentence for people."""
    up: tuple[str, ...]
    down: tuple[str, ...]
    lock: str
    """The strongest table lock of `up`, in the database's own name; empty for none but rows'."""
    work: Work
    table: str
    transaction: bool = True
    loses: str | None = None
    """What data is lost going up; such a step runs only once it was named."""
    loses_down: str | None = None
    batch: Batch | None = None
    batch_down: Batch | None = None
    needs: tuple[Need, ...] = ()
    needs_down: tuple[Need, ...] = ()
    lock_down: str = ""
    work_down: Work = Work.CATALOG
    ran: tuple[str, ...] = ()
    """Of a step without a transaction, one for each statement of `up`: a query of one value that
    is true where it was run already; empty for a statement that can be run again."""
    ran_down: tuple[str, ...] = ()
    apart: bool = False
    """Releases of after cannot run before this step: there is no time in which both run."""


def going_back(step: Step) -> Step:
    """A step with what its way back loses, locks and costs in place of its way there."""
    return replace(step, loses=step.loses_down, lock=step.lock_down, work=step.work_down)
