"""The key of the service, what everybody may know of it, and tokens that nobody should believe."""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from joserfc.jwk import OctKey
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from charter.access.keys import Algorithm, TokenKey
from tests.access.forge import key, material, segment

AUDIENCE = "guild"
KID = "guild-1"
SIGNER = key(Algorithm.ES256, KID)
PUBLIC = material(Algorithm.ES256)
KEYS = json.dumps(
    {"keys": [{**PUBLIC.as_dict(private=True), "kid": KID, "alg": "ES256", "use": "sig"}]}
)
STRANGER = key(Algorithm.ES256, KID, which=1)
THEIRS = material(Algorithm.ES256, which=1)
ELSEWHERE = "http://127.0.0.1:9/keys.json"


def opened(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and the claims of a token."""
    head, body, _ = token.split(".")
    return json.loads(urlsafe_b64decode(head.encode())), json.loads(
        urlsafe_b64decode(body.encode())
    )


def signed(
    signer: TokenKey, claims: Mapping[str, Any], head: Mapping[str, Any], sign: bool = True
) -> str:
    start = f"{segment(dict(head))}.{segment(dict(claims))}"
    return f"{start}.{urlsafe_b64encode(signer.sign(start.encode())).decode() if sign else ''}"


def forged(good: str, victim: str) -> Iterator[tuple[str, str]]:
    """Tokens made from a good one by somebody who has not got the key."""
    head, claims = opened(good)
    theirs = {**claims, "sub": victim, "roles": ["chief"]}
    start, body, signature = good.split(".")
    for name in ("none", "None", "NONE", "nOnE", ""):
        yield f"alg {name!r}", signed(SIGNER, theirs, {**head, "alg": name}, sign=False)
        yield (
            f"alg {name!r}, signature kept",
            f"{segment({**head, 'alg': name})}.{body}.{signature}",
        )
    yield "payload changed", f"{start}.{segment(theirs)}.{signature}"
    yield "signature cut", f"{start}.{body}."
    yield "signature left out", f"{start}.{body}"
    yield "zero signature", f"{start}.{body}.{urlsafe_b64encode(bytes(64)).decode()}"
    yield "five parts", f"{good}.{body}.{signature}"
    yield "as JSON", json.dumps({"payload": body, "protected": start, "signature": signature})
    for secret in _guessed():
        forger = TokenKey(Algorithm.HS256, KID, OctKey(secret, secret))
        yield f"HS256 with {secret[:12]!r}", signed(forger, theirs, {**head, "alg": "HS256"})
    for kid in (None, "", "../../../../dev/null", "/dev/null", "' OR '1'='1", "guild-1\0", KID, 1):
        yield f"kid {kid!r}", signed(STRANGER, theirs, {**head, "kid": kid})
    own = THEIRS.as_dict(private=False)
    for name, value in (
        ("jwk", own), ("jku", ELSEWHERE), ("x5u", ELSEWHERE), ("x5c", ["MIIB"]), ("x5t", "AA"),
        ("kid", ELSEWHERE), ("crit", ["exp"]), ("b64", False), ("zip", "DEF"), ("cty", "JWT"),
    ):  # fmt: skip
        yield f"{name} of another's", signed(STRANGER, theirs, {**head, name: value})


def _guessed() -> Iterator[bytes]:
    """What a secret is taken for where the algorithm is not bound to the key."""
    assert not isinstance(PUBLIC, OctKey)
    yield PUBLIC.as_bytes("PEM", private=False)
    yield PUBLIC.as_bytes("DER", private=False)
    yield json.dumps(PUBLIC.as_dict(private=False)).encode()
    yield b"secret"


def signed_badly(good: str) -> Iterator[tuple[str, str]]:
    """Tokens with the service's own signature that are not good here and now."""
    head, claims = opened(good)
    now = int(time.time())
    for name, value in (
        ("exp", now - 60), ("exp", "tomorrow"), ("exp", None), ("exp", True), ("exp", -1),
        ("nbf", now + 3600), ("iat", now + 3600), ("nbf", "x"), ("aud", "another"),
        ("aud", ["another"]), ("aud", [AUDIENCE, 1]), ("aud", None), ("aud", {}),
        ("iss", "https://evil.example"), ("iss", None), ("iss", [claims["iss"]]), ("sub", ""),
        ("sub", None), ("sub", 7), ("sub", ["x"]), ("roles", {"chief": True}),
    ):  # fmt: skip
        yield f"{name} is {value!r}", signed(SIGNER, {**claims, name: value}, head)
    for name in ("exp", "aud", "iss", "sub"):
        left = {key: value for key, value in claims.items() if key != name}
        yield f"no {name}", signed(SIGNER, left, head)
