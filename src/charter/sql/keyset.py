"""The condition that a row comes after another one in a sort order."""

from collections.abc import Sequence
from dataclasses import dataclass

from charter.contract.expression import ROW, Column
from charter.contract.resource import Resource
from charter.plan.ask import After
from charter.plan.plan import SortBy
from charter.sql.context import Context
from charter.sql.fragment import Fragment, joined, listed, sql
from charter.sql.json import sort_value
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
    if one_way and not any(mark.nullable for mark in marks):
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


def is_indexed(resource: Resource, sort: Sequence[SortBy]) -> bool:
    """Whether an index has the rows in an order that begins as this one does."""
    first = sort[0].value
    if not isinstance(first, Column) or first.path or first.scope != ROW:
        return False
    field = resource.field_named.get(first.field)
    if field is None or field.stored is not None:
        return False
    ordered = [index.fields for index in resource.indexes if not index.where]
    ordered += [unique.fields for unique in resource.uniques]
    leading = {_leading(resource, fields) for fields in ordered}
    return field.name == "id" or field.unique or field.name in leading


def _leading(resource: Resource, fields: Sequence[str]) -> str:
    """What rows are in the order of: behind the tenant, of which a reader has but one."""
    first = fields[1] if fields[0] == resource.tenant and len(fields) > 1 else fields[0]
    return first.lstrip("-")
