"""Reads as one statement each, however deep."""

from collections.abc import Sequence

from charter.contract.contract import Contract
from charter.contract.types import Type
from charter.plan.plan import (
    COUNT_CEILING,
    ManyPlan,
    OnePlan,
    ParentPlan,
    ReadPlan,
    SortBy,
    SummaryPlan,
    TogetherPlan,
)
from charter.sql.clauses import both, filtered, order_by, sort_value
from charter.sql.context import Context
from charter.sql.dialect import Dialect
from charter.sql.existing.state import version_of
from charter.sql.expressions import fresh
from charter.sql.fragment import EMPTY, Fragment, identifier, listed, number, qualified, sql
from charter.sql.json import row_body
from charter.sql.keyset import comes_after
from charter.sql.ordered import is_indexed
from charter.sql.parents import belongs, parent_rows
from charter.sql.rows import Rows, derived_rows
from charter.sql.sources import SlotValue
from charter.sql.statement import Statement
from charter.sql.summary import summary
from charter.sql.together import together


def compile_read(
    contract: Contract, dialect: Dialect, plan: ReadPlan, beside: Fragment = EMPTY
) -> Statement:
    """The statement of a plan; its columns are those that the plan's class documents.

    `beside` is asked along with one row or a page, in a last column.
    """
    context = fresh(contract, dialect)
    last = sql(", {} AS beside", beside) if beside else EMPTY
    match plan:
        case OnePlan():
            label = f"read {plan.row.resource.name}"
            return dialect.statement(_one(context, plan, last), label)
        case ManyPlan():
            label = f"list {plan.row.resource.name}"
            return dialect.statement(_many(context, plan, last), label, heavy=plan.limit is None)
        case SummaryPlan():
            return dialect.statement(summary(context, plan), f"summarize {plan.resource.name}")
        case TogetherPlan():
            return dialect.statement(together(context, plan, last), "read together")


def _one(context: Context, plan: OnePlan, last: Fragment) -> Fragment:
    resource = plan.row.resource
    inner, rows = context.select(resource)
    body = row_body(inner, rows, plan.row.shows)
    key = sql(
        "{} = {}",
        rows.column("id"),
        context.dialect.argument(SlotValue(plan.slot), resource.key.type),
    )
    asked = [inner.truth(condition) for condition in plan.conditions]
    truths = sql(", {}", listed(asked)) if asked else EMPTY
    where = both(key, filtered(inner, plan.row.where), _under(inner, rows, plan.parent))
    return sql(
        "SELECT {} AS body, {} AS version{}{} FROM {} WHERE {}",
        body, version_of(inner, rows), truths, last, rows.clause(), where,
    )  # fmt: skip


def _under(context: Context, rows: Rows, parent: ParentPlan | None) -> Fragment:
    if parent is None:
        return EMPTY
    exists = parent_rows(context, parent, sql("1"))
    return sql("{} AND EXISTS ({})", belongs(context, rows, parent), exists)


def _many(context: Context, plan: ManyPlan, last: Fragment) -> Fragment:
    gathered = context.dialect.gathers_pages and plan.limit is not None
    alone = plan.parent is None and plan.count == "none"
    if alone and not gathered and not last:
        return _page(context, plan, outermost=True)
    page = _page(context, plan, outermost=False)
    if alone and gathered:
        return _gathered(context, plan, page, last)
    total = EMPTY if plan.count == "none" else _total(context, plan)
    what = sql("({}) AS total", total) if total else sql("1 AS present")
    base = (
        sql("SELECT {}", what) if plan.parent is None else parent_rows(context, plan.parent, what)
    )
    if gathered:
        columns = sql("page.*, base.total" if total else "page.*")
        text = _gathered(context, plan, page, EMPTY)
        return sql(
            "SELECT {}{} FROM ({}) AS base LEFT JOIN ({}) AS page ON TRUE",
            columns, last, base, text,
        )  # fmt: skip
    keys = (
        []
        if plan.limit is None
        else [
            context.dialect.told(sql("page.{}", _place(at)), part.type)
            for at, part in enumerate(plan.sort)
        ]
    )
    shown = [sql("page.body"), *keys, *([sql("base.total")] if total else [])]
    order = _sorted_again(context, identifier("page"), plan.sort) if keys else EMPTY
    return sql(
        "SELECT {}{} FROM ({}) AS base LEFT JOIN ({}) AS page ON TRUE{}",
        listed(shown), last, base, page, order,
    )  # fmt: skip


