"""What can go wrong in a database, the same for every driver."""

from enum import StrEnum


class Violation(StrEnum):
    UNIQUE = "unique"
    REFERENCE = "reference"
    """A reference names a row that does not exist."""
    REFERENCED = "referenced"
    """A row cannot go while others refer to it."""
    CHECK = "check"
    NOT_NULL = "not_null"


class StoreError(Exception):
    """Any failure of a database."""


class Violated(StoreError):
    """A constraint refused a write.

    `constraint` is its name where the database tells it; `table` and `columns` are what the
    database tells of where.
    """

    def __init__(
        self,
        violation: Violation,
        *,
        constraint: str | None = None,
        table: str | None = None,
        columns: tuple[str, ...] = (),
    ) -> None:
        super().__init__(f"{violation} violation ({constraint or table or 'unknown'})")
        self.violation = violation
        self.constraint = constraint
        self.table = table
        self.columns = columns


class TimedOut(StoreError):
    """A statement, or the wait for a lock, took longer than allowed."""


class Locked(TimedOut):
    """The wait for a lock took longer than allowed."""


class Contended(StoreError):
    """The transaction lost against others and did not get through in the allowed tries."""


class Unavailable(StoreError):
    """The database cannot be reached, or refuses to write."""


class Crowded(Unavailable):
    """Too many are there already, or wait."""


class BadValue(StoreError):
    """The database cannot hold a value that was given: out of its range, or not its type."""


class NotAtOnce(StoreError):
    """A write of one statement has left nothing behind: a transaction is to be tried."""


class MissingDriver(StoreError):
    """The driver of a database is not installed; the message says how to get it."""
