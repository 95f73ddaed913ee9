"""A token that is issued here says what was granted, and verifies."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt

from charter.access.claims import Rules
from charter.access.issue import Grant, issue_token
from charter.access.keys import Algorithm
from tests.access.forge import NOW, Clock, key, material, verifier

_NAMES = st.text(
    st.characters(min_codepoint=32, exclude_categories=["Cs"], exclude_characters="\x7f"),
    min_size=1,
    max_size=40,
)


@given(
    subject=_NAMES,
    roles=st.lists(_NAMES, max_size=5, unique=True),
    audience=st.none() | _NAMES,
    issuer=st.none() | _NAMES,
    lifetime=st.integers(1, 10**9),
)
def test_what_is_granted_is_what_is_read(
    subject: str, roles: list[str], audience: str | None, issuer: str | None, lifetime: int
) -> None:
    signer = key(Algorithm.HS256)
    grant = Grant(subject, tuple(roles), audience, issuer, lifetime, {"org": "o-1"})
    checker = verifier(signer, rules=Rules(audience, issuer, leeway=0), clock=Clock(NOW))
    actor = checker.verify("Bearer " + issue_token(signer, grant, now=NOW))
    assert (actor.id, actor.roles) == (subject, frozenset(roles))
    assert actor.claims["exp"] - actor.claims["iat"] == lifetime
    assert actor.claims["org"] == "o-1"


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_reader_that_is_not_ours_agrees(algorithm: Algorithm) -> None:
    issued = issue_token(key(algorithm, "k1"), Grant("ann", ("buyer",)), now=NOW)
    read = jwt.decode(issued, material(algorithm), algorithms=[algorithm.value])
    assert read.header == {"alg": algorithm.value, "typ": "JWT", "kid": "k1"}
    assert read.claims == {
        "sub": "ann",
        "roles": ["buyer"],
        "iat": int(NOW),
        "exp": int(NOW) + 3600,
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": ""},
        {"lifetime": 0},
        {"lifetime": -1},
        {"claims": {"exp": 1}},
        {"claims": {"sub": "bob"}},
        {"claims": {"roles": ["admin"]}},
    ],
)
def test_a_grant_that_contradicts_itself_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"token|fields"):
        Grant(**{"subject": "ann", **wrong})


@pytest.mark.parametrize("value", [float("nan"), object()])
def test_claims_are_json(value: object) -> None:
    grant = Grant("ann", claims={"x": value})
    with pytest.raises((ValueError, TypeError)):
        issue_token(key(Algorithm.HS256), grant, now=NOW)
