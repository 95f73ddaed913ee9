"""A request with a good token acts for its subject; every other token is refused."""

from typing import Any

import pytest
from joserfc.util import urlsafe_b64encode

from charter.access.keys import Algorithm, KeySet, TokenKey
from charter.access.tokens import LONGEST_TOKEN, TokenVerifier
from charter.plan.actor import ANONYMOUS
from tests.access.forge import (
    NOW,
    RULES,
    Clock,
    bearer,
    claims,
    granted,
    key,
    material,
    refusal,
    segment,
    token,
    untrusted,
    verifier,
)

HS, RS, ES, ED = Algorithm.HS256, Algorithm.RS256, Algorithm.ES256, Algorithm.ED25519


# -- good tokens -----------------------------------------------------------------------------
def test_no_field_is_nobody() -> None:
    assert verifier(key(HS)).verify(None) is ANONYMOUS


def test_a_good_token_names_subject_roles_and_claims(signer: TokenKey) -> None:
    actor = verifier(signer).verify(bearer(signer, claims(org={"id": 7, "tags": ["a"]})))
    assert (actor.id, actor.roles) == ("ann", frozenset({"buyer"}))
    assert actor.claims["org"]["tags"] == ("a",)


def test_what_an_actor_claims_cannot_be_changed() -> None:
    signer = key(HS)
    actor = verifier(signer).verify(bearer(signer, claims(org={"id": 7})))
    with pytest.raises(TypeError):
        actor.claims["org"]["id"] = 8
    with pytest.raises(TypeError):
        actor.claims["sub"] = "bob"  # type: ignore[index]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_is_written_in_any_case(scheme: str) -> None:
    signer = key(HS)
    assert verifier(signer).verify(f"{scheme} {token(signer, claims())}").id == "ann"


@pytest.mark.parametrize("form", ["Bearer   {}", " Bearer {}", "Bearer {} ", "\tBearer {}\t"])
def test_space_around_the_parts_is_no_matter(form: str) -> None:
    signer = key(HS)
    assert verifier(signer).verify(form.format(token(signer, claims()))).id == "ann"


def test_the_older_name_of_ed25519_is_understood() -> None:
    signer = key(ED)
    assert verifier(signer).verify(bearer(signer, alg="EdDSA")).id == "ann"


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "application/at+jwt", None])
def test_the_types_of_access_tokens_are_accepted(typ: str | None) -> None:
    signer = key(HS)
    assert verifier(signer).verify(bearer(signer, typ=typ)).id == "ann"


def test_the_time_is_the_verifiers_own() -> None:
    signer, clock = key(HS), Clock()
    checker = TokenVerifier(KeySet([signer]), RULES, clock=clock)
    good = granted(signer)
    assert checker.verify(good).id == "ann"
    clock.now = NOW + 3600
    assert refusal(checker, good) == "The token has expired."


# -- malformed fields ------------------------------------------------------------------------
@pytest.mark.parametrize(
    "field",
    [
        "",
        " ",
        "Bearer",
        "Bearer ",
        "Bearer a",
        "Bearer a.b",
        "Bearer ..",
        "Bearer a..c",
        "Basic YW5uOnNlY3JldA==",
        "Digest username=ann",
        "Bearer\ta.b.c",
        "Bearera.b.c",
        "Bearer a.b.c d",
        "Bearer a.b.c\n",
        "Bearer a.b.c,Bearer a.b.c",
        "Bearer a. b.c",
        "Bearer a.b.c=",
        "Bearer a+.b/.c",
        "Bearer ä.b.c",
        "Bearer a.b.c\x00",
        "Bearer \ud800.b.c",
        "Bearer a.b.c.d.e",
    ],
)
def test_what_is_not_bearer_and_one_token_is_refused(field: str) -> None:
    said = refusal(verifier(key(HS)), field)
    assert said == "The Authorization field does not have the form `Bearer` and a token."


@pytest.mark.parametrize("mark", [" ", "\n", "\t", ".", "="])
def test_a_good_token_with_a_mark_in_it_is_refused(mark: str) -> None:
    signer = key(HS)
    good = token(signer, claims())
    for place in (1, good.index(".") + 1, len(good) - 1):
        refusal(verifier(signer), f"Bearer {good[:place]}{mark}{good[place:]}")


