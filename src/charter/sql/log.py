"""Statements over the outbox as the log of all changes.

Where a reader has come to in the log is a `Mark`: entries whose number (or, where transactions
commit in any order, whose transaction) is `upto` or above are new to it, and so are those among
`missing`, which had not been committed when it looked.

A mark of transactions reaches to the last one that is known by an entry, not to the next number
that the server would give out: after a crash it gives out again what no disk has heard of, as the
numbers of transactions that were under way or did not wait for the disk. An entry that is seen is
on the disk, so no number up to its own comes again.
"""

from dataclasses import dataclass

from charter.contract.types import INTEGER
from charter.sql.dialect import Dialect
from charter.sql.fragment import Fragment, identifier, joined, listed, number, sql
from charter.sql.sources import SlotValue
from charter.sql.statement import Statement
from charter.sql.system import OUTBOX, TRANSACTION

_SEQUENCE, _TABLE, _TOLD = identifier("sequence"), identifier(OUTBOX), identifier(TRANSACTION)
LABEL = "changes of the log"
ENTRY = ("sequence", "resource", "event", "key")


@dataclass(frozen=True, slots=True)
class Mark:
    """How far somebody has read."""

    upto: int
    missing: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a statement of PostgreSQL saw: of the transactions below `upto` all that had ended,
    which the `running` ones had not."""

    upto: int
    running: tuple[int, ...]

    def mark(self, last: int) -> Mark:
        """The mark of whoever saw so much, an entry of the transaction `last` being the newest."""
        return Mark(last + 1, tuple(number for number in self.running if number <= last))


def snapshot(text: str) -> Snapshot:
    """A `pg_snapshot` from its text (`xmin:xmax:xip,xip…`)."""
    _, upto, running = text.split(":")
    return Snapshot(int(upto), tuple(int(item) for item in running.split(",") if item))


def head(dialect: Dialect) -> Statement:
    """How far the log is: the number of its last entry (or of its transaction, 0 where there is
    none), and the snapshot where transactions have numbers."""
    number = _TOLD if dialect.tells_transactions else _SEQUENCE
    seen = sql(", pg_current_snapshot()::text") if dialect.tells_transactions else sql("")
    return dialect.statement(
        sql("SELECT coalesce(max({}), 0){} FROM {}", number, seen, _TABLE), "head of the log"
    )


def since(dialect: Dialect, limit: int) -> Statement:
    """The entries after a mark, at most `limit` of them: columns are those of ENTRY.

    Where transactions have numbers the values are `upto` and `missing`, and there are two more
    columns, the entry's transaction and the snapshot that the statement saw, and a row without an
    entry where there is none.
    Elsewhere the value is the lowest number that may be new, and the entries come in order.
    """
    shown = listed(identifier(name) for name in ENTRY)
    if not dialect.tells_transactions:
        fragment = sql(
            "SELECT {} FROM {} WHERE {} >= {} ORDER BY {} LIMIT {}",
            shown, _TABLE, _SEQUENCE, _number(dialect, 0), _SEQUENCE, number(limit),
        )  # fmt: skip
        return dialect.statement(fragment, LABEL)
    newer = sql("{} >= {}", _TOLD, _number(dialect, 0))
    missed = dialect.one_of(_TOLD, SlotValue(1), INTEGER)
    # Each in the order of its index, which the planner cannot miss then.
    halves = (
        sql("(SELECT {}, {} FROM {} WHERE {} ORDER BY {} LIMIT {})",
            shown, _TOLD, _TABLE, where, _TOLD, number(limit))
        for where in (newer, missed)
    )  # fmt: skip
    fragment = sql(
        "SELECT {}, {}, seen FROM (SELECT pg_current_snapshot()::text AS seen) AS now"
        " LEFT JOIN ({}) AS entry ON TRUE",
        shown, _TOLD, joined(" UNION ALL ", halves),
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
