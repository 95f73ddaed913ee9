"""What stubs made from a .proto of the contract lose, as far as the contract decides it.

A resource and a body are messages, a command is a method. Field numbers are not the contract's,
and told by `numbering`. Values that are refused for their bounds are told with REST.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from charter.contract.contract import Contract
from charter.contract.types import Scalar, Type
from charter.plan.breaking import codes
from charter.plan.breaking.finding import Finding
from charter.plan.breaking.renames import Sides
from charter.plan.breaking.schemas import Schema, Told, changed_schema, choices, renamed_schema
from charter.plan.breaking.surfaces import Direction, Member, Rows

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
    return changed_schema(_SCHEMA, old, new)


def renamed_grpc(sides: Sides) -> Iterator[Finding]:
    """Those that are there under another name. Numbers of fields may stay: stubs break, not
    what was sent."""
    return renamed_schema(_SCHEMA, sides)


def _member(old: Member, new: Member, direction: Direction) -> Told:
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


_SCHEMA = Schema(
    codes.GRPC_REMOVED,
    codes.GRPC_RENAMED,
    codes.GRPC_TYPE_CHANGED,
    codes.GRPC_REQUIRED,
    codes.GRPC_ADDED,
    _member,
    body=lambda _: "the message",
    must="has to be set",
    called="the method takes or answers another message",
)
