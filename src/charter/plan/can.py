"""What has to be asked so that a check is answered: by the same guards as the action itself."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from charter.contract.command import Command, On
from charter.contract.contract import Contract
from charter.contract.expression import (
    ALWAYS,
    NEVER,
    NEW,
    ROW,
    AllOf,
    Expression,
    every,
    mentions,
    some,
)
from charter.contract.resource import Resource, SetBy
from charter.contract.wording import worded
from charter.core.problems import Problem
from charter.plan.ask import Check
from charter.plan.explain import Reason, reasons, reasons_of_call
from charter.plan.guards import Guard, condition_of_call, guard_action, guard_command
from charter.plan.matrix import settable_by_clients
from charter.plan.view import CREATE, DELETE, READ, UPDATE, View, foreseen, in_state

Conditions = tuple[tuple[str, Expression], ...]
ROW_ACTIONS = (READ, UPDATE, DELETE)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Whether an action is allowed: where `allowed` holds of the row, or of the actor alone.

    Of a row it is asked only where `seen` holds: without that there is no such row. `readable`
    and `writable` say where each field is; `reasons` are the rules that decide.
    """

    allowed: Expression
    seen: Expression = ALWAYS
    readable: Conditions = ()
    writable: Conditions = ()
    reasons: tuple[Reason, ...] = ()
    state: str = ""
    """What the row's state has to be, in words, where the rules alone are not enough."""


def takes_row(contract: Contract, resource: Resource, action: str) -> bool:
    """Whether the action is one on a row of the resource."""
    command = command_named(contract, resource.name, action)
    return action in ROW_ACTIONS if command is None else command.on is On.ROW


def command_named(contract: Contract, resource: str | None, name: str) -> Command | None:
    found = contract.commands_of.get(resource, ())
    return next((command for command in found if command.name == name), None)


def inquiry_of(view: View, check: Check, *, explain: bool) -> Inquiry:
    """The inquiry that a check comes to."""
    if check.resource is None:
        command = command_named(view.contract, None, check.action)
        return Inquiry(NEVER) if command is None else inquiry_of_call(view, command, explain)
    resource = view.contract.resource_named[check.resource]
    if check.key is None:
        return inquiry_of_kind(view, resource, check.action, explain)
    return inquiry_of_row(view, resource, check.action, explain)


def inquiry_of_row(view: View, resource: Resource, action: str, explain: bool) -> Inquiry:
    """The inquiry of an action on one row, as the row is."""
    command = command_named(view.contract, resource.name, action)
    guard = _guard(view, resource, action, command)
    state: Expression = ALWAYS if command is None else in_state(resource, command)
    allowed: Expression
    if action == READ:
        allowed = ALWAYS if view.readable(resource) != NEVER else NEVER
    else:
        allowed = NEVER if guard is None else some(*(rule.before for rule in guard.rules))
    return Inquiry(
        every(allowed, state),
        view.readable(resource) if action == READ else view.seen(resource),
        _readable(view, resource),
        _changeable(resource, guard) if action == UPDATE and guard is not None else (),
        _reasons(view, resource, action, foreseen) if explain else (),
        worded(state, view.contract, resource) if state != ALWAYS else "",
    )


def inquiry_of_kind(view: View, resource: Resource, action: str, explain: bool) -> Inquiry:
    """The inquiry of an action on no row in particular: whether it can ever be allowed.

    What a rule asks of a row, or of new values, is left open.
    """
    command = command_named(view.contract, resource.name, action)
    found = _reasons(view, resource, action, _left_open) if explain else ()
    if command is not None and command.on is not On.ROW:
        return Inquiry(condition_of_call(view, command), reasons=found)
    if action == READ:
        return Inquiry(_left_open(view.readable(resource)), reasons=found)
    guard = _guard(view, resource, action, command)
    allowed = NEVER if guard is None else some(*map(_left_open, view.rules(resource, action)))
    settable = action == CREATE and guard is not None
    writable = _settable(resource, guard) if settable and guard is not None else ()
    return Inquiry(allowed, ALWAYS, (), writable, found)


def inquiry_of_call(view: View, command: Command, explain: bool) -> Inquiry:
    """The inquiry of a command on nothing."""
    found = tuple(reasons_of_call(view, command)) if explain else ()
    return Inquiry(condition_of_call(view, command), reasons=found)


def _guard(view: View, resource: Resource, action: str, command: Command | None) -> Guard | None:
    """The guard of a change or command; None where no rule can ever allow it."""
    if action == READ and command is None:
        return None
    try:
        if command is not None:
            return guard_command(view, command, resource)
        return guard_action(view, resource, action)
    except Problem:
        return None


def _left_open(rule: Expression) -> Expression:
    """A rule as far as it is about the actor alone; what it asks of rows may come true."""
    parts = rule.parts if isinstance(rule, AllOf) else (rule,)
    return every(*(part for part in parts if not (mentions(part, ROW) or mentions(part, NEW))))


def _readable(view: View, resource: Resource) -> Conditions:
    found = ((item.name, view.visible(resource, item.name)) for item in resource.readable)
    return tuple(item for item in found if item[1] != NEVER)


def _changeable(resource: Resource, guard: Guard) -> Conditions:
    """Fields that the update may set: a frozen one where its condition holds."""
    return tuple(
        (name, condition)
        for name, condition in _settable(resource, guard)
        if resource.field_named[name].set_by is SetBy.CLIENT
    )


def _settable(resource: Resource, guard: Guard) -> Conditions:
    free = dict(guard.frozen)
    found = (
        (item.name, _as_it_is(free.get(item.name, ALWAYS), guard.action))
        for item in resource.fields
        if settable_by_clients(resource, item)
    )
    return tuple(item for item in found if item[1] != NEVER)


def _as_it_is(condition: Expression, action: str) -> Expression:
    """Of a row that is not there yet, what is asked of its values is left open."""
    return _left_open(condition) if action == CREATE else condition


def _reasons(
    view: View, resource: Resource, action: str, asked: Callable[[Expression], Expression]
) -> tuple[Reason, ...]:
    """The rules that decide, each with as much of it as can be asked."""
    return tuple(
        replace(reason, condition=part, partial=part != reason.condition)
        for reason in reasons(view, resource, action)
        for part in (asked(reason.condition),)
    )
