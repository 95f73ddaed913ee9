"""Whether a condition over the fields of one row holds, worked out in Python."""

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from charter.contract.expression import (
    AllOf,
    AnyOf,
    Arithmetic,
    Column,
    Compare,
    Compute,
    Constant,
    Expression,
    IsNull,
    Not,
    OneOf,
    Operator,
    Truth,
)

Row = Mapping[str, Any]


class Unknown(Exception):
    """The condition asks for more than the row."""


def holds(condition: Expression, row: Row) -> bool:
    """Two-valued, as all logic of contracts. Raises Unknown."""
    match condition:
        case Truth(value):
            return value
        case AllOf(parts):
            return all(holds(part, row) for part in parts)
        case AnyOf(parts):
            return any(holds(part, row) for part in parts)
        case Not(operand):
            return not holds(operand, row)
        case IsNull(operand):
            return _value(operand, row) is None
        case OneOf(left, options):
            found = _value(left, row)
            return found is not None and any(_same(found, _value(one, row)) for one in options)
        case Compare(operator_, left, right):
            return _compared(operator_, _value(left, row), _value(right, row))
        case Column():
            return _value(condition, row) is True
        case _:
            raise Unknown


def _compared(operator_: Operator, left: Any, right: Any) -> bool:
    if operator_ in (Operator.EQ, Operator.NE):
        same = left is not None and right is not None and _same(left, right)
        return same is (operator_ is Operator.EQ)
    compare = _ORDERINGS.get(operator_)
    if compare is None:
        raise Unknown
    return left is not None and right is not None and bool(compare(*_alike(left, right)))


def _same(left: Any, right: Any) -> bool:
    if right is None:
        return False
    first, second = _alike(left, right)
    return bool(first == second)


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Two values as they can be compared: exactly, where one is a decimal and one a float."""
    if isinstance(left, Decimal) and isinstance(right, float):
        return left, Decimal(repr(right))
    if isinstance(left, float) and isinstance(right, Decimal):
        return Decimal(repr(left)), right
    return left, right


def _value(expression: Expression, row: Row) -> Any:
    match expression:
        case Column(path=(), field=field) if field in row:
            return row[field]
        case Constant(value):
            return value
        case Compute(operator=operator_, left=left, right=right):
            first, second = _value(left, row), _value(right, row)
            if first is None or second is None:
                return None
            return _ARITHMETIC[operator_](*_alike(first, second))
        case _:
            raise Unknown


_ORDERINGS: Mapping[Operator, Callable[[Any, Any], Any]] = {
    Operator.LT: operator.lt,
    Operator.LE: operator.le,
    Operator.GT: operator.gt,
    Operator.GE: operator.ge,
}
_ARITHMETIC: Mapping[Arithmetic, Callable[[Any, Any], Any]] = {
    Arithmetic.ADD: operator.add,
    Arithmetic.SUBTRACT: operator.sub,
    Arithmetic.MULTIPLY: operator.mul,
}
