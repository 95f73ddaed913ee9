"""Where the arguments of a statement come from, and in which form they are bound."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from charter.contract.expression import Fact
from charter.contract.types import Type
from charter.plan.facts import holds
from charter.plan.tenants import tenant_key
from charter.sql.claims import claim_reader
from charter.sql.statement import Bind, Sources

Codec = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class SlotValue:
    """A value of the ask, by its place."""

    index: int

    def take(self, sources: Sources) -> Any:
        return sources.values[self.index]


@dataclass(frozen=True, slots=True)
class ActorValue:
    """The identifier of the actor; None for nobody."""

    def take(self, sources: Sources) -> Any:
        return sources.actor.id


@dataclass(frozen=True, slots=True)
class ClaimValue:
    """A claim of the actor's token; None where it is absent or has another type."""

    name: str
    kind: Type

    def take(self, sources: Sources) -> Any:
        return claim_reader(self.kind)(sources.actor.claims.get(self.name))


@dataclass(frozen=True, slots=True)
class NowValue:
    """The time of the request."""

    def take(self, sources: Sources) -> Any:
        return sources.now


@dataclass(frozen=True, slots=True)
class RoleValue:
    """Whether the actor has a role."""

    role: str

    def take(self, sources: Sources) -> Any:
        return sources.actor.id is not None and self.role in sources.actor.roles


@dataclass(frozen=True, slots=True)
class AuthenticatedValue:
    """Whether the actor is somebody."""

    def take(self, sources: Sources) -> Any:
        return sources.actor.authenticated


@dataclass(frozen=True, slots=True)
class FactValue:
    """Whether something is so of the actor and its request."""

    fact: Fact

    def take(self, sources: Sources) -> Any:
        return holds(self.fact, sources.actor, sources.now)


@dataclass(frozen=True, slots=True)
class TenantValue:
    """The key of the tenant that the actor acts for; None where there is none."""

    kind: Type

    def take(self, sources: Sources) -> Any:
        return tenant_key(sources.actor.tenant, self.kind)


@dataclass(frozen=True, slots=True)
class SessionValue:
    """The session that the actor has signed in to; None where there is none."""

    def take(self, sources: Sources) -> Any:
        return sources.actor.session


@dataclass(frozen=True, slots=True)
class OneOfMany:
    """The same of one of several asks that are answered together: the values are the sources of
    each."""

    place: int
    source: "Source"

    def take(self, sources: Sources) -> Any:
        return self.source.take(sources.values[self.place])


Source = (
    SlotValue
    | ActorValue
    | ClaimValue
    | NowValue
    | RoleValue
    | AuthenticatedValue
    | FactValue
    | TenantValue
    | SessionValue
    | OneOfMany
)


def bind_of(source: Source, encode: Codec | None) -> Bind:
    """How an argument is taken from the sources and given the form that the driver wants."""
    take = source.take
    if encode is None:
        return take
    return lambda sources: encode(take(sources))
