"""Statements over the outbox as the log of all changes.

Where a reader has come to in the log is a `Mark`: entries whose number (or, where transactions
commit in any order, whose transaction) is `upto` or above are new to it, and so are those among
`missing`, which had not been committed when it looked.
"""

from dataclasses import dataclass

from charter.contract.types import INTEGER
from charter.sql.dialect import Dialect
from charter.sql.fragment import Fragment, identifier, joined, listed, number, sql
from charter.sql.sources import SlotValue
from charter.sql.statement import Statement
from charter.sql.system import OUTBOX, TRANSACTION

_SEQUENCE, _TABLE = identifier("sequence"), identifier(OUTBOX)
LABEL = "changes of the log"
ENTRY = ("sequence", "resource", "event", "key")


@dataclass(frozen=True, slots=True)
class Mark:
    """How far somebody has read."""

    upto: int
    missing: tuple[int, ...] = ()


def mark_of_snapshot(text: str) -> Mark:
    """The mark of whoever saw what a snapshot of PostgreSQL sees (`xmin:xmax:xip,xip…`)."""
    _, upto, missing = text.split(":")
    return Mark(int(upto), tuple(int(item) for item in missing.split(",") if item))


def head(dialect: Dialect) -> Statement:
    """How far the log is: the snapshot, or the number of its last entry."""
    if dialect.tells_transactions:
        return dialect.statement(sql("SELECT pg_current_snapshot()::text"), "head of the log")
    return dialect.statement(
        sql("SELECT coalesce(max({}), 0) FROM {}", _SEQUENCE, _TABLE), "head of the log"
    )


def since(dialect: Dialect, limit: int) -> Statement:
    """The entries after a mark, at most `limit` of them: columns are those of ENTRY.

    Where transactions have numbers the values are `upto` and `missing`, and there is one more
    column, the snapshot that the statement saw, and a row without an entry where there is none.
    Elsewhere the value is the lowest number that may be new, and the entries come in order.
    """
    shown = listed(identifier(name) for name in ENTRY)
    if not dialect.tells_transactions:
        fragment = sql(
            "SELECT {} FROM {} WHERE {} >= {} ORDER BY {} LIMIT {}",
            shown, _TABLE, _SEQUENCE, _number(dialect, 0), _SEQUENCE, number(limit),
        )  # fmt: skip
        return dialect.statement(fragment, LABEL)
    told = identifier(TRANSACTION)
    newer = sql("{} >= {}", told, _number(dialect, 0))
    missed = dialect.one_of(told, SlotValue(1), INTEGER)
    # Each in the order of its index, which the planner cannot miss then.
    halves = (
        sql("(SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {})",
            shown, _TABLE, where, told, number(limit))
        for where in (newer, missed)
    )  # fmt: skip
    fragment = sql(
        "SELECT {}, seen FROM (SELECT pg_current_snapshot()::text AS seen) AS now"
        " LEFT JOIN ({}) AS entry ON TRUE",
        shown, joined(" UNION ALL ", halves),
    )  # fmt: skip
    return dialect.statement(fragment, LABEL)


def oldest(dialect: Dialect, limit: int) -> Statement:
    """Entries after a number, the oldest first: their numbers, times, events and resources."""
    fragment = sql(
        "SELECT {} FROM {} WHERE {} > {} ORDER BY {} LIMIT {}",
        listed(identifier(name) for name in ("sequence", "occurred_at", "event", "resource")),
        _TABLE, _SEQUENCE, _number(dialect, 0), _SEQUENCE, number(limit),
    )  # fmt: skip
    return dialect.statement(fragment, "oldest of the log")


def trim(dialect: Dialect) -> Statement:
    """Delete the entries whose numbers are in a list."""
    among = dialect.one_of(_SEQUENCE, SlotValue(0), INTEGER)
    fragment = sql("DELETE FROM {} WHERE {}", _TABLE, among)
    return dialect.statement(fragment, "trim the log")


def _number(dialect: Dialect, place: int) -> Fragment:
    return dialect.argument(SlotValue(place), INTEGER)