def _gathered(context: Context, plan: ManyPlan, page: Fragment, last: Fragment) -> Fragment:
    """The rows of a page as one: each row more costs the driver more than the database.

    JSON has no raw line ends inside, so the one before the last row tells where that begins.
    """
    limit = number(plan.limit or 0)
    shown = [
        sql("string_agg(page.body, E',\\n') AS body"),
        sql("count(*) AS present"),
    ]
    for at, part in enumerate(() if plan.shown_sort else plan.sort):
        end = sql("(array_agg(page.{}))[{}]", _place(at), limit)
        shown.append(sql("{} AS {}", context.dialect.told(end, part.type), _place(at)))
    return sql("SELECT {}{} FROM ({}) AS page", listed(shown), last, page)


def _place(at: int) -> Fragment:
    return identifier(f"k{at}")


def _page(context: Context, plan: ManyPlan, *, outermost: bool) -> Fragment:
    """The rows of a page with their bodies.

    The sort values are as the database has them, or (`outermost`) as they are given out. Where
    the rows may have to be sorted, bodies are made of those that are left after it.
    """
    inner, rows = context.select(plan.row.resource)
    keys = [] if plan.limit is None else [sort_value(inner, part) for part in plan.sort]
    told = context.dialect.told if outermost else _as_it_is
    named = [sql("{} AS {}", key, _place(at)) for at, key in enumerate(keys)]
    order = order_by(inner, plan.sort)
    where = both(
        belongs(inner, rows, plan.parent) if plan.parent else EMPTY,
        filtered(inner, plan.row.where),
        comes_after(inner, plan.sort, plan.after) if plan.after else EMPTY,
    )
    limit = EMPTY if plan.limit is None else sql(" LIMIT {}", number(plan.limit + 1))
    if plan.limit is None or is_indexed(plan):
        given = [
            sql("{} AS {}", told(key, part.type), _place(at))
            for at, (key, part) in enumerate(zip(keys, plan.sort, strict=False))
        ]
        shown = [sql("{} AS body", row_body(inner, rows, plan.row.shows)), *given]
        return sql(
            "SELECT {} FROM {} WHERE {}{}{}", listed(shown), rows.clause(), where, order, limit
        )
    every_column = listed([rows.every_column(), *named])
    chosen = sql("SELECT {} FROM {} WHERE {}{}{}", every_column, rows.clause(), where, order, limit)
    outer = derived_rows(rows, chosen)
    shown = [
        sql("{} AS body", row_body(context.about(outer), outer, plan.row.shows)),
        *(
            sql("{} AS {}", told(outer.column(f"k{at}"), part.type), _place(at))
            for at, part in enumerate(plan.sort)
        ),
    ]
    again = _sorted_again(context, outer.alias, plan.sort)
    # A limit holds MariaDB from merging this into the query around it: then it loses a name.
    kept = EMPTY if outermost else limit
    return sql("SELECT {} FROM {}{}{}", listed(shown), outer.clause(), again, kept)


def _as_it_is(value: Fragment, _: Type) -> Fragment:
    return value


def _sorted_again(context: Context, rows: Fragment, sort: Sequence[SortBy]) -> Fragment:
    """The order of rows that come out of a sorted subselect: no join may change it."""
    parts = (
        context.dialect.order(
            qualified(rows, f"k{at}"), descending=part.descending, nullable=part.nullable
        )
        for at, part in enumerate(sort)
    )
    return sql(" ORDER BY {}", listed(parts))


def _total(context: Context, plan: ManyPlan) -> Fragment:
    """How many rows the list has in all: exactly, or as far as an estimate counts."""
    inner, rows = context.select(plan.row.resource)
    where = both(
        belongs(inner, rows, plan.parent) if plan.parent else EMPTY,
        filtered(inner, plan.row.where),
    )
    if plan.count == "exact":
        return sql("SELECT count(*) FROM {} WHERE {}", rows.clause(), where)
    return sql(
        "SELECT count(*) FROM (SELECT 1 FROM {} WHERE {} LIMIT {}) AS some_rows",
        rows.clause(), where, number(COUNT_CEILING + 1),
    )  # fmt: skip
