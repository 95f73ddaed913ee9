"""The meaning of an expression, spelt out: evaluates it over plain Python rows."""

import re
from collections.abc import Callable, Mapping
from operator import add, eq, ge, gt, le, lt, mul, sub
from typing import Any

from charter.contract.expression import (
    Aggregate,
    AllOf,
    AnyOf,
    Arithmetic,
    Column,
    Compare,
    Compute,
    Constant,
    Contains,
    Expression,
    Function,
    IsNull,
    Not,
    OneOf,
    Operator,
    Truth,
)

Rows = Mapping[int, Any]

_COMPARE: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: eq,
    Operator.LT: lt,
    Operator.LE: le,
    Operator.GT: gt,
    Operator.GE: ge,
}
_COMPUTE: Mapping[Arithmetic, Callable[[Any, Any], Any]] = {
    Arithmetic.ADD: add,
    Arithmetic.SUBTRACT: sub,
    Arithmetic.MULTIPLY: mul,
}
_OVER: Mapping[Function, Callable[[list[Any]], Any]] = {
    Function.SUM: sum,
    Function.MIN: lambda values: min(values, default=None),
    Function.MAX: lambda values: max(values, default=None),
    Function.AVG: lambda values: sum(map(float, values)) / len(values) if values else None,
}


def evaluate(node: Expression, rows: Rows) -> Any:
    """The value of an expression, where `rows` gives the row of each scope."""
    match node:
        case Truth(value) | Constant(value):
            return value
        case Column(scope, path, field):
            return _field(_reached(rows[scope], path), field)
        case Compare(operator, left, right):
            return _compared(operator, evaluate(left, rows), evaluate(right, rows))
        case OneOf(left, options):
            value = evaluate(left, rows)
            return any(_compared(Operator.EQ, value, evaluate(one, rows)) for one in options)
        case Contains(left, right):
            return evaluate(right, rows) in (evaluate(left, rows) or [])
        case IsNull(operand):
            return evaluate(operand, rows) is None
        case AllOf(parts):
            return all(evaluate(part, rows) for part in parts)
        case AnyOf(parts):
            return any(evaluate(part, rows) for part in parts)
        case Not(operand):
            return not evaluate(operand, rows)
        case Compute(operator, left, right):
            sides = evaluate(left, rows), evaluate(right, rows)
            return None if None in sides else _COMPUTE[operator](*sides)
        case Aggregate():
            return _aggregated(node, rows)
    raise TypeError(f"{node} has no meaning here")


def _compared(operator: Operator, left: Any, right: Any) -> bool:
    if operator is Operator.NE:
        return not _compared(Operator.EQ, left, right)
    if left is None or right is None:
        return False
    if operator in {Operator.LIKE, Operator.FOLDED_LIKE}:
        parts = {"*": ".*", "?": "."}
        pattern = "".join(parts.get(letter, re.escape(letter)) for letter in right)
        folded = re.IGNORECASE if operator is Operator.FOLDED_LIKE else re.NOFLAG
        return bool(re.fullmatch(pattern, left, re.DOTALL | folded))
    return bool(_COMPARE[operator](left, right))


def _reached(row: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        row = getattr(row, name) if row is not None else None
    return row


def _field(row: Any, name: str) -> Any:
    if row is None:
        return None
    if name.endswith("_id"):
        related = getattr(row, name.removesuffix("_id"))
        return None if related is None else related.id
    return getattr(row, name)


def _aggregated(node: Aggregate, rows: Rows) -> Any:
    related = _reached(rows[node.start], node.path[:-1])
    found = [] if related is None else getattr(related, node.path[-1])
    inner = [{**rows, node.scope: row} for row in found]
    kept = [one for one in inner if node.where is None or evaluate(node.where, one)]
    if node.function is Function.EXISTS:
        return bool(kept)
    if node.function is Function.COUNT or node.value is None:
        return len(kept)
    values = [evaluate(node.value, one) for one in kept]
    return _OVER[node.function]([value for value in values if value is not None])
