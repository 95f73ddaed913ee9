"""Symbolic values and conditions, and the comparisons between them."""

import math
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from charter.contract.expression import (
    ALWAYS,
    NEVER,
    Arithmetic,
    Compare,
    Compute,
    Constant,
    Expression,
    IsNull,
    Operator,
    every,
    negated,
    some,
)
from charter.contract.types import (
    BOOLEAN,
    MAX_INTEGER,
    MIN_INTEGER,
    NUMERIC,
    ORDERED,
    TEXTUAL,
    Scalar,
    Type,
)
from charter.language.resource import Resource
from charter.language.rulecodes import (
    CHOICE_UNKNOWN,
    CONDITION_EXPECTED,
    KINDS_DIFFER,
    OPERATION_REFUSED,
)
from charter.language.symbols.session import refuse, report
from charter.language.symbols.traps import BROKEN, Broken, Symbol

MAX_DIGITS = 38


@dataclass(frozen=True, slots=True)
class Operand:
    """One side of a comparison. `row` names the resource where the side is the key of a row."""

    node: Expression
    type: Type
    row: str | None = None


def kind_of(operand: Operand) -> str:
    """What a side of a comparison is, as messages say it."""
    if operand.row:
        return f"a row of {operand.row}"
    many = "a list of " if operand.type.many else "a "
    return f"{many}{operand.type.scalar.value}"


def _group(scalar: Scalar) -> str:
    if scalar in TEXTUAL:
        return "text"
    return "exact" if scalar in {Scalar.INTEGER, Scalar.DECIMAL} else scalar.value


def _decimal_type(value: Decimal) -> Type:
    exponent = value.as_tuple().exponent
    places = max(0, -exponent) if isinstance(exponent, int) else 0
    return Type(Scalar.DECIMAL, digits=max(len(value.as_tuple().digits), places), places=places)


def constant(value: object) -> Operand:
    """A plain Python value as a side of a comparison; refused where it has no honest meaning."""
    plain = value.value if isinstance(value, Enum) else value
    match plain:
        case bool():
            return Operand(Constant(plain, BOOLEAN), BOOLEAN)
        case int() if MIN_INTEGER <= plain <= MAX_INTEGER:
            kind = Type(Scalar.INTEGER)
        case float() if math.isfinite(plain):
            kind = Type(Scalar.FLOAT)
        case Decimal() if plain.is_finite():
            kind = _decimal_type(plain)
        case str():
            kind = Type(Scalar.TEXT)
        case datetime() if plain.tzinfo is not None:
            kind = Type(Scalar.DATETIME)
        case datetime():
            refuse(KINDS_DIFFER, "a datetime without a zone is no moment in time",
                   "Give it one: `datetime(…, tzinfo=UTC)`.")  # fmt: skip
        case date():
            kind = Type(Scalar.DATE)
        case UUID():
            kind = Type(Scalar.UUID)
        case Resource():
            key = plain.__dict__.get("id")
            if key is None:
                refuse(OPERATION_REFUSED, "a row that is not written yet equals no row")
            return replace(constant(key), row=type(plain).__name__)
        case _:
            refuse(OPERATION_REFUSED, f"{plain!r} cannot be part of a condition")
    return Operand(Constant(plain, kind), kind)


def operand(value: object) -> Operand:
    """A symbolic or plain value as a side of a comparison."""
    if isinstance(value, Symbol):
        found = getattr(value, "_operand", None)
        if found is None:
            refuse(OPERATION_REFUSED, f"{value._kind()} is not a value that can be compared")
        side = found()
        if isinstance(side, Operand):
            return side
    return constant(value)


def _fitted(side: Operand, other: Operand) -> Operand:
    """A constant number in the type of the other side."""
    if isinstance(side.node, Constant) and isinstance(side.node.value, int):
        number = side.node.value
        if other.type.scalar is Scalar.FLOAT and abs(number) <= 2**53:
            return Operand(Constant(float(number), Type(Scalar.FLOAT)), Type(Scalar.FLOAT))
        if other.type.scalar is Scalar.DECIMAL:
            kind = _decimal_type(Decimal(number))
            return Operand(Constant(Decimal(number), kind), kind)
    return side


