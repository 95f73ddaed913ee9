"""A view: the policies of a contract as they are for one standing."""

from collections.abc import Iterable
from dataclasses import dataclass

from charter.contract.command import Command, On
from charter.contract.contract import Contract
from charter.contract.expression import (
    ALWAYS,
    NEVER,
    NEW,
    ROW,
    ActorTenant,
    Aggregate,
    AllOf,
    Column,
    Compare,
    Constant,
    Expression,
    Function,
    OneOf,
    Operator,
    Truth,
    every,
    mentions,
    some,
)
from charter.contract.resource import Allow, Relation, Resource
from charter.contract.scopes import covers
from charter.contract.types import BOOLEAN, TEXT
from charter.plan.rewrite import inner_scopes, rescoped
from charter.plan.standing import Standing, folded

CREATE, READ, UPDATE, DELETE = "create", "read", "update", "delete"


@dataclass(frozen=True, slots=True)
class View:
    """Answers what somebody of this standing may do. Every condition is over `ROW`."""

    contract: Contract
    standing: Standing

    def readable(self, resource: Resource) -> Expression:
        """Which rows can be read."""
        return self.seen(resource) if self.covers(resource, READ) else NEVER

    def seen(self, resource: Resource) -> Expression:
        """Which rows there are for the actor: those that it could read with any scopes."""
        return some(*self._allowed(resource, READ))

    def rules(self, resource: Resource, action: str) -> tuple[Expression, ...]:
        """The conditions of the rules that allow an action; any one of them suffices."""
        return self._allowed(resource, action) if self.covers(resource, action) else ()

    def command_rules(self, command: Command) -> tuple[Expression, ...]:
        if command.resource is not None:
            return self.rules(self.contract.resource_named[command.resource], command.name)
        scopes = self.standing.scopes
        if scopes is not None and not covers(scopes, None, command.name):
            return ()
        return self._folded(command.allows)

    def covers(self, resource: Resource, action: str) -> bool:
        """Whether the actor's scopes, if it has any, let it do this at all."""
        if self.standing.scopes is None:
            return True
        if resource.owner is not None and resource.follows_owner:
            owner = self.contract.resource_named[resource.relation_named[resource.owner].target]
            return self.covers(owner, READ if action == READ else UPDATE)
        return covers(self.standing.scopes, resource, action)

    def own_tenant(self, resource: Resource) -> Expression:
        """Which rows belong to the actor's tenant, or to none."""
        if resource.tenant is None:
            return ALWAYS
        kind = resource.field_named[resource.tenant].type
        own = Compare(Operator.EQ, Column(ROW, (), resource.tenant, kind), ActorTenant(kind))
        return folded(own, self.standing)

    def visible(self, resource: Resource, field: str) -> Expression:
        """Where a field is shown."""
        hides = (rule for rule in resource.policy.hides if rule.field == field)
        return every(*(folded(rule.unless, self.standing) for rule in hides))

    def frozen(self, resource: Resource) -> tuple[tuple[str, Expression], ...]:
        """Fields that may be changed only where their condition holds."""
        conditions: dict[str, Expression] = {}
        for rule in resource.policy.freezes:
            condition = folded(rule.unless, self.standing)
            conditions[rule.field] = every(conditions.get(rule.field, ALWAYS), condition)
        return tuple(item for item in conditions.items() if item[1] != ALWAYS)

    def actions(self, resource: Resource) -> tuple[tuple[str, Expression], ...]:
        """What can be done to a row now, each with its condition: changes and commands."""
        found = [
            (name, some(*map(foreseen, self.rules(resource, name)))) for name in (UPDATE, DELETE)
        ]
        for command in self.contract.commands_of[resource.name]:
            if command.on is On.ROW:
                allowed = some(*map(foreseen, self.command_rules(command)))
                found.append((command.name, every(allowed, in_state(resource, command))))
        return tuple(item for item in found if item[1] != NEVER)

    def reachable(self, relation: Relation) -> Expression:
        """Which rows of its target the relation leads to: those that can be read, and whose
        reference back is not hidden."""
        target = self.contract.resource_named[relation.target]
        if relation.kind != "many" or relation.owned:
            return self.readable(target)
        return every(self.readable(target), self.visible(target, relation.far))

    def leads(self, resource: Resource, relation: Relation) -> Expression:
        """From which rows the relation can be followed: a hidden reference leads nowhere."""
        return self.visible(resource, relation.near) if relation.to_one else ALWAYS

    def related(self, start: int, relation: Relation, scope: int, where: Expression) -> Expression:
        """Some row that the relation leads to can be read and fulfils `where` (over `scope`)."""
        policy = self.reachable(relation)
        seen = rescoped(policy, {ROW: scope}, inner_scopes(policy, where, above=scope))
        return Aggregate(
            Function.EXISTS, start, (relation.name,), scope, every(seen, where), None, BOOLEAN
        )

    def _allowed(self, resource: Resource, action: str) -> tuple[Expression, ...]:
        """The rules of an action, each within the actor's tenant."""
        tenant = self._tenant_for(resource, action)
        rules = (every(tenant, rule) for rule in self._rules(resource, action))
        return tuple(rule for rule in rules if rule != NEVER)

    def _tenant_for(self, resource: Resource, action: str) -> Expression:
        """Of what there is no row of yet, only that the actor has a tenant to make it for."""
        if action not in self._without_row(resource):
            return self.own_tenant(resource)
        shared = resource.tenant in (None, resource.key.name)
        return Truth(shared or self.standing.tenanted)

    def _without_row(self, resource: Resource) -> set[str]:
        commands = self.contract.commands_of[resource.name]
        return {CREATE, *(command.name for command in commands if command.on is not On.ROW)}

    def _rules(self, resource: Resource, action: str) -> tuple[Expression, ...]:
        if resource.append_only and action in (UPDATE, DELETE):
            return ()
        if resource.owner is not None and resource.follows_owner:
            return self._owners_rules(resource.relation_named[resource.owner], action)
        return self._folded(rule for rule in resource.policy.allows if _names(rule, action))

    def _owners_rules(self, relation: Relation, action: str) -> tuple[Expression, ...]:
        owner = self.contract.resource_named[relation.target]
        rules = self._rules(owner, READ if action == READ else UPDATE)
        return tuple(ALWAYS if rule == ALWAYS else _of_owner(relation, rule) for rule in rules)

    def _folded(self, rules: Iterable[Allow]) -> tuple[Expression, ...]:
        conditions = (folded(rule.when, self.standing) for rule in rules)
        return tuple(condition for condition in conditions if condition != NEVER)


def _of_owner(relation: Relation, rule: Expression) -> Expression:
    fresh = inner_scopes()
    scope = next(fresh)
    moved = rescoped(rule, {ROW: scope, NEW: scope}, fresh)
    return Aggregate(Function.EXISTS, ROW, (relation.name,), scope, moved, None, BOOLEAN)


def _names(rule: Allow, action: str) -> bool:
    return action in rule.actions or "*" in rule.actions


def foreseen(rule: Expression) -> Expression:
    """What a rule demands of the row as it is; what it says of new values is left open."""
    parts = rule.parts if isinstance(rule, AllOf) else (rule,)
    return every(*(part for part in parts if not mentions(part, NEW)))


def changing(rule: Expression) -> Expression:
    """What a rule demands of the new values: what `foreseen` leaves open of it."""
    parts = rule.parts if isinstance(rule, AllOf) else (rule,)
    return every(*(part for part in parts if mentions(part, NEW)))


def in_state(resource: Resource, command: Command) -> Expression:
    """The row is in a state that the command moves from."""
    move = command.move
    if move is None:
        return ALWAYS
    type_ = resource.field_named[move.field].type
    states = tuple(Constant(state, TEXT) for state in move.sources)
    return OneOf(Column(ROW, (), move.field, type_), states)
