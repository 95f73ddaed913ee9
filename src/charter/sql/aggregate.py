"""Several inserts as one statement, for a database to which every statement is a journey."""

from collections.abc import Sequence
from dataclasses import dataclass

from charter.contract.resource import Resource
from charter.sql.dialect import Dialect
from charter.sql.fragment import Fragment, identifier, listed, shifted, sql
from charter.sql.statement import Statement
from charter.sql.system_statements import OUTBOX_COLUMNS, outbox_fragment
from charter.sql.writes import insert_fragment


@dataclass(frozen=True, slots=True)
class Rows:
    """New rows of one resource whose values, keys included, are all known beforehand."""

    resource: Resource
    columns: tuple[str, ...]
    count: int = 1


def insert_aggregate(
    dialect: Dialect, rows: Sequence[Rows], happenings: int = 0
) -> Statement | None:
    """New rows of several resources and of the outbox, in one statement.

    The values stand one after the other: those of each of `rows`, row by row, then those of
    the outbox. Constraints between the rows are checked when all are in. None where the
    dialect has no such statement.
    """
    if not dialect.combines_writes or not rows:
        return None
    parts = [
        (insert_fragment(dialect, part.resource, part.columns, part.count), _width(part))
        for part in rows
    ]
    if happenings:
        parts.append((outbox_fragment(dialect, happenings), happenings * len(OUTBOX_COLUMNS)))
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
