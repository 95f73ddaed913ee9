"""Numbers of different kinds in one expression.

A dialect that stores decimals as scaled integers has to bring both sides of a comparison or a
sum to one scale. The *scale* of an expression is how many places its value has after the
point, where that is certain; FLOATING stands for what is a float.
"""

from dataclasses import replace
from decimal import Decimal

from charter.contract.expression import (
    Aggregate,
    Arithmetic,
    Claim,
    Compute,
    Constant,
    Expression,
    Function,
    Masked,
    Slot,
    type_of,
)
from charter.contract.types import FLOAT, NUMERIC, Scalar, Type, places_of
from charter.sql.context import Context
from charter.sql.fragment import Fragment, checked, number, sql
from charter.sql.sources import ClaimValue, SlotValue

FLOATING = None
Scale = int | None


def is_number(expression: Expression) -> bool:
    kind = type_of(expression)
    return kind is not None and kind.scalar in NUMERIC and not kind.many


def scale_of(expression: Expression) -> Scale:
    """The scale of an expression whose value is a number."""
    match expression:
        case Constant(value=Decimal() as value):
            exponent = value.as_tuple().exponent
            return max(0, -exponent) if isinstance(exponent, int) else 0
        case Compute(operator, left, right):
            first, second = scale_of(left), scale_of(right)
            if first is FLOATING or second is FLOATING:
                return FLOATING
            return first + second if operator is Arithmetic.MULTIPLY else max(first, second)
        case Aggregate(function=Function.SUM | Function.MIN | Function.MAX, value=value) if (
            value is not None
        ):
            return scale_of(value)
        case Masked(value=value):
            return scale_of(value)
        case _:
            kind = type_of(expression) or FLOAT
            return FLOATING if kind.scalar is Scalar.FLOAT else places_of(kind)


def is_given(expression: Expression) -> bool:
    """Whether the value is known before any row is read, so that it can be bound at any scale."""
    return isinstance(expression, Constant | Slot | Claim)


def common_scale(left: Expression, right: Expression) -> Scale:
    """The scale at which two numbers are compared: a column stays as it is for its index."""
    first, second = scale_of(left), scale_of(right)
    if first is FLOATING or second is FLOATING:
        return FLOATING
    if is_given(left) != is_given(right):
        return second if is_given(left) else first
    return max(first, second)


def number_at(context: Context, expression: Expression, scale: Scale) -> Fragment:
    """A number at a scale, as the dialect stores numbers of that scale."""
    if not context.dialect.scaled_decimals:
        return context.value(expression)
    if is_given(expression):
        return _given_at(context, expression, scale)
    natural = scale_of(expression)
    value = context.value(expression)
    if natural == scale or natural is FLOATING:
        return value
    if scale is FLOATING:
        return sql("({} / {})", value, checked(repr(float(10**natural))))
    if natural < scale:
        return sql("({} * {})", value, number(10 ** (scale - natural)))
    return _rounded(value, 10 ** (natural - scale))


def _given_at(context: Context, expression: Expression, scale: Scale) -> Fragment:
    kind = FLOAT if scale is FLOATING else Type(Scalar.DECIMAL, places=scale)
    match expression:
        case Constant(value):
            exact = float if scale is FLOATING else Decimal
            return context.dialect.constant(None if value is None else exact(str(value)), kind)
        case Slot(index):
            return context.dialect.argument(SlotValue(index), kind)
        case Claim(name, claimed):
            return context.dialect.argument(ClaimValue(name, claimed), kind)
        case _:
            raise TypeError(f"{type(expression).__name__} is not known before the query")


def _rounded(value: Fragment, unit: int) -> Fragment:
    """An integer divided by ten to some power, half away from zero (as PostgreSQL rounds)."""
    return sql(
        "(SELECT (one.value + iif(one.value < 0, -{}, {})) / {}"
        " FROM (SELECT {} AS value LIMIT 1 OFFSET 0) AS one)",
        number(unit // 2), number(unit // 2), number(unit), value,
    )  # fmt: skip


def as_type(context: Context, expression: Expression, kind: Type) -> Fragment:
    """The value of an expression as a column of this type would store it."""
    if not is_number(expression) or kind.scalar not in NUMERIC:
        return context.value(expression)
    natural = scale_of(expression)
    wanted = FLOATING if kind.scalar is Scalar.FLOAT else places_of(kind)
    if context.dialect.scaled_decimals:
        if natural is FLOATING and wanted is not FLOATING:
            return sql(
                "CAST(round({} * {}) AS INTEGER)", context.value(expression), number(10**wanted)
            )
        if natural == 0 and wanted is FLOATING:
            return sql("CAST({} AS REAL)", context.value(expression))
        return number_at(context, expression, wanted)
    value = context.value(expression)
    if wanted is FLOATING:
        return value if natural is FLOATING else context.dialect.as_float(value)
    if kind.scalar is Scalar.DECIMAL and (natural is FLOATING or natural != wanted):
        return context.dialect.rounded(value, wanted)
    return value


def compute(context: Context, expression: Compute) -> Fragment:
    """Arithmetic, exact for integers and decimals."""
    operator = expression.operator
    left, right = expression.left, expression.right
    scale = scale_of(expression)
    if scale is FLOATING or operator is not Arithmetic.MULTIPLY:
        first, second = number_at(context, left, scale), number_at(context, right, scale)
    else:
        first = number_at(context, left, scale_of(left))
        second = number_at(context, right, scale_of(right))
    if not context.dialect.scaled_decimals and scale == 0:
        # Products of 64-bit integers do not fit into 64 bits.
        first = context.dialect.widened(first)
    match operator:
        case Arithmetic.ADD:
            return sql("({} + {})", first, second)
        case Arithmetic.SUBTRACT:
            return sql("({} - {})", first, second)
        case Arithmetic.MULTIPLY:
            return sql("({} * {})", first, second)


def with_scale(kind: Type, scale: Scale) -> Type:
    """The type of a value of a list that is bound at a scale."""
    return replace(kind, scalar=Scalar.FLOAT if scale is FLOATING else Scalar.DECIMAL, places=scale)
