"""Which pages come out of an index in their order, so that their rows need no sort."""

from collections.abc import Iterator

from charter.contract.expression import (
    ROW,
    ActorId,
    ActorTenant,
    AllOf,
    Claim,
    Column,
    Compare,
    Constant,
    Expression,
    Now,
    Operator,
    Slot,
)
from charter.contract.resource import Resource
from charter.plan.plan import ListingPlan, ManyPlan

_KNOWN = (Slot, Constant, ActorId, ActorTenant, Claim, Now)
"""What has one value in a whole statement."""


def is_indexed(plan: ManyPlan | ListingPlan) -> bool:
    """Whether an index has the rows of a page in an order that begins as theirs does: behind
    fields of which all of them have the same value."""
    row, sort = plan.row, plan.sort
    parent = plan.parent if isinstance(plan, ManyPlan) else None
    first = sort[0].value
    if not isinstance(first, Column) or first.path or first.scope != ROW:
        return False
    resource = row.resource
    field = resource.field_named.get(first.field)
    if field is None or field.stored is not None:
        return False
    fixed = {resource.tenant, *_fixed(resource, row.where)}
    if parent is not None:
        fixed.add(parent.relation.far)
    ordered = [index.fields for index in resource.indexes if not index.where]
    ordered += [unique.fields for unique in resource.uniques]
    leading = {_leading(fields, fixed) for fields in ordered}
    return field.name == "id" or field.unique or field.name in leading


def _leading(fields: tuple[str, ...], fixed: set[str | None]) -> str | None:
    """The field that an index has the rows in the order of."""
    names = (name.removeprefix("-") for name in fields)
    return next((name for name in names if name not in fixed), None)


def _fixed(resource: Resource, where: Expression) -> Iterator[str]:
    """The stored fields that are to equal a value of the request."""
    for part in where.parts if isinstance(where, AllOf) else (where,):
        match part:
            case Compare(Operator.EQ, Column() as column, other) if isinstance(other, _KNOWN):
                yield from _stored(resource, column)
            case Compare(Operator.EQ, other, Column() as column) if isinstance(other, _KNOWN):
                yield from _stored(resource, column)


def _stored(resource: Resource, column: Column) -> Iterator[str]:
    """The field of the row itself that a column is; the key of a related row is a reference."""
    if column.scope != ROW:
        return
    if not column.path:
        yield column.field
    elif len(column.path) == 1 and column.field == "id":
        yield resource.relation_named[column.path[0]].near
