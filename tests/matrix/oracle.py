"""What the policies of a contract say, worked out row by row in plain Python.

Nothing of Charter's own planning is used: rules are evaluated over rows in memory, one by one,
as the page about policies says it. Only whether a rule can ever hold for an actor (no rule: 401
or 403, before any row is looked at) takes a second way of evaluating, with the row unknown.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from charter.contract import expression as e
from charter.contract.command import Command, On
from charter.contract.contract import Contract
from charter.contract.resource import Allow, Resource
from charter.plan.actor import Actor
from tests.support.evaluate import Place, Row, Store, field_of, holds, json_value

READ, CREATE, UPDATE, DELETE = "read", "create", "update", "delete"


class Verdict(StrEnum):
    """What becomes of a request as far as policies decide it."""

    ALLOWED = "allowed"
    MISSING = "404"
    FORBIDDEN = "403"
    UNAUTHENTICATED = "401"
    STEP_UP = "401 step-up"


@dataclass(frozen=True)
class Oracle:
    """One actor before the rows of a store.

    For somebody who acts for a tenant the store has the rows of this tenant and the shared ones:
    there are no others. `better` is the same actor after the strongest and freshest sign-in.
    """

    store: Store
    actor: Actor
    now: datetime

    @property
    def contract(self) -> Contract:
        return self.store.contract

    @property
    def better(self) -> "Oracle":
        methods = self.actor.methods | {"mfa"}
        stronger = replace(self.actor, methods=methods, signed_in_at=self.now.timestamp())
        return replace(self, actor=stronger)

    # -- what the rules say --------------------------------------------------------------
    def readable(self, resource: Resource, row: Row) -> bool:
        return self._permits(resource, READ, row)

    def rows(self, resource: Resource) -> list[Row]:
        """All rows that can be read."""
        return [row for row in self.store.rows[resource.name] if self.readable(resource, row)]

    def visible(self, resource: Resource, row: Row, name: str) -> bool:
        """Whether a field of a row is shown."""
        place = self._place(resource, row)
        hides = (rule for rule in resource.policy.hides if rule.field == name)
        return all(holds(rule.unless, place) for rule in hides)

    def shown(self, resource: Resource, row: Row) -> dict[str, Any]:
        """The body of a row, as its JSON is."""
        place = self._place(resource, row)
        return {
            item.name: json_value(field_of(resource, row, item.name, place), item.type)
            for item in resource.readable
            if self.visible(resource, row, item.name)
        }

    def frozen(self, resource: Resource, row: Row, name: str) -> bool:
        """Whether a field of a row cannot be changed."""
        place = self._place(resource, row)
        freezes = (rule for rule in resource.policy.freezes if rule.field == name)
        return not all(holds(rule.unless, place) for rule in freezes)

    def related(self, resource: Resource, row: Row, name: str) -> list[Row]:
        """The rows that a relation leads to, of those that can be read."""
        relation = resource.relation_named[name]
        target = self.contract.resource_named[relation.target]
        if relation.to_one and not self.visible(resource, row, relation.near):
            return []
        found = [one for one in self.store.related(row, relation) if self.readable(target, one)]
        if relation.kind != "many" or relation.owned:
            return found
        return [one for one in found if self.visible(target, one, relation.far)]

    # -- verdicts ------------------------------------------------------------------------
    def read(self, resource: Resource, row: Row | None) -> Verdict:
        """Of reading one row; None is a row that there is not."""
        closed = self.closed(resource, READ)
        if closed in {Verdict.UNAUTHENTICATED, Verdict.STEP_UP}:
            return closed
        there = closed is None and row is not None and self.readable(resource, row)
        return Verdict.ALLOWED if there else Verdict.MISSING

    def listed(self, resource: Resource) -> Verdict:
        """Of reading the list of all rows."""
        return self.closed(resource, READ) or Verdict.ALLOWED

    def change(
        self, resource: Resource, action: str, old: Row | None, new: Row | None = None
    ) -> Verdict:
        """Of an update to a new row, of a delete, or of a command on a row."""
        closed = self.closed(resource, action)
        if closed is not None:
            return closed
        if old is None or not self.readable(resource, old):
            return Verdict.MISSING
        return self._of_row(lambda one: one._permits(resource, action, old, new))

    def create(self, resource: Resource, new: Row) -> Verdict:
        return self.closed(resource, CREATE) or self._of_row(
            lambda one: one._permits(resource, CREATE, new, new)
        )

    def call(self, command: Command) -> Verdict:
        """Of a command that is on no row."""
        resource = self.contract.resource_named.get(command.resource or "")
        rules = command.allows if resource is None else _rules(resource, command.name)
        tenanted = resource is None or self._has_tenant(resource, command.name)
        return self._decided(
            lambda one: tenanted and any(one._could(rule.when) == {True} for rule in rules)
        )

    # -- inside --------------------------------------------------------------------------
    def _decided(self, asked: Callable[["Oracle"], bool]) -> Verdict:
        """What is denied might be allowed after a better sign-in; nobody has signed in at all."""
        if asked(self):
            return Verdict.ALLOWED
        if self.actor.id is None:
            return Verdict.UNAUTHENTICATED
        return Verdict.STEP_UP if asked(self.better) else Verdict.FORBIDDEN

    def _of_row(self, asked: Callable[["Oracle"], bool]) -> Verdict:
        """The same once rows are asked, which somebody might do: nobody is as good as any."""
        found = self._decided(asked)
        return Verdict.FORBIDDEN if found is Verdict.UNAUTHENTICATED else found

    def closed(self, resource: Resource, action: str) -> Verdict | None:
        """The refusal where no rule can ever hold for this actor, whatever the row."""
        found = self._decided(lambda one: one._open(resource, action))
        return None if found is Verdict.ALLOWED else found

    def _permits(self, resource: Resource, action: str, row: Row, new: Row | None = None) -> bool:
        """Whether a rule allows an action; a part without rules of its own follows its owner."""
        if resource.follows_owner:
            relation = resource.relation_named[resource.owner or ""]
            owner = self.contract.resource_named[relation.target]
            action = READ if action == READ else UPDATE
            found = self.store.related(row, relation)
            return any(self._permits(owner, action, one, one) for one in found)
        return any(self._holds(rule, resource, row, new) for rule in _rules(resource, action))

    def _holds(self, rule: Allow, resource: Resource, row: Row, new: Row | None) -> bool:
        """Whether a rule holds of a row, and of what a write makes of it.

        Where there is no new row, what a rule says of one is left open.
        """
        place = self._place(resource, row)
        if new is None:
            return all(holds(part, place) for part in _parts(rule.when) if not _of_new(part))
        if _of_new(rule.when):
            return holds(rule.when, replace(place, scopes={**place.scopes, e.NEW: (resource, new)}))
        return holds(rule.when, place) and holds(rule.when, self._place(resource, new))

    def _place(self, resource: Resource, row: Row) -> Place:
        scopes: Mapping[int, tuple[Resource, Row | None]] = {e.ROW: (resource, row)}
        return Place(self.store, scopes, actor=self.actor, now=self.now)

    def _open(self, resource: Resource, action: str) -> bool:
        """Whether there can be a row for which a rule allows the action."""
        if not self._has_tenant(resource, action):
            return False
        if resource.follows_owner:
            relation = resource.relation_named[resource.owner or ""]
            owner = self.contract.resource_named[relation.target]
            return self._open(owner, READ if action == READ else UPDATE)
        return any(True in self._could(rule.when) for rule in _rules(resource, action))

    def _has_tenant(self, resource: Resource, action: str) -> bool:
        """Whether there can be rows of the resource for the actor at all."""
        if self.contract.tenancy is None or resource.tenant is None:
            return True
        on_none = {command.name for command in self.contract.commands if command.on is not On.ROW}
        founding = resource.tenant == "id" and action in {CREATE, *on_none}
        return founding or self.actor.tenant is not None

    def _could(self, condition: e.Expression) -> set[bool]:
        """What a condition can come to while nothing is known of any row."""
        match condition:
            case e.Truth() | e.HasRole() | e.Authenticated() | e.Fact():
                return {holds(condition, Place(self.store, {}, actor=self.actor, now=self.now))}
            case e.Not(operand):
                return {not one for one in self._could(operand)}
            case e.AllOf(parts) | e.AnyOf(parts):
                found = [self._could(part) for part in parts]
                how = all if isinstance(condition, e.AllOf) else any
                return {how(max(one) for one in found), how(min(one) for one in found)}
            case e.Compare(operator, left, right) if self.actor.id is None and (
                isinstance(left, e.ActorId) or isinstance(right, e.ActorId)
            ):
                return {operator is e.Operator.NE}
            case e.Aggregate(function=e.Function.EXISTS, where=where) if where is not None:
                return {False, max(self._could(where))}
            case _:
                return {True, False}


def _rules(resource: Resource, action: str) -> list[Allow]:
    return [rule for rule in resource.policy.allows if {action, "*"} & set(rule.actions)]


def _parts(condition: e.Expression) -> tuple[e.Expression, ...]:
    return condition.parts if isinstance(condition, e.AllOf) else (condition,)


def _of_new(condition: e.Expression) -> bool:
    return any(
        (isinstance(part, e.Column) and part.scope == e.NEW)
        or (isinstance(part, e.Aggregate) and part.start == e.NEW)
        for part in e.walk(condition)
    )
