"""What each operation of Charter's DDL locks and costs on MySQL 8 and MariaDB 10.11 and later.

An ALTER TABLE says by which algorithm it is done and what others can do meanwhile, so that a
server refuses what it cannot do so, rather than keep others waiting. Whatever a lock is called,
each statement needs the table for itself for a moment, when it begins and when it ends: it waits
for transactions that have used the table, and others wait behind it, for the lock timeout at most.

Sources: the manuals' pages on online DDL. That the claims hold is tested on MariaDB.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from types import MappingProxyType

from charter.migrate.step import Work

LOCKS = ("", "NONE", "SHARED", "EXCLUSIVE")
"""What others cannot do meanwhile, in the words of LOCK: nothing, write, and read or write."""
_NONE, _WRITES, _ALL = LOCKS[1:]


class Algorithm(StrEnum):
    """What an ALTER TABLE says of how it is done."""

    INSTANT = ", ALGORITHM=INSTANT"
    """Nothing but the table's description is written. MySQL takes no LOCK beside it."""
    INSTANT_BY_NOW = " /*!80029 , ALGORITHM=INSTANT *//*M! , ALGORITHM=INSTANT */"
    """The same, from MySQL 8.0.29 on; before, it writes the table anew beside others."""
    INPLACE = ", ALGORITHM=INPLACE, LOCK=NONE"
    """Beside others. MariaDB does instantly what it can."""
    INPLACE_OR_INSTANT = " /*!80000 , ALGORITHM=INPLACE, LOCK=NONE *//*M! , ALGORITHM=INSTANT */"
    COPY = ", ALGORITHM=COPY, LOCK=SHARED"
    """Others read meanwhile."""
    NOT_SAID = ""
    """No ALTER TABLE."""


class Operation(Enum):
    """What a statement does to a table that others use."""

    CREATE_TABLE = auto()
    DROP_TABLE = auto()
    RENAME_TABLE = auto()
    ADD_COLUMN = auto()
    """At the end, empty or with a constant for the rows that are there."""
    ADD_GENERATED_COLUMN = auto()
    """One that is stored."""
    DROP_COLUMN = auto()
    DROP_GENERATED_COLUMN = auto()
    RENAME_COLUMN = auto()
    RECAST = auto()
    """Columns swap their names while others are worked out by another expression."""
    DROP_DEFAULT = auto()
    SET_DEFAULT = auto()
    SET_NOT_NULL = auto()
    DROP_NOT_NULL = auto()
    SET_NOT_NULL_STORED = auto()
    """In a table that stores what the database works out."""
    DROP_NOT_NULL_STORED = auto()
    WIDEN_TEXT = auto()
    """More characters, whose number is stored in as many bytes as before."""
    NARROW_TEXT = auto()
    NUMBER = auto()
    STOP_NUMBERING = auto()
    ADD_CHECK = auto()
    DROP_CHECK = auto()
    BUILD_INDEX = auto()
    DROP_INDEX = auto()
    RENAME_INDEX = auto()
    ADD_REFERENCE = auto()
    """With `foreign_key_checks` off: rows that are there are not looked at."""
    DROP_REFERENCE = auto()
    CREATE_TRIGGER = auto()
    DROP_TRIGGER = auto()
    LOCK_TABLE = auto()
    """For some statements that only change descriptions."""
    CREATE_VIEW = auto()
    DROP_VIEW = auto()
    SESSION = auto()
    """A setting of the session, or the end of its locks."""
    NOTE = auto()
    """A row of a table of Charter's own is changed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """How it is done, what others cannot do, and what is done meanwhile."""

    algorithm: Algorithm
    lock: str
    work: Work = Work.CATALOG


_CLAIMS: Mapping[Operation, Claim] = MappingProxyType(
    {
        Operation.CREATE_TABLE: Claim(Algorithm.NOT_SAID, ""),
        Operation.DROP_TABLE: Claim(Algorithm.NOT_SAID, _ALL),
        Operation.RENAME_TABLE: Claim(Algorithm.NOT_SAID, _ALL),
        Operation.ADD_COLUMN: Claim(Algorithm.INSTANT, _NONE),
        Operation.ADD_GENERATED_COLUMN: Claim(Algorithm.COPY, _WRITES, Work.REWRITE),
        Operation.DROP_COLUMN: Claim(Algorithm.INSTANT_BY_NOW, _NONE),
        Operation.DROP_GENERATED_COLUMN: Claim(Algorithm.INPLACE_OR_INSTANT, _NONE),
        Operation.RENAME_COLUMN: Claim(Algorithm.INPLACE, _NONE),
        Operation.RECAST: Claim(Algorithm.COPY, _WRITES, Work.REWRITE),
        Operation.DROP_DEFAULT: Claim(Algorithm.INSTANT, _NONE),
        Operation.SET_DEFAULT: Claim(Algorithm.INSTANT, _NONE),
        Operation.SET_NOT_NULL: Claim(Algorithm.INPLACE, _NONE, Work.REWRITE),
        Operation.DROP_NOT_NULL: Claim(Algorithm.INPLACE, _NONE, Work.REWRITE),
        Operation.SET_NOT_NULL_STORED: Claim(Algorithm.COPY, _WRITES, Work.REWRITE),
        Operation.DROP_NOT_NULL_STORED: Claim(Algorithm.COPY, _WRITES, Work.REWRITE),
        Operation.WIDEN_TEXT: Claim(Algorithm.INPLACE, _NONE),
        Operation.NARROW_TEXT: Claim(Algorithm.COPY, _WRITES, Work.REWRITE),
        Operation.NUMBER: Claim(Algorithm.COPY, _WRITES, Work.REWRITE),
        Operation.STOP_NUMBERING: Claim(Algorithm.COPY, _WRITES, Work.REWRITE),
        Operation.ADD_CHECK: Claim(Algorithm.COPY, _WRITES, Work.REWRITE),
        Operation.DROP_CHECK: Claim(Algorithm.INPLACE_OR_INSTANT, _NONE),
        Operation.BUILD_INDEX: Claim(Algorithm.INPLACE, _NONE, Work.BUILD),
        Operation.DROP_INDEX: Claim(Algorithm.INPLACE, _NONE),
        Operation.RENAME_INDEX: Claim(Algorithm.INPLACE, _NONE),
        Operation.ADD_REFERENCE: Claim(Algorithm.INPLACE, _NONE),
        Operation.DROP_REFERENCE: Claim(Algorithm.INPLACE, _NONE),
        Operation.CREATE_TRIGGER: Claim(Algorithm.NOT_SAID, _ALL),
        Operation.DROP_TRIGGER: Claim(Algorithm.NOT_SAID, _ALL),
        Operation.LOCK_TABLE: Claim(Algorithm.NOT_SAID, _ALL),
        Operation.CREATE_VIEW: Claim(Algorithm.NOT_SAID, ""),
        Operation.DROP_VIEW: Claim(Algorithm.NOT_SAID, ""),
        Operation.SESSION: Claim(Algorithm.NOT_SAID, ""),
        Operation.NOTE: Claim(Algorithm.NOT_SAID, ""),
    }
)


def claim(operation: Operation) -> Claim:
    """How an operation is done, and what it locks and costs."""
    return _CLAIMS[operation]


def strongest(locks: Iterable[str]) -> str:
    """The strongest of some table locks; empty where there are none."""
    return max(locks, key=LOCKS.index, default="")
