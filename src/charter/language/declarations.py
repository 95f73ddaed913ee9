"""What a contract's decorators and calls have collected, in the order of the file."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from charter.core.places import Place
from charter.language.actor import Actor
from charter.language.existing import Existing
from charter.language.payload import Error, Event
from charter.language.resource import Resource


class Meaning(Enum):
    """What the rows of a resource are besides rows."""

    ROWS = "rows"
    ACCOUNTS = "accounts"
    TENANTS = "tenants"


@dataclass(frozen=True, slots=True)
class ResourceSaid:
    cls: type[Resource[Any]]
    plural: str | None
    conditional_writes: bool
    place: Place
    meaning: Meaning = Meaning.ROWS
    existing: Existing = field(default_factory=Existing)


@dataclass(frozen=True, slots=True)
class SharedSaid:
    cls: type[Resource[Any]]
    place: Place


@dataclass(frozen=True, slots=True)
class MarkedSaid:
    """Resources that are marked in some way; all of them where none is named."""

    classes: tuple[type[Resource[Any]], ...]
    place: Place


@dataclass(frozen=True, slots=True)
class RoleSaid:
    name: str
    includes: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class GrantsSaid:
    cls: type[Resource[Any]]
    on: str | None
    to: str | None
    role: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class PolicySaid:
    cls: type[Resource[Any]]
    function: Callable[..., Any]
    place: Place


@dataclass(frozen=True, slots=True)
class UniqueSaid:
    cls: type[Resource[Any]]
    fields: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class IndexSaid:
    cls: type[Resource[Any]]
    fields: tuple[str, ...]
    where: Callable[[Any], Any] | None
    include: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class CheckSaid:
    cls: type[Resource[Any]]
    rule: Callable[[Any], Any]
    message: str
    place: Place


@dataclass(frozen=True, slots=True)
class EventSaid:
    cls: type[Event]
    place: Place


@dataclass(frozen=True, slots=True)
class ErrorSaid:
    cls: type[Error]
    status: int
    place: Place


@dataclass(frozen=True, slots=True)
class CommandSaid:
    function: Callable[..., Any]
    cls: type[Resource[Any]] | None
    moves: str | None
    raises: tuple[type[Error], ...]
    allow: Callable[[Actor], bool] | None
    place: Place


@dataclass(slots=True)
class Declarations:
    """Everything that one contract was told."""

    name: str
    version: str
    doc: str
    place: Place
    resources: list[ResourceSaid] = field(default_factory=list)
    policies: list[PolicySaid] = field(default_factory=list)
    uniques: list[UniqueSaid] = field(default_factory=list)
    indexes: list[IndexSaid] = field(default_factory=list)
    checks: list[CheckSaid] = field(default_factory=list)
    events: list[EventSaid] = field(default_factory=list)
    errors: list[ErrorSaid] = field(default_factory=list)
    commands: list[CommandSaid] = field(default_factory=list)
    roles: list[RoleSaid] = field(default_factory=list)
    grants: list[GrantsSaid] = field(default_factory=list)
    shared: list[SharedSaid] = field(default_factory=list)
    audited: list[MarkedSaid] = field(default_factory=list)
    append_only: list[MarkedSaid] = field(default_factory=list)
    search_indexes: list[MarkedSaid] = field(default_factory=list)
    stamped: list[MarkedSaid] = field(default_factory=list)
