"""Commands, events and declared errors."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from charter.contract.resource import Allow, Given
from charter.contract.types import Type
from charter.core.places import NOWHERE, Place
from charter.core.problems import Family


class On(StrEnum):
    """What a command is called on."""

    ROW = "row"
    COLLECTION = "collection"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One typed value of an input or payload.

    A parameter that names a resource (`references`) carries the key of a row.
    """

    name: str
    type: Type
    optional: bool = False
    default: Given | None = None
    references: str | None = None
    doc: str = ""

    @property
    def required(self) -> bool:
        return not self.optional and self.default is None


@dataclass(frozen=True, slots=True)
class Move:
    """A change of state: from one of `sources` to `target`, checked in the transaction."""

    field: str
    sources: tuple[str, ...]
    target: str


@dataclass(frozen=True, slots=True)
class Result:
    """What a command gives back: a row, a list of rows, a value, or nothing."""

    resource: str | None = None
    type: Type | None = None
    many: bool = False


@dataclass(frozen=True, slots=True)
class DeclaredError:
    """A failure that commands may raise. `made_from` is the user's exception class."""

    name: str
    code: str
    family: Family
    parameters: tuple[Parameter, ...] = ()
    doc: str = ""
    made_from: type[Exception] | None = field(default=None, compare=False)
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, with its payload. `made_from` is the user's class."""

    name: str
    payload: tuple[Parameter, ...] = ()
    doc: str = ""
    made_from: type[Any] | None = field(default=None, compare=False)
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Command:
    """An operation with a name of its own, run as one transaction."""

    name: str
    resource: str | None
    on: On
    inputs: tuple[Parameter, ...]
    result: Result
    move: Move | None = None
    raises: tuple[str, ...] = ()
    allows: tuple[Allow, ...] = ()
    """For commands on nothing: rules of their own, over the actor only."""
    doc: str = ""
    function: Callable[..., Any] | None = field(default=None, compare=False)
    place: Place = NOWHERE
