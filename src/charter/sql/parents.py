"""Lists that belong to one row: the row itself, and what belongs to it."""

from charter.plan.plan import ParentPlan
from charter.sql.clauses import both, filtered
from charter.sql.context import Context
from charter.sql.existing.source import source
from charter.sql.fragment import Fragment, identifier, qualified, sql
from charter.sql.rows import Rows
from charter.sql.sources import SlotValue


def parent_rows(context: Context, parent: ParentPlan, what: Fragment) -> Fragment:
    """A SELECT of something for the parent: one row where there is one to be seen, else none."""
    inner, rows = context.select(parent.resource)
    seen = filtered(inner, parent.where)
    where = both(sql("{} = {}", rows.column("id"), _key(context, parent)), seen)
    return sql("SELECT {} FROM {} WHERE {}", what, rows.clause(), where)


def belongs(context: Context, rows: Rows, parent: ParentPlan) -> Fragment:
    """Whether a row is one of those that the relation of the parent leads to."""
    relation, key = parent.relation, _key(context, parent)
    own = rows.column(relation.far)
    if relation.link is not None:
        link = relation.link
        pair = context.aliases.new(link.table)
        return sql(
            "{} IN (SELECT {} FROM {} AS {} WHERE {} = {})",
            own, qualified(pair, link.far), identifier(link.table), pair,
            qualified(pair, link.near), key,
        )  # fmt: skip
    if relation.near == "id":
        return sql("{} = {}", own, key)
    alias = context.aliases.new(parent.resource.table)
    rows_of = source(context.dialect, parent.resource)
    return sql(
        "{} = (SELECT {} FROM {} AS {} WHERE {} = {})",
        own, qualified(alias, relation.near), rows_of, alias,
        qualified(alias, "id"), key,
    )  # fmt: skip


def _key(context: Context, parent: ParentPlan) -> Fragment:
    return context.dialect.argument(SlotValue(parent.slot), parent.resource.key.type)