def misfit(left: Operand, right: Operand) -> str | None:
    """Why two sides cannot be compared for equality; None when they can."""
    if left.row or right.row:
        return None if left.row == right.row else "only rows of one resource can be equal"
    for side in (left, right):
        if side.type.many or side.type.scalar is Scalar.JSON:
            return "lists and Json are not compared; `contains(items, x)` looks into a list"
    if _group(left.type.scalar) == _group(right.type.scalar):
        return None
    if {left.type.scalar, right.type.scalar} == {Scalar.FLOAT, Scalar.DECIMAL}:
        return 'a float is not exact: write `Decimal("0.5")`'
    return "they are never the same kind of value"


def _choice_unknown(side: Operand, other: Operand) -> str | None:
    choices = side.type.choices
    value = other.node.value if isinstance(other.node, Constant) else None
    if choices and isinstance(value, str) and value not in choices:
        return f"{value!r} is none of {', '.join(map(repr, choices))}"
    return None


def fit(left: Operand, right: Operand) -> tuple[Operand, Operand] | None:
    """Both sides in one kind, or None when a fault was reported."""
    left, right = _fitted(left, right), _fitted(right, left)
    why = misfit(left, right)
    if why:
        remedy = "Compare `.id`s, or rows with rows." if bool(left.row) != bool(right.row) else None
        report(KINDS_DIFFER, f"{kind_of(left)} is compared with {kind_of(right)}: {why}", remedy)
        return None
    unknown = _choice_unknown(left, right) or _choice_unknown(right, left)
    if unknown:
        report(CHOICE_UNKNOWN, unknown)
        return None
    return left, right


def null_test(value: object) -> "Condition":
    """Whether a value of a row is nothing."""
    return Condition(IsNull(operand(value).node))


def compare(operator: Operator, left: object, right: object) -> Any:
    """A comparison as a condition; a comparison with None asks for nothing."""
    if isinstance(left, Broken) or isinstance(right, Broken):
        return BROKEN
    if left is None or right is None:
        test = null_test(right if left is None else left)
        if operator is Operator.EQ:
            return test
        if operator is Operator.NE:
            return Condition(negated(test._node))
        refuse(KINDS_DIFFER, "nothing is neither more nor less than anything",
               "Write `is_null(x)` or `is_set(x)`.")  # fmt: skip
    sides = fit(operand(left), operand(right))
    if sides is None:
        return BROKEN
    ordered = operator not in {Operator.EQ, Operator.NE}
    if ordered and (sides[0].row or sides[0].type.scalar not in ORDERED):
        report(KINDS_DIFFER, f"{kind_of(sides[0])} has no order")
        return BROKEN
    return Condition(Compare(operator, sides[0].node, sides[1].node))


def condition(value: object) -> Expression:
    """A condition as an expression: a comparison, a truth value of a row, or True or False."""
    match value:
        case bool():
            return ALWAYS if value else NEVER
        case Broken():
            return NEVER
        case Condition():
            return value._node
        case Value() if value._type == BOOLEAN:
            return Compare(Operator.EQ, value._node, Constant(True, BOOLEAN))
    what = value._kind() if isinstance(value, Symbol) else f"{value!r}"
    report(CONDITION_EXPECTED, f"{what} is neither true nor false")
    return NEVER


