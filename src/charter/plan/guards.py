"""Guards of writes: what has to hold of a row before and after."""

from dataclasses import dataclass, replace

from charter.contract.command import Command, On
from charter.contract.expression import (
    ALWAYS,
    NEVER,
    NEW,
    ROW,
    AllOf,
    Column,
    Expression,
    every,
    mentions,
    some,
)
from charter.contract.resource import Resource
from charter.plan.rewrite import as_created, old_columns, with_old_values
from charter.plan.stepup import StepUp, refusal, stronger
from charter.plan.view import CREATE, UPDATE, View, changing, foreseen

OLD_VALUES = 1
"""The slot of the first old value in what is asked after a write; slot 0 is the key."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule that allows an action: the same rule has to hold before and after.

    `before` is asked of the row as it is, `after` of the row as the write leaves it.
    """

    before: Expression
    after: Expression


@dataclass(frozen=True, slots=True)
class Guard:
    """What must hold for one action on one row of a resource.

    Without `visible` the row does not exist for the actor; without one rule that holds, the
    action is forbidden. `frozen` fields may change only where their condition holds (of the
    row as it is, or for a new row as it is made). A whole new value that leaves out one of the
    `sheltered` fields resets it only where its condition holds: what the actor may not change
    or cannot see stays. `old` are the columns whose values before the write are in the slots of
    what is asked after it, from `OLD_VALUES` on. `steps` are further rules that would hold
    after a stronger or fresher sign-in, with what that takes, the least first.
    """

    resource: Resource
    action: str
    visible: Expression
    rules: tuple[Rule, ...]
    frozen: tuple[tuple[str, Expression], ...] = ()
    sheltered: tuple[tuple[str, Expression], ...] = ()
    old: tuple[Column, ...] = ()
    steps: tuple[tuple[StepUp, tuple[Rule, ...]], ...] = ()

    @property
    def open_after(self) -> bool:
        """Nothing has to be asked of the row as it is left."""
        return all(rule.after == ALWAYS for rule in self.rules) or any(
            rule.before == ALWAYS and rule.after == ALWAYS for rule in self.rules
        )


def guard_action(view: View, resource: Resource, action: str) -> Guard:
    """The guard of create, update or delete. Raises a problem where no rule can ever allow it."""
    conditions = view.rules(resource, action)
    if some(*conditions) == NEVER:
        what = f"{action} {resource.table}"
        raise refusal(view, what, lambda other: some(*other.rules(resource, action)) != NEVER)
    frozen = view.frozen(resource) if action in (CREATE, UPDATE) else ()
    return _guard(view, resource, action, conditions, frozen)


def guard_part(view: View, resource: Resource, action: str) -> Guard | None:
    """The guard of create, update or delete of a part inside a write of its owner.

    None where there is nothing to ask: the part follows its owner, whose write is allowed, and
    no field is frozen. Raises a problem where no rule can ever allow it.
    """
    if not resource.follows_owner:
        return guard_action(view, resource, action)
    frozen = view.frozen(resource) if action in (CREATE, UPDATE) else ()
    return _guard(view, resource, action, (ALWAYS,), frozen) if frozen else None


def guard_command(view: View, command: Command, resource: Resource) -> Guard:
    """The guard of a command on a row. Raises a problem where no rule can ever allow it."""
    conditions = view.command_rules(command)
    if some(*conditions) == NEVER:
        what = f"call {command.name}"
        raise refusal(view, what, lambda other: some(*other.command_rules(command)) != NEVER)
    return _guard(view, resource, command.name, conditions, ())


def rules_of_call(view: View, command: Command) -> tuple[Expression, ...]:
    """What a command that is on no row asks of its caller: one of these conditions; none where
    one of them holds in any case.

    A rule that looks at a row allows no such call. Raises a problem where none can ever do.
    """
    conditions = _without_row(view, command)
    if some(*conditions) == NEVER:
        what = f"call {command.name}"
        raise refusal(view, what, lambda other: some(*_without_row(other, command)) != NEVER)
    return () if ALWAYS in conditions else conditions


def condition_of_call(view: View, command: Command) -> Expression:
    """The same as one condition; never, where no rule can allow the call."""
    return some(*_without_row(view, command))


def _without_row(view: View, command: Command) -> tuple[Expression, ...]:
    return tuple(
        condition
        for condition in view.command_rules(command)
        if command.on is On.NOTHING or not (mentions(condition, ROW) or mentions(condition, NEW))
    )


def _guard(
    view: View,
    resource: Resource,
    action: str,
    conditions: tuple[Expression, ...],
    frozen: tuple[tuple[str, Expression], ...],
) -> Guard:
    steps = [] if conditions == (ALWAYS,) else _steps(view, resource, action, conditions)
    every_one = (*conditions, *(condition for _, more in steps for condition in more))
    asked_after = [changing(condition) for condition in every_one if mentions(condition, NEW)]
    old = tuple(dict.fromkeys(column for part in asked_after for column in old_columns(part)))
    tenant = view.own_tenant(resource)
    rules = tuple(_rule(action, condition, old, tenant) for condition in conditions)
    further = tuple(
        (needed, tuple(_rule(action, condition, old, tenant) for condition in more))
        for needed, more in steps
    )
    if action == CREATE:
        old = ()
        frozen = tuple((name, as_created(condition)) for name, condition in frozen)
    sheltered = _sheltered(view, resource, frozen) if action == UPDATE else ()
    return Guard(resource, action, view.seen(resource), rules, frozen, sheltered, old, further)


def _steps(
    view: View, resource: Resource, action: str, conditions: tuple[Expression, ...]
) -> list[tuple[StepUp, tuple[Expression, ...]]]:
    """The conditions that a better sign-in would add to those that allow an action."""
    found = []
    for needed, standing in stronger(view.contract, view.standing):
        other = replace(view, standing=standing).rules(resource, action)
        more = tuple(condition for condition in other if condition not in conditions)
        if more:
            found.append((needed, more))
    return found


def _sheltered(
    view: View, resource: Resource, frozen: tuple[tuple[str, Expression], ...]
) -> tuple[tuple[str, Expression], ...]:
    free = dict(frozen)
    conditions = (
        (item.name, every(free.get(item.name, ALWAYS), view.visible(resource, item.name)))
        for item in resource.fields
    )
    return tuple(item for item in conditions if item[1] != ALWAYS)


def _rule(action: str, condition: Expression, old: tuple[Column, ...], tenant: Expression) -> Rule:
    if action == CREATE:
        return Rule(ALWAYS, as_created(condition))
    if mentions(condition, NEW):
        after = with_old_values(changing(condition), old, OLD_VALUES)
        return Rule(foreseen(condition), after)
    # No write gives a row another tenant: what was asked of it before is not asked again.
    return Rule(condition, _beside(condition, tenant) if action == UPDATE else ALWAYS)


def _beside(condition: Expression, tenant: Expression) -> Expression:
    """What a rule demands apart from the tenant."""
    parts = condition.parts if isinstance(condition, AllOf) else (condition,)
    return every(*(part for part in parts if part != tenant))
