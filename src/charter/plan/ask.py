"""Asks: what a request wants, the same for every protocol. Intent, never feasibility.

The *form* of a read holds no values: they stand in the ask's `values`, and the form names them
by their place there (a *slot*). So a form can be a cache key. Values have been validated
against their types before they stand in an ask.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from charter.contract.expression import Function
from charter.plan.actor import Actor
from charter.plan.selection import (
    EVERYTHING,
    After,
    Comparator,
    Every,
    Listing,
    Negation,
    Nest,
    Pick,
    Related,
    Selection,
    Some,
    Sort,
    Test,
    Where,
)

__all__ = [
    "EVERYTHING",
    "After",
    "Comparator",
    "Every",
    "Negation",
    "Nest",
    "Pick",
    "Related",
    "Selection",
    "Some",
    "Sort",
    "Test",
    "Where",
]


@dataclass(frozen=True, slots=True)
class Parent:
    """The list is that of one row's relation; without that row the answer is `not_found`."""

    resource: str
    relation: str
    slot: int


Counting = Literal["none", "exact", "estimated"]


@dataclass(frozen=True, slots=True)
class ReadOne:
    """One row by its key, which is the first value, or that in `slot`."""

    resource: str
    selection: Selection = EVERYTHING
    parent: Parent | None = None
    slot: int = 0


@dataclass(frozen=True, slots=True)
class ReadMany:
    """A page of rows, or (`limit=None`) all of them as a stream.

    `sort` always ends with the key, so that the order is total.
    """

    resource: str
    selection: Selection = EVERYTHING
    where: Where | None = None
    search: int | None = None
    sort: tuple[Sort, ...] = (Sort("id"),)
    limit: int | None = 50
    after: After | None = None
    count: Counting = "none"
    parent: Parent | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """A value worked out over a group of rows; COUNT without a field counts rows."""

    out: str
    function: Function
    field: str | None = None


Shape = tuple[tuple[str, "int | str | Shape"], ...]
"""An object: for each name the place of a value, a text that is always the same, or an object."""


@dataclass(frozen=True, slots=True)
class Summarize:
    """Aggregates, one row for each combination of the grouped fields; `sort` names outs.

    An object has them all by their outs, or (`shape`) by their places, groups first.
    """

    resource: str
    groups: tuple[str, ...]
    measures: tuple[Measure, ...]
    where: Where | None = None
    search: int | None = None
    sort: tuple[Sort, ...] = ()
    limit: int = 1000
    parent: Parent | None = None
    shape: Shape | None = None


@dataclass(frozen=True, slots=True)
class ReadListing:
    """A page of the rows of a resource as one object."""

    resource: str
    listing: Listing


@dataclass(frozen=True, slots=True)
class Known:
    """What is known without a look at the database, as JSON text."""

    body: str


@dataclass(frozen=True, slots=True)
class Several:
    """A list of single rows, with null in place of those that are not there."""

    rows: tuple[ReadOne | Known, ...]


Root = ReadOne | ReadListing | Summarize | Known | Several


@dataclass(frozen=True, slots=True)
class ReadTogether:
    """Several reads as one: an object with a member for each. One that is refused is null, and
    so is a row that is not there."""

    roots: tuple[tuple[str, Root], ...]
    _hash: int = field(init=False, repr=False, compare=False)
    """Worked out once: it goes through all that is selected, and every request asks for it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash(self.roots))

    def __hash__(self) -> int:
        return self._hash


Read = ReadOne | ReadMany | Summarize | ReadTogether


@dataclass(slots=True)
class PartChange:
    """One owned row inside a write of its owner: new (no key), changed, or left as it is."""

    key: Any | None
    draft: "Draft"


@dataclass(slots=True)
class Draft:
    """Values for one row, by field name, typed and checked; with its owned rows.

    `parts` replaces the whole of each owned relation that it names: rows without a key are
    created, rows with a key are changed, and rows that are not named go. `links` replaces the
    keys that a many-to-many relation leads to.
    """

    values: Mapping[str, Any]
    parts: Mapping[str, tuple[PartChange, ...]]
    links: Mapping[str, tuple[Any, ...]]


@dataclass(slots=True)
class Create:
    resource: str
    draft: Draft
    parent: tuple[str, str, Any] | None = None
    """Resource, owned relation and key of the row that the new one becomes a part of."""


@dataclass(frozen=True, slots=True)
class Update:
    """A change of the given values, or (`whole`) a new value for every writable field.

    `version` is the one that the change is based on, where the request says so.
    """

    resource: str
    key: Any
    draft: Draft
    version: int | None = None
    whole: bool = False
    parent: tuple[str, str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    resource: str
    key: Any
    version: int | None = None
    parent: tuple[str, str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Invoke:
    """A command, on a row (`key`), a collection or nothing. `inputs` are typed and complete."""

    command: str
    resource: str | None
    inputs: Mapping[str, Any]
    key: Any | None = None
    version: int | None = None


Operation = Create | Update | Delete | Invoke


@dataclass(slots=True)
class Write:
    """Operations in one transaction, in order.

    A step makes its operation from the outcomes of those before it (their keys by position),
    so that later ones can use what earlier ones made. `many` tells a bulk write or a batch
    from a single one, whose outcome stands alone. `places` are the JSON Pointers to the values
    of the steps, where those are not the whole body, and `selections` what the answer shows of
    each, where that is not the same for all.
    """

    steps: tuple[Callable[[Sequence[Any]], Operation], ...]
    selection: Selection = EVERYTHING
    many: bool = False
    dry_run: bool = False
    places: tuple[str, ...] = ()
    selections: tuple[Selection, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """Whether the actor may do an action: on a row (`key`), or on a resource or nothing.

    `trial` is the create or update with its values, where the check says which.
    """

    action: str
    resource: str | None
    key: Any | None = None
    trial: Create | Update | None = None


@dataclass(frozen=True, slots=True)
class Can:
    """Several checks, answered in their order; nothing is changed.

    `fields` asks which fields can be read and written too, `explain` which rule decided.
    """

    checks: tuple[Check, ...]
    fields: bool = False
    explain: bool = False


@dataclass(frozen=True, slots=True)
class Once:
    """The idempotency of a write: who repeats (`scope`), by which key, and what.

    `fingerprint` is a digest of method, path and body.
    """

    scope: str
    key: str
    fingerprint: bytes


@dataclass(slots=True)
class Ask:
    """A request, understood: its form, its values, who asks and when."""

    form: Read | Write | Can
    values: tuple[Any, ...]
    actor: Actor
    now: datetime
    request_id: str | None = None
    once: Once | None = None
