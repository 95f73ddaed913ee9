"""New rows, their events and the answer to their writer, as one statement.

The values of the statement are the id of the request, then for each row its key, the id of its
event, and the values that it brings (`NewRows.brought`). What else a row holds is written into
the text, or is the actor's or the time of the request, which are bound once for all rows.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import LiteralString

from charter.contract.contract import Contract
from charter.contract.expression import ALWAYS, Expression, every
from charter.contract.types import TEXT, UUID
from charter.plan.fresh import new_rows_met
from charter.plan.newrows import NewRows
from charter.plan.plan import OnePlan
from charter.sql.dialect import Dialect
from charter.sql.expressions import fresh
from charter.sql.fragment import EMPTY, Fragment, identifier, listed, sql
from charter.sql.json import row_body
from charter.sql.newcomer import Newcomer, newcomers
from charter.sql.sources import SlotValue
from charter.sql.statement import Statement
from charter.sql.system_statements import Told, outbox_rows
from charter.sql.writes import insert_values, stored_columns

_REQUEST_ID = SlotValue(0)


def create_and_answer(
    contract: Contract,
    dialect: Dialect,
    rows: Sequence[NewRows],
    plan: OnePlan,
    required: Expression,
) -> Statement | None:
    """A new row, which the plan reads, and its parts, as one statement.

    It gives the body and the version. Where `required` or the plan's own condition does not hold
    of the new row, it fails with a division by zero (SQLSTATE 22012) and nothing stays. None
    where the answer needs more than the new rows of the tables that are filled: the names of
    those tables stand for the new rows in it.
    """
    filled = [part.resource for part in rows]
    names = frozenset(resource.name for resource in filled)
    asked = replace(plan, conditions=(*plan.conditions, required))
    met = new_rows_met(contract, asked, names)
    if not dialect.combines_writes or len(names) < len(filled) or met is None:
        return None
    coming = newcomers(dialect, rows, first=_REQUEST_ID.index + 1)
    named = []
    for resource in filled:
        columns = (
            column for field in resource.fields for column in stored_columns(resource, field)
        )
        values = (row.stored() for row in coming if row.resource is resource)
        inserts = insert_values(resource.table, columns, values)
        form: LiteralString = "{} AS ({} RETURNING *)" if resource.name in met else "{} AS ({})"
        named.append(sql(form, identifier(resource.table), inserts))
    request_id = dialect.argument(_REQUEST_ID, TEXT)
    told = outbox_rows(dialect, request_id, [_told(dialect, row) for row in coming])
    named.append(sql("charter_told AS ({})", told))
    answer = _answer(contract, dialect, plan, required)
    label = f"create {plan.row.resource.name}"
    return dialect.statement(sql("WITH {} {}", listed(named), answer), label)


def _told(dialect: Dialect, row: Newcomer) -> Told:
    kind = (f"{row.resource.name}.created", row.resource.name)
    key = dialect.concatenated([row.value(row.resource.key)])
    return Told(kind, dialect.argument(row.event_id, UUID), key, row.payload())


def _answer(contract: Contract, dialect: Dialect, plan: OnePlan, required: Expression) -> Fragment:
    """What the plan reads of the new row, which is all that there is under its table's name."""
    inner, rows = fresh(contract, dialect).select(plan.row.resource)
    body = row_body(inner, rows, plan.row.shows)
    must = every(plan.row.where, required)
    held = (
        EMPTY
        if must == ALWAYS
        else sql(", 1 / (CASE WHEN {} THEN 1 ELSE 0 END) AS held", inner.condition(must))
    )
    return sql(
        "SELECT {} AS body, {} AS version{} FROM {}",
        body, rows.column("version"), held, rows.clause(),
    )  # fmt: skip
