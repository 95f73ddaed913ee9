"""What is asked of rows: which of them (filters, sorts), and what to show of each (selections).

Nothing here holds a value: a *slot* is the place of one among the values of an ask.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class Comparator(StrEnum):
    """What a filter can test. The slot of IN and NOT_IN holds a list, that of NULL a truth."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "lte"
    GT = "gt"
    GE = "gte"
    LIKE = "like"
    ILIKE = "ilike"
    IN = "in"
    NOT_IN = "nin"
    NULL = "null"
    CONTAINS = "contains"


@dataclass(frozen=True, slots=True)
class Test:
    """A test on a field of the row, or (over `path`) of rows related to it: some one of them."""

    path: tuple[str, ...]
    field: str
    comparator: Comparator
    slot: int


@dataclass(frozen=True, slots=True)
class Every:
    parts: tuple["Where", ...]


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple["Where", ...]


@dataclass(frozen=True, slots=True)
class Negation:
    part: "Where"


@dataclass(frozen=True, slots=True)
class Related:
    """Some one of the rows that a relation leads to is such."""

    relation: str
    part: "Where"


Where = Test | Every | Some | Negation | Related


@dataclass(frozen=True, slots=True)
class Sort:
    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Pick:
    """A field or computed field, under the name that it has in the answer."""

    out: str
    field: str


@dataclass(frozen=True, slots=True)
class Nest:
    """Related rows inside a row. `where`, `sort` and `limit` are for to-many relations."""

    out: str
    relation: str
    selection: "Selection"
    where: Where | None = None
    sort: tuple[Sort, ...] = ()
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """What to show of a row. `picks=None` is everything readable; `can` adds the actions.

    Or, where there are `items`: these, in their order, and nothing else. Then what the actor may
    not see is null, where else it is left out.
    """

    picks: tuple[Pick, ...] | None = None
    nests: tuple[Nest, ...] = ()
    can: str | None = None
    """A name under which to list the actions and commands that the actor may do on the row."""
    items: tuple["Item", ...] | None = None
    _hash: int = field(init=False, repr=False, compare=False)
    """Plans are looked up by their selections, which can be deep."""

    def __post_init__(self) -> None:
        whole = hash((self.picks, self.nests, self.can, self.items))
        object.__setattr__(self, "_hash", whole)

    def __hash__(self) -> int:
        return self._hash


EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Label:
    """The same text on every row, such as the name of what it is; none is null."""

    out: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Key:
    """A key as text behind a prefix: that of the row, or that of another in a reference field."""

    out: str
    prefix: str
    field: str = "id"


@dataclass(frozen=True, slots=True)
class Itself:
    """The same row once more, as an object of its own."""

    out: str
    selection: Selection


@dataclass(frozen=True, slots=True)
class Actions:
    """The names of the actions and commands that the actor may do on the row."""

    out: str


@dataclass(frozen=True, slots=True)
class Hidden:
    """The names of those fields that the actor may not see on the row: each field with the name
    that it is told by."""

    out: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a row stands in the list that it is shown in: the list's number and the row's sort
    values as a JSON array, between `MARK` and `END`, for a wire to make a cursor of."""

    out: str


MARK, END = "\x01", "\x02"
"""Characters that never stand in JSON text as they are."""


@dataclass(frozen=True, slots=True)
class After:
    """Where a page begins: behind a row whose sort values stand from `slot` on.

    `nulls` tells which of them are null, since that changes the comparison.
    """

    slot: int
    nulls: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Each:
    """In a list: all of its rows, each as an object."""

    out: str
    selection: Selection


@dataclass(frozen=True, slots=True)
class Around:
    """In a list: what lies around its page. Whether there are rows behind it and before it, and
    the marks of its first and last row; or a text, as in `Label`."""

    out: str
    members: tuple[tuple[str, Literal["next", "previous", "first", "last"]] | Label, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """In a list: how many rows it has on all pages together."""

    out: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a list as one object, made of parts.

    `number` tells it from the others of an ask. It has the first `limit` rows, or (`backward`)
    the last ones, of those between two places. `sort` ends with the key.
    """

    number: int
    parts: tuple[Each | Around | Total | Label, ...]
    limit: int
    where: Where | None = None
    search: int | None = None
    sort: tuple[Sort, ...] = (Sort("id"),)
    backward: bool = False
    after: After | None = None
    before: After | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the rows of a to-many relation, inside a row."""

    out: str
    relation: str
    listing: Listing


Item = Pick | Nest | Label | Key | Itself | Actions | Hidden | Mark | Listed
