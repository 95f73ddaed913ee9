"""The beginning of a sign-in: where the browser is sent, and what is kept until it is back."""

import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlencode

from joserfc.util import urlsafe_b64encode

from charter.access.oidc.metadata import Metadata
from charter.access.oidc.provider import Provider, ResponseMode

LIFETIME = 600.0
"""Seconds that a person may take at the provider."""


@dataclass(frozen=True, slots=True)
class Pending:
    """One sign-in under way. The caller keeps it on the server, bound to the browser that began
    it, and takes it out of the store, once, by the `state` that comes back. All of its members
    are texts and numbers."""

    provider: str
    issuer: str
    redirect_uri: str
    expires_at: float
    """Seconds since the epoch."""
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    max_age: int | None = None
    """Seconds; the sign-in at the provider must not be older."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the service asks of a provider beyond who it is."""

    max_age: int | None = None
    """Seconds since the person signed in at the provider, at most; 0 for now."""
    acr_values: tuple[str, ...] = ()
    """What kinds of sign-in are wanted, the best first. What came of it is `Identity.acr`."""
    login_hint: str | None = None


NOTHING = Asked()

MAX_AGE = 31_536_000
"""Seconds. A provider that is asked for `max_age` tells `auth_time` (OpenID Connect Core, 2), so
it is asked always: where nobody cares, for a sign-in of the last year."""


def begin(
    provider: Provider, metadata: Metadata, redirect_uri: str, asked: Asked, *, now: float
) -> tuple[str, Pending]:
    """The address to send the browser to, and what to keep.

    `redirect_uri` is registered at the provider, letter for letter, and best has the provider's
    name in it (RFC 9700, section 4.4.2.2). State, nonce and the PKCE verifier have 256 random
    bits each (RFC 7636, section 7.1).
    """
    pending = Pending(
        provider.name,
        metadata.issuer,
        redirect_uri,
        now + LIFETIME,
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(32),
        max_age=asked.max_age,
    )
    parameters = {
        **provider.parameters,
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(provider.scopes),
        "state": pending.state,
        "code_challenge": challenge(pending.verifier),
        "code_challenge_method": "S256",
    }
    if metadata.keys is not None:
        parameters["nonce"] = pending.nonce
    if provider.response_mode is not ResponseMode.QUERY:
        parameters["response_mode"] = provider.response_mode.value
    if provider.endpoints is None:
        parameters["max_age"] = str(MAX_AGE if asked.max_age is None else asked.max_age)
    if asked.acr_values:
        parameters["acr_values"] = " ".join(asked.acr_values)
    if asked.login_hint is not None:
        parameters["login_hint"] = asked.login_hint
    mark = "&" if "?" in metadata.authorization else "?"
    return f"{metadata.authorization}{mark}{urlencode(parameters)}", pending


def challenge(verifier: str) -> str:
    """S256 of RFC 7636, section 4.2."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode()
