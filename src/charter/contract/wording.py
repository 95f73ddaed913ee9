"""Conditions as text for people: `order.customer == actor and order.status == "draft"`.

The text is close to what a contract says, in the operators that Python people read at once. It
is for tables, explanations and documents; nothing reads it back.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

from charter.contract import expression as e
from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.core.names import snake

_OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _ATOM = range(7)

_COMPARATORS: Mapping[e.Operator, str] = MappingProxyType(
    {
        e.Operator.EQ: "==",
        e.Operator.NE: "!=",
        e.Operator.LT: "<",
        e.Operator.LE: "<=",
        e.Operator.GT: ">",
        e.Operator.GE: ">=",
    }
)
_STRENGTHS: Mapping[e.Arithmetic, int] = MappingProxyType(
    {e.Arithmetic.ADD: _SUM, e.Arithmetic.SUBTRACT: _SUM, e.Arithmetic.MULTIPLY: _PRODUCT}
)


@dataclass(frozen=True, slots=True)
class _Text:
    """A piece of text, and how strongly its outermost operator binds."""

    text: str
    strength: int = _ATOM

    def within(self, strength: int) -> str:
        """The text as an operand of an operator that binds so strongly."""
        return self.text if self.strength > strength else f"({self.text})"


@dataclass(frozen=True, slots=True)
class _Rows:
    """How a row is called, and its resource, by which references are told from their keys."""

    name: str
    resource: Resource | None


@dataclass(frozen=True, slots=True)
class _Writer:
    contract: Contract
    rows: Mapping[int, _Rows]

    def write(self, expression: e.Expression) -> _Text:
        return _WRITERS[type(expression)](self, expression)

    def inside(self, expression: e.Expression, strength: int) -> str:
        return self.write(expression).within(strength)

    def row(self, scope: int) -> _Rows:
        return self.rows.get(scope) or _Rows(f"row{scope}", None)

    def target(self, start: Resource | None, path: tuple[str, ...]) -> Resource | None:
        """The resource that relations lead to; None where they are not known."""
        for name in path:
            relation = start.relation_named.get(name) if start is not None else None
            start = self.contract.resource_named.get(relation.target) if relation else None
        return start

    def within(self, expression: e.Aggregate) -> "_Writer":
        """The same with a name for the rows that an aggregate is over."""
        resource = self.target(self.row(expression.start).resource, expression.path)
        stem = snake(resource.name) if resource is not None else f"row{expression.scope}"
        taken = {row.name for row in self.rows.values()}
        name, count = stem, 1
        while name in taken:
            count += 1
            name = f"{stem}{count}"
        return replace(self, rows={**self.rows, expression.scope: _Rows(name, resource)})

    def reaches(self, expression: e.Aggregate) -> bool:
        """Whether an aggregate only follows references that always lead to a row."""
        resource = self.row(expression.start).resource
        for name in expression.path:
            relation = resource.relation_named.get(name) if resource is not None else None
            if relation is None or not relation.to_one or relation.optional:
                return False
            resource = self.contract.resource_named.get(relation.target)
        return True


def worded(expression: e.Expression, contract: Contract, resource: Resource | None = None) -> str:
    """A condition or value over a row of a resource (None: over the actor alone) as one line.

    The row is called after its resource (`order`), its new values `new`, and the actor `actor`,
    which also stands for the actor's id.
    """
    rows = {}
    if resource is not None:
        rows = {e.ROW: _Rows(snake(resource.name), resource), e.NEW: _Rows("new", resource)}
    return _Writer(contract, rows).write(expression).text


# -- values ------------------------------------------------------------------------------------
def _constant(_: _Writer, expression: e.Constant) -> _Text:
    return _Text(_literal(expression.value))


def _literal(value: e.Value) -> str:
    match value:
        case str() | UUID():
            return json.dumps(str(value), ensure_ascii=False)
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case _:
            return repr(value)


def _slot(_: _Writer, expression: e.Slot) -> _Text:
    return _Text(f"${expression.index + 1}")


def _column(writer: _Writer, expression: e.Column) -> _Text:
    start = writer.row(expression.scope)
    path = list(expression.path)
    resource = writer.target(start.resource, expression.path)
    if expression.field == "id" and path:
        return _Text(".".join((start.name, *path)))
    return _Text(".".join((start.name, *path, _member(resource, expression.field))))


def _member(resource: Resource | None, field: str) -> str:
    """A reference by the name of its relation; any other field by its own."""
    relations = resource.relations if resource is not None else ()
    return next((item.name for item in relations if item.to_one and item.near == field), field)


def _actor_id(_: _Writer, __: e.ActorId) -> _Text:
    return _Text("actor")


def _claim(_: _Writer, expression: e.Claim) -> _Text:
    return _Text(f"actor.claim({json.dumps(expression.name, ensure_ascii=False)})")


def _now(_: _Writer, __: e.Now) -> _Text:
    return _Text("now()")


def _compute(writer: _Writer, expression: e.Compute) -> _Text:
    strength = _STRENGTHS[expression.operator]
    left = writer.inside(expression.left, strength - 1)
    right = writer.inside(expression.right, strength)
    return _Text(f"{left} {expression.operator.value} {right}", strength)


def _aggregate(writer: _Writer, expression: e.Aggregate) -> _Text:
    start = writer.row(expression.start).name
    way = ".".join((start, *expression.path))
    if expression.function is e.Function.EXISTS and writer.reaches(expression):
        return _followed(writer, expression, way)
    inner = writer.within(expression)
    row = inner.row(expression.scope).name
    value = "" if expression.value is None else f"{inner.write(expression.value).text} for "
    where = None if expression.where == e.ALWAYS else expression.where
    if not value and where is None:
        return _Text(f"{expression.function.value}({way})")
    condition = "" if where is None else f" if {inner.write(where).text}"
    return _Text(f"{expression.function.value}({value}{row} in {way}{condition})")


def _followed(writer: _Writer, expression: e.Aggregate, way: str) -> _Text:
    """A condition on the one row that a reference leads to."""
    if expression.where is None:
        return _Text("always")
    resource = writer.target(writer.row(expression.start).resource, expression.path)
    rows = {**writer.rows, expression.scope: _Rows(way, resource)}
    return replace(writer, rows=rows).write(expression.where)


def _masked(writer: _Writer, expression: e.Masked) -> _Text:
    value, visible = writer.write(expression.value).text, writer.write(expression.visible).text
    return _Text(f"({value} if {visible} else None)")


# -- conditions --------------------------------------------------------------------------------
def _truth(_: _Writer, expression: e.Truth) -> _Text:
    return _Text("always" if expression.value else "never")


def _has_role(_: _Writer, expression: e.HasRole) -> _Text:
    return _Text(f"actor.has_role({json.dumps(expression.role, ensure_ascii=False)})")


def _authenticated(_: _Writer, __: e.Authenticated) -> _Text:
    return _Text("actor.authenticated")


def _fact(_: _Writer, expression: e.Fact) -> _Text:
    argument = expression.argument
    if argument is None:
        return _Text(f"actor.{expression.name.value}")
    if expression.name is e.FactName.SIGNED_IN_WITHIN and isinstance(argument, int):
        minutes, seconds = divmod(argument, 60)
        said = f"seconds={argument}" if seconds else f"minutes={minutes}"
    else:
        texts = argument if isinstance(argument, tuple) else (str(argument),)
        said = ", ".join(json.dumps(text, ensure_ascii=False) for text in texts)
    return _Text(f"actor.{expression.name.value}({said})")


def _actor_tenant(_: _Writer, __: e.ActorTenant) -> _Text:
    return _Text("actor.tenant")


def _compare(writer: _Writer, expression: e.Compare) -> _Text:
    sign = _COMPARATORS.get(expression.operator)
    if sign is None:
        left, right = writer.write(expression.left).text, writer.write(expression.right).text
        return _Text(f"{expression.operator.value}({left}, {right})")
    left, right = (writer.inside(side, _COMPARISON) for side in (expression.left, expression.right))
    return _Text(f"{left} {sign} {right}", _COMPARISON)


def _one_of(writer: _Writer, expression: e.OneOf) -> _Text:
    return _Text(_membership(writer, expression, "in"), _COMPARISON)


def _membership(writer: _Writer, expression: e.OneOf, word: str) -> str:
    left = writer.inside(expression.left, _COMPARISON)
    options = ", ".join(writer.write(option).text for option in expression.options)
    return f"{left} {word} ({options})"


def _one_of_slot(writer: _Writer, expression: e.OneOfSlot) -> _Text:
    left = writer.inside(expression.left, _COMPARISON)
    return _Text(f"{left} in {writer.write(expression.slot).text}", _COMPARISON)


def _contains(writer: _Writer, expression: e.Contains) -> _Text:
    left, right = (writer.inside(side, _COMPARISON) for side in (expression.left, expression.right))
    return _Text(f"{right} in {left}", _COMPARISON)


def _is_null(writer: _Writer, expression: e.IsNull) -> _Text:
    return _Text(f"{writer.inside(expression.operand, _COMPARISON)} is None", _COMPARISON)


def _all_of(writer: _Writer, expression: e.AllOf) -> _Text:
    return _several(writer, expression.parts, " and ", _AND, "always")


def _any_of(writer: _Writer, expression: e.AnyOf) -> _Text:
    return _several(writer, expression.parts, " or ", _OR, "never")


def _several(
    writer: _Writer, parts: tuple[e.Expression, ...], word: str, strength: int, none: str
) -> _Text:
    if len(parts) <= 1:
        return writer.write(parts[0]) if parts else _Text(none)
    # An `and` within an `or` needs no brackets, but people want them.
    return _Text(word.join(writer.inside(part, _AND) for part in parts), strength)


def _not(writer: _Writer, expression: e.Not) -> _Text:
    match expression.operand:
        case e.IsNull(operand):
            return _Text(f"{writer.inside(operand, _COMPARISON)} is not None", _COMPARISON)
        case e.OneOf() as options:
            return _Text(_membership(writer, options, "not in"), _COMPARISON)
        case operand:
            return _Text(f"not {writer.inside(operand, _NOT)}", _NOT)


def _search(writer: _Writer, expression: e.Search) -> _Text:
    row = writer.row(expression.scope).name
    fields = ", ".join(f"{row}.{name}" for name in expression.fields)
    return _Text(f"search({fields}, {writer.write(expression.slot).text})")


_WRITERS: Mapping[type, Callable[[_Writer, Any], _Text]] = MappingProxyType(
    {
        e.Constant: _constant,
        e.Slot: _slot,
        e.Column: _column,
        e.ActorId: _actor_id,
        e.Claim: _claim,
        e.Now: _now,
        e.Compute: _compute,
        e.Aggregate: _aggregate,
        e.Masked: _masked,
        e.Truth: _truth,
        e.HasRole: _has_role,
        e.Authenticated: _authenticated,
        e.Fact: _fact,
        e.ActorTenant: _actor_tenant,
        e.Compare: _compare,
        e.OneOf: _one_of,
        e.OneOfSlot: _one_of_slot,
        e.Contains: _contains,
        e.IsNull: _is_null,
        e.AllOf: _all_of,
        e.AnyOf: _any_of,
        e.Not: _not,
        e.Search: _search,
    }
)
WORDED = frozenset(_WRITERS)
"""The kinds of expression that have a wording."""
