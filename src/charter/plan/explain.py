"""Which rules of a contract decide an action, each in words and with its place."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath

from charter.contract.command import Command
from charter.contract.contract import Contract
from charter.contract.expression import Expression, some
from charter.contract.resource import Allow, Policy, Resource
from charter.contract.wording import worded
from charter.core.places import Place
from charter.plan.view import READ, UPDATE, View


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that could allow an action, and where it holds for actors of the standing.

    Of a `partial` condition more than it says has to hold: what cannot be asked yet.
    """

    rule: str
    at: str
    condition: Expression
    partial: bool = False


def reasons(view: View, resource: Resource, action: str) -> Iterator[Reason]:
    """The rules that name an action on a resource, in their order; those of its owner where it
    follows that."""
    holder, asked = _holder(view.contract, resource, action)
    for rule in holder.policy.allows:
        if asked in rule.actions or "*" in rule.actions:
            alone = View(_alone(view.contract, holder, rule), view.standing)
            condition = some(*alone.rules(alone.contract.resource_named[resource.name], action))
            yield _reason(view.contract, holder, rule, asked, condition)


def reasons_of_call(view: View, command: Command) -> Iterator[Reason]:
    """The rules of a command on nothing."""
    for rule in command.allows:
        condition = some(*view.command_rules(replace(command, allows=(rule,))))
        yield _reason(view.contract, None, rule, command.name, condition)


def place_in(contract: Contract, place: Place) -> str:
    """A place as `file:line`, the file relative to the contract's own."""
    if not place.file:
        return "built in"
    file, folder = PurePath(place.file), PurePath(contract.place.file).parent
    shown = file.relative_to(folder) if file.is_relative_to(folder) else PurePath(file.name)
    return f"{shown}:{place.line}"


def _holder(contract: Contract, resource: Resource, action: str) -> tuple[Resource, str]:
    """The resource whose rules decide, and the action that they are asked about."""
    while resource.owner is not None and resource.follows_owner:
        target = resource.relation_named[resource.owner].target
        resource, action = contract.resource_named[target], READ if action == READ else UPDATE
    return resource, action


def _alone(contract: Contract, holder: Resource, rule: Allow) -> Contract:
    """The contract with one rule only for the resource."""
    only = replace(holder, policy=Policy((rule,)))
    resources = tuple(only if item.name == holder.name else item for item in contract.resources)
    return replace(contract, resources=resources)


def _reason(
    contract: Contract, holder: Resource | None, rule: Allow, action: str, condition: Expression
) -> Reason:
    said = f"allow {action} if {worded(rule.when, contract, holder)}"
    return Reason(said.removesuffix(" if always"), place_in(contract, rule.place), condition)
