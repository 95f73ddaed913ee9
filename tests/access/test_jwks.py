"""What is published has no secret in it, and what others publish is read with care."""

import json
from typing import Any

import pytest
from joserfc.errors import SecurityWarning
from joserfc.jwk import RSAKey

from charter.access.jwks import public_jwks, read_published
from charter.access.keys import Algorithm, BadKey
from tests.access.forge import bearer, key, material, verifier

PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
ASYMMETRIC = [Algorithm.RS256, Algorithm.ES256, Algorithm.ED25519]


def document(*jwks: dict[str, Any]) -> bytes:
    return json.dumps({"keys": jwks}).encode()


def jwk(algorithm: Algorithm, kid: str, which: int = 0, **more: Any) -> dict[str, Any]:
    return {**material(algorithm, which).as_dict(private=True), "kid": kid, **more}


def test_only_public_halves_are_published() -> None:
    keys = [key(algorithm, f"kid-{algorithm}") for algorithm in Algorithm]
    published = json.loads(public_jwks(keys))["keys"]
    assert [each["kid"] for each in published] == ["kid-RS256", "kid-ES256", "kid-Ed25519"]
    assert [each["alg"] for each in published] == ["RS256", "ES256", "Ed25519"]
    assert all(each["use"] == "sig" and not PRIVATE & each.keys() for each in published)


def test_a_secret_is_never_published() -> None:
    assert json.loads(public_jwks([key(Algorithm.HS256, "secret")])) == {"keys": []}


def test_tokens_are_verified_with_what_is_published() -> None:
    for algorithm in ASYMMETRIC:
        signer = key(algorithm, "first")
        others = verifier(*read_published(public_jwks([signer]), "test"))
        assert others.verify(bearer(signer)).id == "ann"


def test_of_a_private_key_the_public_half_is_taken() -> None:
    keys = read_published(document(jwk(Algorithm.ES256, "a")), "test")
    assert [each.can_sign for each in keys] == [False]


def test_keys_that_cannot_be_used_are_passed_over() -> None:
    with pytest.warns(SecurityWarning):
        weak = RSAKey.generate_key(1024).as_dict(private=False)
    keys = read_published(
        document(
            jwk(Algorithm.HS256, "secret"),
            {**weak, "kid": "weak"},
            jwk(Algorithm.RS256, "encrypts", use="enc"),
            jwk(Algorithm.RS256, "other", alg="PS256"),
            {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"},
            {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "broken"},
            jwk(Algorithm.ES256, "good"),
        ),
        "test",
    )
    assert [each.kid for each in keys] == ["good"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"keys":{}}',
        b'{"keys":[]}',
        b'{"keys":[7]}',
        b'{"keys":[],"keys":[]}',
        document(jwk(Algorithm.HS256, "a")),
        document(*[{"kty": "EC"}] * 101),
        document(jwk(Algorithm.ES256, "a"), jwk(Algorithm.ES256, "a", which=1)),
    ],
    ids=range(10),
)
def test_a_set_that_cannot_be_used_is_refused(data: bytes) -> None:
    with pytest.raises(BadKey):
        read_published(data, "test")
