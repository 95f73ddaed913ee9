"""An ID token says who somebody is only when everything about it is right."""

from collections.abc import Mapping
from typing import Any

import pytest
from joserfc.util import urlsafe_b64encode

from charter.access.jwks import public_jwks, read_published
from charter.access.keys import Algorithm, KeySet, TokenKey, secret_key
from charter.access.oidc.id_token import OLDEST, Expected, token_hash, verify_id_token
from charter.access.tokens import UnknownKey
from charter.core.codes import PROVIDER_REFUSED
from charter.core.problems import Problem
from tests.access.forge import NOW, key, material, segment, token

ISSUER, CLIENT, NONCE, ACCESS = "https://id.example", "shop", "n-0S6_WzA2Mj", "access-token"
EXPECTED = Expected(ISSUER, CLIENT, NONCE)
ASYMMETRIC = [Algorithm.RS256, Algorithm.ES256, Algorithm.ED25519]


def good(**changed: Any) -> dict[str, Any]:
    """Good claims, with changes; one that is changed to `...` is left out."""
    claims = {
        "iss": ISSUER,
        "sub": "248289761001",
        "aud": CLIENT,
        "exp": int(NOW) + 300,
        "iat": int(NOW),
        "nonce": NONCE,
    }
    return {name: value for name, value in {**claims, **changed}.items() if value is not ...}


@pytest.fixture(params=ASYMMETRIC, ids=str)
def issuer_key(request: pytest.FixtureRequest) -> TokenKey:
    algorithm: Algorithm = request.param
    return key(algorithm, "first")


def published(*keys: TokenKey) -> KeySet:
    return read_published(public_jwks(keys), "test")


def checked(
    text: str, keys: KeySet, expected: Expected = EXPECTED, now: float = NOW
) -> Mapping[str, Any]:
    return verify_id_token(text, keys, expected, ACCESS, now=now)


def refusal(text: str, keys: KeySet, expected: Expected = EXPECTED, now: float = NOW) -> str:
    with pytest.raises(Problem) as caught:
        checked(text, keys, expected, now)
    assert caught.value.code is PROVIDER_REFUSED
    return caught.value.detail.message


def test_a_good_one_gives_its_claims(issuer_key: TokenKey) -> None:
    text = token(issuer_key, good())
    assert checked(text, published(issuer_key))["sub"] == "248289761001"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://id.example/"},
        {"iss": ...},
        {"iss": ["https://id.example"]},
        {"sub": ...},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"aud": ...},
        {"aud": "other"},
        {"aud": []},
        {"aud": {"shop": True}},
        {"aud": ["other"], "azp": CLIENT},
        {"aud": [CLIENT, "other"]},
        {"aud": [CLIENT, "other"], "azp": "other"},
        {"azp": "other"},
        {"azp": 7},
        {"exp": ...},
        {"exp": int(NOW) - 61},
        {"exp": "tomorrow"},
        {"exp": True},
        {"iat": ...},
        {"iat": int(NOW) + 61},
        {"iat": int(NOW - OLDEST) - 61},
        {"nbf": int(NOW) + 61},
        {"nonce": ...},
        {"nonce": ""},
        {"nonce": NONCE + "x"},
        {"nonce": ["n-0S6_WzA2Mj"]},
        {"at_hash": "wrong"},
        {"at_hash": ""},
        {"at_hash": None},
    ],
    ids=str,
)
def test_a_claim_that_is_wrong_or_missing_is_refused(
    changed: dict[str, Any], issuer_key: TokenKey
) -> None:
    refusal(token(issuer_key, good(**changed)), published(issuer_key))


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": [CLIENT]},
        {"aud": [CLIENT], "azp": CLIENT},
        {"aud": [CLIENT, "other"], "azp": CLIENT},
        {"exp": int(NOW) - 59},
        {"iat": int(NOW) + 59},
        {"nbf": int(NOW) + 59},
    ],
    ids=str,
)
def test_what_is_within_the_rules_is_accepted(
    changed: dict[str, Any], issuer_key: TokenKey
) -> None:
    assert checked(token(issuer_key, good(**changed)), published(issuer_key))


def test_the_hash_binds_it_to_the_access_token(issuer_key: TokenKey) -> None:
    plain = token(issuer_key, good())
    bound = token(issuer_key, good(at_hash=token_hash(plain, ACCESS)))
    assert checked(bound, published(issuer_key))
    stolen = token(issuer_key, good(at_hash=token_hash(plain, "another")))
    assert "another access token" in refusal(stolen, published(issuer_key))


