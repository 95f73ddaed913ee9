"""Several inserts as one statement, for a database to which every statement is a journey."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from charter.contract.resource import Resource
from charter.sql.dialect import Dialect
from charter.sql.fragment import Fragment, identifier, listed, shifted, sql
from charter.sql.statement import Statement
from charter.sql.system_statements import Kind, outbox_fragment, outbox_width
from charter.sql.writes import insert_fragment


@dataclass(frozen=True, slots=True)
class Rows:
    """New rows of one resource whose values, keys included, are all known beforehand."""

    resource: Resource
    columns: tuple[str, ...]
    count: int = 1


@dataclass(frozen=True, slots=True)
class Inserts:
    """New rows of some resources, and the events that go into the outbox with them.

    Their values stand one after the other: those of each of `rows`, row by row, then those of
    the outbox.
    """

    rows: tuple[Rows, ...]
    events: tuple[Kind, ...] = ()

    @property
    def shape(self) -> Hashable:
        """What their statement depends on."""
        rows = self.rows
        return self.events, *[(part.resource.name, part.columns, part.count) for part in rows]


def insert_aggregate(dialect: Dialect, inserts: Inserts) -> Statement | None:
    """New rows of several resources and of the outbox, in one statement.

    Constraints between the rows are checked when all are in. None where the dialect has no such
    statement.
    """
    rows, events = inserts.rows, inserts.events
    if not dialect.combines_writes or not rows:
        return None
    parts = [
        (insert_fragment(dialect, part.resource, part.columns, part.count), _width(part))
        for part in rows
    ]
    if events:
        parts.append((outbox_fragment(dialect, events), outbox_width(len(events))))
    return dialect.statement(combined(parts), f"insert {rows[0].resource.name} with parts")


def _width(part: Rows) -> int:
    return len(part.columns) * part.count


def combined(parts: Sequence[tuple[Fragment, int]]) -> Fragment:
    """Writes as one: each with the number of its values, which follow those of the one before."""
    moved = []
    first = 0
    for fragment, width in parts:
        moved.append(shifted(fragment, first))
        first += width
    *before, last = moved
    if not before:
        return last
    named = (
        sql("{} AS ({})", identifier(f"w{place}"), fragment)
        for place, fragment in enumerate(before)
    )
    return sql("WITH {} {}", listed(named), last)
