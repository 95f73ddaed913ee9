"""Plans: an ask made feasible for an actor. Policies are conditions in it, limits are applied.

Within a plan the row in question has scope `ROW`; slots number the ask's values. Nothing in a
plan depends on a value, so a plan is as cacheable as the form it was made from.
"""

from dataclasses import dataclass

from charter.contract.expression import ALWAYS, Expression, Function
from charter.contract.resource import Computed, Field, Relation, Resource
from charter.contract.types import Type
from charter.plan.ask import After, Counting


@dataclass(frozen=True, slots=True)
class ShowField:
    """A stored field; shown where `visible` holds, else left out."""

    out: str
    field: Field
    visible: Expression = ALWAYS


@dataclass(frozen=True, slots=True)
class ShowComputed:
    out: str
    computed: Computed
    visible: Expression = ALWAYS


@dataclass(frozen=True, slots=True)
class ShowOne:
    """The row that a to-one relation leads to, or null where there is none to be seen.

    Shown where `visible` holds, else left out.
    """

    out: str
    relation: Relation
    row: "RowPlan"
    visible: Expression = ALWAYS


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


Show = ShowField | ShowComputed | ShowOne | ShowMany | ShowActions


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
class ParentPlan:
    """The row whose relation the list is: the key is in `slot`, `where` is who may see it."""

    resource: Resource
    relation: Relation
    where: Expression
    slot: int


@dataclass(frozen=True, slots=True)
class OnePlan:
    """One row by its key, in slot 0.

    Columns of the answer: the body as JSON text, the version, then for each of `conditions`
    whether it holds of the row.
    """

    row: RowPlan
    parent: ParentPlan | None = None
    conditions: tuple[Expression, ...] = ()


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


ReadPlan = OnePlan | ManyPlan | SummaryPlan
