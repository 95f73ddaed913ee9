"""Several reads as one statement: an object that has a member for each of them."""

import json

from charter.plan.ask import Known
from charter.plan.plan import (
    ListingPlan,
    OnePlan,
    RootPlan,
    SeveralPlan,
    SummaryPlan,
    TogetherPlan,
)
from charter.sql.clauses import both, filtered
from charter.sql.context import Context
from charter.sql.dialect import Pieces
from charter.sql.fragment import Fragment, sql
from charter.sql.json import row_body
from charter.sql.listings import Found, listing
from charter.sql.sources import SlotValue
from charter.sql.summary import summary


def together(context: Context, plan: TogetherPlan, last: Fragment) -> Fragment:
    """One row with the object as its body, and what is asked beside it."""
    pieces: list[str | Fragment] = ["{"]
    for at, (out, root) in enumerate(plan.roots):
        pieces.append("," * bool(at) + json.dumps(out) + ":")
        pieces.extend(_root(context, root))
    return sql("SELECT {} AS body{}", context.dialect.concatenated([*pieces, "}"]), last)


def _root(context: Context, root: RootPlan) -> Pieces:
    match root:
        case Known(body):
            return [body]
        case OnePlan():
            return [_one(context, root)]
        case ListingPlan():
            return listing(
                root, lambda: Found(*context.select(root.row.resource)), row_body, inside=False
            )
        case SummaryPlan():
            return ["[", _groups(context, root), "]"]
        case SeveralPlan(rows):
            pieces: list[str | Fragment] = ["["]
            for at, row in enumerate(rows):
                pieces.append("," * bool(at))
                pieces.append(row.body if isinstance(row, Known) else _one(context, row))
            return [*pieces, "]"]


def _one(context: Context, plan: OnePlan) -> Fragment:
    resource = plan.row.resource
    inner, rows = context.select(resource)
    body = row_body(inner, rows, plan.row.shows)
    key = context.dialect.argument(SlotValue(plan.slot), resource.key.type)
    where = both(sql("{} = {}", rows.column("id"), key), filtered(inner, plan.row.where))
    return sql("coalesce((SELECT {} FROM {} WHERE {}), 'null')", body, rows.clause(), where)


def _groups(context: Context, plan: SummaryPlan) -> Fragment:
    group = context.aliases.new("group_")
    text = sql("{}.body", group)
    gathered = context.dialect.gathered(text)
    return sql("coalesce((SELECT {} FROM ({}) AS {}), '')", gathered, summary(context, plan), group)
