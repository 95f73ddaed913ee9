"""Aggregates over the rows of a list, by groups."""

import json
from collections.abc import Sequence

from charter.contract.expression import type_of
from charter.contract.types import BOOLEAN
from charter.plan.ask import Shape
from charter.plan.plan import MeasurePlan, SummaryPlan
from charter.sql.clauses import both, filtered
from charter.sql.context import Context
from charter.sql.dialect import Pieces
from charter.sql.fragment import EMPTY, Fragment, identifier, listed, number, sql
from charter.sql.numbers import as_type, is_number, scale_of
from charter.sql.parents import belongs, parent_rows
from charter.sql.values import Group, measured


def summary(context: Context, plan: SummaryPlan) -> Fragment:
    """One row with its body as JSON text for each group.

    From the inside out: the values of each row, the groups with their measures, their JSON.
    """
    body = _body(context, plan)
    order = _order(context, plan)
    groups = sql("SELECT {} AS body FROM ({}) AS found{}", body, _groups(context, plan), order)
    if plan.parent is None:
        return groups
    # A parent without rows is something else than no parent.
    base = parent_rows(context, plan.parent, sql("1 AS present"))
    return sql("SELECT page.body FROM ({}) AS base LEFT JOIN ({}) AS page ON TRUE", base, groups)


def _groups(context: Context, plan: SummaryPlan) -> Fragment:
    inner, rows = context.select(plan.resource)
    names = [identifier(f"g{at}") for at in range(len(plan.groups))]
    values = [
        sql("{} AS {}", as_type(inner, group.value, group.type), alias)
        for group, alias in zip(plan.groups, names, strict=True)
    ]
    for at, measure in enumerate(plan.measures):
        if measure.value is not None:
            values.append(sql("{} AS {}", inner.value(measure.value), identifier(f"v{at}")))
    where = both(
        belongs(inner, rows, plan.parent) if plan.parent else EMPTY,
        filtered(inner, plan.where),
    )
    each = sql("SELECT {} FROM {} WHERE {}", listed(values or [sql("1")]), rows.clause(), where)
    found = [
        *names,
        *(
            sql("{} AS {}", _measure(context, measure, at), identifier(f"m{at}"))
            for at, measure in enumerate(plan.measures)
        ),
    ]
    by = sql(" GROUP BY {}", listed(names)) if names else EMPTY
    return sql("SELECT {} FROM ({}) AS each_row{}", listed(found or [sql("1")]), each, by)


def _measure(context: Context, measure: MeasurePlan, at: int) -> Fragment:
    value = measure.value
    if value is None:
        return sql("count(*)")
    scale = scale_of(value) if is_number(value) else 0
    group = Group(identifier(f"v{at}"), type_of(value) or BOOLEAN, scale)
    return measured(context.dialect, measure.function, group, measure.type)


def _body(context: Context, plan: SummaryPlan) -> Fragment:
    shown = [(group.out, identifier(f"g{at}"), group.type) for at, group in enumerate(plan.groups)]
    shown += [
        (measure.out, identifier(f"m{at}"), measure.type)
        for at, measure in enumerate(plan.measures)
    ]
    shape = plan.shape or tuple((out, at) for at, (out, _, _) in enumerate(shown))
    values = [context.dialect.json_value(value, kind, nullable=True) for _, value, kind in shown]
    return context.dialect.concatenated(_object(shape, values))


def _object(shape: Shape, values: Sequence[Pieces]) -> Pieces:
    pieces: list[str | Fragment] = ["{"]
    for at, (out, what) in enumerate(shape):
        pieces.append("," * bool(at) + json.dumps(out) + ":")
        match what:
            case int():
                pieces.extend(values[what])
            case str():
                pieces.append(json.dumps(what))
            case _:
                pieces.extend(_object(what, values))
    return [*pieces, "}"]


def _order(context: Context, plan: SummaryPlan) -> Fragment:
    count = len(plan.groups)
    sorted_by = {place for place, _ in plan.sort}
    # Else the order would be that of a hash, and tell of rows that nobody was shown.
    rest = tuple((place, False) for place in range(count) if place not in sorted_by)
    parts = [
        context.dialect.order(
            identifier(f"g{place}" if place < count else f"m{place - count}"),
            descending=descending,
            nullable=True,
        )
        for place, descending in (*plan.sort, *rest)
    ]
    order = sql(" ORDER BY {}", listed(parts)) if parts else EMPTY
    return sql("{} LIMIT {}", order, number(plan.limit))
