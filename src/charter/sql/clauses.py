"""Conditions and orders of a SELECT, as its clauses want them."""

from collections.abc import Sequence

from charter.contract.expression import ALWAYS, Expression
from charter.plan.plan import SortBy
from charter.sql.context import Context
from charter.sql.fragment import EMPTY, Fragment, listed, sql
from charter.sql.numbers import as_type


def filtered(context: Context, where: Expression) -> Fragment:
    """A condition of WHERE; empty where everything passes."""
    return EMPTY if where == ALWAYS else sql("({})", context.condition(where))


def both(*conditions: Fragment) -> Fragment:
    """All of these conditions, of which some may be empty; true where all are."""
    kept = [condition for condition in conditions if condition]
    if not kept:
        return sql("TRUE")
    result = kept[0]
    for condition in kept[1:]:
        result = sql("{} AND {}", result, condition)
    return result


def sort_value(context: Context, part: SortBy) -> Fragment:
    """What a sort goes by, as a column of its type would store it."""
    return as_type(context, part.value, part.type)


def order_by(context: Context, sort: Sequence[SortBy]) -> Fragment:
    """ORDER BY with a space before it, or nothing."""
    return sql(" ORDER BY {}", listed(sorted_by(context, sort))) if sort else EMPTY


def sorted_by(context: Context, sort: Sequence[SortBy]) -> list[Fragment]:
    """The parts of ORDER BY."""
    return [
        context.dialect.order(
            sort_value(context, part), descending=part.descending, nullable=part.nullable
        )
        for part in sort
    ]
