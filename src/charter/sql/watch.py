"""Reads that are watched: the rows of a plan with their keys, all of them or some."""

from dataclasses import dataclass
from functools import cached_property

from charter.contract.contract import Contract
from charter.contract.expression import ROW, Column, OneOfSlot, Slot, every
from charter.contract.types import Type
from charter.plan.plan import ManyPlan, OnePlan
from charter.sql.clauses import both, filtered
from charter.sql.context import Context
from charter.sql.dialect import Dialect
from charter.sql.expressions import fresh
from charter.sql.fragment import EMPTY, Fragment, identifier, joined, number, placed, sql
from charter.sql.json import row_body
from charter.sql.parents import belongs, parent_rows
from charter.sql.rows import Rows
from charter.sql.sources import SlotValue
from charter.sql.statement import Statement


@dataclass(frozen=True)
class Follow:
    """A read of keys, as text, and bodies, as JSON text."""

    dialect: Dialect
    fragment: Fragment
    label: str

    @cached_property
    def one(self) -> Statement:
        """The statement of one ask."""
        return self.dialect.statement(self.fragment, self.label)

    @cached_property
    def few(self) -> Statement:
        return self._several(FEW)

    @cached_property
    def many(self) -> Statement:
        """The statement of MANY asks at once: the values are the sources of each, and a first
        column has the place of the ask. `few` is that of FEW."""
        return self._several(MANY)

    def _several(self, count: int) -> Statement:
        parts = (
            sql(
                "SELECT {} AS place, watched, body FROM ({}) AS {}",
                number(place), placed(self.fragment, place), identifier(f"ask{place}"),
            )
            for place in range(count)
        )  # fmt: skip
        return self.dialect.statement(joined(" UNION ALL ", parts), self.label)


FEW, MANY = 4, 32


def watched_rows(
    contract: Contract, dialect: Dialect, plan: OnePlan | ManyPlan, limit: int
) -> Follow:
    """All rows that a plan shows, at most `limit`."""
    context, rows = fresh(contract, dialect).select(plan.row.resource)
    where = _where(context, rows, plan)
    return _follow(context, rows, plan, where, sql(" LIMIT {}", number(limit)))


def watched_keys(
    contract: Contract, dialect: Dialect, plan: OnePlan | ManyPlan, slot: int
) -> Follow:
    """The same of those whose keys are in the list in a slot."""
    context, rows = fresh(contract, dialect).select(plan.row.resource)
    key = plan.row.resource.key
    column = Column(ROW, (), key.name, key.type)
    among = OneOfSlot(column, Slot(slot, Type(key.type.scalar, many=True)))
    where = both(filtered(context, every(among)), _where(context, rows, plan))
    return _follow(context, rows, plan, where, EMPTY)


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


def _follow(
    context: Context, rows: Rows, plan: OnePlan | ManyPlan, where: Fragment, limit: Fragment
) -> Follow:
    key = context.dialect.as_text(rows.column("id"))
    body = row_body(context, rows, plan.row.shows)
    fragment = sql(
        "SELECT {} AS watched, {} AS body FROM {} WHERE {}{}",
        key, body, rows.clause(), where or context.dialect.truth(True), limit,
    )  # fmt: skip
    return Follow(context.dialect, fragment, f"watch {plan.row.resource.name}")
