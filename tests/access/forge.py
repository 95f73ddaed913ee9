"""Tokens of every kind, the impossible ones included, and the keys to make them with."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from joserfc.util import urlsafe_b64encode

from charter.access.claims import Rules
from charter.access.issue import Grant, issue_token
from charter.access.keys import Algorithm, Keys, KeySet, TokenKey, bind
from charter.access.tokens import TokenVerifier
from charter.core.codes import INVALID_TOKEN
from charter.core.problems import Problem

NOW = 1_700_000_000.0
AUDIENCE = "shop"
ISSUER = "https://id.example"
UNTRUSTED = "The token is malformed, or not signed by a key that is trusted here."
RULES = Rules(AUDIENCE, ISSUER, leeway=10)

_MAKERS: dict[Algorithm, Callable[[], Key]] = {
    Algorithm.HS256: lambda: OctKey.generate_key(256),
    Algorithm.RS256: lambda: RSAKey.generate_key(2048),
    Algorithm.ES256: lambda: ECKey.generate_key("P-256"),
    Algorithm.ED25519: lambda: OKPKey.generate_key("Ed25519"),
}


@cache
def _made(algorithm: Algorithm, which: int) -> Key:
    return _MAKERS[algorithm]()


def material(algorithm: Algorithm, which: int = 0) -> Key:
    """A private key; each `which` is another one."""
    return _made(algorithm, which)


def key(algorithm: Algorithm, kid: str | None = None, which: int = 0) -> TokenKey:
    return bind(material(algorithm, which), kid, "test")


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def verifier(*keys: TokenKey, clock: Clock | None = None, rules: Rules = RULES) -> TokenVerifier:
    return TokenVerifier(KeySet(keys), rules, clock=clock or Clock())


def over(keys: Keys, clock: Clock) -> TokenVerifier:
    return TokenVerifier(keys, RULES, clock=clock)


def claims(**changed: Any) -> dict[str, Any]:
    """Good claims, with changes; a claim that is changed to `...` is left out."""
    good = {
        "sub": "ann",
        "aud": AUDIENCE,
        "iss": ISSUER,
        "iat": int(NOW),
        "exp": int(NOW) + 60,
        "roles": ["buyer"],
    }
    return {name: value for name, value in {**good, **changed}.items() if value is not ...}


def segment(value: object) -> str:
    """One part of a token: bytes and text as they are, anything else as JSON."""
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogatepass")
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(data).decode()


def token(signer: TokenKey, payload: object, **header: Any) -> str:
    """A token with this payload whatever it is, signed well, with more or other header fields."""
    fields = {"alg": signer.algorithm.value, "typ": "JWT", "kid": signer.kid, **header}
    head = segment({name: value for name, value in fields.items() if value is not None})
    signed = f"{head}.{segment(payload)}"
    return f"{signed}.{urlsafe_b64encode(signer.sign(signed.encode())).decode()}"


def bearer(signer: TokenKey, payload: object | None = None, **header: Any) -> str:
    return "Bearer " + token(signer, claims() if payload is None else payload, **header)


def granted(signer: TokenKey, subject: str = "ann", lifetime: int = 60) -> str:
    """A token as the issuer makes it."""
    grant = Grant(subject, ("buyer",), AUDIENCE, ISSUER, lifetime)
    return "Bearer " + issue_token(signer, grant, now=NOW)


def refusal(checker: TokenVerifier, authorization: str) -> str:
    """What the client is told; fails where the token is accepted."""
    with pytest.raises(Problem) as caught:
        checker.verify(authorization)
    assert caught.value.code is INVALID_TOKEN
    if len(authorization) > 20:
        assert authorization not in str(caught.value)
    return caught.value.detail.message


def untrusted(checker: TokenVerifier, authorization: str) -> bool:
    return refusal(checker, authorization) == UNTRUSTED
