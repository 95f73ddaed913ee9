"""Nobody makes a token, or changes one, without the key."""

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import OctKey, RSAKey
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from charter.access.keys import Algorithm, TokenKey
from charter.core.problems import Problem
from tests.access.forge import (
    bearer,
    claims,
    key,
    material,
    refusal,
    segment,
    token,
    untrusted,
    verifier,
)

HS, RS, ES, ED = Algorithm.HS256, Algorithm.RS256, Algorithm.ES256, Algorithm.ED25519


# -- algorithms ------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", "null", "none\0", " none"])
@pytest.mark.parametrize("signature", ["", "AA", "e30"])
def test_an_unsigned_token_is_refused(name: str, signature: str, signer: TokenKey) -> None:
    head = segment({"alg": name, "typ": "JWT", "kid": "first"})
    refusal(verifier(signer), f"Bearer {head}.{segment(claims())}.{signature}")


@pytest.mark.parametrize(
    "alg",
    [None, 1, True, ["HS256"], {"a": 1}, "hs256", "HS256 ", "HS384", "PS256", "ES256K", "Ed448"],
)
def test_a_token_with_another_alg_is_refused(alg: object, signer: TokenKey) -> None:
    head = segment({"alg": alg, "typ": "JWT", "kid": "first"})
    signed = f"{head}.{segment(claims())}"
    signature = urlsafe_b64encode(signer.sign(signed.encode())).decode()
    assert untrusted(verifier(signer), f"Bearer {signed}.{signature}")


@pytest.mark.parametrize("encoding", ["PEM", "DER"])
def test_a_public_key_does_not_sign_as_a_secret(encoding: Any) -> None:
    public = material(RS)
    assert isinstance(public, RSAKey)
    forms = [public.as_bytes(encoding), public.as_bytes(encoding).strip()]
    for form in forms:
        forger = TokenKey(HS, "first", OctKey(form, form))
        assert untrusted(verifier(key(RS, "first")), bearer(forger))
        assert untrusted(verifier(key(RS, "first"), key(HS, "first")), bearer(forger))


@pytest.mark.parametrize("claimed", ["HS256", "RS256", "ES256", "Ed25519", "EdDSA"])
def test_a_signature_counts_for_its_own_algorithm_only(claimed: str, signer: TokenKey) -> None:
    trusted = verifier(*(key(algorithm, "first") for algorithm in Algorithm))
    forged = bearer(signer, alg=claimed)
    if claimed == signer.algorithm or (claimed, signer.algorithm) == ("EdDSA", ED):
        assert trusted.verify(forged).id == "ann"
    else:
        assert untrusted(trusted, forged)


def test_a_token_of_another_key_is_refused(signer: TokenKey) -> None:
    other = key(signer.algorithm, "first", which=1)
    assert untrusted(verifier(signer), bearer(other))


@pytest.mark.parametrize("size", [0, 1, 31, 32, 63, 64, 65, 256, 1024])
def test_a_signature_of_any_length_is_refused(size: int, signer: TokenKey) -> None:
    head = segment({"alg": signer.algorithm.value, "kid": "first"})
    for byte in (b"\0", b"\xff", b"0"):
        forged = f"Bearer {head}.{segment(claims())}.{urlsafe_b64encode(byte * size).decode()}"
        refusal(verifier(signer), forged)


# -- payloads, signed well -------------------------------------------------------------------
GOOD = json.dumps(claims())[:-1]


@pytest.mark.parametrize(
    "payload",
    [
        b"not json",
        b"[]",
        b"null",
        b"17",
        b'"ann"',
        b"\xff\xfe{}",
        b"[" * 5000,
        b'{"a":' * 800 + b"1" + b"}" * 800,
        f'{GOOD},"deep":{"[" * 40}{"]" * 40}}}',
        f'{GOOD},"sub":"root"}}',
        f'{GOOD},"org":{{"id":1,"id":2}}}}',
        f'{GOOD},"x":NaN}}',
        f'{GOOD},"x":Infinity}}',
        f'{GOOD},"x":1e999}}',
        f'{GOOD},"x":{"9" * 5000}}}',
        f'{GOOD},"x":9223372036854775808}}',
        f'{GOOD},"x":"\\ud800"}}',
        f'{GOOD},"\\udfff":1}}',
        f'{GOOD},"x":"a\\u0000b"}}',
        f'{GOOD},"x":"\ud800"}}',
    ],
)
def test_a_payload_with_no_one_meaning_is_refused(payload: object) -> None:
    signer = key(HS)
    assert verifier(signer).verify(bearer(signer, GOOD + "}")).id == "ann"
    assert untrusted(verifier(signer), bearer(signer, payload))


@given(payload=st.binary(max_size=300))
def test_any_signed_bytes_are_accepted_or_refused(payload: bytes) -> None:
    signer = key(HS)
    refusal(verifier(signer), bearer(signer, payload))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    ),
    st.sampled_from(["sub", "aud", "iss", "exp", "nbf", "iat", "roles", "org"]),
)
def test_any_value_of_a_claim_is_accepted_or_refused(value: object, name: str) -> None:
    signer = key(HS)
    checker, field = verifier(signer), bearer(signer, claims(**{name: value}))
    try:
        actor = checker.verify(field)
    except Problem:
        refusal(checker, field)
    else:
        assert actor.id
        assert all(actor.roles)


@given(st.text(max_size=200))
def test_any_field_is_refused_with_a_problem(text: str) -> None:
    refusal(verifier(key(HS)), text)


# -- tampering -------------------------------------------------------------------------------
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_no_bit_of_a_token_can_be_changed(signer: TokenKey, data: st.DataObject) -> None:
    good = token(signer, claims())
    parts = [bytearray(urlsafe_b64decode(part.encode())) for part in good.split(".")]
    part = data.draw(st.sampled_from(parts))
    bit = data.draw(st.integers(0, len(part) * 8 - 1))
    part[bit // 8] ^= 1 << bit % 8
    changed = ".".join(urlsafe_b64encode(bytes(part)).decode() for part in parts)
    assert untrusted(verifier(signer), f"Bearer {changed}")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_no_character_of_a_token_can_be_changed(signer: TokenKey, data: st.DataObject) -> None:
    good = token(signer, claims())
    place = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.sampled_from("ABQgwYZaz019-_"))
    if good[place] not in (".", other):
        refusal(verifier(signer), f"Bearer {good[:place]}{other}{good[place + 1 :]}")


def test_a_signature_is_written_in_one_way_only() -> None:
    signer = key(HS)
    good = token(signer, claims())
    twins = [
        good[:-1] + last
        for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        if last != good[-1]
        and base64.urlsafe_b64decode(f"{(good[:-1] + last).split('.')[2]}=")
        == urlsafe_b64decode(good.split(".")[2].encode())
    ]
    assert len(twins) == 3
    assert all(untrusted(verifier(signer), f"Bearer {twin}") for twin in twins)


def test_parts_of_two_good_tokens_do_not_mix(signer: TokenKey) -> None:
    ann, bob = (token(signer, claims(sub=name)).split(".") for name in ("ann", "bob"))
    assert untrusted(verifier(signer), f"Bearer {ann[0]}.{bob[1]}.{ann[2]}")