class Comparable(Symbol):
    """A symbolic value with `==`, `<` and the like."""

    __slots__ = ()

    def __eq__(self, other: object, /) -> Any:
        return compare(Operator.EQ, self, other)

    def __ne__(self, other: object, /) -> Any:
        return compare(Operator.NE, self, other)

    def __lt__(self, other: object, /) -> Any:
        return compare(Operator.LT, self, other)

    def __le__(self, other: object, /) -> Any:
        return compare(Operator.LE, self, other)

    def __gt__(self, other: object, /) -> Any:
        return compare(Operator.GT, self, other)

    def __ge__(self, other: object, /) -> Any:
        return compare(Operator.GE, self, other)

    __hash__ = Symbol.__hash__


class Logical(Symbol):
    """A symbolic value with `&`, `|` and `~`."""

    __slots__ = ()

    def __and__(self, other: object, /) -> Any:
        return Condition(every(condition(self), condition(other)))

    def __or__(self, other: object, /) -> Any:
        return Condition(some(condition(self), condition(other)))

    def __invert__(self) -> Any:
        return Condition(negated(condition(self)))

    def __rand__(self, other: object, /) -> Any:
        return Condition(every(condition(other), condition(self)))

    def __ror__(self, other: object, /) -> Any:
        return Condition(some(condition(other), condition(self)))


class Condition(Logical):
    """Something that holds for a row, or does not."""

    __slots__ = ("_node",)

    def __init__(self, node: Expression) -> None:
        self._node = node

    def _kind(self) -> str:
        return "a condition"


class Value(Comparable, Logical):
    """A value of a row, of the actor, or worked out from such."""

    __slots__ = ("_node", "_type")

    def __init__(self, node: Expression, kind: Type) -> None:
        self._node = node
        self._type = kind

    def _kind(self) -> str:
        return kind_of(self._operand())

    def _operand(self) -> Operand:
        return Operand(self._node, self._type)

    def __add__(self, other: object, /) -> Any:
        return compute(Arithmetic.ADD, self, other)

    def __radd__(self, other: object, /) -> Any:
        return compute(Arithmetic.ADD, other, self)

    def __sub__(self, other: object, /) -> Any:
        return compute(Arithmetic.SUBTRACT, self, other)

    def __rsub__(self, other: object, /) -> Any:
        return compute(Arithmetic.SUBTRACT, other, self)

    def __mul__(self, other: object, /) -> Any:
        return compute(Arithmetic.MULTIPLY, self, other)

    def __rmul__(self, other: object, /) -> Any:
        return compute(Arithmetic.MULTIPLY, other, self)

    def __neg__(self) -> Any:
        return compute(Arithmetic.SUBTRACT, 0, self)


def compute(operator: Arithmetic, left: object, right: object) -> Any:
    """Arithmetic on two numbers of one kind; integers and decimals go together."""
    if isinstance(left, Broken) or isinstance(right, Broken):
        return BROKEN
    first, second = operand(left), operand(right)
    first, second = _fitted(first, second), _fitted(second, first)
    for side in (first, second):
        if side.row or side.type.many or side.type.scalar not in NUMERIC:
            refuse(OPERATION_REFUSED,
                   f"`{operator.value}` takes numbers, not {kind_of(side)}")  # fmt: skip
    why = misfit(first, second)
    if why:
        report(KINDS_DIFFER, f"{kind_of(first)} {operator.value} {kind_of(second)}: {why}")
        return BROKEN
    kind = _result(operator, first.type, second.type)
    return Value(Compute(operator, first.node, second.node, kind), kind)


def _result(operator: Arithmetic, left: Type, right: Type) -> Type:
    if Scalar.DECIMAL not in {left.scalar, right.scalar}:
        return Type(left.scalar)
    places = (left.places or 0, right.places or 0)
    whole = tuple((side.digits or MAX_DIGITS // 2) - (side.places or 0) for side in (left, right))
    if operator is Arithmetic.MULTIPLY:
        return Type(Scalar.DECIMAL, digits=min(MAX_DIGITS, sum(whole) + sum(places)),
                    places=sum(places))  # fmt: skip
    digits = min(MAX_DIGITS, max(whole) + 1 + max(places))
    return Type(Scalar.DECIMAL, digits=digits, places=max(places))
