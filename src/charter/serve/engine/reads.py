"""Which database a read goes to: the primary, or a replica that has all its reader wrote."""

from dataclasses import dataclass
from datetime import datetime

from charter.plan.actor import Actor
from charter.store.database import Database
from charter.store.replicas import Replicas

SIGN_IN_SECONDS = 60.0
"""For how long after a sign-in reads go to the primary: what came before it (a registration) was
not yet noted as this actor's write, and clocks of several machines differ."""


@dataclass(frozen=True, slots=True)
class Reads:
    """The databases of one service. Whatever writes, locks or proves is for the primary."""

    primary: Database
    replicas: Replicas | None = None

    def away(self, actor: Actor, now: datetime) -> Database | None:
        """A replica that an actor can be read to from; None where that is the primary only."""
        if self.replicas is None or _is_fresh(actor, now):
            return None
        return self.replicas.reader(key_of(actor))

    def wrote(self, actor: Actor) -> None:
        """An actor's write is done, or may be."""
        if self.replicas is not None:
            self.replicas.wrote(key_of(actor))


def key_of(actor: Actor) -> str:
    """What an actor's writes are remembered under: who is nobody is known by its address."""
    return f"id {actor.id}" if actor.id is not None else f"at {actor.address}"


def _is_fresh(actor: Actor, now: datetime) -> bool:
    since = actor.signed_in_at
    return since is not None and now.timestamp() - since < SIGN_IN_SECONDS
