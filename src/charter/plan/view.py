"""A view: the policies of a contract as they are for one standing."""

from dataclasses import dataclass

from charter.contract.command import Command, On
from charter.contract.contract import Contract
from charter.contract.expression import (
    ALWAYS,
    NEVER,
    NEW,
    ROW,
    Aggregate,
    AllOf,
    Column,
    Constant,
    Expression,
    Function,
    OneOf,
    every,
    some,
)
from charter.contract.resource import Allow, Relation, Resource
from charter.contract.types import BOOLEAN, TEXT
from charter.plan.rewrite import inner_scopes, mentions, rescoped
from charter.plan.standing import Standing, folded

CREATE, READ, UPDATE, DELETE = "create", "read", "update", "delete"


@dataclass(frozen=True, slots=True)
class View:
    """Answers what somebody of this standing may do. Every condition is over `ROW`."""

    contract: Contract
    standing: Standing

    def readable(self, resource: Resource) -> Expression:
        """Which rows can be read."""
        return some(*self.rules(resource, READ))

    def rules(self, resource: Resource, action: str) -> tuple[Expression, ...]:
        """The conditions of the rules that allow an action; any one of them suffices."""
        if resource.owner is not None and not resource.policy.allows:
            return self._owners_rules(resource.relation_named[resource.owner], action)
        allows = resource.policy.allows
        return tuple(
            condition
            for rule in allows
            if _names(rule, action) and (condition := folded(rule.when, self.standing)) != NEVER
        )

    def command_rules(self, command: Command) -> tuple[Expression, ...]:
        if command.resource is not None:
            return self.rules(self.contract.resource_named[command.resource], command.name)
        conditions = (folded(rule.when, self.standing) for rule in command.allows)
        return tuple(condition for condition in conditions if condition != NEVER)

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

    def follows_owner(self, resource: Resource) -> bool:
        return resource.owner is not None and not resource.policy.allows

    def _owners_rules(self, relation: Relation, action: str) -> tuple[Expression, ...]:
        owner = self.contract.resource_named[relation.target]
        rules = self.rules(owner, READ if action == READ else UPDATE)
        return tuple(ALWAYS if rule == ALWAYS else _of_owner(relation, rule) for rule in rules)


def _of_owner(relation: Relation, rule: Expression) -> Expression:
    fresh = inner_scopes()
    scope = next(fresh)
    moved = rescoped(rule, {ROW: scope, NEW: scope}, fresh)
    return Aggregate(Function.EXISTS, ROW, (relation.name,), scope, moved, None, BOOLEAN)


def _names(rule: Allow, action: str) -> bool:
    return action in rule.actions or "*" in rule.actions


def foreseen(rule: Expression) -> Expression:
    """What a rule demands of the row as it is; what it says of new values is left open."""
    if not mentions(rule, NEW):
        return rule
    if isinstance(rule, AllOf):
        return every(*map(foreseen, rule.parts))
    return ALWAYS


def in_state(resource: Resource, command: Command) -> Expression:
    """The row is in a state that the command moves from."""
    move = command.move
    if move is None:
        return ALWAYS
    type_ = resource.field_named[move.field].type
    states = tuple(Constant(state, TEXT) for state in move.sources)
    return OneOf(Column(ROW, (), move.field, type_), states)
