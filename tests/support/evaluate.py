"""What a contract means, in plain Python over rows in memory: the law that SQL is held to.

Nothing here is fast or clever; it follows the words of `contract.expression` and `plan.plan`
one by one, so that a database can be compared with it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cmp_to_key
from ipaddress import ip_address, ip_network
from typing import Any
from uuid import UUID

from charter.contract import expression as e
from charter.contract.contract import Contract
from charter.contract.resource import Relation, Resource
from charter.contract.types import Scalar, Type
from charter.core.text import fold
from charter.plan.actor import ANONYMOUS, Actor
from charter.plan.plan import (
    RowPlan,
    Show,
    ShowActions,
    ShowComputed,
    ShowField,
    ShowMany,
    ShowOne,
    SortBy,
)

Row = Mapping[str, Any]
EXACT = Context(prec=200)


@dataclass(frozen=True)
class Store:
    """All rows: by the name of the resource, and the pairs of each table of pairs."""

    contract: Contract
    rows: Mapping[str, Sequence[Row]]
    links: Mapping[str, Sequence[tuple[Any, Any]]] = field(default_factory=dict)

    def related(self, start: Row, relation: Relation) -> list[Row]:
        targets = self.rows[relation.target]
        near = start[relation.near]
        if relation.link is None:
            return [row for row in targets if near is not None and row[relation.far] == near]
        keys = [far for mine, far in self.links[relation.link.table] if mine == near]
        return [row for row in targets if row[relation.far] in keys]


@dataclass(frozen=True)
class Place:
    """What an expression is evaluated against: the scopes, and what comes with the request."""

    store: Store
    scopes: Mapping[int, tuple[Resource, Row | None]]
    values: Sequence[Any] = ()
    actor: Actor = ANONYMOUS
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def about(self, resource: Resource, row: Row | None) -> "Place":
        return replace(self, scopes={e.ROW: (resource, row)})

    def resource(self, name: str) -> Resource:
        return self.store.contract.resource_named[name]


# -- values ------------------------------------------------------------------------------------
def evaluate(expression: e.Expression, place: Place) -> Any:
    """The value of an expression; a bool for what holds or does not."""
    match expression:
        case e.Constant(value):
            return value
        case e.Slot(index):
            return place.values[index]
        case e.Column():
            return column(expression, place)
        case e.Now():
            return place.now
        case e.ActorId() | e.Claim() | e.HasRole() | e.Authenticated() | e.Fact() | e.ActorTenant():
            return of_actor(expression, place)
        case e.Compute():
            return compute(expression, place)
        case e.Aggregate():
            return aggregate(expression, place)
        case e.Masked(value, visible):
            return evaluate(value, place) if holds(visible, place) else None
        case _:
            return holds(expression, place)


def of_actor(expression: e.Expression, place: Place) -> Any:
    """What an expression says of whoever asks."""
    actor = place.actor
    match expression:
        case e.ActorId():
            return actor.id
        case e.Claim(name, kind):
            return claim(actor.claims.get(name), kind)
        case e.HasRole(role):
            return role in actor.roles
        case e.ActorTenant(kind):
            text = actor.tenant
            return UUID(text) if text is not None and kind.scalar is Scalar.UUID else text
        case e.Fact():
            return fact(expression, place)
        case _:
            return actor.id is not None


def fact(expression: e.Fact, place: Place) -> bool:
    """What is so of an actor that signed in with values of `amr`, and of its request."""
    actor, argument = place.actor, expression.argument
    if expression.name is e.FactName.ADDRESS_IN:
        networks = map(ip_network, argument if isinstance(argument, tuple) else ())
        return actor.address is not None and any(ip_address(actor.address) in n for n in networks)
    if actor.id is None:
        return False
    match expression.name:
        case e.FactName.MFA:
            return {"pwd", "otp"} <= actor.methods or "mfa" in actor.methods
        case e.FactName.SIGNED_IN_WITH:
            return argument in actor.methods
        case e.FactName.SIGNED_IN_WITHIN:
            at = actor.signed_in_at
            return at is not None and place.now.timestamp() - at <= int(str(argument))
        case _:
            return bool({"api_key", "client_credentials"} & actor.methods)


def claim(value: Any, kind: Type) -> Any:
    wanted: dict[Scalar, tuple[type, ...]] = {
        Scalar.INTEGER: (int,), Scalar.BOOLEAN: (bool,), Scalar.FLOAT: (int, float),
    }  # fmt: skip
    right = isinstance(value, wanted.get(kind.scalar, (str,)))
    return value if right and (kind.scalar is Scalar.BOOLEAN or value is not True) else None


def column(expression: e.Column, place: Place) -> Any:
    resource, row = place.scopes[expression.scope]
    for name in expression.path:
        if row is None:
            return None
        relation = resource.relation_named[name]
        found = place.store.related(row, relation)
        resource, row = place.resource(relation.target), found[0] if found else None
    if row is None:
        return None
    return field_of(resource, row, expression.field, place)


def field_of(resource: Resource, row: Row, name: str, place: Place) -> Any:
    computed = resource.computed_named.get(name)
    if computed is None:
        return row[name]
    return as_type(evaluate(computed.expression, place.about(resource, row)), computed.type)


def as_type(value: Any, kind: Type) -> Any:
    if value is None:
        return None
    if kind.scalar is Scalar.DECIMAL and not kind.many:
        return rounded(Decimal(value), kind.places or 0)
    return float(value) if kind.scalar is Scalar.FLOAT and not kind.many else value


def rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, EXACT)


def numbers(*values: Any) -> list[Any]:
    """Numbers made comparable: floats where one of them is a float, else exact."""
    if any(isinstance(value, float) for value in values):
        return [float(value) for value in values]
    return [Decimal(value) for value in values]


def compute(expression: e.Compute, place: Place) -> Any:
    left, right = evaluate(expression.left, place), evaluate(expression.right, place)
    if left is None or right is None:
        return None
    left, right = numbers(left, right)
    if isinstance(left, float):
        steps = {"+": left + right, "-": left - right, "*": left * right}
        return steps[expression.operator]
    exact = {"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply}
    return exact[expression.operator](left, right)


def aggregate(expression: e.Aggregate, place: Place) -> Any:
    resource, start = place.scopes[expression.start]
    found = [] if start is None else [start]
    for name in expression.path:
        relation = resource.relation_named[name]
        found = [other for row in found for other in place.store.related(row, relation)]
        resource = place.resource(relation.target)
    inside = [
        replace(place, scopes={**place.scopes, expression.scope: (resource, row)}) for row in found
    ]
    if expression.where is not None:
        inside = [one for one in inside if holds(expression.where, one)]
    if expression.function is e.Function.EXISTS:
        return bool(inside)
    if expression.value is None:
        return len(inside)
    given = (evaluate(expression.value, one) for one in inside)
    return measure(expression.function, list(given), expression.type)


def measure(function: e.Function, given: Sequence[Any], kind: Type) -> Any:
    values = [value for value in given if value is not None]
    match function:
        case e.Function.COUNT:
            return len(values)
        case e.Function.SUM:
            return sum(numbers(*values), start=0.0 if float in map(type, values) else Decimal(0))
        case _ if not values:
            return None
        case e.Function.MIN:
            return min(values)
        case e.Function.MAX:
            return max(values)
        case _ if kind.scalar is Scalar.FLOAT:
            return float(sum(numbers(*values))) / len(values)
        case _:
            total = sum(numbers(*values))
            return rounded(EXACT.divide(Decimal(total), Decimal(len(values))), kind.places or 0)


# -- conditions --------------------------------------------------------------------------------
def holds(expression: e.Expression, place: Place) -> bool:
    """Whether a condition holds; a comparison with nothing does not."""
    match expression:
        case e.Truth(value):
            return value
        case e.Compare():
            return compare(expression, place)
        case e.OneOf(left, options):
            return any(equal(evaluate(left, place), evaluate(one, place)) for one in options)
        case e.OneOfSlot(left, slot):
            return any(equal(evaluate(left, place), one) for one in evaluate(slot, place))
        case e.Contains(left, right):
            items = evaluate(left, place) or ()
            return any(equal(item, evaluate(right, place)) for item in items)
        case e.IsNull(operand):
            return evaluate(operand, place) is None
        case e.AllOf(parts):
            return all(holds(part, place) for part in parts)
        case e.AnyOf(parts):
            return any(holds(part, place) for part in parts)
        case e.Not(operand):
            return not holds(operand, place)
        case e.Search(scope, fields, slot):
            _, row = place.scopes[scope]
            texts = [fold(row[name]) for name in fields if row and row[name] is not None]
            return all(any(word in text for text in texts) for word in evaluate(slot, place))
        case _:
            return evaluate(expression, place) is True


def equal(left: Any, right: Any) -> bool:
    return left is not None and right is not None and order(left, right) == 0


def order(left: Any, right: Any) -> int:
    """-1, 0 or 1, for two values that are there."""
    if isinstance(left, int | float | Decimal) and isinstance(right, int | float | Decimal):
        left, right = numbers(left, right)
    return int(left > right) - int(left < right)


def compare(expression: e.Compare, place: Place) -> bool:
    left, right = evaluate(expression.left, place), evaluate(expression.right, place)
    operator = expression.operator
    if operator is e.Operator.NE:
        return not equal(left, right)
    if left is None or right is None:
        return False
    if operator in {e.Operator.LIKE, e.Operator.FOLDED_LIKE}:
        folded = operator is e.Operator.FOLDED_LIKE
        return fits(fold(left) if folded else left, right, folded=folded)
    sign = order(left, right)
    return {
        e.Operator.EQ: sign == 0,
        e.Operator.LT: sign < 0,
        e.Operator.LE: sign <= 0,
        e.Operator.GT: sign > 0,
        e.Operator.GE: sign >= 0,
    }[operator]


def fits(text: str, pattern: str, *, folded: bool) -> bool:
    """Whether a text fits a pattern with `*` and `?`, which a backslash takes as they are."""
    shape = ""
    for part in re.findall(r"\*|\?|(?:\\.|[^*?\\]|\\$)+", pattern, re.DOTALL):
        if part in {"*", "?"}:
            shape += {"*": ".*", "?": "."}[part]
        else:
            literal = re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL)
            shape += re.escape(fold(literal) if folded else literal)
    return re.fullmatch(shape, text, re.DOTALL) is not None


# -- lists and bodies --------------------------------------------------------------------------
def before(left: Sequence[Any], right: Sequence[Any], sort: Sequence[SortBy]) -> int:
    """The order of two rows by their sort values; null is larger than any value."""
    for one, other, part in zip(left, right, sort, strict=True):
        if one is None or other is None:
            sign = int(one is None) - int(other is None)
        else:
            sign = order(one, other)
        if sign:
            return -sign if part.descending else sign
    return 0


def select(plan: RowPlan, sort: Sequence[SortBy], place: Place) -> list[Row]:
    """The rows of a plan in their order, out of all rows of the resource."""
    rows = place.store.rows[plan.resource.name]
    return sorted_rows([row for row in rows if seen(plan, row, place)], plan.resource, sort, place)


def seen(plan: RowPlan, row: Row, place: Place) -> bool:
    return holds(plan.where, place.about(plan.resource, row))


def sort_values(
    row: Row, resource: Resource, sort: Sequence[SortBy], place: Place
) -> tuple[Any, ...]:
    there = place.about(resource, row)
    return tuple(as_type(evaluate(part.value, there), part.type) for part in sort)


def sorted_rows(
    rows: Sequence[Row], resource: Resource, sort: Sequence[SortBy], place: Place
) -> list[Row]:
    keyed: list[tuple[tuple[Any, ...], Row]] = [
        (sort_values(row, resource, sort, place), row) for row in rows
    ]

    def compared(one: tuple[tuple[Any, ...], Row], other: tuple[tuple[Any, ...], Row]) -> int:
        return before(one[0], other[0], sort)

    keyed.sort(key=cmp_to_key(compared))
    return [row for _, row in keyed]


def body(plan: RowPlan, row: Row, place: Place) -> dict[str, Any]:
    """What a reader sees of a row, as the values that its JSON has."""
    there = place.about(plan.resource, row)
    members = ((show.out, member(show, plan.resource, row, there)) for show in plan.shows)
    found = {out: value for out, value in members if value is not LEFT_OUT}
    for show in plan.shows:
        if isinstance(show, ShowMany) and show.cut is not None and show.limit is not None:
            found |= {show.cut: True} if len(listed(show, row, there)) > show.limit else {}
    return found


def listed(show: ShowMany, row: Row, place: Place) -> list[Row]:
    """All rows of a list that a reader may see, whatever its limit."""
    found = [one for one in place.store.related(row, show.relation) if seen(show.row, one, place)]
    return sorted_rows(found, show.row.resource, show.sort, place)


LEFT_OUT = object()


def member(show: Show, resource: Resource, row: Row, place: Place) -> Any:
    match show:
        case ShowField(visible=visible) | ShowComputed(visible=visible) if not holds(
            visible, place
        ):
            return LEFT_OUT
        case ShowField(field=shown):
            return json_value(row[shown.name], shown.type)
        case ShowComputed(computed=worked_out):
            value = field_of(resource, row, worked_out.name, place)
            return json_value(value, worked_out.type)
        case ShowOne(relation=relation, row=plan):
            found = [one for one in place.store.related(row, relation) if seen(plan, one, place)]
            return body(plan, found[0], place) if found else None
        case ShowMany(row=plan, limit=limit):
            return [body(plan, one, place) for one in listed(show, row, place)[:limit]]
        case ShowActions(actions=actions):
            return [name for name, condition in actions if holds(condition, place)]
        case _:
            raise TypeError(type(show))


def json_value(value: Any, kind: Type) -> Any:
    """A typed value as its canonical JSON form."""
    if value is None or kind.scalar is Scalar.JSON:
        return value
    if kind.many:
        return [json_value(item, replace(kind, many=False)) for item in value]
    match value:
        case datetime():
            text = value.astimezone(UTC).isoformat()
            return re.sub(r"(\.\d*?)0*\+", lambda found: found[1].rstrip(".") + "+", text)
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Decimal() if kind.scalar is Scalar.DECIMAL:
            return f"{rounded(value, kind.places or 0) + 0:f}"
        case _:
            return int(value) if kind.scalar is Scalar.INTEGER else value