def test_the_sign_in_is_not_older_than_was_asked_for(issuer_key: TokenKey) -> None:
    keys, recent = published(issuer_key), Expected(ISSUER, CLIENT, NONCE, max_age=100)
    assert checked(token(issuer_key, good(auth_time=NOW - 100)), keys, recent)
    assert "too long ago" in refusal(token(issuer_key, good(auth_time=NOW - 161)), keys, recent)
    assert "too long ago" in refusal(token(issuer_key, good()), keys, recent)


# -- keys and algorithms ---------------------------------------------------------------------
@pytest.mark.parametrize("name", ["none", "None", "nOnE", ""])
def test_an_unsigned_one_is_refused(name: str, issuer_key: TokenKey) -> None:
    head = segment({"alg": name, "kid": "first"})
    for signature in ("", "AA"):
        refusal(f"{head}.{segment(good())}.{signature}", published(issuer_key))


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_a_public_key_or_a_client_secret_is_no_hmac_key(algorithm: Algorithm) -> None:
    """Algorithm confusion (RFC 8725, 2.1): everybody has the public key."""
    keys = published(key(algorithm, "first"))
    public = material(algorithm).as_dict(private=False)
    for secret in (str(public).encode(), b"the client secret of this service"):
        forger = secret_key(secret.ljust(32, b"."), "first", "test")
        with pytest.raises(UnknownKey):
            checked(token(forger, good()), keys)


def test_a_published_secret_is_no_key() -> None:
    real, secret = key(Algorithm.ES256, "first"), material(Algorithm.HS256).as_dict(private=True)
    document = public_jwks([real]).replace(b'{"keys":[', b'{"keys":[' + segment_free(secret) + b",")
    keys = read_published(document, "test")
    assert [each.algorithm for each in keys] == [Algorithm.ES256]


def segment_free(jwk: Mapping[str, Any]) -> bytes:
    members = ",".join(f'"{name}":"{value}"' for name, value in jwk.items())
    return f'{{{members},"kid":"first","alg":"HS256"}}'.encode()


@pytest.mark.parametrize("kid", ["second", "../../etc/passwd", "' or '1'='1", "first\0", ""])
def test_a_kid_finds_a_published_key_or_nothing(kid: str, issuer_key: TokenKey) -> None:
    with pytest.raises(Problem):
        checked(token(issuer_key, good(), kid=kid), published(issuer_key))


def test_a_key_in_the_header_is_not_trusted(issuer_key: TokenKey) -> None:
    forger = key(issuer_key.algorithm, "first", which=1)
    inside = material(issuer_key.algorithm, 1).as_dict(private=False)
    for extra in ({"jwk": inside}, {"jku": "http://127.0.0.1:1/keys"}, {"x5c": ["AAAA"]}):
        refusal(token(forger, good(), **extra), published(issuer_key))


@pytest.mark.parametrize("typ", ["at+jwt", "application/at+jwt", "logout+jwt", "dpop+jwt"])
def test_a_token_of_another_kind_is_no_id_token(typ: str, issuer_key: TokenKey) -> None:
    refusal(token(issuer_key, good(), typ=typ), published(issuer_key))


@pytest.mark.parametrize("text", ["", "a", "a.b", "a.b.c", "a.b.c.d", "..", "a.b.c\n", "é.b.c"])
def test_what_is_no_token_is_refused(text: str, issuer_key: TokenKey) -> None:
    refusal(text, published(issuer_key))


def test_a_changed_one_is_refused(issuer_key: TokenKey) -> None:
    head, _, signature = token(issuer_key, good()).split(".")
    refusal(f"{head}.{segment(good(sub='mallory'))}.{signature}", published(issuer_key))


def test_a_signature_by_a_key_of_another_issuer_is_refused(issuer_key: TokenKey) -> None:
    another = key(issuer_key.algorithm, "first", which=1)
    refusal(token(another, good()), published(issuer_key))


def test_a_header_with_two_meanings_is_refused(issuer_key: TokenKey) -> None:
    head = urlsafe_b64encode(b'{"alg":"none","alg":"RS256"}').decode()
    refusal(f"{head}.{segment(good())}.AAAA", published(issuer_key))
