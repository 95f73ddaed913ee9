"""Where everybody needs a second factor: who has signed in without one can only get one."""

from collections.abc import Awaitable
from dataclasses import dataclass

from charter.contract.expression import Fact, FactName
from charter.core.codes import INSUFFICIENT_USER_AUTHENTICATION
from charter.core.problems import Problem
from charter.plan.actor import Actor
from charter.plan.facts import holds
from charter.serve.identity.identity import Identity
from charter.serve.identity.sessions import AAL2
from charter.serve.web.authenticate import Authenticator
from charter.wire.http import Request

_ENOUGH = (Fact(FactName.MFA), Fact(FactName.MACHINE))


@dataclass(frozen=True, slots=True)
class Strong:
    """Lets nobody past who is somebody by one factor alone, but to the endpoints of their own
    account. Tokens of issuers elsewhere have to tell of two (`amr`), or count as one."""

    inner: Authenticator
    identity: Identity

    def identify(self, request: Request) -> Actor | Awaitable[Actor]:
        """The actor. Raises `insufficient_user_authentication`."""
        found = self.inner.identify(request)
        return (
            self._checked(request, found)
            if isinstance(found, Actor)
            else self._later(request, found)
        )

    async def _later(self, request: Request, found: Awaitable[Actor]) -> Actor:
        return self._checked(request, await found)

    def _checked(self, request: Request, actor: Actor) -> Actor:
        enough = not actor.authenticated or any(holds(fact, actor, None) for fact in _ENOUGH)
        if enough or self.identity.route(request):
            return actor
        message = "Everybody needs a second factor here. Set one up, and sign in with it."
        raise Problem(INSUFFICIENT_USER_AUTHENTICATION, message, members={"acr_values": AAL2})
