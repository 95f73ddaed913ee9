"""An actor's standing: what is known of the actor before any row is read.

Two actors with the same standing have the same plans; all else about them is bound as values.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from charter.contract.contract import Contract
from charter.contract.expression import (
    ALWAYS,
    NEVER,
    ActorId,
    ActorTenant,
    Authenticated,
    Compare,
    Contains,
    Expression,
    Fact,
    HasRole,
    IsNull,
    OneOf,
    Operator,
    Truth,
)
from charter.plan.actor import Actor
from charter.plan.facts import holds
from charter.plan.rewrite import rebuild


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether the actor is somebody, and what of the contract's words is true of it.

    `roles` are those that the contract asks about, with all that they include; `facts` are
    those of the contract's that hold. `scopes` are those that mean something here, or None for
    no restriction. `tenanted` tells whether the actor acts for a tenant.
    """

    authenticated: bool
    roles: frozenset[str]
    facts: frozenset[Fact] = frozenset()
    scopes: frozenset[str] | None = None
    tenanted: bool = False


NOBODY = Standing(False, frozenset())


def standing_of(contract: Contract, actor: Actor, now: datetime | None = None) -> Standing:
    """The standing of an actor at a time; without one, it did not sign in lately."""
    facts = contract.facts
    return _known(
        actor.authenticated,
        roles_of(contract, actor.roles) & contract.roles,
        frozenset(fact for fact in facts if holds(fact, actor, now)) if facts else _NO_FACTS,
        None if actor.scopes is None else actor.scopes & contract.scopes,
        contract.tenancy is not None and actor.tenant is not None,
    )


_NO_FACTS = frozenset[Fact]()
_known = lru_cache(maxsize=1024)(Standing)


def roles_of(contract: Contract, roles: frozenset[str]) -> frozenset[str]:
    """The roles with all that they include."""
    includes = contract.role_includes
    if not includes:
        return roles
    return roles.union(*(includes[role] for role in roles if role in includes))


def folded(expression: Expression, standing: Standing) -> Expression:
    """The expression as it is for actors of this standing.

    Roles and facts are decided, and so is what depends on there being an actor, or a tenant, at
    all: nobody's id is null, and a comparison with null is false.
    """
    match expression:
        case HasRole(role):
            return Truth(role in standing.roles)
        case Authenticated():
            return Truth(standing.authenticated)
        case Fact():
            return Truth(expression in standing.facts)
        case IsNull(ActorId()):
            return Truth(not standing.authenticated)
        case Compare(Operator.EQ, _, ActorTenant()) if not standing.tenanted:
            return NEVER
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
