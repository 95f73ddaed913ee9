"""What stubs made from a .proto of the contract lose, as far as the contract decides it.

A resource and a body are messages, a command is a method. Field numbers are not the contract's:
that a number is never used again is for who gives them. Values that are refused for their
bounds are told with REST.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from charter.contract.contract import Contract
from charter.contract.types import Scalar, Type
from charter.plan.breaking import codes
from charter.plan.breaking.finding import ChangeCode, Finding
from charter.plan.breaking.graphql import choices, surfaces
from charter.plan.breaking.pairs import members, pairs
from charter.plan.breaking.surfaces import Direction, Member, Rows, Surface, spelt

_TYPES: Mapping[Scalar, str] = MappingProxyType(
    {
        Scalar.INTEGER: "int64",
        Scalar.BOOLEAN: "bool",
        Scalar.FLOAT: "double",
        Scalar.CHOICE: "enum",
        Scalar.DATETIME: "google.protobuf.Timestamp",
        Scalar.JSON: "google.protobuf.Value",
    }
)
"""All others are strings."""


def changed_grpc(old: Contract, new: Contract) -> Iterator[Finding]:
    """Messages, their fields, and methods."""
    found = pairs(surfaces(old), surfaces(new), lambda item: item.name)
    for gone in found.gone:
        message = "the message is gone"
        yield Finding(codes.GRPC_REMOVED, gone.name, message, gone.place, new.place)
    for item in found.new:
        message = "the message is new"
        yield Finding(codes.GRPC_ADDED, item.name, message, old.place, item.place)
    for was, now in found.both:
        yield from _of_surface(was, now)
    for command, called in pairs(old.commands, new.commands, spelt).both:
        if command.result != called.result or command.on is not called.on:
            message = "the method takes or answers another message"
            subject = spelt(command)
            yield Finding(codes.GRPC_TYPE_CHANGED, subject, message, command.place, called.place)


def _of_surface(old: Surface, new: Surface) -> Iterator[Finding]:
    found = members(old.members, new.members)
    for gone in found.gone:
        message = "the field is gone"
        subject = f"{old.subject}.{gone.name}"
        yield Finding(codes.GRPC_REMOVED, subject, message, gone.place, new.place)
    for item in found.new:
        code = codes.GRPC_REQUIRED if item.required else codes.GRPC_ADDED
        message = "has to be set" if item.required else "the field is new"
        yield Finding(code, f"{old.subject}.{item.name}", message, old.place, item.place)
    for was, now in found.both:
        for code, message in _of_member(was, now, old.direction):
            yield Finding(code, f"{old.subject}.{was.name}", message, was.place, now.place)


def _of_member(old: Member, new: Member, direction: Direction) -> Iterator[tuple[ChangeCode, str]]:
    if _type(old.kind) != _type(new.kind):
        yield codes.GRPC_TYPE_CHANGED, f"is {_type(new.kind)}, and was {_type(old.kind)}"
        return
    if direction is Direction.INPUT and new.required and not old.required:
        yield codes.GRPC_REQUIRED, "has to be set"
    elif old.nullable != new.nullable:
        yield codes.GRPC_PRESENCE, "is `optional`" if new.nullable else "is not `optional`"
    was, now = choices(old.kind), choices(new.kind)
    for value in was:
        if value not in now:
            yield codes.GRPC_VALUE_REMOVED, f"`{value}` is gone"
    for value in now:
        if value not in was:
            yield codes.GRPC_ADDED, f"can be `{value}`"


def _type(kind: Type | Rows) -> str:
    if isinstance(kind, Rows):
        return f"repeated {kind.target}" if kind.many else kind.target
    found = _TYPES.get(kind.scalar, "string")
    return f"repeated {found}" if kind.many else found
