"""What a GraphQL schema of the contract loses, as far as the contract decides it.

A resource is a type, a body an input type, a command a mutation; each scalar is a type of its
own, and choices are an enumeration. Values that are refused for their bounds are told with
REST: every protocol refuses them.
"""

from collections.abc import Iterable, Iterator

from charter.contract.contract import Contract
from charter.contract.types import Scalar, Type
from charter.plan.breaking import codes
from charter.plan.breaking.finding import ChangeCode, Finding
from charter.plan.breaking.pairs import members, pairs
from charter.plan.breaking.surfaces import (
    Direction,
    Member,
    Rows,
    Surface,
    errors,
    inputs,
    rows,
    spelt,
)
from charter.plan.breaking.values import named


def changed_graphql(old: Contract, new: Contract) -> Iterator[Finding]:
    """Types, inputs and operations."""
    found = pairs(surfaces(old), surfaces(new), lambda item: item.name)
    for gone in found.gone:
        message = f"the {gone.direction.value} type is gone"
        yield Finding(codes.GRAPHQL_REMOVED, gone.name, message, gone.place, new.place)
    for item in found.new:
        message = f"the {item.direction.value} type is new"
        yield Finding(codes.GRAPHQL_ADDED, item.name, message, old.place, item.place)
    for was, now in found.both:
        yield from _of_surface(was, now)
    for command, called in pairs(old.commands, new.commands, spelt).both:
        if command.result != called.result or command.on is not called.on:
            message = "the mutation has another type"
            subject = spelt(command)
            yield Finding(codes.GRAPHQL_TYPE_CHANGED, subject, message, command.place, called.place)


def surfaces(contract: Contract) -> Iterator[Surface]:
    """What types and messages are made of."""
    yield from rows(contract)
    yield from inputs(contract)
    yield from errors(contract)


def _of_surface(old: Surface, new: Surface) -> Iterator[Finding]:
    found = members(old.members, new.members)
    for gone in found.gone:
        subject = f"{old.subject}.{gone.name}"
        message = "the field is gone"
        yield Finding(codes.GRAPHQL_REMOVED, subject, message, gone.place, new.place)
    for item in found.new:
        subject = f"{old.subject}.{item.name}"
        if item.required:
            message = "the input is non-null"
            yield Finding(codes.GRAPHQL_REQUIRED, subject, message, old.place, item.place)
        else:
            message = "the field is new"
            yield Finding(codes.GRAPHQL_ADDED, subject, message, old.place, item.place)
    for was, now in found.both:
        told = _given if old.direction is Direction.INPUT else _shown
        for code, message in told(was, now):
            yield Finding(code, f"{old.subject}.{was.name}", message, was.place, now.place)


Told = Iterator[tuple[ChangeCode, str]]


def _shown(old: Member, new: Member) -> Told:
    if _type(old.kind) != _type(new.kind):
        yield codes.GRAPHQL_TYPE_CHANGED, f"is {_type(new.kind)}, and was {_type(old.kind)}"
        return
    if new.nullable and not old.nullable:
        yield codes.GRAPHQL_NULLABLE, "can be null"
    for value in _without(old, new):
        yield codes.GRAPHQL_VALUE_REMOVED, f"`{value}` is gone"
    for value in _without(new, old):
        yield codes.GRAPHQL_VALUE_ADDED, f"can be `{value}`"


def _given(old: Member, new: Member) -> Told:
    if _type(old.kind) != _type(new.kind):
        yield codes.GRAPHQL_TYPE_CHANGED, f"is {_type(new.kind)}, and was {_type(old.kind)}"
        return
    if (new.required and not old.required) or (old.nullable and not new.nullable):
        yield codes.GRAPHQL_REQUIRED, "is non-null"
    elif (old.required and not new.required) or (new.nullable and not old.nullable):
        yield codes.GRAPHQL_WIDENED, "is nullable"
    for value in _without(old, new):
        yield codes.GRAPHQL_VALUE_REMOVED, f"`{value}` is gone"
    for value in _without(new, old):
        yield codes.GRAPHQL_WIDENED, f"can be `{value}`"


def _type(kind: Type | Rows) -> str:
    if isinstance(kind, Rows):
        return f"[{kind.target}]" if kind.many else kind.target
    return named(Type(kind.scalar, many=kind.many))


def _without(these: Member, others: Member) -> Iterable[str]:
    """The values of an enumeration that another one lacks."""
    mine, theirs = choices(these.kind), choices(others.kind)
    return (item for item in mine if item not in theirs)


def choices(kind: Type | Rows) -> tuple[str, ...]:
    """The values of an enumeration; () for what is none."""
    is_choice = isinstance(kind, Type) and kind.scalar is Scalar.CHOICE
    return kind.choices if isinstance(kind, Type) and is_choice else ()
