"""What a plan needs of the tables that it reads: which columns it compares, in which order it wants
the rows. An index that has them serves it, whatever the database."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from charter.contract.contract import Contract
from charter.contract.expression import (
    ROW,
    Aggregate,
    AllOf,
    AnyOf,
    Column,
    Compare,
    Constant,
    Contains,
    Expression,
    IsNull,
    Masked,
    OneOf,
    OneOfSlot,
    Operator,
    Search,
    walk,
)
from charter.contract.resource import Resource
from charter.contract.types import Scalar
from charter.plan.ask import Known
from charter.plan.plan import (
    ListingPlan,
    ManyPlan,
    OnePlan,
    ParentPlan,
    ReadPlan,
    RootPlan,
    SeveralPlan,
    ShowActions,
    ShowComputed,
    ShowEach,
    ShowField,
    ShowItself,
    ShowKey,
    ShowListing,
    ShowMany,
    ShowOne,
    SortBy,
    SummaryPlan,
    TogetherPlan,
)

_SPANS = frozenset({Operator.LT, Operator.LE, Operator.GT, Operator.GE, Operator.LIKE})
_MOST = 8
"""Ways to find the rows of one table that are looked at."""


@dataclass(frozen=True, slots=True)
class Need:
    """One way to the rows of a resource. All names are those of fields.

    `equal` are compared with one value that the request has; `fixed` are conditions that are the
    same for every request; `spans` are compared with a range or several values. `order` is how
    the rows are wanted, each field with whether it descends.
    """

    resource: str
    equal: tuple[str, ...] = ()
    fixed: tuple[Expression, ...] = ()
    spans: tuple[str, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()

    @property
    def narrows(self) -> bool:
        """Whether it leads to some of the rows only."""
        return bool(self.equal or self.fixed or self.spans)


def needs_of(contract: Contract, plan: ReadPlan) -> tuple[Need, ...]:
    """The needs of a read, those of its own rows first."""
    match plan:
        case OnePlan(row=row):
            own: list[Need] = [Need(row.resource.name, equal=("id",))]
            own += needs_of_conditions(contract, row.resource, (row.where, *plan.conditions))
            return _distinct((*own, *_of_shows(contract, row.resource, row.shows)))
        case ManyPlan(row=row):
            tied = _parent_fields(plan.parent)
            found = _of_rows(contract, row.resource, row.where, plan.sort, tied)
            return _distinct((*found, *_of_shows(contract, row.resource, row.shows)))
        case SummaryPlan(resource=resource):
            tied = _parent_fields(plan.parent)
            return _distinct(_of_rows(contract, resource, plan.where, (), tied))
        case TogetherPlan(roots=roots):
            return _distinct(need for _, root in roots for need in _of_root(contract, root))


def _of_root(contract: Contract, root: RootPlan) -> Iterator[Need]:
    match root:
        case OnePlan() | SummaryPlan():
            yield from needs_of(contract, root)
        case SeveralPlan(rows=rows):
            for row in rows:
                yield from _of_root(contract, row)
        case ListingPlan(row=row):
            yield from _of_rows(contract, row.resource, row.where, root.sort, ())
            yield from _of_parts(contract, root)
        case Known():
            return


def _of_parts(contract: Contract, listing: ListingPlan) -> Iterator[Need]:
    for part in listing.parts:
        if isinstance(part, ShowEach):
            yield from _of_shows(contract, listing.row.resource, part.shows)


def needs_of_conditions(
    contract: Contract, resource: Resource, conditions: Iterable[Expression]
) -> Iterator[Need]:
    """What conditions on one row, which is known by its key, look up in other tables."""
    for condition in conditions:
        yield from _of_aggregates(contract, resource, condition)


def _of_rows(
    contract: Contract,
    resource: Resource,
    where: Expression,
    sort: Sequence[SortBy],
    tied: tuple[str, ...] = (),
) -> Iterator[Need]:
    order = _order(resource, sort)
    for branch in _branches(where):
        need = Need(resource.name, equal=tied, order=order)
        further: list[Need] = []
        for part in branch:
            need, more = _with_part(contract, resource, need, part)
            further += more
        yield need
        yield from further
    yield from _of_aggregates(contract, resource, where)


def _branches(where: Expression) -> Iterator[tuple[Expression, ...]]:
    """The conditions that rows fulfil together; for each way of an OR their own."""
    parts = where.parts if isinstance(where, AllOf) else (where,)
    plain = tuple(part for part in parts if not isinstance(part, AnyOf))
    choices = [part for part in parts if isinstance(part, AnyOf)]
    if not choices:
        yield plain
        return
    for option in choices[0].parts[:_MOST]:
        yield (*plain, *(option.parts if isinstance(option, AllOf) else (option,)))


def _with_part(
    contract: Contract, resource: Resource, need: Need, part: Expression
) -> tuple[Need, list[Need]]:
    """The need with one condition more, and what it needs of tables that it leads over."""
    match part:
        case Compare(Operator.EQ, left, right):
            column, other = (left, right) if isinstance(left, Column) else (right, left)
            return _equal(contract, resource, need, part, column, other)
        case Compare(operator, Column() as column, _) if operator in _SPANS:
            return _spanning(resource, need, column), []
        case OneOf(Column() as column, options) if all(isinstance(o, Constant) for o in options):
            plain = own_field(resource, column)
            return (need if plain is None else replace(need, fixed=(*need.fixed, part))), []
        case OneOf(Column() as column) | OneOfSlot(Column() as column):
            return _spanning(resource, need, column), []
        case IsNull(Column() as column) | (Column() as column):
            plain = own_field(resource, column)
            return (need if plain is None else replace(need, fixed=(*need.fixed, part))), []
        case _:
            return need, []


def _equal(
    contract: Contract,
    resource: Resource,
    need: Need,
    part: Expression,
    column: Expression,
    other: Expression,
) -> tuple[Need, list[Need]]:
    if not isinstance(column, Column) or column.scope != ROW:
        return need, []
    if any(isinstance(inner, Column | Aggregate) for inner in walk(other)):
        return need, []
    plain = own_field(resource, column)
    if plain is not None and isinstance(other, Constant):
        return replace(need, fixed=(*need.fixed, part)), []
    if plain is not None:
        return replace(need, equal=_added(need.equal, plain)), []
    # Over references: the row at their end is found first, and from it those that refer to it.
    further, holder = [], resource
    for name in column.path:
        relation = holder.relation_named[name]
        further.append(Need(holder.name, equal=(relation.near,), order=need.order))
        holder = contract.resource_named[relation.target]
    if column.field in holder.field_named:
        further.append(Need(holder.name, equal=(column.field,)))
    return replace(need, equal=_added(need.equal, further[0].equal[0])) if further else need, (
        further[1:]
    )


def _spanning(resource: Resource, need: Need, column: Column) -> Need:
    plain = own_field(resource, column)
    return need if plain is None else replace(need, spans=_added(need.spans, plain))


def _added(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)


def own_field(resource: Resource, column: Column) -> str | None:
    """The stored field of the row itself that a column is; None where it is of another row, or
    no index of a contract can have it."""
    name = column.field
    if len(column.path) == 1 and name == "id":
        return resource.relation_named[column.path[0]].near
    field = resource.field_named.get(name)
    if column.path or column.scope != ROW or field is None:
        return None
    return None if field.type.many or field.type.scalar is Scalar.JSON else name


def _order(resource: Resource, sort: Sequence[SortBy]) -> tuple[tuple[str, bool], ...]:
    """The fields of an order; nothing where a part of it is no stored field of the row."""
    found: list[tuple[str, bool]] = []
    for part in sort:
        name = own_field(resource, part.value) if isinstance(part.value, Column) else None
        if name is None:
            return ()
        found.append((name, part.descending))
    return tuple(found)


def _parent_fields(parent: ParentPlan | None) -> tuple[str, ...]:
    if parent is None or parent.relation.kind != "many":
        return ()
    return (parent.relation.far,)


def _of_aggregates(
    contract: Contract, resource: Resource, expression: Expression
) -> Iterator[Need]:
    """What is looked up for each row: related rows, by the field that refers to it."""
    for part in walk(expression):
        if isinstance(part, Masked | Contains | Search) or not isinstance(part, Aggregate):
            continue
        yield from _along(contract, resource, part)


def _along(contract: Contract, resource: Resource, part: Aggregate) -> Iterator[Need]:
    holder: Resource | None = resource if part.start == ROW else None
    for name in part.path:
        relation = None if holder is None else holder.relation_named.get(name)
        if relation is None:
            return
        holder = contract.resource_named[relation.target]
        if relation.kind == "many":
            need = Need(holder.name, equal=(relation.far,))
            for inner in _inner(part):
                need, _ = _with_part(contract, holder, need, inner)
            yield need


def _inner(part: Aggregate) -> tuple[Expression, ...]:
    if part.where is None:
        return ()
    parts = part.where.parts if isinstance(part.where, AllOf) else (part.where,)
    return tuple(_as_row(one, part.scope) for one in parts)


def _as_row(expression: Expression, scope: int) -> Expression:
    """A simple comparison over the related row, as one over a row of its own."""
    match expression:
        case Compare(operator, Column(scope=at) as left, right) if at == scope:
            return Compare(operator, replace(left, scope=ROW), right)
        case _:
            return expression


def _of_shows(contract: Contract, resource: Resource, shows: Iterable[object]) -> Iterator[Need]:
    for show in shows:
        match show:
            case ShowComputed(computed=computed, visible=visible):
                yield from needs_of_conditions(contract, resource, (computed.expression, visible))
            case ShowField(visible=visible):
                yield from needs_of_conditions(contract, resource, (visible,))
            case ShowOne(row=row, visible=visible):
                yield from needs_of_conditions(contract, resource, (visible,))
                yield from needs_of_conditions(contract, row.resource, (row.where,))
                yield from _of_shows(contract, row.resource, row.shows)
            case ShowMany(relation=relation, row=row, sort=sort):
                tied = (relation.far,) if relation.kind == "many" else ()
                if tied:
                    yield from _of_rows(contract, row.resource, row.where, sort, tied)
                yield from _of_shows(contract, row.resource, row.shows)
            case ShowKey(visible=visible):
                yield from needs_of_conditions(contract, resource, (visible,))
            case ShowItself(shows=inner):
                yield from _of_shows(contract, resource, inner)
            case ShowListing(relation=relation, listing=listing):
                tied = (relation.far,) if relation.kind == "many" else ()
                row = listing.row
                if tied:
                    yield from _of_rows(contract, row.resource, row.where, listing.sort, tied)
                yield from _of_parts(contract, listing)
            case ShowActions(actions=actions):
                conditions = (condition for _, condition in actions)
                yield from needs_of_conditions(contract, resource, conditions)


def _distinct(needs: Iterable[Need]) -> tuple[Need, ...]:
    return tuple(dict.fromkeys(needs))
