"""What each operation of Charter's DDL locks and costs on PostgreSQL, by its version.

Sources: the manual's pages of the statements and "Explicit Locking"; that the claims hold is
tested against a server's `pg_locks` and `pg_class.relfilenode`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType

from charter.migrate.step import Work

OLDEST = 14
"""The oldest version that Charter runs on; what is cheap there is cheap on all later ones."""

LOCKS = (
    "",
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)
"""The table locks of PostgreSQL, from the weakest to the strongest."""
_ALL, _WRITES, _DDL, _NONE = LOCKS[8], LOCKS[6], LOCKS[4], ""


class Operation(Enum):
    """What a statement does to a table that others use."""

    CREATE_TABLE = auto()
    DROP_TABLE = auto()
    RENAME_TABLE = auto()
    ADD_COLUMN = auto()
    ADD_COLUMN_WITH_DEFAULT = auto()
    """A default that is worked out once: a constant, or the time."""
    ADD_GENERATED_COLUMN = auto()
    """One that is stored: it is worked out for every row."""
    DROP_COLUMN = auto()
    RENAME_COLUMN = auto()
    SET_DEFAULT = auto()
    DROP_DEFAULT = auto()
    SET_NOT_NULL_AFTER_CHECK = auto()
    """A valid check holds already that no value is null."""
    DROP_NOT_NULL = auto()
    WIDEN_DECIMAL = auto()
    """More digits before the point, as many after it."""
    NARROW_DECIMAL = auto()
    ADD_IDENTITY = auto()
    DROP_IDENTITY = auto()
    ADD_CHECK_NOT_VALID = auto()
    VALIDATE_CHECK = auto()
    DROP_CONSTRAINT = auto()
    RENAME_CONSTRAINT = auto()
    BUILD_INDEX = auto()
    """Concurrently."""
    DROP_INDEX = auto()
    """Concurrently."""
    RENAME_INDEX = auto()
    ADD_UNIQUE_BY_INDEX = auto()
    ADD_REFERENCE_NOT_VALID = auto()
    VALIDATE_REFERENCE = auto()
    DROP_REFERENCE = auto()
    CREATE_TRIGGER = auto()
    DROP_TRIGGER = auto()
    FUNCTION = auto()
    EXTENSION = auto()
    """More types and functions, for the whole database."""
    CREATE_VIEW = auto()
    DROP_VIEW = auto()
    NOTE = auto()
    """A row of a table of Charter's own is changed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The lock on the table, the work under it, and the lock on the table that is referred to."""

    lock: str
    work: Work = Work.CATALOG
    target: str = ""


_CLAIMS: Mapping[Operation, Claim] = MappingProxyType(
    {
        Operation.CREATE_TABLE: Claim(_NONE),
        Operation.DROP_TABLE: Claim(_ALL),
        Operation.RENAME_TABLE: Claim(_ALL),
        Operation.ADD_COLUMN: Claim(_ALL),
        Operation.ADD_COLUMN_WITH_DEFAULT: Claim(_ALL),
        Operation.ADD_GENERATED_COLUMN: Claim(_ALL, Work.REWRITE),
        Operation.DROP_COLUMN: Claim(_ALL),
        Operation.RENAME_COLUMN: Claim(_ALL),
        Operation.SET_DEFAULT: Claim(_ALL),
        Operation.DROP_DEFAULT: Claim(_ALL),
        Operation.SET_NOT_NULL_AFTER_CHECK: Claim(_ALL),
        Operation.DROP_NOT_NULL: Claim(_ALL),
        Operation.WIDEN_DECIMAL: Claim(_ALL),
        Operation.NARROW_DECIMAL: Claim(_ALL, Work.REWRITE),
        Operation.ADD_IDENTITY: Claim(_ALL),
        Operation.DROP_IDENTITY: Claim(_ALL),
        Operation.ADD_CHECK_NOT_VALID: Claim(_ALL),
        Operation.VALIDATE_CHECK: Claim(_DDL, Work.SCAN),
        Operation.DROP_CONSTRAINT: Claim(_ALL),
        Operation.RENAME_CONSTRAINT: Claim(_ALL),
        Operation.BUILD_INDEX: Claim(_DDL, Work.BUILD),
        Operation.DROP_INDEX: Claim(_DDL),
        Operation.RENAME_INDEX: Claim(_NONE),
        Operation.ADD_UNIQUE_BY_INDEX: Claim(_ALL),
        Operation.ADD_REFERENCE_NOT_VALID: Claim(_WRITES, target=_WRITES),
        Operation.VALIDATE_REFERENCE: Claim(_DDL, Work.SCAN, target="ROW SHARE"),
        Operation.DROP_REFERENCE: Claim(_ALL, target=_ALL),
        Operation.CREATE_TRIGGER: Claim(_WRITES),
        Operation.DROP_TRIGGER: Claim(_ALL),
        Operation.FUNCTION: Claim(_NONE),
        Operation.EXTENSION: Claim(_NONE),
        Operation.CREATE_VIEW: Claim("ACCESS SHARE"),
        Operation.DROP_VIEW: Claim(_NONE),
        Operation.NOTE: Claim(_NONE),
    }
)
_BEFORE: Mapping[Operation, tuple[int, Claim]] = MappingProxyType(
    {
        Operation.ADD_COLUMN_WITH_DEFAULT: (11, Claim(_ALL, Work.REWRITE)),
        Operation.SET_NOT_NULL_AFTER_CHECK: (12, Claim(_ALL, Work.SCAN)),
    }
)
"""What an operation was before a version made it cheaper."""


def claim(operation: Operation, version: int = OLDEST) -> Claim:
    """What an operation locks and costs on a version of PostgreSQL (its first number)."""
    cheaper, dear = _BEFORE.get(operation, (0, _CLAIMS[operation]))
    return dear if version < cheaper else _CLAIMS[operation]


def strongest(locks: Iterable[str]) -> str:
    """The strongest of some table locks; empty where there are none."""
    return max(locks, key=LOCKS.index, default="")


def hardest(works: Iterable[Work]) -> Work:
    """The most that is done of some works."""
    order = list(Work)
    return max(works, key=order.index, default=Work.CATALOG)
