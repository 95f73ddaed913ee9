"""Who sends a request: what the app asks, and the answer where a contract has no accounts."""

from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Protocol

from charter.access.gate import Gate
from charter.access.tokens import TokenVerifier
from charter.contract.contract import Contract
from charter.contract.expression import FactName
from charter.core.problems import Problem
from charter.plan.actor import Actor
from charter.serve.web.addresses import client_address
from charter.serve.web.throttle import Tally
from charter.wire.http import Request


class Authenticator(Protocol):
    """Says who sends a request: at once where nothing has to be waited for. Raises problems."""

    def identify(self, request: Request) -> Actor | Awaitable[Actor]: ...


@dataclass(frozen=True, slots=True)
class Bearers:
    """Only bearer tokens say who somebody is."""

    verifier: TokenVerifier | Gate

    def identify(self, request: Request) -> Actor | Awaitable[Actor]:
        return self.verifier.identify(request.headers.get("authorization"))


@dataclass(frozen=True, slots=True)
class Located:
    """Actors with the address that their request comes from, for rules that ask for it."""

    inner: Authenticator

    def identify(self, request: Request) -> Actor | Awaitable[Actor]:
        found = self.inner.identify(request)
        if isinstance(found, Actor):
            return replace(found, address=client_address(request))
        return self._later(request, found)

    async def _later(self, request: Request, found: Awaitable[Actor]) -> Actor:
        return replace(await found, address=client_address(request))


def located(contract: Contract, inner: Authenticator) -> Authenticator:
    """The authenticator, with addresses where some rule of the contract asks for them."""
    asked = any(fact.name is FactName.ADDRESS_IN for fact in contract.facts)
    return Located(inner) if asked else inner


async def identified(authenticator: Authenticator, request: Request, tally: Tally | None) -> Actor:
    """Who sends a request. Who cannot be identified is charged as well."""
    try:
        found = authenticator.identify(request)
        actor = found if isinstance(found, Actor) else await found
    except Problem:
        if tally is not None:
            await tally.unknown()
        raise
    if tally is not None:
        await tally.known(actor)
    return actor
