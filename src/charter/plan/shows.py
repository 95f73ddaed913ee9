"""What of each row is shown: selections, made feasible for an actor."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from charter.contract.expression import (
    ALWAYS,
    NEVER,
    ROW,
    Column,
    Expression,
    Search,
    Slot,
    every,
    negated,
)
from charter.contract.resource import Field, Relation, Resource
from charter.contract.types import TEXT, Scalar, Type
from charter.plan.ask import Nest, Pick, Selection, Sort
from charter.plan.filters import column, condition_of, unknown_field
from charter.plan.plan import (
    ListingPlan,
    RowPlan,
    Show,
    ShowActions,
    ShowComputed,
    ShowEach,
    ShowField,
    ShowItself,
    ShowKey,
    ShowListing,
    ShowMany,
    ShowMark,
    ShowOne,
    SortBy,
)
from charter.plan.rewrite import inner_scopes
from charter.plan.selection import (
    Actions,
    Each,
    Hidden,
    Item,
    Itself,
    Key,
    Label,
    Listed,
    Listing,
    Mark,
)
from charter.plan.spelling import cut_name
from charter.plan.view import READ, View

_WORDS = Type(Scalar.TEXT, many=True)
_AS_IN_JSON = frozenset(
    {Scalar.UUID, Scalar.DATETIME, Scalar.DATE, Scalar.INTEGER, Scalar.BOOLEAN, Scalar.TEXT}
)
"""Types whose JSON is the whole value."""


def row_plan(view: View, resource: Resource, selection: Selection, where: Expression) -> RowPlan:
    """What to show of the rows that fulfil `where`."""
    if selection.items is not None:
        return RowPlan(resource, where, _items(view, resource, selection.items, None))
    shows: list[Show] = list(_picked(view, resource, selection))
    shows.extend(_nested(view, resource, nest) for nest in selection.nests)
    if selection.can is not None:
        shows.append(ShowActions(selection.can, view.actions(resource)))
    return RowPlan(resource, where, tuple(shows))


def _picked(view: View, resource: Resource, selection: Selection) -> Iterator[Show]:
    picks = selection.picks
    if picks is None:
        picks = tuple(
            Pick(item.name, item.name)
            for item in resource.readable
            if view.visible(resource, item.name) != NEVER
        )
    for pick in picks:
        visible = view.visible(resource, pick.field)
        field = resource.field_named.get(pick.field)
        if visible == NEVER or (field is not None and not field.readable):
            raise unknown_field(view, resource, pick.field)
        if isinstance(field, Field):
            yield ShowField(pick.out, field, visible)
        else:
            yield ShowComputed(pick.out, resource.computed_named[pick.field], visible)


def _nested(view: View, resource: Resource, nest: Nest) -> Show:
    relation = resource.relation_named[nest.relation]
    if relation.to_one:
        return _to_one(view, resource, nest, relation)
    target = view.contract.resource_named[relation.target]
    where = policy_inside(view, relation, target)
    condition = condition_of(view, target, nest.where, inner_scopes(where))
    row = row_plan(view, target, nest.selection, every(where, condition))
    sort = sorts(view, target, nest.sort or (Sort("id"),))
    return ShowMany(nest.out, relation, row, sort, nest.limit, cut_name(resource, nest.out))


def _to_one(view: View, resource: Resource, nest: Nest, relation: Relation) -> ShowOne:
    target = view.contract.resource_named[relation.target]
    leads = view.leads(resource, relation)
    if leads == NEVER:
        raise unknown_field(view, resource, relation.name)
    where = policy_inside(view, relation, target)
    return ShowOne(nest.out, relation, row_plan(view, target, nest.selection, where), leads)


def policy_inside(view: View, relation: Relation, target: Resource) -> Expression:
    if not (relation.owned and target.follows_owner):
        return view.reachable(relation)
    return view.own_tenant(target) if view.covers(target, READ) else NEVER


def _items(
    view: View, resource: Resource, items: Sequence[Item], place: ShowMark | None
) -> tuple[Show, ...]:
    """What the items of a selection show. `place` is where the rows of a list stand in it."""
    return tuple(_item(view, resource, item, place) for item in items)


def _item(view: View, resource: Resource, item: Item, place: ShowMark | None) -> Show:
    match item:
        case Pick():
            return _pick(view, resource, item)
        case Key(out, prefix, name):
            visible = view.visible(resource, name)
            if visible == NEVER:
                return Label(out, None)
            return ShowKey(out, prefix, resource.field_named[name], visible)
        case Itself(out, selection):
            return ShowItself(out, _items(view, resource, selection.items or (), place))
        case Actions(out):
            return ShowActions(out, view.actions(resource))
        case Hidden(out, fields):
            told = ((name, negated(view.visible(resource, field))) for field, name in fields)
            return ShowActions(out, tuple(one for one in told if one[1] != NEVER))
        case Mark(out) if place is not None:
            return replace(place, out=out)
        case Nest():
            relation = resource.relation_named[item.relation]
            if view.leads(resource, relation) == NEVER:
                return Label(item.out, None)
            return replace(_to_one(view, resource, item, relation), kept=True)
        case Listed(out, name, form):
            relation = resource.relation_named[name]
            target = view.contract.resource_named[relation.target]
            where = policy_inside(view, relation, target)
            return ShowListing(out, relation, listing(view, target, form, where))
        case _:
            return item if isinstance(item, Label) else Label(item.out, None)


def _pick(view: View, resource: Resource, pick: Pick) -> Show:
    visible = view.visible(resource, pick.field)
    if visible == NEVER:
        return Label(pick.out, None)
    field = resource.field_named.get(pick.field)
    if field is None:
        return ShowComputed(pick.out, resource.computed_named[pick.field], visible, kept=True)
    return ShowField(pick.out, field, visible, kept=True)


def listing(view: View, resource: Resource, form: Listing, where: Expression) -> ListingPlan:
    condition = condition_of(view, resource, form.where, inner_scopes(where))
    every_row = every(where, condition, search(view, resource, form.search))
    sort = sorts(view, resource, form.sort)
    place = ShowMark("", form.number, sort)
    parts = tuple(
        ShowEach(part.out, _items(view, resource, part.selection.items or (), place))
        if isinstance(part, Each)
        else part
        for part in form.parts
    )
    return ListingPlan(
        form.number,
        RowPlan(resource, every_row, ()),
        parts,
        sort,
        form.limit,
        form.backward,
        form.after,
        form.before,
    )


def search(view: View, resource: Resource, slot: int | None) -> Expression:
    """A search looks only where the actor may look on every row."""
    if slot is None:
        return ALWAYS
    names = (field.name for field in resource.search_fields)
    seen = tuple(name for name in names if view.visible(resource, name) == ALWAYS)
    return Search(ROW, seen, Slot(slot, _WORDS)) if seen else NEVER


def sorts(view: View, resource: Resource, sorts: tuple[Sort, ...]) -> tuple[SortBy, ...]:
    return tuple(
        SortBy(
            column(view, resource, sort.field),
            type_in(resource, sort.field),
            sort.descending,
            _nullable(view, resource, sort.field),
        )
        for sort in sorts
    )


def _nullable(view: View, resource: Resource, name: str) -> bool:
    field = resource.field_named.get(name)
    return field is None or field.optional or view.visible(resource, name) != ALWAYS


def type_in(resource: Resource, name: str) -> Type:
    found = resource.type_of(name)
    return found if found is not None else TEXT


def shown_sort(row: RowPlan, sort: tuple[SortBy, ...]) -> tuple[str, ...]:
    """See `ManyPlan`. A row with others inside is too long to be looked through for them."""
    outs: dict[str, str] = {}
    for show in row.shows:
        match show:
            case ShowField(out=out, field=field):
                if show.visible == ALWAYS and field.stored is None:
                    outs[field.name] = out
            case ShowComputed():
                pass
            case _:
                return ()
    found = [
        outs.get(part.value.field)
        for part in sort
        if isinstance(part.value, Column) and part.type.scalar in _AS_IN_JSON
    ]
    named = tuple(out for out in found if out is not None)
    return named if len(named) == len(sort) else ()
