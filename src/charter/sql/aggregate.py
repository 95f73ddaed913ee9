"""Several inserts as one statement, for a database to which every statement is a journey."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from charter.contract.contract import Contract
from charter.contract.expression import ALWAYS, Expression, every
from charter.contract.resource import Resource
from charter.plan.fresh import meets_new_rows_only
from charter.plan.plan import OnePlan
from charter.sql.dialect import Dialect
from charter.sql.existing.state import version_of
from charter.sql.expressions import fresh
from charter.sql.fragment import EMPTY, Fragment, identifier, listed, shifted, sql
from charter.sql.json import row_body
from charter.sql.sources import SlotValue
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


def insert_and_answer(
    contract: Contract,
    dialect: Dialect,
    inserts: Inserts,
    plan: OnePlan,
    required: Expression,
) -> Statement | None:
    """New rows, their events and the answer to their writer, in one statement.

    The values are those of the inserts, then those of the plan, its key first. The
    columns are the body and the version. Where `required` or the plan's own condition does not
    hold of the new row, the statement fails with a division by zero (SQLSTATE 22012) and nothing
    stays. None where the answer needs more than the new rows of the tables that are filled: the
    names of those tables stand for the new rows in it.
    """
    rows, events = inserts.rows, inserts.events
    filled = [part.resource for part in rows]
    names = frozenset(resource.name for resource in filled)
    asked = replace(plan, conditions=(*plan.conditions, required))
    if (
        not dialect.combines_writes
        or len(names) < len(filled)
        or plan.row.resource.name not in names
        or not meets_new_rows_only(contract, asked, names)
    ):
        return None
    named: list[Fragment] = []
    first = 0
    for part in rows:
        fragment = insert_fragment(dialect, part.resource, part.columns, part.count)
        table = identifier(part.resource.table_name)
        named.append(sql("{} AS ({} RETURNING *)", table, shifted(fragment, first)))
        first += _width(part)
    if events:
        told = shifted(outbox_fragment(dialect, events), first)
        named.append(sql("charter_told AS ({})", told))
        first += outbox_width(len(events))
    answer = shifted(_answer(contract, dialect, plan, required), first)
    label = f"create {plan.row.resource.name}"
    return dialect.statement(sql("WITH {} {}", listed(named), answer), label)


def _answer(contract: Contract, dialect: Dialect, plan: OnePlan, required: Expression) -> Fragment:
    inner, rows = fresh(contract, dialect).select(plan.row.resource)
    body = row_body(inner, rows, plan.row.shows)
    must = every(plan.row.where, required)
    held = (
        EMPTY
        if must == ALWAYS
        else sql(", 1 / (CASE WHEN {} THEN 1 ELSE 0 END) AS held", inner.condition(must))
    )
    key = dialect.argument(SlotValue(0), plan.row.resource.key.type)
    return sql(
        "SELECT {} AS body, {} AS version{} FROM {} WHERE {} = {}",
        body, version_of(inner, rows), held, rows.clause(), rows.column("id"), key,
    )  # fmt: skip


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
