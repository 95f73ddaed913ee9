"""What the fields of the schema mean: each has one of these under `MEANING` in its extensions."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from charter.contract.command import Command, DeclaredError
from charter.contract.expression import Function
from charter.contract.resource import Relation, Resource
from charter.plan.drafts import Mode

MEANING = "charter"


@dataclass(frozen=True, slots=True)
class Value:
    """A field or computed field of a row."""

    name: str


@dataclass(frozen=True, slots=True)
class GlobalKey:
    """The global identifier of the row, or of the one that a reference field names."""

    target: str
    name: str


@dataclass(frozen=True)
class ToOne:
    relation: Relation


@dataclass(frozen=True)
class ToMany:
    relation: Relation


@dataclass(frozen=True, slots=True)
class Abilities:
    """The actions that the actor may do on the row."""


@dataclass(frozen=True, slots=True)
class Veiled:
    """The fields that policies hide from the reader on the row: by their names in the contract
    and in the schema."""

    fields: tuple[tuple[str, str], ...]


class Part(StrEnum):
    """The fields of a connection, of an edge and of the information about a page."""

    EDGES = "edges"
    NODES = "nodes"
    PAGE_INFO = "pageInfo"
    TOTAL = "totalCount"
    CURSOR = "cursor"
    NODE = "node"
    NEXT = "next"
    PREVIOUS = "previous"
    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True)
class OneRow:
    """A row by its global identifier; without a resource, of any."""

    resource: Resource | None = None


@dataclass(frozen=True, slots=True)
class ManyRows:
    """Rows by their global identifiers."""


@dataclass(frozen=True)
class List:
    resource: Resource


@dataclass(frozen=True)
class Summary:
    resource: Resource


@dataclass(frozen=True, slots=True)
class Group:
    """In a summary: an object with the fields that rows are grouped by."""


@dataclass(frozen=True, slots=True)
class Grouped:
    name: str


@dataclass(frozen=True, slots=True)
class Counted:
    """In a summary: how many rows there are."""


@dataclass(frozen=True, slots=True)
class Measures:
    """In a summary: an object with what a function makes of fields."""

    function: Function


@dataclass(frozen=True, slots=True)
class Measured:
    name: str


@dataclass(frozen=True)
class Following:
    """A field of `Subscription`: the rows of a list, or `one` of them."""

    resource: Resource
    one: bool


class Event(StrEnum):
    """The fields of what a subscription is told, and of one change in it."""

    CHANGES = "changes"
    POSITION = "position"
    RESET = "reset"
    READY = "ready"
    KIND = "kind"
    KEY = "nodeId"
    NODE = "node"
    REMOVED = "removedId"


class Kind(StrEnum):
    """What a field of `Mutation` does."""

    CREATE = "create"
    CREATE_MANY = "create_many"
    UPDATE = "update"
    REPLACE = "replace"
    UPDATE_MANY = "update_many"
    DELETE = "delete"
    DELETE_MANY = "delete_many"
    COMMAND = "command"


@dataclass(frozen=True)
class Change:
    """A field of `Mutation`. `owner` and `relation` are those of a part; `owner_key` is the
    argument that names the owner."""

    kind: Kind
    resource: Resource | None
    command: Command | None = None
    owner: Resource | None = None
    relation: Relation | None = None
    owner_key: str = ""

    @property
    def mode(self) -> Mode:
        return _MODES.get(self.kind, Mode.PATCH)


_MODES = {
    Kind.CREATE: Mode.CREATE,
    Kind.CREATE_MANY: Mode.CREATE,
    Kind.REPLACE: Mode.REPLACE,
}


class Given(StrEnum):
    """The fields of the payload of a mutation."""

    ROW = "row"
    ROWS = "rows"
    KEY = "key"
    KEYS = "keys"
    VALUE = "value"
    DONE = "done"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Detail:
    """A field of a declared error: its code or message, or the member `name` of its values."""

    what: str
    name: str = ""
    target: str | None = None


@dataclass(frozen=True)
class Failure:
    """The type of a declared error."""

    error: DeclaredError


@dataclass(frozen=True, slots=True)
class InputKey:
    """An input that is a global identifier, or a list of them, of rows of `target`."""

    name: str
    target: str


@dataclass(frozen=True, slots=True)
class InputParts:
    """An input that is a list of the parts of a row."""

    name: str


@dataclass(frozen=True, slots=True)
class InputValue:
    name: str


def said(item: Any) -> Any:
    """What a field, an input or a type means; None where it means nothing of ours."""
    return item.extensions.get(MEANING)
