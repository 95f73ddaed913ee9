"""Expressions made from expressions: other scopes, other leaves."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count

from charter.contract.expression import (
    NEW,
    ROW,
    Aggregate,
    AllOf,
    AnyOf,
    Column,
    Compare,
    Compute,
    Contains,
    Expression,
    IsNull,
    Masked,
    Not,
    OneOf,
    OneOfSlot,
    Search,
    Slot,
    every,
    negated,
    some,
    walk,
)

FIRST_INNER = 2
"""The lowest scope number that an aggregate can bring in."""


def rebuild(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """The expression with each direct part replaced by what `change` makes of it, simplified."""
    match expression:
        case AllOf(parts):
            return every(*map(change, parts))
        case AnyOf(parts):
            return some(*map(change, parts))
        case Not(operand):
            return negated(change(operand))
        case IsNull(operand):
            return IsNull(change(operand))
        case Compare(operator, left, right):
            return Compare(operator, change(left), change(right))
        case Contains(left, right):
            return Contains(change(left), change(right))
        case Compute(operator, left, right, type_):
            return Compute(operator, change(left), change(right), type_)
        case OneOf(left, options):
            return OneOf(change(left), tuple(map(change, options)))
        case OneOfSlot(left, slot):
            return OneOfSlot(change(left), slot)
        case Masked(value, visible, type_):
            return Masked(change(value), change(visible), type_)
        case Aggregate(where=where, value=value):
            return replace(
                expression,
                where=None if where is None else change(where),
                value=None if value is None else change(value),
            )
        case _:
            return expression


def inner_scopes(*expressions: Expression, above: int = FIRST_INNER - 1) -> Iterator[int]:
    """Scope numbers above one, and above all that the expressions use."""
    used = [
        part.scope
        for expression in expressions
        for part in walk(expression)
        if isinstance(part, Aggregate)
    ]
    return count(max([*used, above]) + 1)


def rescoped(expression: Expression, scopes: Mapping[int, int], fresh: Iterator[int]) -> Expression:
    """The expression over other rows: scopes renamed by the map, inner ones numbered afresh."""
    match expression:
        case Column(scope=scope):
            return replace(expression, scope=scopes.get(scope, scope))
        case Search(scope=scope):
            return replace(expression, scope=scopes.get(scope, scope))
        case Aggregate(start=start, scope=scope):
            inner = next(fresh)
            known = {**scopes, scope: inner}
            outer = replace(expression, start=scopes.get(start, start), scope=inner)
            return rebuild(outer, lambda part: rescoped(part, known, fresh))
        case _:
            return rebuild(expression, lambda part: rescoped(part, scopes, fresh))


def as_created(expression: Expression) -> Expression:
    """A rule about a row that did not exist before: the new values are all there is."""
    return rescoped(expression, {NEW: ROW}, inner_scopes(expression))


def old_columns(expression: Expression) -> tuple[Column, ...]:
    """The fields of the row as it was, and of rows that it referred to, in the expression."""
    columns = (part for part in walk(expression) if isinstance(part, Column))
    return tuple(dict.fromkeys(part for part in columns if part.scope == ROW))


def with_old_values(expression: Expression, old: Sequence[Column], first_slot: int) -> Expression:
    """A rule about a row before and after a write, to be asked of the row after it.

    Fields of the row as it was become slots, numbered from `first_slot` in the order of `old`;
    so do those over its references, which may lead elsewhere after the write.
    """

    def change(part: Expression) -> Expression:
        if isinstance(part, Column) and part.scope == ROW:
            return Slot(first_slot + old.index(part), part.type)
        return rebuild(part, change)

    replaced = change(expression)
    return rescoped(replaced, {NEW: ROW}, inner_scopes(replaced))