def test_a_token_longer_than_the_limit_is_refused() -> None:
    signer = key(HS)
    spare = LONGEST_TOKEN - len(token(signer, claims(pad="")))
    fits = spare * 3 // 4 - 8
    while len(token(signer, claims(pad="x" * (fits + 1)))) <= LONGEST_TOKEN:
        fits += 1
    assert verifier(signer).verify(bearer(signer, claims(pad="x" * fits))).id == "ann"
    for pad in (fits + 1, 1_000_000):
        assert "longer than" in refusal(verifier(signer), bearer(signer, claims(pad="x" * pad)))


# -- which key -------------------------------------------------------------------------------
def test_two_keys_serve_while_one_takes_over_from_the_other(signer: TokenKey) -> None:
    old, new = key(signer.algorithm, "old"), key(signer.algorithm, "new", which=1)
    both = verifier(old, new)
    assert both.verify(bearer(old)).id == both.verify(bearer(new)).id == "ann"
    assert untrusted(verifier(new), bearer(old))


def test_with_two_keys_the_kid_must_name_the_right_one(signer: TokenKey) -> None:
    old, new = key(signer.algorithm, "old"), key(signer.algorithm, "new", which=1)
    both = verifier(old, new)
    assert untrusted(both, bearer(old, kid="new"))
    assert untrusted(both, bearer(old, kid="unknown"))
    assert untrusted(both, bearer(old, kid=None))


def test_a_single_key_needs_no_kid_but_none_that_is_wrong(signer: TokenKey) -> None:
    assert verifier(signer).verify(bearer(signer, kid=None)).id == "ann"
    assert untrusted(verifier(signer), bearer(signer, kid="unknown"))


def test_a_key_without_a_name_takes_a_token_with_any_kid() -> None:
    nameless = key(HS)
    assert verifier(nameless).verify(bearer(nameless, kid="what the issuer calls it")).id == "ann"


@pytest.mark.parametrize(
    "kid", [1, True, ["first"], {"kid": "first"}, "../../dev/null", "' or 1=1"]
)
def test_a_kid_is_only_ever_compared(kid: object, signer: TokenKey) -> None:
    assert untrusted(verifier(signer), bearer(signer, kid=kid))


# -- headers ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "extra",
    [
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": 5},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
        {"b64": True},
        {"zip": "DEF"},
        {"enc": "A256GCM"},
        {"typ": "dpop+jwt"},
        {"typ": "logout+jwt"},
        {"typ": 5},
    ],
)
def test_a_header_that_changes_the_meaning_is_refused(
    extra: dict[str, Any], signer: TokenKey
) -> None:
    assert untrusted(verifier(signer), bearer(signer, **extra))


def test_an_unencoded_payload_is_refused(signer: TokenKey) -> None:
    head = segment({"alg": signer.algorithm.value, "crit": ["b64"], "b64": False})
    signed = f"{head}.plain"
    signature = urlsafe_b64encode(signer.sign(signed.encode())).decode()
    assert untrusted(verifier(signer), f"Bearer {signed}.{signature}")


def test_a_key_in_the_header_is_not_trusted(signer: TokenKey) -> None:
    forger = key(signer.algorithm, "first", which=1)
    inside = material(signer.algorithm, 1).as_dict()
    address = "http://127.0.0.1:1/keys"
    for extra in ({"jwk": inside}, {"jku": address}, {"x5u": address}, {"x5c": ["AAAA"]}):
        assert untrusted(verifier(signer), bearer(forger, **extra))
        assert verifier(signer).verify(bearer(signer, **extra)).id == "ann"


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"alg"',
        b"\xff\xfe",
        b"[" * 3000,
        b'{"alg":"HS256","alg":"none"}',
        b'{"alg":"HS256","kid":"\\ud800"}',
        b'\xef\xbb\xbf{"alg":"HS256"}',
        b'{"alg":"HS256"} ,',
    ],
)
def test_a_header_that_is_not_one_plain_object_is_refused(head: bytes) -> None:
    signer = key(HS)
    signed = f"{urlsafe_b64encode(head).decode()}.{segment(claims())}"
    signature = urlsafe_b64encode(signer.sign(signed.encode())).decode()
    refusal(verifier(signer), f"Bearer {signed}.{signature}")


def test_an_encrypted_token_is_refused() -> None:
    head = segment({"alg": "dir", "enc": "A256GCM"})
    assert "form" in refusal(verifier(key(HS)), f"Bearer {head}..AAAA.AAAA.AAAA")
    assert "form" in refusal(verifier(key(HS)), f"Bearer {head}.AAAA.AAAA.AAAA.AAAA")
