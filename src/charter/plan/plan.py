"""Plans: an ask made feasible for an actor. Policies are conditions in it, limits are applied.

Within a plan the row in question has scope `ROW`; slots number the ask's values. Nothing in a
plan depends on a value, so a plan is as cacheable as the form it was made from.
"""

from dataclasses import dataclass

from charter.contract.expression import ALWAYS, Expression, Function
from charter.contract.resource import Computed, Field, Relation, Resource
from charter.contract.types import Type
from charter.core.problems import Problem
from charter.plan.ask import After, Counting, Known, Shape
from charter.plan.selection import Around, Label, Total


@dataclass(frozen=True, slots=True)
class ShowField:
    """A stored field; shown where `visible` holds, else left out, or (`kept`) null."""

    out: str
    field: Field
    visible: Expression = ALWAYS
    kept: bool = False


@dataclass(frozen=True, slots=True)
class ShowComputed:
    """A computed field, in the same way."""

    out: str
    computed: Computed
    visible: Expression = ALWAYS
    kept: bool = False


@dataclass(frozen=True, slots=True)
class ShowOne:
    """The row that a to-one relation leads to, or null where there is none to be seen.

    Shown where `visible` holds, else left out, or (`kept`) null.
    """

    out: str
    relation: Relation
    row: "RowPlan"
    visible: Expression = ALWAYS
    kept: bool = False


@dataclass(frozen=True, slots=True)
class ShowMany:
    """The rows that a to-many relation leads to, as a list.

    Where there are more of them than `limit`, a member `cut` next to the list is true; else it
    is not there. None for `cut` tells nothing.
    """

    out: str
    relation: Relation
    row: "RowPlan"
    sort: tuple["SortBy", ...]
    limit: int | None
    cut: str | None = None


@dataclass(frozen=True, slots=True)
class ShowActions:
    """A list of the names of those actions whose condition holds on the row."""

    out: str
    actions: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class ShowKey:
    """The key in a field as text behind a prefix; null where `visible` does not hold."""

    out: str
    prefix: str
    field: Field
    visible: Expression = ALWAYS


@dataclass(frozen=True, slots=True)
class ShowItself:
    """The same row as an object of its own."""

    out: str
    shows: tuple["Show", ...]


@dataclass(frozen=True, slots=True)
class ShowMark:
    """The place of a row in its list (see `ask.Mark`)."""

    out: str
    number: int
    sort: tuple["SortBy", ...]


@dataclass(frozen=True, slots=True)
class ShowListing:
    """A page of the rows that a to-many relation leads to."""

    out: str
    relation: Relation
    listing: "ListingPlan"


Show = (
    ShowField
    | ShowComputed
    | ShowOne
    | ShowMany
    | ShowActions
    | Label
    | ShowKey
    | ShowItself
    | ShowMark
    | ShowListing
)


@dataclass(frozen=True, slots=True)
class SortBy:
    """One part of a sort order. Null counts as larger than any value, on every database."""

    value: Expression
    type: Type
    descending: bool
    nullable: bool


@dataclass(frozen=True, slots=True)
class RowPlan:
    """Which rows of a resource (`where`: policies and filters) and what of each of them."""

    resource: Resource
    where: Expression
    shows: tuple[Show, ...]


@dataclass(frozen=True, slots=True)
class ShowEach:
    """In a list: all of its rows, each as an object."""

    out: str
    shows: tuple[Show, ...]


@dataclass(frozen=True, slots=True)
class ListingPlan:
    """A page of a list as one object (see `ask.Listing`); `row` shows nothing of itself."""

    number: int
    row: RowPlan
    parts: tuple[ShowEach | Around | Total | Label, ...]
    sort: tuple[SortBy, ...]
    limit: int
    backward: bool
    after: After | None
    before: After | None


@dataclass(frozen=True, slots=True)
class ParentPlan:
    """The row whose relation the list is: the key is in `slot`, `where` is who may see it."""

    resource: Resource
    relation: Relation
    where: Expression
    slot: int


@dataclass(frozen=True, slots=True)
class OnePlan:
    """One row by its key, in slot 0 or another.

    Columns of the answer: the body as JSON text, the version, then for each of `conditions`
    whether it holds of the row.
    """

    row: RowPlan
    parent: ParentPlan | None = None
    conditions: tuple[Expression, ...] = ()
    slot: int = 0


@dataclass(frozen=True, slots=True)
class ManyPlan:
    """A page, one row of the answer for each row found, up to `limit` + 1 of them.

    Columns of the answer: the body as JSON text (null where a row stands only for a count or
    a parent), then the raw values of `sort` in its order, then the count where one is asked
    for. With a parent, or a count, there is at least one row in the answer if the parent
    exists. `limit=None` is all rows and no sort values are given.

    A dialect may gather a page into one row: all bodies with a comma and a line end between
    them (null for none), how many there are, the sort values of the last one within the limit
    (unless `shown_sort` says where they stand in its body), then the count.
    """

    row: RowPlan
    sort: tuple[SortBy, ...]
    limit: int | None
    after: After | None = None
    count: Counting = "none"
    parent: ParentPlan | None = None
    shown_sort: tuple[str, ...] = ()
    """The members of a body that are the sort values, in their order; none where not all are
    sure to stand there as they are."""


COUNT_CEILING = 10_000
"""How far an estimated count counts; beyond it, it only says that there are more."""


@dataclass(frozen=True, slots=True)
class MeasurePlan:
    out: str
    function: Function
    value: Expression | None
    type: Type


@dataclass(frozen=True, slots=True)
class GroupPlan:
    out: str
    value: Expression
    type: Type


@dataclass(frozen=True, slots=True)
class SummaryPlan:
    """Aggregates. Columns of the answer: each group's body as JSON text.

    `sort` holds places among groups and measures (in that order), and whether descending.
    """

    resource: Resource
    where: Expression
    groups: tuple[GroupPlan, ...]
    measures: tuple[MeasurePlan, ...]
    sort: tuple[tuple[int, bool], ...]
    limit: int
    parent: ParentPlan | None = None
    shape: Shape | None = None


@dataclass(frozen=True, slots=True)
class SeveralPlan:
    """A list of single rows, with null in place of those that are not there."""

    rows: tuple[OnePlan | Known, ...]


RootPlan = OnePlan | ListingPlan | SummaryPlan | Known | SeveralPlan


@dataclass(frozen=True, slots=True)
class TogetherPlan:
    """Several reads as one row with one column, an object with a member for each.

    `refused` has those of which nothing is feasible for the actor; they are null.
    """

    roots: tuple[tuple[str, RootPlan], ...]
    refused: tuple[tuple[str, Problem], ...] = ()


ReadPlan = OnePlan | ManyPlan | SummaryPlan | TogetherPlan
