"""Reads: form + view → plan."""

from dataclasses import dataclass

from charter.contract.expression import (
    NEVER,
    Expression,
    Function,
    every,
)
from charter.contract.resource import Resource
from charter.contract.types import FLOAT, INTEGER
from charter.core import codes
from charter.core.problems import Problem
from charter.plan.ask import (
    Known,
    Measure,
    Parent,
    Read,
    ReadListing,
    ReadMany,
    ReadOne,
    ReadTogether,
    Root,
    Several,
    Summarize,
)
from charter.plan.filters import column, condition_of
from charter.plan.plan import (
    GroupPlan,
    ManyPlan,
    MeasurePlan,
    OnePlan,
    ParentPlan,
    ReadPlan,
    RootPlan,
    SeveralPlan,
    SummaryPlan,
    TogetherPlan,
)
from charter.plan.rewrite import inner_scopes
from charter.plan.shows import (
    listing,
    policy_inside,
    row_plan,
    search,
    shown_sort,
    sorts,
    type_in,
)
from charter.plan.stepup import refusal
from charter.plan.view import View

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
        case ReadTogether():
            return _together(view, form)


def _together(view: View, form: ReadTogether) -> TogetherPlan:
    roots: list[tuple[str, RootPlan]] = []
    refused: list[tuple[str, Problem]] = []
    for out, root in form.roots:
        try:
            plan = _root(view, root)
        except Problem as problem:
            plan = NOTHING
            if problem.code is not codes.NOT_FOUND:
                refused.append((out, problem))
        roots.append((out, plan))
    return TogetherPlan(tuple(roots), tuple(refused))


NOTHING = Known("null")


def _root(view: View, root: Root) -> RootPlan:
    match root:
        case Known():
            return root
        case ReadOne():
            return _one(view, root)
        case Summarize():
            return _summary(view, root)
        case ReadListing():
            resource = view.contract.resource_named[root.resource]
            where = _seen(view, resource, None)
            _refuse_closed(view, resource, where)
            return listing(view, resource, root.listing, where)
        case Several(rows):
            return SeveralPlan(tuple(_there(view, row) for row in rows))


def _there(view: View, row: ReadOne | Known) -> OnePlan | Known:
    """One row of several; null for those that are not there."""
    if isinstance(row, Known):
        return row
    try:
        return _one(view, row)
    except Problem as problem:
        if problem.code is not codes.NOT_FOUND:
            raise
        return NOTHING


def _one(view: View, form: ReadOne) -> OnePlan:
    resource = view.contract.resource_named[form.resource]
    parent = _parent(view, form.parent)
    where = _seen(view, resource, parent)
    _refuse_closed(view, resource, where, one=True)
    return OnePlan(row_plan(view, resource, form.selection, where), parent, slot=form.slot)


def _many(view: View, form: ReadMany) -> ManyPlan:
    base = _base(view, form)
    row = row_plan(view, base.resource, form.selection, base.where)
    sort = sorts(view, base.resource, form.sort)
    shown = shown_sort(row, sort)
    return ManyPlan(row, sort, form.limit, form.after, form.count, base.parent, shown)


def _summary(view: View, form: Summarize) -> SummaryPlan:
    base = _base(view, form)
    resource = base.resource
    groups = tuple(
        GroupPlan(name, column(view, resource, name), type_in(resource, name))
        for name in form.groups
    )
    measures = tuple(_measure(view, resource, measure) for measure in form.measures)
    outs = [*(group.out for group in groups), *(measure.out for measure in measures)]
    sort = tuple((outs.index(item.field), item.descending) for item in form.sort)
    limit, shape = form.limit, form.shape
    return SummaryPlan(resource, base.where, groups, measures, sort, limit, base.parent, shape)


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
    return _Base(resource, every(where, condition, search(view, resource, form.search)), parent)


def _seen(view: View, resource: Resource, parent: ParentPlan | None) -> Expression:
    """The policy of the rows; parts of an owner that can be read need none of their own."""
    if parent is None:
        return view.readable(resource)
    return policy_inside(view, parent.relation, resource)


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


def _measure(view: View, resource: Resource, measure: Measure) -> MeasurePlan:
    if measure.field is None:
        return MeasurePlan(measure.out, measure.function, None, INTEGER)
    value = column(view, resource, measure.field)
    own = type_in(resource, measure.field)
    if measure.function is Function.COUNT:
        type_ = INTEGER
    else:
        type_ = own if measure.function in _OWN_TYPE else FLOAT
    return MeasurePlan(measure.out, measure.function, value, type_)
