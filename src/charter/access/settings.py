"""What an operator sets about tokens, and the keys and the verifier that come of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from charter.access.claims import Rules
from charter.access.development import DEVELOPMENT_KID, development_keys
from charter.access.issuers import read_issuers
from charter.access.keyfiles import keys_in, read_keys
from charter.access.keys import BadKey, Keys, KeySet, TokenKey, secret_key
from charter.access.oidc.known import read_providers
from charter.access.tokens import TokenVerifier
from charter.access.watched import WatchedKeys
from charter.core.signals import Listener, Signal

MOST_LEEWAY = 300
MOST_CACHED = 1_000_000


class MissingKey(BadKey):
    """No key is set where one is needed."""


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """The settings `CHARTER_AUTH_…`. ValueError where a number is out of its range."""

    secret: str | None = field(default=None, repr=False)
    """`CHARTER_AUTH_SECRET`: a shared secret of at least 32 bytes, for HS256."""
    keys_file: Path | None = None
    """`CHARTER_AUTH_KEYS`: a file with one PEM key or a JWK Set. Read again when it changes."""
    jwks: str | None = field(default=None, repr=False)
    """`CHARTER_AUTH_JWKS`: the same as a text, for keys that are kept in a store of secrets:
    `vault://host/secret/shop#keys`."""
    audience: str | None = None
    """`CHARTER_AUTH_AUDIENCE`: what `aud` must name. Without it, a token that names an audience
    is refused (RFC 7519, section 4.1.3)."""
    issuer: str | None = None
    """`CHARTER_AUTH_ISSUER`: what `iss` must be. Not checked where it is not set."""
    roles_claim: str | None = None
    """`CHARTER_AUTH_ROLES_CLAIM`: the claim with the roles, a list of texts or one text; a dotted
    path such as `realm_access.roles` is followed. By default `roles`, or else `role`."""
    leeway: int = 10
    """`CHARTER_AUTH_LEEWAY`: seconds by which the clocks of issuer and service may differ."""
    cache_entries: int = 4096
    """`CHARTER_AUTH_CACHE`: how many verified tokens are remembered; 0 for none."""
    issuers: Mapping[str, Any] | None = None
    """`CHARTER_AUTH_ISSUERS`: outside issuers whose access tokens are accepted, a table for each:
    `[auth.issuers.corp]` with `issuer`, `audience` and, for roles, `roles_claim` and `roles`."""
    providers: Mapping[str, Any] | None = field(default=None, repr=False)
    """`CHARTER_AUTH_PROVIDERS`: identity providers that people can sign in with, a table for
    each: `[auth.providers.google]` with `client_id` and `client_secret`."""
    development_key_file: Path = Path(".charter/development-key.json")
    """Where the random key of development mode is kept."""

    def __post_init__(self) -> None:
        if not 0 <= self.leeway <= MOST_LEEWAY:
            raise ValueError(f"CHARTER_AUTH_LEEWAY must be from 0 to {MOST_LEEWAY} seconds")
        if not 0 <= self.cache_entries <= MOST_CACHED:
            raise ValueError(f"CHARTER_AUTH_CACHE must be from 0 to {MOST_CACHED}")
        # Whether plain http is allowed is decided where it is known, at the start.
        read_issuers(self.issuers or {}, self.issuer, development=True)
        read_providers(self.providers or {}, development=True)


def _ignore(signal: Signal) -> None:
    """Nobody listens."""


def keys_from(settings: AccessSettings, *, production: bool, listener: Listener = _ignore) -> Keys:
    """The keys that the settings name.

    Without any, development mode makes a random key in `development_key_file`, and production
    mode raises MissingKey. BadKey where a key cannot be used, and in production also where it is
    the one of development mode. The listener hears of a key file that goes bad later.
    """
    if (settings.secret, settings.keys_file, settings.jwks) == (None, None, None):
        if not production:
            return development_keys(settings.development_key_file)
        raise MissingKey(
            "In production a service verifies tokens with its own key, and none is set. Set "
            "CHARTER_AUTH_SECRET (a random secret of at least 32 bytes) or CHARTER_AUTH_KEYS "
            "(the path of a PEM or JWK Set file)."
        )
    path = settings.keys_file
    if path is None:
        return _load(settings, production)
    return WatchedKeys(path, lambda: _load(settings, production), listener)


def _load(settings: AccessSettings, production: bool) -> KeySet:
    keys: list[TokenKey] = []
    if settings.secret is not None:
        keys.append(secret_key(settings.secret.encode(), None, "CHARTER_AUTH_SECRET"))
    if settings.keys_file is not None:
        keys += read_keys(settings.keys_file)
    if settings.jwks is not None:
        keys += keys_in(settings.jwks.encode(), "CHARTER_AUTH_JWKS")
    if production and any(key.kid == DEVELOPMENT_KID for key in keys):
        where = settings.keys_file or "CHARTER_AUTH_JWKS"
        raise BadKey(f"key file {where}: the key of development mode; make another")
    return KeySet(keys)


def verifier_from(settings: AccessSettings, keys: Keys, *, own: bool = False) -> TokenVerifier:
    """A verifier with these keys and the rules and the cache that the settings ask for. `own`
    tells that the keys sign the tokens of this service's own accounts."""
    names = ("roles", "role") if settings.roles_claim is None else (settings.roles_claim,)
    rules = Rules(settings.audience, settings.issuer, settings.leeway, names, own=own)
    return TokenVerifier(keys, rules, cache_entries=settings.cache_entries)
