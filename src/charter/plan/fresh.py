"""Which plans can be answered from the rows that a write has just made, of the tables it fills.

A statement that inserts rows and reads them back sees the tables as they were before it, and
beside them the rows that it makes. Where a plan can meet no other row of those tables, the new
rows may stand for the whole of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from charter.contract.contract import Contract
from charter.contract.expression import ROW, Aggregate, Column, Expression, children
from charter.contract.resource import Relation, Resource
from charter.plan.plan import (
    ListingPlan,
    OnePlan,
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
)
from charter.plan.selection import Label


@dataclass(frozen=True, slots=True)
class Origin:
    """A row of a resource, and whether the write has made it."""

    resource: Resource
    new: bool


class _Meets(Exception):
    """The plan can meet a row of a filled table that was there before."""


def new_rows_met(
    contract: Contract, plan: OnePlan, filled: frozenset[str]
) -> frozenset[str] | None:
    """The resources, of the `filled` ones, whose new rows a plan for one new row meets.

    None where it can meet a row of theirs that was there before. The keys of new rows are new,
    so whatever refers to one is new as well.
    """
    if plan.parent is not None:
        return None
    walk = _Walk(contract, filled, {plan.row.resource.name})
    row = Origin(plan.row.resource, new=True)
    try:
        walk.row(row, plan.row)
        for condition in plan.conditions:
            walk.expression(condition, {ROW: row})
    except _Meets:
        return None
    return frozenset(walk.met)


@dataclass(frozen=True, slots=True)
class _Walk:
    contract: Contract
    filled: frozenset[str]
    met: set[str]

    def row(self, row: Origin, plan: RowPlan) -> None:
        self.expression(plan.where, {ROW: row})
        for show in plan.shows:
            self.show(row, show)

    def show(self, row: Origin, show: Show) -> None:
        scopes = {ROW: row}
        match show:
            case ShowField(visible=visible) | ShowKey(visible=visible):
                self.expression(visible, scopes)
            case ShowComputed(computed=computed, visible=visible):
                self.expression(visible, scopes)
                self.expression(computed.expression, scopes)
            case ShowOne(relation=relation, row=plan, visible=visible):
                self.expression(visible, scopes)
                self.row(self.follow(row, relation), plan)
            case ShowMany(relation=relation, row=plan, sort=sort):
                there = self.follow(row, relation)
                self.row(there, plan)
                for part in sort:
                    self.expression(part.value, {ROW: there})
            case ShowActions(actions=actions):
                for _, condition in actions:
                    self.expression(condition, scopes)
            case ShowItself(shows=shows):
                for one in shows:
                    self.show(row, one)
            case ShowListing(relation=relation, listing=listing):
                self.listing(self.follow(row, relation), listing)
            case Label() | ShowMark():
                return  # The sort of a mark is that of its list.

    def listing(self, rows: Origin, listing: ListingPlan) -> None:
        self.row(rows, listing.row)
        for part in listing.sort:
            self.expression(part.value, {ROW: rows})
        for each in listing.parts:
            for show in each.shows if isinstance(each, ShowEach) else ():
                self.show(rows, show)

    def expression(self, expression: Expression, scopes: Mapping[int, Origin]) -> None:
        match expression:
            case Column(scope, path, field):
                row = self.along(scopes[scope], path)
                computed = row.resource.computed_named.get(field)
                if computed is not None:
                    self.expression(computed.expression, {ROW: row})
            case Aggregate(start=start, path=path, scope=scope):
                there = self.along(scopes[start], path)
                for part in children(expression):
                    self.expression(part, {**scopes, scope: there})
            case _:
                for part in children(expression):
                    self.expression(part, scopes)

    def along(self, row: Origin, path: tuple[str, ...]) -> Origin:
        for name in path:
            row = self.follow(row, row.resource.relation_named[name])
        return row

    def follow(self, row: Origin, relation: Relation) -> Origin:
        """The rows that a relation leads to. Raises `_Meets` where old ones may be among them."""
        target = self.contract.resource_named[relation.target]
        if target.name not in self.filled:
            return Origin(target, new=False)
        # A part that is new has a new owner; any other reference may be to a row of before.
        to_owner = relation.name == row.resource.owner
        if not row.new or (relation.to_one and not to_owner):
            raise _Meets
        self.met.add(target.name)
        return Origin(target, new=True)
