"""What a client has: the types, the places that rows are found at, the commands, the errors.

Types are named as in OpenAPI, `Order` or `Order.New`: each language spells them in its own way.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from charter.contract.types import Scalar


@dataclass(frozen=True, slots=True)
class Plain:
    """A scalar."""

    scalar: Scalar
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A type of the model: a kind of row, or a body."""

    names: tuple[str, ...]
    """One of these."""
    row: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value is."""

    item: Plain | Named
    many: bool = False
    nullable: bool = False

    def listed(self) -> "Shape":
        """A list of such values."""
        return Shape(self.item, many=True)


class Shown(StrEnum):
    """When a row has a member."""

    ALWAYS = "always"
    ALLOWED = "allowed"
    """Unless a policy hides it."""
    INCLUDED = "included"
    """Where `include` names it."""
    CUT = "cut"
    """Where a list is cut."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a row, a body, an input or an error."""

    name: str
    shape: Shape
    shown: Shown = Shown.ALWAYS
    required: bool = True
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Struct:
    """What goes in: values of a new row or a change, the input of a command."""

    name: str
    members: tuple[Member, ...]
    doc: str = ""

    @property
    def optional(self) -> bool:
        """Whether it can be left out as a whole."""
        return not any(member.required for member in self.members)


@dataclass(frozen=True, slots=True)
class Test:
    """A test of a field."""

    field: str
    comparator: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of row, and what lists of it can be asked."""

    name: str
    members: tuple[Member, ...]
    tests: tuple[Test, ...]
    relations: Mapping[str, str]
    """Those that filters can follow, with the rows that they lead to."""
    key: Shape
    fields: tuple[str, ...]
    include: tuple[str, ...]
    sort: tuple[str, ...]
    measures: tuple[str, ...]
    groups: tuple[str, ...]
    searches: bool = False
    """Whether lists of it take `search`."""
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A command."""

    name: str
    path: str
    """What follows the path of its place, or of a row."""
    key: Shape | None
    """The key of the row that it is called on."""
    owner: str | None
    """The kind of that row."""
    input: Struct | None
    result: Shape | None
    raises: tuple[str, ...]
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A path at which rows are found: those of a resource, or those of a relation of one row."""

    name: str
    """Its name among the types: `Order`, `Order.Lines`."""
    attribute: str
    path: str
    row: str
    key: Shape
    reads: bool = True
    creates: Struct | None = None
    changes: tuple[Struct, Struct] | None = None
    """The bodies of updates and of replacements."""
    removes: bool = False
    single: bool = True
    """Whether one row is found here by its key."""
    bulk: Struct | None = None
    """The body of one of several changes."""
    many: bool = False
    """Whether several rows are created or deleted at once."""
    conditional: bool = False
    """Whether changes have to say which version they are based on."""
    calls: tuple[Call, ...] = ()
    below: tuple["Place", ...] = ()
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """A declared error."""

    name: str
    code: str
    members: tuple[Member, ...]
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """A client. `digest` tells the contract that it was made from."""

    name: str
    version: str
    digest: str
    prefix: str
    rows: tuple[Row, ...]
    structs: tuple[Struct, ...]
    places: tuple[Place, ...]
    calls: tuple[Call, ...]
    failures: tuple[Failure, ...]
    doc: str = ""

    @property
    def all_calls(self) -> Iterator[Call]:
        """Every command."""
        yield from self.calls
        for place in self.places:
            yield from place.calls
