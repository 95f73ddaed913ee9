"""ID tokens: what has to hold before one says who somebody is (OpenID Connect Core, 3.1.3.7)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256, sha512
from typing import Any

from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from charter.access.claims import is_date
from charter.access.keys import KeySet
from charter.access.oidc.identity import LONGEST_SUBJECT
from charter.access.strict_json import parse_object
from charter.access.tokens import UnknownKey, signed_claims
from charter.core.codes import PROVIDER_REFUSED
from charter.core.problems import Problem

TYPES = frozenset({"jwt"})
"""An access token (`at+jwt`) or a logout token is no ID token (RFC 8725, section 3.11)."""
LEEWAY = 60.0
"""Seconds by which the clocks may differ."""
OLDEST = 600.0
"""Seconds since it was issued: it comes straight from the token endpoint."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token has to say."""

    issuer: str
    client_id: str
    nonce: str
    max_age: int | None = None


def verify_id_token(
    token: str, keys: KeySet, expected: Expected, access_token: str, *, now: float
) -> Mapping[str, Any]:
    """The claims of an ID token that proves a sign-in. `keys` are those that the issuer
    publishes, and no others: a client secret never verifies a signature here.

    Raises UnknownKey where the key it names is not among them, and a Problem
    `provider_refused`, which says what is wrong, for all else.
    """
    try:
        claims = signed_claims(token, keys, TYPES)
    except UnknownKey:
        raise
    except Problem:
        raise _refused("is malformed, or its signature is not good") from None
    _check_parties(claims, expected)
    _check_times(claims, expected, now)
    if not isinstance(claims.get("nonce"), str) or not hmac.compare_digest(
        claims["nonce"].encode(), expected.nonce.encode()
    ):
        raise _refused("belongs to another sign-in")
    if "at_hash" in claims and claims["at_hash"] != token_hash(token, access_token):
        raise _refused("belongs to another access token")
    return claims


def _refused(what: str) -> Problem:
    return Problem(PROVIDER_REFUSED, f"The provider's ID token {what}.")


def _check_parties(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise _refused("is from another issuer")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise _refused("names no subject")
    named = claims.get("aud")
    audiences = (named,) if isinstance(named, str) else named
    if not isinstance(audiences, tuple) or expected.client_id not in audiences:
        raise _refused("is meant for another client")
    party = claims.get("azp")
    if party is None and len(audiences) > 1:
        raise _refused("is meant for several clients, and does not say which asked for it")
    if party is not None and party != expected.client_id:
        raise _refused("was asked for by another client")


def _check_times(claims: Mapping[str, Any], expected: Expected, now: float) -> None:
    expires, issued = claims.get("exp"), claims.get("iat")
    if not is_date(expires) or not is_date(issued):
        raise _refused("does not say when it was issued and when it expires")
    if now >= expires + LEEWAY:
        raise _refused("has expired")
    if not issued - LEEWAY <= now < issued + OLDEST + LEEWAY:
        raise _refused("was not issued just now")
    starts = claims.get("nbf", issued)
    if not is_date(starts) or now < starts - LEEWAY:
        raise _refused("is not valid yet")
    if expected.max_age is not None:
        signed_in = claims.get("auth_time")
        if not is_date(signed_in) or now > signed_in + expected.max_age + LEEWAY:
            raise _refused("tells of a sign-in that was too long ago")


def token_hash(token: str, access_token: str) -> str:
    """`at_hash` (OpenID Connect Core, 3.1.3.6): the left half of the hash that the algorithm of
    the ID token uses; for Ed25519 that is SHA-512."""
    header = parse_object(urlsafe_b64decode(token.split(".", maxsplit=1)[0].encode()))
    function = sha512 if header.get("alg") in ("EdDSA", "Ed25519") else sha256
    digest = function(access_token.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).decode()
