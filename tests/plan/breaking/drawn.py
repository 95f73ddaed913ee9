"""Pairs of contracts: one that is drawn, and one that some changes have made of it."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from difflib import unified_diff
from typing import Any

from hypothesis import strategies as st

from charter import Actor, Policy, allow, owned
from charter import Contract as Words
from charter import Resource as Base
from charter.contract.canonical import canonical_json
from charter.contract.command import Command, DeclaredError, Event, Move, On, Parameter, Result
from charter.contract.contract import Contract
from charter.contract.resource import Field, Given, OnDelete, Resource, SetBy
from charter.contract.types import Scalar, Type
from charter.core.problems import Family

Draw = Callable[[st.SearchStrategy[Any]], Any]
FIELDS = ("one", "two", "three", "four")
_CHOICES = ("a", "b", "c", "d")


def _plain() -> Contract:
    """Orders with lines, and products beside them, without a field of their own."""
    words = Words("drawn", version="1.0.0")

    class Order(Base):
        lines: list["Line"] = owned()

    class Line(Base):
        order: Order

    class Product(Base):
        line: Line | None

    for item in (Order, Line, Product):
        words.resource(item)
    for item in (Order, Product):

        def policy(row: Any, actor: Actor) -> Policy:
            yield allow("*")

        policy.__annotations__["row"] = item
        words.policy(item)(policy)
    return words.build()


PLAIN = _plain()


def _bounded(draw: Draw, low: int, high: int) -> tuple[int | None, int | None]:
    lower = draw(st.none() | st.integers(low, high))
    upper = draw(st.none() | st.integers(high, high + 3))
    return lower, upper


def _text(draw: Draw, scalar: Scalar) -> Type:
    low, high = _bounded(draw, 0, 4)
    pattern = draw(st.sampled_from([None, None, "[a-z]*", "[a-z0-9]+"]))
    return Type(scalar, min_length=low, max_length=high, pattern=pattern)


def _number(draw: Draw, scalar: Scalar) -> Type:
    make = Decimal if scalar is Scalar.DECIMAL else int
    low = draw(st.none() | st.integers(-2, 2))
    high = draw(st.none() | st.integers(3, 6))
    bounds: dict[str, Any] = {}
    if low is not None:
        bounds[draw(st.sampled_from(["ge", "gt"]))] = make(low)
    if high is not None:
        bounds[draw(st.sampled_from(["le", "lt"]))] = make(high)
    if scalar is Scalar.DECIMAL:
        bounds |= {"digits": draw(st.integers(3, 5)), "places": draw(st.integers(0, 2))}
    return Type(scalar, **bounds)


@st.composite
def types(draw: Draw) -> Type:
    scalar = draw(st.sampled_from(list(Scalar)))
    if scalar is Scalar.TEXT:
        kind = _text(draw, scalar)
    elif scalar in (Scalar.INTEGER, Scalar.FLOAT, Scalar.DECIMAL):
        kind = _number(draw, scalar)
    elif scalar is Scalar.CHOICE:
        chosen = draw(st.sets(st.sampled_from(_CHOICES), min_size=1))
        kind = Type(scalar, choices=tuple(sorted(chosen)))
    else:
        kind = Type(scalar)
    if scalar is not Scalar.JSON and draw(st.integers(0, 4)) == 0:
        low, high = _bounded(draw, 0, 2)
        kind = replace(kind, many=True, min_items=low, max_items=high)
    return kind


@st.composite
def fields(draw: Draw, name: str) -> Field:
    kind = draw(types())
    default = Given(True) if kind.scalar is Scalar.BOOLEAN and draw(st.booleans()) else None
    return Field(
        name,
        kind,
        optional=draw(st.booleans()),
        default=default,
        unique=draw(st.integers(0, 5)) == 0,
        search=kind.scalar is Scalar.TEXT and not kind.many and draw(st.booleans()),
        set_by=draw(st.sampled_from([SetBy.CLIENT] * 3 + list(SetBy))),
        write_only=draw(st.integers(0, 7)) == 0,
        hidden=draw(st.integers(0, 7)) == 0,
    )


@st.composite
def parameters(draw: Draw) -> tuple[Parameter, ...]:
    names = draw(st.sets(st.sampled_from(FIELDS), max_size=3))
    return tuple(
        Parameter(name, draw(types()), optional=draw(st.booleans())) for name in sorted(names)
    )


@st.composite
def commands(draw: Draw, name: str) -> Command:
    resource = draw(st.sampled_from(["Order", "Product", None]))
    on = On.NOTHING if resource is None else draw(st.sampled_from([On.ROW, On.COLLECTION]))
    results = [
        Result(),
        Result("Order"),
        Result("Product"),
        Result("Order", many=True),
        Result(type=draw(types())),
    ]
    raises = draw(st.sets(st.sampled_from(["Late", "Lost"])))
    return Command(
        name,
        resource,
        on,
        draw(parameters()),
        draw(st.sampled_from(results)),
        move=draw(st.sampled_from([None, Move("one", ("a",), "b"), Move("one", ("a", "c"), "b")])),
        raises=tuple(sorted(raises)),
    )


@st.composite
def _with_fields(draw: Draw, resource: Resource) -> Resource:
    names = draw(st.sets(st.sampled_from(FIELDS), max_size=3))
    return replace(
        resource, fields=(*resource.fields, *(draw(fields(name)) for name in sorted(names)))
    )


@st.composite
def errors(draw: Draw, name: str) -> DeclaredError:
    family = draw(st.sampled_from([Family.CONFLICT, Family.FORBIDDEN, Family.MISSING]))
    return DeclaredError(name, name.lower(), family, draw(parameters()))


@st.composite
def contracts(draw: Draw) -> Contract:
    called = draw(st.sets(st.sampled_from(["place", "send"])))
    happened = draw(st.sets(st.sampled_from(["Placed", "Sent"])))
    return replace(
        PLAIN,
        resources=tuple(draw(_with_fields(item)) for item in PLAIN.resources),
        commands=tuple(draw(commands(name)) for name in sorted(called)),
        events=tuple(Event(name, draw(parameters())) for name in sorted(happened)),
        errors=(draw(errors("Late")), draw(errors("Lost"))),
    )


# -- changes -----------------------------------------------------------------------------------
def _field(draw: Draw, old: Resource) -> Resource:
    name = draw(st.sampled_from(FIELDS))
    rest = tuple(item for item in old.fields if item.name != name)
    if draw(st.booleans()):
        rest = (*rest, draw(fields(name)))
    return replace(old, fields=rest)


def _option(draw: Draw, old: Resource) -> Resource:
    """One thing about one field."""
    named = [item for item in old.fields if item.name in FIELDS]
    if not named:
        return _field(draw, old)
    field = draw(st.sampled_from(named))
    other = draw(fields(field.name))
    option = draw(
        st.sampled_from(["optional", "set_by", "write_only", "hidden", "unique", "default"])
    )
    if option == "default" and field.type.scalar is not Scalar.BOOLEAN:
        option = "optional"
    changed = replace(field, **{option: getattr(other, option)})
    return replace(old, fields=tuple(changed if item is field else item for item in old.fields))


def _kind(draw: Draw, old: Resource) -> Resource:
    """The bounds of one field."""
    named = [item for item in old.fields if item.name in FIELDS]
    if not named:
        return _field(draw, old)
    field = draw(st.sampled_from(named))
    kind = draw(types().filter(lambda kind: kind.scalar is field.type.scalar))
    changed = replace(field, type=kind)
    return replace(old, fields=tuple(changed if item is field else item for item in old.fields))


def _whole(draw: Draw, old: Resource) -> Resource:
    match draw(st.integers(0, 3)):
        case 0:
            return replace(old, path=f"{old.path}-too")
        case 1:
            return replace(old, conditional_writes=not old.conditional_writes)
        case 2:
            other = Type(draw(st.sampled_from([Scalar.TEXT, Scalar.INTEGER, Scalar.UUID])))
            key = replace(old.key, type=other)
            kept = (key if item.name == "id" else item for item in old.fields)
            return replace(old, fields=tuple(kept))
        case _:
            kept = (
                replace(item, on_delete=OnDelete.CASCADE) if item.references else item
                for item in old.fields
            )
            return replace(old, fields=tuple(kept))


_CHANGES = (_field, _field, _option, _option, _kind, _kind, _whole)


class Pair:
    """Two contracts that have most in common; told by their difference."""

    def __init__(self, old: Contract, new: Contract) -> None:
        self.old = old
        self.new = new

    def __repr__(self) -> str:
        old, new = (canonical_json(item).decode().splitlines() for item in (self.old, self.new))
        return "\n".join(unified_diff(old, new, lineterm="", n=6))


@st.composite
def pairs(draw: Draw) -> Pair:
    old: Contract = draw(contracts())
    new = old
    for _ in range(draw(st.integers(0, 3))):
        if draw(st.integers(0, 3)) == 0:
            other: Contract = draw(contracts())
            part = draw(st.sampled_from(["commands", "events", "errors"]))
            new = replace(new, **{part: getattr(other, part)})
        else:
            at = draw(st.sampled_from([item.name for item in new.resources]))
            change = draw(st.sampled_from(_CHANGES))
            new = replace(
                new,
                resources=tuple(
                    change(draw, item) if item.name == at else item for item in new.resources
                ),
            )
    return Pair(old, new)
