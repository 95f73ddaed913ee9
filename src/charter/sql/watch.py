"""Reads that are watched: the rows of a plan with their keys, all of them or some."""

from charter.contract.contract import Contract
from charter.contract.expression import ROW, Column, OneOfSlot, Slot, every
from charter.contract.types import Type
from charter.plan.plan import ManyPlan, OnePlan
from charter.sql.context import Context
from charter.sql.dialect import Dialect
from charter.sql.expressions import fresh
from charter.sql.fragment import EMPTY, Fragment, number, sql
from charter.sql.json import both, filtered, row_body
from charter.sql.parents import belongs, parent_rows
from charter.sql.rows import Rows
from charter.sql.sources import SlotValue
from charter.sql.statement import Statement


def watched_rows(
    contract: Contract, dialect: Dialect, plan: OnePlan | ManyPlan, limit: int
) -> Statement:
    """All rows that a plan shows, at most `limit`: the key as text, and the body as JSON text."""
    context, rows = fresh(contract, dialect).select(plan.row.resource)
    where = _where(context, rows, plan)
    return _statement(context, rows, plan, where, sql(" LIMIT {}", number(limit)))


def watched_keys(
    contract: Contract, dialect: Dialect, plan: OnePlan | ManyPlan, slot: int
) -> Statement:
    """The same of those whose keys are in the list in a slot."""
    context, rows = fresh(contract, dialect).select(plan.row.resource)
    key = plan.row.resource.key
    column = Column(ROW, (), key.name, key.type)
    among = OneOfSlot(column, Slot(slot, Type(key.type.scalar, many=True)))
    where = both(filtered(context, every(among)), _where(context, rows, plan))
    return _statement(context, rows, plan, where, EMPTY)


def _where(context: Context, rows: Rows, plan: OnePlan | ManyPlan) -> Fragment:
    where = filtered(context, plan.row.where)
    if isinstance(plan, OnePlan):
        kind = plan.row.resource.key.type
        key = sql("{} = {}", rows.column("id"), context.dialect.argument(SlotValue(0), kind))
        where = both(key, where)
    if plan.parent is None:
        return where
    exists = sql("EXISTS ({})", parent_rows(context, plan.parent, sql("1")))
    return both(belongs(context, rows, plan.parent), exists, where)


def _statement(
    context: Context, rows: Rows, plan: OnePlan | ManyPlan, where: Fragment, limit: Fragment
) -> Statement:
    key = context.dialect.as_text(rows.column("id"))
    body = row_body(context, rows, plan.row.shows)
    fragment = sql(
        "SELECT {} AS watched, {} AS body FROM {} WHERE {}{}",
        key, body, rows.clause(), where or context.dialect.truth(True), limit,
    )  # fmt: skip
    return context.dialect.statement(fragment, f"watch {plan.row.resource.name}")
