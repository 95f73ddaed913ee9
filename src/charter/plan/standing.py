"""An actor's standing: what is known of the actor before any row is read.

Two actors with the same standing have the same plans; all else about them is bound as values.
"""

from dataclasses import dataclass

from charter.contract.contract import Contract
from charter.contract.expression import (
    ALWAYS,
    NEVER,
    ActorId,
    Authenticated,
    Compare,
    Contains,
    Expression,
    HasRole,
    IsNull,
    OneOf,
    Operator,
    Truth,
)
from charter.plan.actor import Actor
from charter.plan.rewrite import rebuild


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether the actor is somebody, and which of the roles it has that the contract knows."""

    authenticated: bool
    roles: frozenset[str]


NOBODY = Standing(False, frozenset())


def standing_of(contract: Contract, actor: Actor) -> Standing:
    return Standing(actor.authenticated, actor.roles & contract.roles)


def folded(expression: Expression, standing: Standing) -> Expression:
    """The expression as it is for actors of this standing.

    Roles are decided, and so is what depends on there being an actor at all: nobody's id is
    null, and a comparison with null is false.
    """
    match expression:
        case HasRole(role):
            return Truth(role in standing.roles)
        case Authenticated():
            return Truth(standing.authenticated)
        case IsNull(ActorId()):
            return Truth(not standing.authenticated)
        case Compare(operator, left, right) if not standing.authenticated and (
            isinstance(left, ActorId) or isinstance(right, ActorId)
        ):
            return ALWAYS if operator is Operator.NE else NEVER
        case Contains(_, ActorId()) | OneOf(ActorId(), _) if not standing.authenticated:
            return NEVER
        case OneOf(left, options) if not standing.authenticated:
            kept = tuple(option for option in options if not isinstance(option, ActorId))
            return OneOf(folded(left, standing), kept) if kept else NEVER
        case _:
            return rebuild(expression, lambda part: folded(part, standing))
