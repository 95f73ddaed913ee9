"""A relying party: signs people in with one identity provider, from the first redirect to an
identity. The stages are in the modules beside this one; here they are put together."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from charter.access.claims import is_date
from charter.access.keys import BadKey
from charter.access.oidc.callback import check_answer
from charter.access.oidc.exchange import CannotAuthenticate, Declined, Tokens, exchange
from charter.access.oidc.id_token import Expected, verify_id_token
from charter.access.oidc.identity import Identity, email_of, name_of, proves_email
from charter.access.oidc.metadata import Metadata, discover
from charter.access.oidc.plain_oauth import identity_by_profile
from charter.access.oidc.provider import Provider
from charter.access.oidc.start import NOTHING, Asked, Pending, begin
from charter.access.outbound import Outbound, Outgoing, Unreachable, json_object
from charter.access.remote_keys import PACE, Pace, RemoteKeys
from charter.access.tokens import UnknownKey
from charter.core.codes import INTERNAL, INVALID_CALLBACK, PROVIDER_REFUSED, PROVIDER_UNAVAILABLE
from charter.core.problems import Problem
from charter.core.signals import Failed, Listener

METADATA_SECONDS = 3600.0
"""For how long a discovery document is taken as read."""
RETRY_AFTER = 15


class ProviderFailed(Exception):
    """A provider cannot be used: which, and what is wrong. For the operator's log."""


class RelyingParty:
    """Signs people in with one provider. For one event loop. Keeps nothing of any person."""

    def __init__(
        self,
        provider: Provider,
        outbound: Outbound,
        listener: Listener,
        *,
        pace: Pace = PACE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.provider = provider
        self._outbound = outbound
        self._listener = listener
        self._clock = clock
        self._metadata: Metadata | None = None
        self._read_at = float("-inf")
        where = f"the keys of auth.providers.{provider.name}"
        self._keys = RemoteKeys(where, self._published, listener, pace=pace, clock=clock)

    async def start(self, redirect_uri: str, asked: Asked = NOTHING) -> tuple[str, Pending]:
        """The address to send the browser to, and what to keep until it is back. A Problem
        `provider_unavailable` where the provider cannot be asked about itself."""
        metadata = await self._about()
        return begin(self.provider, metadata, redirect_uri, asked, now=self._clock())

    async def finish(self, answer: dict[str, str], pending: Pending) -> Identity:
        """The identity that an answer proves. `answer` are the parameters of the callback
        (`read_answer`), and `pending` is what was kept for the browser that brings it, already
        taken out of its store: whatever comes of it, it is used.

        Problems: `invalid_callback`, `provider_refused`, `provider_unavailable`.
        """
        if pending.provider != self.provider.name:
            raise Problem(INVALID_CALLBACK)
        metadata = await self._about()
        now = self._clock()
        code = check_answer(answer, pending, metadata, now=now)
        try:
            tokens = await exchange(self.provider, metadata, pending, code, self._outbound, now=now)
            if self.provider.endpoints is not None:
                return await identity_by_profile(
                    self.provider, self.provider.endpoints, tokens.access, self._outbound
                )
            claims = await self._verified(tokens, pending)
            about = await self._userinfo(metadata, tokens.access, claims)
        except Declined as declined:
            # A code that is not good is the client's affair; all else is the settings'.
            if declined.error != "invalid_grant":
                self._tell(declined)
            raise
        except Unreachable as error:
            raise self._unavailable(error) from None
        except (CannotAuthenticate, BadKey, ValueError) as error:
            self._tell(error)
            raise Problem(INTERNAL) from None
        return identity_of(self.provider, claims, about)

    async def close(self) -> None:
        """End a fetch of keys that is under way."""
        await self._keys.close()

    async def _verified(self, tokens: Tokens, pending: Pending) -> Mapping[str, Any]:
        if tokens.identity is None:
            raise Problem(PROVIDER_REFUSED, "The identity provider gave no ID token.")
        expected = Expected(pending.issuer, self.provider.client_id, pending.nonce, pending.max_age)
        await self._keys.ensure()
        try:
            return self._checked(tokens.identity, tokens.access, expected)
        except UnknownKey:
            await self._keys.look_again()
        try:
            return self._checked(tokens.identity, tokens.access, expected)
        except UnknownKey:
            message = "The provider's ID token is not signed with a key that it publishes."
            raise Problem(PROVIDER_REFUSED, message) from None

    def _checked(self, token: str, access: str, expected: Expected) -> Mapping[str, Any]:
        now = self._clock()
        return verify_id_token(token, self._keys.current(now), expected, access, now=now)

    async def _userinfo(
        self, metadata: Metadata, access: str, claims: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """What the userinfo endpoint adds, where the ID token says too little."""
        if metadata.userinfo is None or ("email" in claims and "name" in claims):
            return {}
        headers = {"authorization": f"Bearer {access}", "accept": "application/json"}
        about = json_object(await self._outbound.send(Outgoing("GET", metadata.userinfo, headers)))
        check_subject(about, claims["sub"])
        return about

    async def _about(self) -> Metadata:
        """The provider's metadata; old ones for as long as new ones cannot be had."""
        now = self._clock()
        if self._metadata is None or not self._read_at <= now < self._read_at + METADATA_SECONDS:
            try:
                self._metadata = await discover(self.provider, self._outbound)
                self._read_at = now
            except Unreachable as error:
                if self._metadata is None:
                    raise self._unavailable(error) from None
                self._tell(error)
        return self._metadata

    async def _published(self) -> bytes:
        metadata = await self._about()
        if metadata.keys is None:
            raise Unreachable("it publishes no keys")
        reply = await self._outbound.send(Outgoing("GET", metadata.keys))
        if reply.status != 200:
            raise Unreachable(f"its keys were answered with the status {reply.status}")
        return reply.body

    def _unavailable(self, error: Exception) -> Problem:
        self._tell(error)
        return Problem(PROVIDER_UNAVAILABLE, retry_after=RETRY_AFTER)

    def _tell(self, error: Exception) -> None:
        failed = ProviderFailed(f"auth.providers.{self.provider.name}: {error}")
        self._listener(Failed(None, failed))


def check_subject(about: Mapping[str, Any], subject: str) -> None:
    """User info is about the subject of the ID token (OpenID Connect Core, 5.3.2), or refused."""
    if about.get("sub") != subject:
        raise Problem(PROVIDER_REFUSED, "The provider's user info is about somebody else.")


def identity_of(
    provider: Provider, claims: Mapping[str, Any], about: Mapping[str, Any]
) -> Identity:
    """The identity in a verified ID token and what the userinfo endpoint said. The address and
    whether it is verified come from one of the two, never from both."""
    source = claims if "email" in claims else about
    email, verified = email_of(source)
    methods = claims.get("amr", ())
    level, signed_in = claims.get("acr"), claims.get("auth_time")
    return Identity(
        claims["iss"],
        claims["sub"],
        email,
        verified,
        proves_email(provider, email, verified, source.get("hd")),
        name_of(claims) or name_of(about),
        tuple(each for each in methods if isinstance(each, str))
        if isinstance(methods, tuple)
        else (),
        level if isinstance(level, str) else None,
        float(signed_in) if is_date(signed_in) else None,
        claims,
    )
