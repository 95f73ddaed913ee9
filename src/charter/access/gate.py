"""Tokens of several issuers: each is verified with the keys of the issuer that it names."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from charter.access.issuers import Issuer, fetch_keys, read_issuers
from charter.access.outbound import Outbound, open_outbound
from charter.access.remote_keys import PACE, Pace, RemoteKeys
from charter.access.settings import AccessSettings
from charter.access.tokens import TokenVerifier, UnknownKey, claimed_issuer
from charter.core.codes import PROVIDER_UNAVAILABLE
from charter.core.problems import Problem
from charter.core.signals import Listener, Signal
from charter.plan.actor import ANONYMOUS, Actor


def _ignore(signal: Signal) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class Outside:
    """An outside issuer with its keys, and the verifier that has no others."""

    keys: RemoteKeys
    verifier: TokenVerifier


def outside(
    issuer: Issuer,
    outbound: Outbound,
    listener: Listener,
    *,
    cache_entries: int = 4096,
    pace: Pace = PACE,
    clock: Callable[[], float] = time.time,
) -> Outside:
    """An issuer, ready to have its tokens verified once its keys are there."""
    where = f"the keys of auth.issuers.{issuer.name}"
    fetch = partial(fetch_keys, issuer, outbound)
    keys = RemoteKeys(where, fetch, listener, pace=pace, clock=clock)
    verifier = TokenVerifier(keys, issuer.rules, clock=clock, cache_entries=cache_entries)
    return Outside(keys, verifier)


def open_gate(
    settings: AccessSettings, own: TokenVerifier, listener: Listener | None, *, development: bool
) -> "Gate | None":
    """A gate before the issuers that the settings name, or None where they name none. ValueError
    where one makes no sense; MissingExtra."""
    issuers = read_issuers(settings.issuers or {}, settings.issuer, development=development)
    if not issuers:
        return None
    outbound = open_outbound(development=development)
    entries = settings.cache_entries
    others = {
        issuer.issuer: outside(issuer, outbound, listener or _ignore, cache_entries=entries)
        for issuer in issuers
    }
    return Gate(own, others, outbound)


class Gate:
    """Says who sends a request, as a TokenVerifier does, for own tokens and those of others.

    `iss` decides whose keys a token is verified with, and only with those: a token that names no
    outside issuer is one of the service's own. So no issuer can speak for another.
    """

    def __init__(
        self, own: TokenVerifier, others: Mapping[str, Outside], outbound: Outbound | None = None
    ) -> None:
        """`others` are the outside issuers by what `iss` is in their tokens. The client for their
        keys, where one is given, is closed at the stop."""
        self._own = own
        self._others = dict(others)
        self._outbound = outbound
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to fetch keys. Waits for none: own tokens need none of them."""
        self._tasks = [asyncio.create_task(each.keys.run()) for each in self._others.values()]

    async def stop(self) -> None:
        """Fetch no more."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        for each in self._others.values():
            await each.keys.close()
        if self._outbound is not None:
            await self._outbound.close()

    def verify(self, authorization: str | None) -> Actor:
        """The actor of the token, with the keys that are there: a Problem for every other."""
        if authorization is None:
            return ANONYMOUS
        for verifier in (self._own, *(each.verifier for each in self._others.values())):
            actor = verifier.recall(authorization)
            if actor is not None:
                return actor
        named = self._outside(authorization)
        return (self._own if named is None else named.verifier).verify(authorization)

    def identify(self, authorization: str | None) -> Actor | Awaitable[Actor]:
        """The actor at once, or, where an outside issuer's key is missing, after one look whether
        it has published new ones. `provider_unavailable` where no keys of it can be had."""
        try:
            return self.verify(authorization)
        except Problem as problem:
            named = self._outside(authorization)
            missing = isinstance(problem, UnknownKey) or problem.code is PROVIDER_UNAVAILABLE
            if not missing or named is None:
                raise
            return self._looked_up(authorization, named)

    async def admit(self, authorization: str | None) -> Actor:
        """The same, for those who wait."""
        found = self.identify(authorization)
        return found if isinstance(found, Actor) else await found

    async def _looked_up(self, authorization: str | None, named: Outside) -> Actor:
        await named.keys.look_again()
        return self.verify(authorization)

    def _outside(self, authorization: str | None) -> Outside | None:
        issuer = None if authorization is None else claimed_issuer(authorization)
        return None if issuer is None else self._others.get(issuer)
