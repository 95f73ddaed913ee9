"""Values: columns, constants, arguments, and what is worked out over related rows."""

from dataclasses import dataclass, replace
from decimal import Decimal

from charter.contract.expression import (
    ActorId,
    ActorTenant,
    Aggregate,
    Claim,
    Column,
    Constant,
    Expression,
    Function,
    Masked,
    Now,
    Slot,
    type_of,
)
from charter.contract.resource import Computed
from charter.contract.types import BOOLEAN, Scalar, Type, places_of
from charter.sql.canonical import decimal_text
from charter.sql.context import Context
from charter.sql.dialect import Dialect
from charter.sql.fragment import Fragment, checked, number, sql
from charter.sql.numbers import FLOATING, Scale, as_type, scale_of
from charter.sql.rows import Rows, related_rows
from charter.sql.sources import ActorValue, ClaimValue, NowValue, SlotValue, TenantValue


def constant(context: Context, expression: Constant) -> Fragment:
    kind, value = expression.type, expression.value
    if kind.scalar is Scalar.DECIMAL and isinstance(value, Decimal):
        # With the places that it has, which may be more than those of a field.
        kind = replace(kind, places=scale_of(expression))
    return context.dialect.constant(value, kind)


def slot(context: Context, expression: Slot) -> Fragment:
    return context.dialect.argument(SlotValue(expression.index), expression.type)


def actor_id(context: Context, expression: ActorId) -> Fragment:
    return context.dialect.argument(ActorValue(), expression.type)


def actor_tenant(context: Context, expression: ActorTenant) -> Fragment:
    return context.dialect.argument(TenantValue(expression.type), expression.type)


def claim(context: Context, expression: Claim) -> Fragment:
    return context.dialect.argument(ClaimValue(expression.name, expression.type), expression.type)


def now(context: Context, expression: Now) -> Fragment:
    return context.dialect.argument(NowValue(), expression.type)


def column(context: Context, expression: Column) -> Fragment:
    """A stored field of the row or of one joined to it; a computed field is written out."""
    start = context.rows[expression.scope]
    path = expression.path
    if path and expression.field == "id":
        # The reference itself has the key: nothing needs to be joined.
        *before, last = path
        holder = start.follow(tuple(before))
        return holder.column(holder.resource.relation_named[last].near)
    rows = start.follow(path)
    computed = rows.resource.computed_named.get(expression.field)
    return (
        rows.column(expression.field) if computed is None else written_out(context, rows, computed)
    )


def written_out(context: Context, rows: Rows, computed: Computed) -> Fragment:
    """A computed field of a row, as a column of its type would store it, or does."""
    if computed.stored:
        return rows.column(computed.name)
    value = as_type(context.about(rows), computed.expression, computed.type)
    if not rows.optional:
        return value
    # Counting the parts of no row gives a number, but it is nobody's.
    return sql("CASE WHEN {} IS NOT NULL THEN {} END", rows.column("id"), value)


def masked(context: Context, expression: Masked) -> Fragment:
    """The value only where it may be seen."""
    shown, value = context.condition(expression.visible), context.value(expression.value)
    return sql("CASE WHEN {} THEN {} END", shown, value)


def may_be_null(context: Context, expression: Expression) -> bool:
    """Whether the value can be null, as far as the contract tells."""
    match expression:
        case Constant(value):
            return value is None
        case Aggregate(function=function):
            return function not in {Function.EXISTS, Function.COUNT, Function.SUM}
        case Column(path=()):
            rows = context.rows[expression.scope]
            computed = rows.resource.computed_named.get(expression.field)
            if computed is None:
                field = rows.resource.field_named[expression.field]
                return field.optional or field.stored is not None
            return may_be_null(context.about(rows), computed.expression)
        case _:
            return type_of(expression) is not None


def aggregate(context: Context, expression: Aggregate) -> Fragment:
    """A correlated subselect over the related rows."""
    rows, tie = related_rows(context.rows[expression.start], expression.path)
    inner = context.within(expression.scope, rows)
    value = _measured(inner, expression)
    condition = tie
    if expression.where is not None:
        where = inner.condition(expression.where)
        condition = sql("{} AND ({})", tie, where)
    if expression.function is Function.EXISTS:
        return sql("EXISTS (SELECT 1 FROM {} WHERE {})", rows.clause(), condition)
    return sql("(SELECT {} FROM {} WHERE {})", value, rows.clause(), condition)


def _measured(context: Context, expression: Aggregate) -> Fragment:
    value = expression.value
    if value is None:
        return sql("count(*)")
    group = Group(context.value(value), type_of(value) or BOOLEAN, scale_of(value))
    return measured(context.dialect, expression.function, group, expression.type)


@dataclass(frozen=True, slots=True)
class Group:
    """The values of the rows of a group: their SQL, type, and (for numbers) their scale."""

    value: Fragment
    kind: Type
    scale: Scale


def measured(dialect: Dialect, function: Function, group: Group, kind: Type) -> Fragment:
    """What an aggregate works out over a group; averages have the type `kind`."""
    match function:
        case Function.SUM:
            zero = checked("0") if dialect.scaled_decimals else _zero(group)
            return sql("coalesce({}, {})", _sum(dialect, group), zero)
        case Function.MIN | Function.MAX:
            return dialect.extreme(function, group.value, group.kind)
        case Function.AVG:
            return _average(dialect, group, kind)
        case _:
            return sql("count({})", group.value)


def _sum(dialect: Dialect, group: Group) -> Fragment:
    """SQLite's own sum of integers fails beyond 64 bits, and so would every read of a list with
    such a row; summed by halves, it ends at the bound."""
    if not dialect.scaled_decimals or group.scale is FLOATING:
        return sql("sum({})", group.value)
    high, low = sql("sum({} >> 32)", group.value), sql("sum({} & 4294967295)", group.value)
    return sql("CAST({} * 4294967296 + {} AS INTEGER)", high, low)


def _zero(group: Group) -> Fragment:
    """Zero with the places that sums of the group have."""
    return checked(decimal_text(Decimal(0), group.scale or 0))


def _average(dialect: Dialect, group: Group, kind: Type) -> Fragment:
    value, scale = group.value, group.scale or 0
    places = places_of(kind)
    if not dialect.scaled_decimals:
        if kind.scalar is Scalar.FLOAT:
            return dialect.as_float(sql("avg({})", value))
        return dialect.rounded(sql("avg({})", value), places)
    if kind.scalar is Scalar.FLOAT:
        return sql("avg({}) / {}", value, checked(repr(float(10**scale))))
    if group.scale is FLOATING:
        return sql("CAST(round(avg({}) * {}) AS INTEGER)", value, number(10**places))
    # Exact, and half away from zero: (2 * sum * up + n * down) / (2 * n * down)
    up, down = number(10 ** max(places - scale, 0)), number(10 ** max(scale - places, 0))
    whole = _sum(dialect, group)
    return sql(
        "(2 * {} * {} + iif({} < 0, -1, 1) * count({}) * {}) / (2 * count({}) * {})",
        whole, up, whole, value, down, value, down,
    )  # fmt: skip
