"""A drafted contract, before it is text: frozen values, in the order of the file.

Texts that are `Code` are Python made by `source.literal` and the like, never of a database.
"""

from dataclasses import dataclass
from typing import NewType

Code = NewType("Code", str)
"""A piece of Python that is safe to stand in the file."""


@dataclass(frozen=True, slots=True)
class Concern:
    """What needs a person's eye. `place` is where it is in the contract or the database,
    `what` a few words, `why` a sentence. Shown as it is in the terminal."""

    place: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a call; without a name it stands by its position."""

    code: Code
    name: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a word, such as `field(max_length=40)`."""

    word: str
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True)
class Attribute:
    """A line of a class: `name: annotation = value`. The notes are comments above it."""

    name: str
    annotation: Code
    value: Call | Code | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for the choices of a field: `OrderStatus = Literal[…]`."""

    name: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResourceDraft:
    """A class with its decorator, whose word is `resource` or `accounts`. `base` is what it
    derives from; a `part` of an owner has no policy of its own."""

    name: str
    base: Code
    decorator: tuple[Argument, ...]
    doc: str
    attributes: tuple[Attribute, ...]
    aliases: tuple[Alias, ...] = ()
    notes: tuple[str, ...] = ()
    part: bool = False
    word: str = "resource"


@dataclass(frozen=True, slots=True)
class Statement:
    """A call on the contract, such as `shop.unique(Order, "number")`."""

    call: Call
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Omission:
    """A table or view that is not in the contract, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Draft:
    """All of the file, and what somebody should look at. `searched` are the fields that people
    would search for text."""

    name: str
    variable: str
    doc: str
    resources: tuple[ResourceDraft, ...]
    statements: tuple[Statement, ...]
    omitted: tuple[Omission, ...]
    concerns: tuple[Concern, ...]
    searched: tuple[str, ...] = ()
