"""Keys are read from secrets, PEM and JWKS; what cannot be used is named, and never shown."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from charter.access.keyfiles import LARGEST_FILE, read_keys
from charter.access.keys import MOST_KEYS, Algorithm, BadKey, KeySet, TokenKey, secret_key
from tests.access.forge import granted, key, material, verifier

HS, RS, ES, ED = Algorithm.HS256, Algorithm.RS256, Algorithm.ES256, Algorithm.ED25519
PUBLIC = [RS, ES, ED]


def saved(folder: Path, content: object) -> Path:
    path = folder / "keys"
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    path.write_bytes(data)
    return path


def fault(path: Path) -> str:
    with pytest.raises(BadKey) as caught:
        read_keys(path)
    assert str(path) in str(caught.value)
    assert caught.value.__cause__ is None
    return str(caught.value)


def jwk(algorithm: Algorithm, *, private: bool = False, **more: Any) -> dict[str, Any]:
    return {**material(algorithm).as_dict(private=private), **more}


def pem(algorithm: Algorithm, *, private: bool = False) -> bytes:
    found = material(algorithm)
    assert isinstance(found, RSAKey | ECKey | OKPKey)
    return found.as_pem(private=private)


# -- secrets ---------------------------------------------------------------------------------
def test_a_secret_has_at_least_32_bytes() -> None:
    assert secret_key(b"s" * 32, None, "SECRET").algorithm is HS
    with pytest.raises(BadKey, match="SECRET: 31 bytes long; at least 32 are needed"):
        secret_key(b"s" * 31, None, "SECRET")


@pytest.mark.parametrize("algorithm", PUBLIC)
def test_a_public_key_is_no_secret(algorithm: Algorithm) -> None:
    found = material(algorithm)
    assert isinstance(found, RSAKey | ECKey | OKPKey)
    for form in (found.as_pem(), found.as_pem().strip(), b"\n\n" + found.as_pem(), found.as_der()):
        with pytest.raises(BadKey, match="SECRET: this is a"):
            secret_key(form, None, "SECRET")


@pytest.mark.parametrize("start", [b"ssh-ed25519 AAAA", b"-----BEGIN PRIVATE KEY-----"])
def test_what_looks_like_a_key_file_is_no_secret(start: bytes) -> None:
    with pytest.raises(BadKey, match="give it as a key file"):
        secret_key(start + b"x" * 40, None, "SECRET")


# -- PEM -------------------------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", PUBLIC)
@pytest.mark.parametrize("private", [True, False])
def test_a_pem_key_serves_its_own_algorithm(
    algorithm: Algorithm, private: bool, tmp_path: Path
) -> None:
    (found,) = read_keys(saved(tmp_path, pem(algorithm, private=private)))
    assert (found.algorithm, found.kid, found.can_sign) == (algorithm, None, private)
    assert verifier(found).verify(granted(key(algorithm))).id == "ann"


def test_a_weak_rsa_key_is_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="2048"):
        weak = RSAKey.generate_key(1024)
    path = saved(tmp_path, weak.as_pem())
    assert "an RSA key of 1024 bits; at least 2048" in fault(path)
    path = saved(tmp_path, {"keys": [weak.as_dict(private=False)]})
    assert "key 1: an RSA key of 1024 bits; at least 2048" in fault(path)


@pytest.mark.parametrize("curve", ["P-384", "P-521", "secp256k1"])
def test_another_curve_in_pem_is_refused(curve: str, tmp_path: Path) -> None:
    assert "not an RSA, EC P-256" in fault(saved(tmp_path, ECKey.generate_key(curve).as_pem()))


@pytest.mark.parametrize("curve", ["Ed448", "X25519"])
def test_another_okp_curve_in_pem_is_refused(curve: Any, tmp_path: Path) -> None:
    assert "not an RSA, EC P-256" in fault(saved(tmp_path, OKPKey.generate_key(curve).as_pem()))


def test_an_encrypted_key_is_refused(tmp_path: Path) -> None:
    found = material(RS)
    assert isinstance(found, RSAKey)
    path = saved(tmp_path, found.as_pem(private=True, password="secret"))
    assert "the key is encrypted" in fault(path)


def test_a_file_has_one_pem_block(tmp_path: Path) -> None:
    assert "several PEM blocks" in fault(saved(tmp_path, pem(RS) + pem(ES)))


@pytest.mark.parametrize(
    "content",
    [
        b"-----BEGIN PUBLIC KEY-----\nSECRETSECRET\n-----END PUBLIC KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\n\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN CERTIFICATE-----\nSECRETSECRET\n-----END CERTIFICATE-----\n",
        b"-----BEGIN ",
        b"SECRETSECRETSECRETSECRETSECRETSECRETSECRET",
        b"",
        b"\x00\xff" * 40,
    ],
)
def test_a_file_that_is_no_key_is_refused(content: bytes, tmp_path: Path) -> None:
    assert "SECRETSECRET" not in fault(saved(tmp_path, content))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert "No such file" in fault(tmp_path / "missing.pem")
    assert "directory" in fault(tmp_path)
    assert "larger than" in fault(saved(tmp_path, b" " * (LARGEST_FILE + 1)))


# -- JWK and JWKS ----------------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", list(Algorithm))
@pytest.mark.parametrize("private", [True, False])
def test_a_jwk_serves_its_own_algorithm(
    algorithm: Algorithm, private: bool, tmp_path: Path
) -> None:
    entry = jwk(algorithm, private=private, kid="one", use="sig")
    for content in (entry, {"keys": [entry]}):
        (found,) = read_keys(saved(tmp_path, content))
        assert (found.algorithm, found.kid) == (algorithm, "one")
        assert found.can_sign is (private or algorithm is HS)
        assert verifier(found).verify(granted(key(algorithm, "one"))).id == "ann"


def test_a_set_has_several_keys(tmp_path: Path) -> None:
    entries = [jwk(algorithm, kid=f"key-{algorithm}") for algorithm in Algorithm]
    keys = read_keys(saved(tmp_path, {"keys": entries}))
    assert [found.algorithm for found in keys] == list(Algorithm)
    for algorithm in Algorithm:
        assert verifier(*keys).verify(granted(key(algorithm, f"key-{algorithm}"))).id == "ann"


def test_keys_for_other_things_are_passed_over(tmp_path: Path) -> None:
    others: list[Any] = [
        jwk(RS, use="enc"),
        jwk(RS, alg="RSA-OAEP"),
        jwk(RS, alg="RS512"),
        jwk(RS, alg={"name": "RS256"}),
        jwk(RS, key_ops=["encrypt"]),
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"},
        {"kty": "EC", "crv": "P-384", "x": "AAAA", "y": "AAAA"},
        {"kty": 5},
        {},
    ]
    keys = read_keys(saved(tmp_path, {"keys": [*others, jwk(ES, kid="ours")]}))
    assert [found.kid for found in keys] == ["ours"]
    assert "no key for HS256" in fault(saved(tmp_path, {"keys": others}))


@pytest.mark.parametrize(
    ("algorithm", "alg"),
    [(RS, "HS256"), (RS, "ES256"), (HS, "RS256"), (ES, "EdDSA"), (ED, "ES256")],
)
def test_a_key_cannot_claim_the_algorithm_of_another_type(
    algorithm: Algorithm, alg: str, tmp_path: Path
) -> None:
    assert f"cannot be for {alg}" in fault(saved(tmp_path, {"keys": [jwk(algorithm, alg=alg)]}))


def test_the_older_name_of_ed25519_is_read(tmp_path: Path) -> None:
    (found,) = read_keys(saved(tmp_path, jwk(ED, alg="EdDSA")))
    assert found.algorithm is ED


@pytest.mark.parametrize(
    "entry",
    [
        {"kty": "RSA", "n": "SECRETSECRET", "e": "AQAB"},
        {"kty": "RSA", "n": 5, "e": "AQAB"},
        {"kty": "RSA"},
        {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"},
        {"kty": "EC"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"},
        {"kty": "OKP"},
        {"kty": "oct", "k": "SECRETSECRET"},
        {"kty": "oct", "k": "!!"},
        {"kty": "oct", "k": 5},
        {"kty": "oct"},
        {"kty": "oct", "k": "U0VDUkVUU0VDUkVUU0VDUkVUU0VDUkVUU0VDUkVUU0VDUkVU", "kid": 5},
        {"kty": "oct", "k": "U0VDUkVUU0VDUkVUU0VDUkVUU0VDUkVUU0VDUkVUU0VDUkVU", "kid": ""},
    ],
)
def test_a_jwk_that_is_broken_is_named_by_its_place(entry: dict[str, Any], tmp_path: Path) -> None:
    said = fault(saved(tmp_path, {"keys": [jwk(ES, kid="good"), entry]}))
    assert "key 2: " in said
    assert "SECRETSECRET" not in said
    assert "U0VDUkVU" not in said


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b'{"keys": 5}',
        b'{"keys": [5]}',
        b'{"keys": []}',
        b'{"kty": "oct", "kty": "RSA"}',
        b'{"a": ' * 200_000,
        b"{\xff}",
    ],
)
def test_a_set_that_is_broken_is_refused(content: bytes, tmp_path: Path) -> None:
    fault(saved(tmp_path, content))


def test_the_number_of_keys_is_bounded(tmp_path: Path) -> None:
    entries = [jwk(ES, kid=str(number)) for number in range(MOST_KEYS + 1)]
    assert len(KeySet(read_keys(saved(tmp_path, {"keys": entries[:-1]})))) == MOST_KEYS
    assert "at most" in fault(saved(tmp_path, {"keys": entries}))


# -- sets ------------------------------------------------------------------------------------
@pytest.mark.parametrize("kids", [(None, None), ("one", None), ("one", "one")])
def test_keys_for_one_algorithm_need_names_of_their_own(kids: tuple[str | None, ...]) -> None:
    keys = [key(HS, kid, which) for which, kid in enumerate(kids)]
    with pytest.raises(BadKey, match="2 keys for HS256: each needs a `kid` of its own"):
        KeySet(keys)


def test_a_set_is_never_empty() -> None:
    with pytest.raises(BadKey):
        KeySet([])


def test_a_set_signs_with_its_first_private_key(tmp_path: Path) -> None:
    (public,) = read_keys(saved(tmp_path, pem(RS)))
    assert KeySet([public, key(ES)]).signing_key().algorithm is ES
    with pytest.raises(BadKey, match="only public keys"):
        KeySet([public]).signing_key()
    with pytest.raises(BadKey, match="cannot sign"):
        public.sign(b"text")


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_no_key_shows_itself(algorithm: Algorithm) -> None:
    found = material(algorithm)
    shown = repr(KeySet([key(algorithm, "name")])) + str(key(algorithm, "name"))
    secrets = [value for value in found.as_dict(private=True).values() if len(value) > 20]
    assert secrets
    assert not any(str(value) in shown for value in secrets)
    assert "name" in shown
    assert type(found).__name__ not in shown


def test_a_secret_does_not_show_itself() -> None:
    raw = os.urandom(32)
    shown = repr(TokenKey(HS, None, OctKey.import_key(raw)))
    assert repr(raw)[2:-1] not in shown
