"""Reads: form + view → plan."""

from collections.abc import Iterator
from dataclasses import dataclass

from charter.contract.expression import (
    ALWAYS,
    NEVER,
    ROW,
    Column,
    Expression,
    Function,
    Search,
    Slot,
    every,
)
from charter.contract.resource import Field, Relation, Resource
from charter.contract.types import FLOAT, INTEGER, TEXT, Scalar, Type
from charter.core import codes
from charter.core.problems import Problem
from charter.plan.ask import (
    Measure,
    Nest,
    Parent,
    Pick,
    Read,
    ReadMany,
    ReadOne,
    Selection,
    Sort,
    Summarize,
)
from charter.plan.filters import column, condition_of, unknown_field
from charter.plan.plan import (
    GroupPlan,
    ManyPlan,
    MeasurePlan,
    OnePlan,
    ParentPlan,
    ReadPlan,
    RowPlan,
    Show,
    ShowActions,
    ShowComputed,
    ShowField,
    ShowMany,
    ShowOne,
    SortBy,
    SummaryPlan,
)
from charter.plan.rewrite import inner_scopes
from charter.plan.spelling import cut_name
from charter.plan.stepup import refusal
from charter.plan.view import READ, View

_WORDS = Type(Scalar.TEXT, many=True)
_AS_IN_JSON = frozenset(
    {Scalar.UUID, Scalar.DATETIME, Scalar.DATE, Scalar.INTEGER, Scalar.BOOLEAN, Scalar.TEXT}
)
"""Types whose JSON is the whole value."""
_OWN_TYPE = frozenset({Function.SUM, Function.MIN, Function.MAX})


def plan_read(view: View, form: Read) -> ReadPlan:
    """What of the form is feasible. Raises a problem where nothing can be."""
    match form:
        case ReadOne():
            return _one(view, form)
        case ReadMany():
            return _many(view, form)
        case Summarize():
            return _summary(view, form)


def _one(view: View, form: ReadOne) -> OnePlan:
    resource = view.contract.resource_named[form.resource]
    parent = _parent(view, form.parent)
    where = _seen(view, resource, parent)
    _refuse_closed(view, resource, where, one=True)
    return OnePlan(row_plan(view, resource, form.selection, where), parent)


def _many(view: View, form: ReadMany) -> ManyPlan:
    base = _base(view, form)
    row = row_plan(view, base.resource, form.selection, base.where)
    sort = _sorts(view, base.resource, form.sort)
    shown = _shown_sort(row, sort)
    return ManyPlan(row, sort, form.limit, form.after, form.count, base.parent, shown)


def _shown_sort(row: RowPlan, sort: tuple[SortBy, ...]) -> tuple[str, ...]:
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


def _summary(view: View, form: Summarize) -> SummaryPlan:
    base = _base(view, form)
    resource = base.resource
    groups = tuple(
        GroupPlan(name, column(view, resource, name), _type(resource, name)) for name in form.groups
    )
    measures = tuple(_measure(view, resource, measure) for measure in form.measures)
    outs = [*(group.out for group in groups), *(measure.out for measure in measures)]
    sort = tuple((outs.index(item.field), item.descending) for item in form.sort)
    return SummaryPlan(resource, base.where, groups, measures, sort, form.limit, base.parent)


@dataclass(frozen=True, slots=True)
class _Base:
    """Which rows a list or summary is over."""

    resource: Resource
    where: Expression
    parent: ParentPlan | None


def _base(view: View, form: ReadMany | Summarize) -> _Base:
    resource = view.contract.resource_named[form.resource]
    parent = _parent(view, form.parent)
    where = _seen(view, resource, parent)
    _refuse_closed(view, resource, where)
    fresh = inner_scopes(where)
    condition = condition_of(view, resource, form.where, fresh)
    return _Base(resource, every(where, condition, _search(view, resource, form.search)), parent)


def _search(view: View, resource: Resource, slot: int | None) -> Expression:
    """A search looks only where the actor may look on every row."""
    if slot is None:
        return ALWAYS
    names = (field.name for field in resource.search_fields)
    seen = tuple(name for name in names if view.visible(resource, name) == ALWAYS)
    return Search(ROW, seen, Slot(slot, _WORDS)) if seen else NEVER


def _seen(view: View, resource: Resource, parent: ParentPlan | None) -> Expression:
    """The policy of the rows; parts of an owner that can be read need none of their own."""
    if parent is None:
        return view.readable(resource)
    return _policy_inside(view, parent.relation, resource)


def _refuse_closed(view: View, resource: Resource, where: Expression, *, one: bool = False) -> None:
    """Raises a problem where there is nothing to read; of `one` row, that there is no such row."""
    if where != NEVER:
        return
    what = f"read {resource.table}"
    problem = refusal(view, what, lambda other: other.readable(resource) != NEVER)
    raise Problem(codes.NOT_FOUND) if one and problem.code is codes.FORBIDDEN else problem


def _parent(view: View, parent: Parent | None) -> ParentPlan | None:
    if parent is None:
        return None
    resource = view.contract.resource_named[parent.resource]
    where = view.seen(resource)
    _refuse_closed(view, resource, where, one=True)
    return ParentPlan(resource, resource.relation_named[parent.relation], where, parent.slot)


def row_plan(view: View, resource: Resource, selection: Selection, where: Expression) -> RowPlan:
    """What to show of the rows that fulfil `where`."""
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
    target = view.contract.resource_named[relation.target]
    where = _policy_inside(view, relation, target)
    if relation.to_one:
        leads = view.leads(resource, relation)
        if leads == NEVER:
            raise unknown_field(view, resource, relation.name)
        return ShowOne(nest.out, relation, row_plan(view, target, nest.selection, where), leads)
    condition = condition_of(view, target, nest.where, inner_scopes(where))
    row = row_plan(view, target, nest.selection, every(where, condition))
    sort = _sorts(view, target, nest.sort or (Sort("id"),))
    return ShowMany(nest.out, relation, row, sort, nest.limit, cut_name(resource, nest.out))


def _policy_inside(view: View, relation: Relation, target: Resource) -> Expression:
    if not (relation.owned and target.follows_owner):
        return view.reachable(relation)
    return view.own_tenant(target) if view.covers(target, READ) else NEVER


def _sorts(view: View, resource: Resource, sorts: tuple[Sort, ...]) -> tuple[SortBy, ...]:
    return tuple(
        SortBy(
            column(view, resource, sort.field),
            _type(resource, sort.field),
            sort.descending,
            _nullable(view, resource, sort.field),
        )
        for sort in sorts
    )


def _nullable(view: View, resource: Resource, name: str) -> bool:
    field = resource.field_named.get(name)
    return field is None or field.optional or view.visible(resource, name) != ALWAYS


def _type(resource: Resource, name: str) -> Type:
    found = resource.type_of(name)
    return found if found is not None else TEXT


def _measure(view: View, resource: Resource, measure: Measure) -> MeasurePlan:
    if measure.field is None:
        return MeasurePlan(measure.out, measure.function, None, INTEGER)
    value = column(view, resource, measure.field)
    own = _type(resource, measure.field)
    if measure.function is Function.COUNT:
        type_ = INTEGER
    else:
        type_ = own if measure.function in _OWN_TYPE else FLOAT
    return MeasurePlan(measure.out, measure.function, value, type_)
