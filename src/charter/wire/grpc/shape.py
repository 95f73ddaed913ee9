"""What a .proto says, as values: files, messages, enums, services. No protobuf is needed for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from charter.contract.command import Command
from charter.contract.resource import Resource
from charter.wire.rest.routes import Route


class Label(StrEnum):
    """How often a field is there. `ONE` is a message, which is there or not by itself."""

    OPTIONAL = "optional"
    REPEATED = "repeated"
    PLAIN = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A field. `type` is a scalar's name or that of a message or enum: without its package where
    it is of the same one, with a point before it where it stands inside the same message. `oneof`
    names the choice that it is one of."""

    name: str
    number: int
    type: str
    label: Label = Label.PLAIN
    doc: str = ""
    oneof: str | None = None


@dataclass(frozen=True, slots=True)
class Enum:
    """Values by their names; that with the number 0 is the first."""

    name: str
    values: Mapping[str, int]
    doc: str = ""
    gone: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Message:
    name: str
    members: tuple[Member, ...]
    doc: str = ""
    enums: tuple[Enum, ...] = ()
    messages: tuple["Message", ...] = ()
    gone: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))


class Verb(StrEnum):
    """What a method does."""

    GET = "get"
    LIST = "list"
    STREAM = "stream"
    WATCH = "watch"
    SUMMARIZE = "summarize"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    BATCH_CREATE = "batch_create"
    BATCH_UPDATE = "batch_update"
    BATCH_DELETE = "batch_delete"
    CALL = "call"
    BATCH = "batch"


READING = frozenset({Verb.GET, Verb.LIST, Verb.STREAM, Verb.WATCH, Verb.SUMMARIZE})
STREAMING = frozenset({Verb.STREAM, Verb.WATCH})
"""Those that answer with a stream of messages."""


@dataclass(frozen=True, slots=True)
class Rpc:
    """A method, and the route that it does the same as. `path` is that of HTTP/2."""

    verb: Verb
    name: str
    path: str
    route: Route
    request: str
    response: str

    @property
    def resource(self) -> Resource | None:
        return self.route.resource

    @property
    def command(self) -> Command | None:
        return self.route.command


@dataclass(frozen=True, slots=True)
class Service:
    name: str
    rpcs: tuple[Rpc, ...]
    doc: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """One .proto."""

    path: str
    package: str
    imports: tuple[str, ...]
    messages: tuple[Message, ...]
    services: tuple[Service, ...] = ()
    enums: tuple[Enum, ...] = ()
    doc: str = ""
