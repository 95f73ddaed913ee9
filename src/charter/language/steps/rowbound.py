"""Expressions that rest on the fields of one row alone, as constraints and stored values do."""

from charter.contract.expression import (
    AllOf,
    AnyOf,
    Column,
    Compare,
    Compute,
    Constant,
    Contains,
    Expression,
    IsNull,
    Not,
    OneOf,
    Truth,
    walk,
)
from charter.core.places import Place
from charter.language.drafts import Draft, ResourceDraft
from charter.language.faultcodes import BEYOND_ROW

_IN_ROW = (AllOf, AnyOf, Column, Compare, Compute, Constant, Contains, IsNull, Not, OneOf, Truth)


def beyond_row(draft: Draft, resource: ResourceDraft, expression: Expression, place: Place) -> bool:
    """Whether the expression needs more than the fields of its row; that is a fault."""
    for part in walk(expression):
        beyond = not isinstance(part, _IN_ROW)
        if isinstance(part, Column):
            beyond = bool(part.path) or part.field not in resource.fields
        if beyond:
            shown = ".".join((*part.path, part.field)) if isinstance(part, Column) else "this"
            draft.fault(BEYOND_ROW, f"{shown} is not stored in the row of {resource.name}", place)
            return True
    return False
