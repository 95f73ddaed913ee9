"""The condition that a row comes after another one in a sort order."""

from collections.abc import Sequence
from dataclasses import dataclass

from charter.plan.ask import After
from charter.plan.plan import SortBy
from charter.sql.clauses import sort_value
from charter.sql.context import Context
from charter.sql.fragment import Fragment, joined, listed, sql
from charter.sql.sources import SlotValue


@dataclass(frozen=True, slots=True)
class Mark:
    """One part of the order, and the value of it that the row has that is to be passed."""

    value: Fragment
    mark: Fragment
    descending: bool
    nullable: bool
    null: bool


def comes_after(context: Context, sort: Sequence[SortBy], after: After) -> Fragment:
    """True for the rows behind the one whose sort values stand from `after.slot` on."""
    marks = [
        Mark(
            sort_value(context, part),
            context.dialect.argument(SlotValue(after.slot + place), part.type),
            part.descending,
            part.nullable,
            after.nulls[place],
        )
        for place, part in enumerate(sort)
    ]
    one_way = len({mark.descending for mark in marks}) == 1
    rows = context.dialect.compares_rows
    if rows and one_way and not any(mark.nullable for mark in marks):
        values = listed(mark.value for mark in marks)
        limits = listed(mark.mark for mark in marks)
        return sql("({}) < ({})" if marks[0].descending else "({}) > ({})", values, limits)
    behind = _behind(marks)
    bound = _bound(marks[0])
    return sql("{} AND ({})", bound, behind) if bound else sql("({})", behind)


def _behind(marks: Sequence[Mark]) -> Fragment:
    """Behind in the first part, or equal in it and behind in the rest."""
    first, rest = marks[0], marks[1:]
    further = _further(first)
    if not rest:
        return further or sql("FALSE")
    equal = sql("({} AND ({}))", _equal(first), _behind(rest))
    return joined(" OR ", (further, equal))


def _further(mark: Mark) -> Fragment:
    """Null counts as larger than any value: last, or first where the order descends."""
    if mark.descending:
        if mark.null:
            return sql("{} IS NOT NULL", mark.value)
        return sql("{} < {}", mark.value, mark.mark)
    if mark.null:
        return Fragment()
    if mark.nullable:
        return sql("({} > {} OR {} IS NULL)", mark.value, mark.mark, mark.value)
    return sql("{} > {}", mark.value, mark.mark)


def _equal(mark: Mark) -> Fragment:
    return sql("{} IS NULL", mark.value) if mark.null else sql("{} = {}", mark.value, mark.mark)


def _bound(mark: Mark) -> Fragment:
    """What all rows from here on have in the first part, so that an index can begin there."""
    if mark.null:
        return Fragment() if mark.descending else sql("{} IS NULL", mark.value)
    if mark.descending:
        return sql("{} <= {}", mark.value, mark.mark)
    return Fragment() if mark.nullable else sql("{} >= {}", mark.value, mark.mark)
