"""Conditions: expressions that hold or do not."""

from dataclasses import replace

from charter.contract.expression import (
    ActorId,
    AllOf,
    AnyOf,
    Authenticated,
    Claim,
    Column,
    Compare,
    Constant,
    Contains,
    Expression,
    Fact,
    HasRole,
    IsNull,
    Masked,
    Not,
    OneOf,
    OneOfSlot,
    Operator,
    Search,
    Slot,
    Truth,
    type_of,
)
from charter.contract.types import BOOLEAN, TEXT, TEXTUAL, Scalar, places_of
from charter.sql.context import Context
from charter.sql.fragment import Fragment, joined, listed, parameter, sql
from charter.sql.names import FOLDED
from charter.sql.numbers import common_scale, is_number, number_at, scale_of, with_scale
from charter.sql.sources import (
    ActorValue,
    AuthenticatedValue,
    ClaimValue,
    Codec,
    FactValue,
    RoleValue,
    SlotValue,
    Source,
)


def truth(context: Context, expression: Truth) -> Fragment:
    return context.dialect.truth(expression.value)


def has_role(context: Context, expression: HasRole) -> Fragment:
    return context.dialect.argument(RoleValue(expression.role), BOOLEAN)


def authenticated(context: Context, expression: Authenticated) -> Fragment:
    return context.dialect.argument(AuthenticatedValue(), BOOLEAN)


def fact(context: Context, expression: Fact) -> Fragment:
    return context.dialect.argument(FactValue(expression), BOOLEAN)


def all_of(context: Context, expression: AllOf) -> Fragment:
    if not expression.parts:
        return context.dialect.truth(True)
    return joined(" AND ", (_enclosed(context, part) for part in expression.parts))


def any_of(context: Context, expression: AnyOf) -> Fragment:
    if not expression.parts:
        return context.dialect.truth(False)
    return joined(" OR ", (_enclosed(context, part) for part in expression.parts))


def _enclosed(context: Context, part: Expression) -> Fragment:
    condition = context.condition(part)
    return sql("({})", condition) if isinstance(part, AllOf | AnyOf) else condition


def negation(context: Context, expression: Not) -> Fragment:
    return sql("({}) IS NOT TRUE", context.condition(expression.operand))


def is_null(context: Context, expression: IsNull) -> Fragment:
    return sql("{} IS NULL", context.value(expression.operand))


def compare(context: Context, expression: Compare) -> Fragment:
    """A bare comparison, so that an index can serve it."""
    match expression.operator:
        case Operator.LIKE | Operator.FOLDED_LIKE:
            return _like(context, expression)
        case Operator.EQ:
            return _equal(context, expression.left, expression.right)
        case Operator.NE:
            return sql("({}) IS NOT TRUE", _equal(context, expression.left, expression.right))
        case Operator.LT:
            return sql("{} < {}", *_sides(context, expression.left, expression.right))
        case Operator.LE:
            return sql("{} <= {}", *_sides(context, expression.left, expression.right))
        case Operator.GT:
            return sql("{} > {}", *_sides(context, expression.left, expression.right))
        case Operator.GE:
            return sql("{} >= {}", *_sides(context, expression.left, expression.right))


def _equal(context: Context, left: Expression, right: Expression) -> Fragment:
    sides = _sides(context, left, right)
    plain = sql("{} = {}", *sides)
    if not (_loose(context, left) or _loose(context, right)):
        return plain
    return sql("({} AND {} = {})", plain, *map(context.dialect.exact, sides))


def _loose(context: Context, text: Expression) -> bool:
    """Whether the database may take a text for another: its own collation says which are equal.
    An index serves that comparison only."""
    match text:
        case _ if context.dialect.exact_texts:
            return False
        case Column(scope, path, _, kind):
            resource = context.rows[scope].follow(path).resource
            return resource.mapped is not None and kind.scalar in TEXTUAL and not kind.many
        case Masked(value, _):
            return _loose(context, value)
        case _:
            return False


def _sides(context: Context, left: Expression, right: Expression) -> tuple[Fragment, Fragment]:
    if is_number(left) and is_number(right):
        scale = common_scale(left, right)
        return number_at(context, left, scale), number_at(context, right, scale)
    return context.value(left), context.value(right)


def one_of(context: Context, expression: OneOf) -> Fragment:
    if not expression.options:
        return context.dialect.truth(False)
    pairs = [_sides(context, expression.left, option) for option in expression.options]
    left = pairs[0][0]
    if all(side == left for side, _ in pairs):
        among = sql("{} IN ({})", left, listed(option for _, option in pairs))
        if not _loose(context, expression.left):
            return among
        exact = listed(context.dialect.exact(option) for _, option in pairs)
        return sql("({} AND {} IN ({}))", among, context.dialect.exact(left), exact)
    return sql("({})", joined(" OR ", (sql("{} = {}", *pair) for pair in pairs)))


def one_of_slot(context: Context, expression: OneOfSlot) -> Fragment:
    left, slot = expression.left, expression.slot
    kind = replace(slot.type, many=False)
    if is_number(left) and context.dialect.scaled_decimals:
        kind = with_scale(kind, scale_of(left))
    return context.dialect.one_of(context.value(left), SlotValue(slot.index), kind)


def contains(context: Context, expression: Contains) -> Fragment:
    kind = type_of(expression.left)
    if kind is None:
        raise TypeError("only a list can contain something")
    kind = replace(kind, many=False)
    item = context.value(expression.right)
    if kind.scalar is Scalar.DECIMAL:
        item = number_at(context, expression.right, places_of(kind))
    return context.dialect.contains(context.value(expression.left), item, kind)


def search(context: Context, expression: Search) -> Fragment:
    rows = context.rows[expression.scope]
    texts = [rows.column(field + FOLDED) for field in expression.fields]
    source = SlotValue(expression.slot.index)
    return context.dialect.every_word(texts, source, indexed=rows.resource.search_index)


def _like(context: Context, expression: Compare) -> Fragment:
    dialect = context.dialect
    if expression.operator is Operator.LIKE:
        left = context.value(expression.left)
        left = dialect.exact(left) if _loose(context, expression.left) else left
        return dialect.like(left, _pattern(context, expression.right, dialect.pattern))
    left = _folded(context, expression.left)
    return dialect.like(left, _pattern(context, expression.right, dialect.folded_pattern))


def _folded(context: Context, text: Expression) -> Fragment:
    """The folded text of a search field."""
    match text:
        case Column(scope, path, field):
            return context.rows[scope].follow(path).column(field + FOLDED)
        case Masked(value, visible):
            shown = context.condition(visible)
            return sql("CASE WHEN {} THEN {} END", shown, _folded(context, value))
        case _:
            raise TypeError("only a stored field can be compared without its case")


def _pattern(context: Context, pattern: Expression, encode: Codec) -> Fragment:
    """A pattern, translated for the dialect before the query runs."""
    source: Source
    match pattern:
        case Constant(value):
            return context.dialect.constant(encode(value), TEXT)
        case Slot(index):
            source = SlotValue(index)
        case Claim(claim):
            source = ClaimValue(claim, TEXT)
        case ActorId():
            source = ActorValue()
        case _:
            raise TypeError("a pattern has to be known before the query")
    return parameter(source, encode, context.dialect.cast(TEXT))
