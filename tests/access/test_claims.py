"""The claims of a token that is signed well are checked all the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.access.claims import MOST_ROLES, Rules
from charter.access.keys import Algorithm
from charter.core.codes import INVALID_TOKEN
from charter.core.problems import Problem
from charter.plan.actor import Actor
from tests.access.forge import AUDIENCE, ISSUER, NOW, RULES, Clock, bearer, claims, key, verifier

EXPIRED = "The token has expired."
EARLY = "The token is not valid yet."
FOREIGN = "The token is not meant for this service."


def ask(payload: dict[str, Any], rules: Rules = RULES, now: float = NOW) -> Actor:
    signer = key(Algorithm.HS256)
    return verifier(signer, rules=rules, clock=Clock(now)).verify(bearer(signer, payload))


def refusal(payload: dict[str, Any], rules: Rules = RULES, now: float = NOW) -> str:
    with pytest.raises(Problem) as caught:
        ask(payload, rules, now)
    assert caught.value.code is INVALID_TOKEN
    return caught.value.detail.message


# -- time ------------------------------------------------------------------------------------
@pytest.mark.parametrize("leeway", [0, 10])
def test_a_token_expires_at_exp_and_the_leeway(leeway: int) -> None:
    rules = Rules(AUDIENCE, ISSUER, leeway)
    last = NOW + 60 + leeway
    assert ask(claims(), rules, last - 0.001).id == "ann"
    assert refusal(claims(), rules, last) == EXPIRED


@pytest.mark.parametrize("name", ["nbf", "iat"])
@pytest.mark.parametrize("leeway", [0, 10])
def test_a_token_begins_at_its_dates_less_the_leeway(name: str, leeway: int) -> None:
    rules = Rules(AUDIENCE, ISSUER, leeway)
    payload = claims(**{name: NOW + 30})
    assert ask(payload, rules, NOW + 30 - leeway).id == "ann"
    assert refusal(payload, rules, NOW + 30 - leeway - 0.001) == EARLY


def test_the_later_of_two_beginnings_counts() -> None:
    assert refusal(claims(nbf=NOW - 50, iat=NOW + 50)) == EARLY
    assert refusal(claims(nbf=NOW + 50, iat=NOW - 50)) == EARLY


def test_dates_may_have_fractions() -> None:
    payload = claims(exp=NOW + 0.5)
    rules = Rules(AUDIENCE, ISSUER, 0)
    assert ask(payload, rules, NOW + 0.25).id == "ann"
    assert refusal(payload, rules, NOW + 0.5) == EXPIRED


def test_a_token_without_an_end_is_refused() -> None:
    assert refusal(claims(exp=...)) == "The token does not say when it expires."


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("value", ["1800000000", None, True, [1800000000], {"at": 1800000000}])
def test_a_date_is_a_number(name: str, value: object) -> None:
    assert refusal(claims(**{name: value})) == f"The token's `{name}` is not a date."


@given(
    exp=st.integers(-1000, 1000),
    nbf=st.none() | st.integers(-1000, 1000),
    iat=st.none() | st.integers(-1000, 1000),
    leeway=st.integers(0, 300),
)
def test_a_token_is_good_in_just_its_time(
    exp: int, nbf: int | None, iat: int | None, leeway: int
) -> None:
    dates = {"exp": exp, "nbf": nbf, "iat": iat}
    payload = claims(**{n: ... if v is None else int(NOW) + v for n, v in dates.items()})
    starts = [start for start in (nbf, iat) if start is not None]
    good = exp + leeway > 0 and all(start - leeway <= 0 for start in starts)
    rules = Rules(AUDIENCE, ISSUER, leeway)
    if good:
        assert ask(payload, rules).id == "ann"
    else:
        assert refusal(payload, rules) in (EXPIRED, EARLY)


# -- for whom, from whom ---------------------------------------------------------------------
@pytest.mark.parametrize("aud", [AUDIENCE, [AUDIENCE], ["other", AUDIENCE]])
def test_an_audience_is_one_text_or_a_list(aud: object) -> None:
    assert ask(claims(aud=aud)).id == "ann"


@pytest.mark.parametrize(
    "aud",
    [..., None, "other", "Shop", "shop ", "sho", [], ["other"], [AUDIENCE, 1], 7, {AUDIENCE: 1}],
)
def test_another_audience_is_refused(aud: object) -> None:
    assert refusal(claims(aud=aud)) == FOREIGN


@pytest.mark.parametrize("aud", [AUDIENCE, [AUDIENCE], [], None])
def test_without_an_audience_of_its_own_a_service_takes_no_token_for_another(aud: object) -> None:
    nobody = Rules(None, ISSUER)
    assert refusal(claims(aud=aud), nobody) == FOREIGN
    assert ask(claims(aud=...), nobody).id == "ann"


@pytest.mark.parametrize("iss", [..., None, "https://id.example/", "", 7, [ISSUER]])
def test_another_issuer_is_refused(iss: object) -> None:
    assert refusal(claims(iss=iss)) == "The token is not from an issuer that is trusted here."


def test_an_issuer_is_checked_only_where_one_is_set() -> None:
    assert ask(claims(iss="anybody"), Rules(AUDIENCE)).id == "ann"


# -- who -------------------------------------------------------------------------------------
@pytest.mark.parametrize("sub", ["a", "x" * 255, "auth0|5f7c", "Zoë 🙂", "名前"])
def test_a_subject_is_a_text(sub: str) -> None:
    assert ask(claims(sub=sub)).id == sub


@pytest.mark.parametrize("sub", [..., None, "", 7, True, ["ann"], "x" * 256, "a\nb", "a\x1b[2J"])
def test_another_subject_is_refused(sub: object) -> None:
    assert refusal(claims(sub=sub)) == "The token does not name a usable subject."


# -- roles -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given_claims", "roles"),
    [
        ({"roles": ["a", "b", "a"]}, {"a", "b"}),
        ({"roles": []}, set()),
        ({"roles": "a"}, {"a"}),
        ({"roles": "a b"}, {"a b"}),
        ({"role": "a"}, {"a"}),
        ({"role": ["a", "b"]}, {"a", "b"}),
        ({"roles": ["a"], "role": "b"}, {"a"}),
        ({"roles": [], "role": "b"}, set()),
        ({"scope": "admin", "scp": ["admin"], "groups": ["admin"]}, set()),
        ({}, set()),
    ],
)
def test_roles_are_read_from_their_claim(given_claims: dict[str, Any], roles: set[str]) -> None:
    assert ask(claims(**{"roles": ..., **given_claims})).roles == roles


@pytest.mark.parametrize(
    "roles", [7, True, "", {"admin": True}, ["a", 7], ["a", ""], [["a"]], [None], ["a\n"]]
)
def test_roles_that_are_not_texts_are_refused(roles: object) -> None:
    assert refusal(claims(roles=roles)) == "The token's roles cannot be used."


def test_the_number_and_length_of_roles_are_bounded() -> None:
    most = [f"r{number}" for number in range(MOST_ROLES)]
    assert len(ask(claims(roles=most)).roles) == MOST_ROLES
    refusal(claims(roles=[*most, "one more"]))
    refusal(claims(roles=["x" * 256]))


@pytest.mark.parametrize(
    ("name", "payload", "roles"),
    [
        ("groups", {"groups": ["a"], "roles": ["b"]}, {"a"}),
        ("realm_access.roles", {"realm_access": {"roles": ["a"]}}, {"a"}),
        ("https://shop.example/roles", {"https://shop.example/roles": ["a"]}, {"a"}),
        ("realm_access.roles", {"realm_access": ["roles"]}, set()),
        ("realm_access.roles", {"roles": ["a"]}, set()),
    ],
)
def test_the_claim_with_the_roles_can_be_named(
    name: str, payload: dict[str, Any], roles: set[str]
) -> None:
    rules = Rules(AUDIENCE, ISSUER, roles_claims=(name,))
    assert ask(claims(**{"roles": ..., **payload}), rules).roles == roles


@pytest.mark.parametrize(
    ("value", "tenant"),
    [
        ("acme", "acme"),
        (7, "7"),
        (True, None),
        (1.5, None),
        ("", None),
        (["a"], None),
        (None, None),
    ],
)
def test_the_tenant_is_a_text_or_an_integer(value: object, tenant: str | None) -> None:
    assert ask(claims(tenant=value)).tenant == tenant
    assert ask(claims(firm=value), Rules(AUDIENCE, ISSUER, tenant_claim="firm")).tenant == tenant


# -- scopes ----------------------------------------------------------------------------------
SCOPES = {"orders.read": frozenset({"orders:read"}), "all": frozenset({"read", "write"})}


@pytest.mark.parametrize(
    ("given", "scopes"),
    [
        ({"scope": "orders.read"}, {"orders:read"}),
        ({"scope": "openid all orders.read"}, {"read", "write", "orders:read"}),
        ({"scp": ["orders.read", 5, "other"]}, {"orders:read"}),
        ({"scp": "orders.read"}, {"orders:read"}),
        ({"scope": "openid"}, set()),
        ({"scope": 5}, set()),
        ({"scope": "openid", "scp": ["all"]}, set()),
        ({}, set()),
    ],
)
def test_scopes_of_others_stand_for_what_a_table_says(
    given: dict[str, Any], scopes: set[str]
) -> None:
    rules = Rules(AUDIENCE, ISSUER, scopes_table=SCOPES)
    assert ask(claims(**given), rules).scopes == frozenset(scopes)
    assert ask(claims(**given)).scopes is None


@pytest.mark.parametrize("own", [True, False])
def test_what_is_bound_in_a_way_that_means_nothing_here_is_refused(own: bool) -> None:
    rules = Rules(AUDIENCE, ISSUER, own=own)
    payload = claims(authorization_details=[{"type": "payment"}])
    assert "authorization details" in refusal(payload, rules)
