"""The HS256 JSON Web Tokens (RFC 7519) that every server of the benchmark verifies."""

from __future__ import annotations

import time

import jwt

KEY = "a key for benchmarks only, of 32 bytes or more"
ISSUER = "https://issuer.example"
AUDIENCE = "shop"
LIFETIME_SECONDS = 24 * 3600


def token(subject: str, **changes: object) -> str:
    """A token of this subject; `changes` replace or add claims."""
    now = int(time.time())
    claims = {
        "sub": subject,
        "role": "customer",
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
    }
    return jwt.encode({**claims, **changes}, KEY, algorithm="HS256")


def forged(subject: str) -> str:
    """A token signed with a key that is not ours."""
    claims = jwt.decode(token(subject), KEY, algorithms=["HS256"], audience=AUDIENCE)
    return jwt.encode(claims, KEY[::-1], algorithm="HS256")
