"""Filters: what a request tests, as conditions over the rows that its actor may see."""

from collections.abc import Iterator

from charter.contract.expression import (
    ALWAYS,
    NEVER,
    ROW,
    Column,
    Compare,
    Contains,
    Expression,
    IsNull,
    Masked,
    OneOfSlot,
    Operator,
    Slot,
    every,
    negated,
    some,
    type_of,
)
from charter.contract.resource import Resource
from charter.contract.types import BOOLEAN, TEXT, Type
from charter.core import codes
from charter.core.names import nearest
from charter.core.problems import Flaw, Problem
from charter.plan.ask import Comparator, Every, Negation, Related, Some, Test, Where
from charter.plan.rewrite import inner_scopes, rescoped
from charter.plan.view import View

_OPERATORS = {
    Comparator.EQ: Operator.EQ,
    Comparator.NE: Operator.NE,
    Comparator.LT: Operator.LT,
    Comparator.LE: Operator.LE,
    Comparator.GT: Operator.GT,
    Comparator.GE: Operator.GE,
    Comparator.LIKE: Operator.LIKE,
    Comparator.ILIKE: Operator.FOLDED_LIKE,
}
_PATTERNS = frozenset({Comparator.LIKE, Comparator.ILIKE})


def condition_of(
    view: View, resource: Resource, where: Where | None, fresh: Iterator[int], scope: int = ROW
) -> Expression:
    """The condition that a filter sets for the row `scope` of a resource."""
    match where:
        case None:
            return ALWAYS
        case Every(parts):
            return every(*(condition_of(view, resource, part, fresh, scope) for part in parts))
        case Some(parts):
            return some(*(condition_of(view, resource, part, fresh, scope) for part in parts))
        case Negation(part):
            return negated(condition_of(view, resource, part, fresh, scope))
        case Test(path=()):
            return _tested(view, resource, where, scope)
        case Test(path=path):
            further = Test(path[1:], where.field, where.comparator, where.slot)
            return _related(view, resource, Related(path[0], further), fresh, scope)
        case Related():
            return _related(view, resource, where, fresh, scope)


def _related(
    view: View, resource: Resource, where: Related, fresh: Iterator[int], scope: int
) -> Expression:
    relation = resource.relation_named[where.relation]
    target = view.contract.resource_named[relation.target]
    inner = next(fresh)
    condition = condition_of(view, target, where.part, fresh, inner)
    leads = view.leads(resource, relation)
    if leads == NEVER:
        raise unknown_field(view, resource, relation.name)
    moved = rescoped(leads, {ROW: scope}, inner_scopes(leads, above=scope))
    return every(moved, view.related(scope, relation, inner, condition))


def column(view: View, resource: Resource, name: str, scope: int = ROW) -> Column | Masked:
    """A field as this actor sees it: null where a policy hides it from the row.

    Raises `unknown_parameter` where it is hidden from this actor on every row.
    """
    type_ = resource.type_of(name)
    visible = view.visible(resource, name)
    if type_ is None or visible == NEVER:
        raise unknown_field(view, resource, name)
    plain = Column(scope, (), name, type_)
    if visible == ALWAYS:
        return plain
    moved = rescoped(visible, {ROW: scope}, inner_scopes(visible, above=scope))
    return Masked(plain, moved, type_)


def unknown_field(view: View, resource: Resource, name: str) -> Problem:
    known = (item.name for item in resource.readable if view.visible(resource, item.name) != NEVER)
    near = nearest(name, known)
    message = f"`{name}` is not a field that can be used here"
    message += f"; did you mean `{near}`?" if near else "."
    flaw = Flaw(codes.UNKNOWN_FIELD.name, message, parameter=name)
    return Problem(codes.UNKNOWN_PARAMETER, message, flaws=(flaw,))


def _tested(view: View, resource: Resource, test: Test, scope: int) -> Expression:
    match column(view, resource, test.field, scope):
        case Masked(value, visible):
            return every(visible, _comparison(value, test))
        case plain:
            return _comparison(plain, test)


def _comparison(left: Expression, test: Test) -> Expression:
    type_ = type_of(left) or TEXT
    slot = Slot(test.slot, type_)
    match test.comparator:
        case Comparator.IN:
            return OneOfSlot(left, slot)
        case Comparator.NOT_IN:
            return negated(OneOfSlot(left, slot))
        case Comparator.NULL:
            return Compare(Operator.EQ, IsNull(left), Slot(test.slot, BOOLEAN))
        case Comparator.CONTAINS:
            return Contains(left, Slot(test.slot, _item(type_)))
        case comparator:
            right = Slot(test.slot, TEXT if comparator in _PATTERNS else type_)
            return Compare(_OPERATORS[comparator], left, right)


def _item(type_: Type) -> Type:
    return Type(type_.scalar, digits=type_.digits, places=type_.places)
