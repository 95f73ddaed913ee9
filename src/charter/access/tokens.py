"""Bearer tokens (RFC 6750) that are signed JWTs (RFC 7519): from a header field to an actor."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from joserfc.util import urlsafe_b64decode

from charter.access.cache import TokenCache
from charter.access.claims import Admission, Rules, admit, check_time, refused
from charter.access.keys import HEADER_NAMES, Keys, KeySet, TokenKey
from charter.access.strict_json import parse_object
from charter.core.codes import INVALID_TOKEN
from charter.core.problems import Problem
from charter.plan.actor import ANONYMOUS, Actor

LONGEST_TOKEN = 8192
_LONGEST_FIELD = LONGEST_TOKEN + len("Bearer ")

_PART = "([A-Za-z0-9_-]+)"
_COMPACT = re.compile(rf"{_PART}\.{_PART}\.{_PART}", re.ASCII)
_BEARER = re.compile(rf"(?i:bearer) +({_COMPACT.pattern})", re.ASCII)
ACCESS_TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
"""What the `typ` of an access token may be, in lower case (RFC 9068, section 2.1)."""
_REFUSED_HEADERS = ("crit", "b64", "zip", "enc")

# One answer to all that can be wrong before a signature is found good: a forger learns nothing.
_UNTRUSTED = "The token is malformed, or not signed by a key that is trusted here."
_NOT_BEARER = "The Authorization field does not have the form `Bearer` and a token."


class UnknownKey(Problem):
    """A token names a key that is not there: forged, or signed with a key that is new."""


class TokenVerifier:
    """Says who sends a request, by its Authorization field.

    Keys, rules and clock (seconds since the epoch) are given. Verified tokens are remembered
    while they are valid and the keys stay the same; the actor of a remembered token is the same
    object each time. For one event loop: it takes no locks.
    """

    def __init__(
        self,
        keys: Keys,
        rules: Rules,
        *,
        clock: Callable[[], float] = time.time,
        cache_entries: int = 4096,
    ) -> None:
        self._keys = keys
        self._rules = rules
        self._clock = clock
        self._trusted: KeySet | None = None
        self._cache = TokenCache(cache_entries)

    def verify(self, authorization: str | None) -> Actor:
        """The actor of the token, or ANONYMOUS where there is no Authorization field.

        Everything else is a Problem INVALID_TOKEN: another scheme, a malformed or foreign token,
        one that is not valid now or not meant for this service.
        """
        if authorization is None:
            return ANONYMOUS
        now = self._clock()
        keys = self._trust(now)
        actor = self._cache.get(authorization, now)
        if actor is not None:
            return actor
        admission = verify_bearer(authorization, keys, self._rules)
        check_time(admission, now)
        self._cache.put(authorization, admission)
        return admission.actor

    def identify(self, authorization: str | None) -> Actor:
        """The same: there is nothing to wait for."""
        return self.verify(authorization)

    async def admit(self, authorization: str | None) -> Actor:
        """The same, for those who wait."""
        return self.verify(authorization)

    def recall(self, authorization: str) -> Actor | None:
        """The actor of a token that is remembered, or None."""
        if not len(self._cache):
            return None
        now = self._clock()
        try:
            self._trust(now)
        except Problem:
            self._cache.clear()
        return self._cache.get(authorization, now)

    def _trust(self, now: float) -> KeySet:
        keys = self._keys.current(now)
        if keys is not self._trusted:
            self._cache.clear()
            self._trusted = keys
        return keys


def verify_bearer(authorization: str, keys: KeySet, rules: Rules) -> Admission:
    """Check all of a token but its time. Pure; a Problem where the token is refused."""
    return admit(signed_claims(bearer_token(authorization), keys, ACCESS_TYPES), rules)


def bearer_token(authorization: str) -> str:
    """The token of an Authorization field; a Problem where it has another form."""
    if len(authorization) > _LONGEST_FIELD:
        raise refused(f"The token is longer than {LONGEST_TOKEN} characters.")
    found = _BEARER.fullmatch(authorization.strip(" \t"))
    if found is None:
        raise refused(_NOT_BEARER)
    return found[1]


def signed_claims(token: str, keys: KeySet, types: frozenset[str]) -> Mapping[str, Any]:
    """The claims of a JWT in compact form, once its signature is found good. `types` are the
    values of `typ` that are accepted, in lower case; a token without one is a `jwt`.

    Raises UnknownKey where nothing is wrong but that the key is not there, and another Problem
    where the token is malformed or forged.
    """
    parts = _COMPACT.fullmatch(token)
    if parts is None:
        raise refused(_UNTRUSTED)
    header, payload, signature = parts.groups()
    try:
        key = _key_for(parse_object(urlsafe_b64decode(header.encode())), keys, types)
        if key is None:
            raise UnknownKey(INVALID_TOKEN, _UNTRUSTED)
        signed = f"{header}.{payload}".encode()
        if not key.verifies(signed, urlsafe_b64decode(signature.encode())):
            raise refused(_UNTRUSTED)
        return parse_object(urlsafe_b64decode(payload.encode()))
    except ValueError:
        raise refused(_UNTRUSTED) from None


def claimed_issuer(authorization: str) -> str | None:
    """What a bearer token says about its issuer, before anything of it is verified; None where
    it says nothing, and where it cannot be read."""
    try:
        payload = bearer_token(authorization).split(".")[1]
        issuer = parse_object(urlsafe_b64decode(payload.encode())).get("iss")
    except (Problem, ValueError):
        return None
    return issuer if isinstance(issuer, str) else None


def _key_for(header: Mapping[str, Any], keys: KeySet, types: frozenset[str]) -> TokenKey | None:
    """The trusted key that a token's header means. Keys and addresses of keys that the header
    has in it (`jwk`, `jku`, `x5c`, `x5u`) are never read."""
    alg, kid, typ = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
    if any(name in header for name in _REFUSED_HEADERS):
        raise refused(_UNTRUSTED)
    if not isinstance(typ, str) or typ.lower() not in types:
        raise refused(_UNTRUSTED)
    if not isinstance(alg, str) or alg not in HEADER_NAMES:
        raise refused(_UNTRUSTED)
    if kid is not None and not isinstance(kid, str):
        raise refused(_UNTRUSTED)
    return keys.find(HEADER_NAMES[alg], kid)
