"""Tokens made here: for development (`charter token`) and for tests."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc.util import urlsafe_b64encode

from charter.access.keys import TokenKey

REGISTERED = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat"})


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token is to say. ValueError where a claim is set by a field already."""

    subject: str
    roles: tuple[str, ...] = ()
    audience: str | None = None
    issuer: str | None = None
    lifetime: int = 3600
    """Seconds from now until it expires."""
    claims: Mapping[str, Any] = field(default_factory=dict)
    """Further claims, as JSON values."""
    roles_claim: str = "roles"

    def __post_init__(self) -> None:
        if not self.subject:
            raise ValueError("a token needs a subject")
        if self.lifetime <= 0:
            raise ValueError("a token must be valid for at least one second")
        taken = sorted(self.claims.keys() & (REGISTERED | {self.roles_claim}))
        if taken:
            raise ValueError(f"set {', '.join(taken)} by the fields of the grant, not as claims")


def issue_token(key: TokenKey, grant: Grant, *, now: float) -> str:
    """A signed JWT, compact form. `now` is in seconds since the epoch. BadKey where the key
    cannot sign; ValueError where the claims are not JSON."""
    header = {"alg": key.algorithm.value, "typ": "JWT", "kid": key.kid}
    start = int(now)
    claims = {
        "iss": grant.issuer,
        "aud": grant.audience,
        "sub": grant.subject,
        "iat": start,
        "exp": start + grant.lifetime,
        grant.roles_claim: list(grant.roles) or None,
    }
    body = {**grant.claims, **_without_nothing(claims)}
    signed = _segment(_without_nothing(header)) + b"." + _segment(body)
    return (signed + b"." + urlsafe_b64encode(key.sign(signed))).decode()


def _without_nothing(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _segment(value: Mapping[str, Any]) -> bytes:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return urlsafe_b64encode(text.encode())
