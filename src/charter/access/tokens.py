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
from charter.plan.actor import ANONYMOUS, Actor

LONGEST_TOKEN = 8192
_LONGEST_FIELD = LONGEST_TOKEN + len("Bearer ")

_PART = "([A-Za-z0-9_-]+)"
_BEARER = re.compile(rf"(?i:bearer) +{_PART}\.{_PART}\.{_PART}", re.ASCII)
_TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
_REFUSED_HEADERS = ("crit", "b64", "zip", "enc")

# One answer to all that can be wrong before a signature is found good: a forger learns nothing.
_UNTRUSTED = "The token is malformed, or not signed by a key that is trusted here."
_NOT_BEARER = "The Authorization field does not have the form `Bearer` and a token."


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
        keys = self._keys.current(now)
        if keys is not self._trusted:
            self._cache.clear()
            self._trusted = keys
        actor = self._cache.get(authorization, now)
        if actor is not None:
            return actor
        admission = verify_bearer(authorization, keys, self._rules)
        check_time(admission, now)
        self._cache.put(authorization, admission)
        return admission.actor


def verify_bearer(authorization: str, keys: KeySet, rules: Rules) -> Admission:
    """Check all of a token but its time. Pure; a Problem where the token is refused."""
    if len(authorization) > _LONGEST_FIELD:
        raise refused(f"The token is longer than {LONGEST_TOKEN} characters.")
    parts = _BEARER.fullmatch(authorization.strip(" \t"))
    if parts is None:
        raise refused(_NOT_BEARER)
    header, payload, signature = parts.groups()
    try:
        key = _key_for(parse_object(urlsafe_b64decode(header.encode())), keys)
        signed = f"{header}.{payload}".encode()
        if key is None or not key.verifies(signed, urlsafe_b64decode(signature.encode())):
            raise refused(_UNTRUSTED)
        claims = parse_object(urlsafe_b64decode(payload.encode()))
    except ValueError:
        raise refused(_UNTRUSTED) from None
    return admit(claims, rules)


def _key_for(header: Mapping[str, Any], keys: KeySet) -> TokenKey | None:
    """The trusted key that a token's header means. Keys and addresses of keys that the header
    has in it (`jwk`, `jku`, `x5c`, `x5u`) are never read."""
    alg, kid, typ = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
    if any(name in header for name in _REFUSED_HEADERS):
        return None
    if not isinstance(typ, str) or typ.lower() not in _TYPES:
        return None
    if not isinstance(alg, str) or alg not in HEADER_NAMES:
        return None
    if kid is not None and not isinstance(kid, str):
        return None
    return keys.find(HEADER_NAMES[alg], kid)
