"""Conditions that find rows by the values of one stored field."""

from charter.contract.expression import (
    ROW,
    Column,
    Compare,
    Expression,
    OneOfSlot,
    Operator,
    Slot,
)
from charter.contract.resource import Resource
from charter.contract.types import Type


def own(resource: Resource, field: str) -> Column:
    """A stored field of the row itself."""
    return Column(ROW, (), field, resource.field_named[field].type)


def equals(resource: Resource, field: str) -> Expression:
    """The field has the value in slot 0."""
    column = own(resource, field)
    return Compare(Operator.EQ, column, Slot(0, column.type))


def among(resource: Resource, field: str, slot: int = 0) -> Expression:
    """The field has one of the values in the list that is in a slot."""
    column = own(resource, field)
    return OneOfSlot(column, Slot(slot, Type(column.type.scalar, many=True)))
