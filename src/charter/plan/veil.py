"""Contracts of whose conditions some parts are left open when they are folded by a standing.

A veiled part stands as a claim that no token can have, which no standing decides. What a view
of the veiled contract says is lifted afterwards: the parts are themselves again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from charter.contract.command import Command
from charter.contract.contract import Contract
from charter.contract.expression import (
    ActorId,
    Authenticated,
    Claim,
    Expression,
    Fact,
    HasRole,
    IsNull,
    walk,
)
from charter.contract.resource import Resource
from charter.contract.types import BOOLEAN
from charter.plan.rewrite import rebuild

_MARK = "\0veiled "


def is_fact(part: Expression) -> bool:
    return isinstance(part, Fact)


def is_about_actor(part: Expression) -> bool:
    """All that a standing decides."""
    return isinstance(part, HasRole | Authenticated | Fact) or (
        isinstance(part, IsNull) and isinstance(part.operand, ActorId)
    )


@dataclass(frozen=True)
class Veiled:
    """A contract with veiled parts, and what they are."""

    contract: Contract
    parts: Mapping[str, Expression]

    def lift(self, expression: Expression) -> Expression:
        """The expression with its veiled parts as they were."""
        if isinstance(expression, Claim):
            return self.parts.get(expression.name, expression)
        return rebuild(expression, self.lift)


def veiled(contract: Contract, hidden: Callable[[Expression], bool]) -> Veiled:
    """The contract with every part of a policy veiled for which `hidden` holds."""
    found = (part for rule in contract.conditions for part in walk(rule) if hidden(part))
    names = {part: f"{_MARK}{number}" for number, part in enumerate(dict.fromkeys(found))}

    def cover(expression: Expression) -> Expression:
        if expression in names:
            return Claim(names[expression], BOOLEAN)
        return rebuild(expression, cover)

    covered = replace(
        contract,
        resources=tuple(_resource(item, cover) for item in contract.resources),
        commands=tuple(_command(item, cover) for item in contract.commands),
    )
    return Veiled(covered, {name: part for part, name in names.items()})


def _resource(resource: Resource, cover: Callable[[Expression], Expression]) -> Resource:
    policy = resource.policy
    return replace(
        resource,
        policy=replace(
            policy,
            allows=tuple(replace(rule, when=cover(rule.when)) for rule in policy.allows),
            hides=tuple(replace(rule, unless=cover(rule.unless)) for rule in policy.hides),
            freezes=tuple(replace(rule, unless=cover(rule.unless)) for rule in policy.freezes),
        ),
    )


def _command(command: Command, cover: Callable[[Expression], Expression]) -> Command:
    allows = tuple(replace(rule, when=cover(rule.when)) for rule in command.allows)
    return replace(command, allows=allows)
