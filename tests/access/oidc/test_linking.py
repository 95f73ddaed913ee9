"""Nobody gets into an account by an e-mail address that is not proven to be theirs."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.access.oidc.identity import Identity
from charter.access.oidc.linking import Confirm, Create, Known, Link, Refuse, SignIn, Why, decide

EMAIL = "ann@example.com"
PROVEN = Identity("https://id.example", "1", EMAIL, email_verified=True, email_proven=True)
CLAIMED = Identity("https://id.example", "2", EMAIL)
VERIFIED_BY_ANYBODY = Identity("https://id.example", "3", EMAIL, email_verified=True)
NAMELESS = Identity("https://id.example", "4")

accounts = st.none() | st.sampled_from(["a", "b"])
identities = st.builds(
    Identity,
    issuer=st.just("https://id.example"),
    subject=st.just("1"),
    email=st.none() | st.just(EMAIL),
    email_verified=st.booleans(),
    email_proven=st.booleans(),
)
situations = st.builds(
    Known, linked=accounts, signed_in=accounts, account=accounts, account_verified=st.booleans()
)


def test_who_is_linked_is_signed_in_whatever_the_address_is_now() -> None:
    known = Known(linked="a", account="b", account_verified=True)
    for identity in (PROVEN, CLAIMED, NAMELESS):
        assert decide(identity, known) == SignIn("a")


def test_a_proven_address_finds_the_account_that_has_proven_it_too() -> None:
    assert decide(PROVEN, Known(account="a", account_verified=True)) == Link("a")


def test_a_proven_address_without_an_account_makes_one() -> None:
    assert decide(PROVEN, Known()) == Create(EMAIL)


@pytest.mark.parametrize("identity", [CLAIMED, VERIFIED_BY_ANYBODY])
def test_an_unproven_address_gives_the_same_answer_with_and_without_an_account(
    identity: Identity,
) -> None:
    for known in (Known(), Known(account="a"), Known(account="a", account_verified=True)):
        assert decide(identity, known) == Confirm(EMAIL)


def test_an_account_that_somebody_made_in_advance_is_not_shared_with_its_owner() -> None:
    assert decide(PROVEN, Known(account="a")) == Refuse(Why.ACCOUNT_UNVERIFIED)


def test_who_is_signed_in_adds_the_identity_to_that_account() -> None:
    for identity in (PROVEN, CLAIMED, NAMELESS):
        known = Known(signed_in="b", account="a", account_verified=True)
        assert decide(identity, known) == Link("b")


def test_an_identity_of_another_account_is_not_taken_from_it() -> None:
    known = Known(linked="a", signed_in="b")
    assert decide(PROVEN, known) == Refuse(Why.LINKED_ELSEWHERE)


def test_without_an_address_there_is_no_account() -> None:
    assert decide(NAMELESS, Known()) == Refuse(Why.NO_EMAIL)


@given(identities, situations)
def test_an_account_is_only_entered_by_a_link_a_session_or_a_proof(
    identity: Identity, known: Known
) -> None:
    match decide(identity, known):
        case SignIn(account):
            assert account == known.linked
        case Link(account) if known.signed_in is not None:
            assert account == known.signed_in
        case Link(account):
            assert account == known.account
            assert identity.email_proven
            assert known.account_verified
        case Create():
            assert identity.email_proven
            assert known.account is None
        case Confirm() | Refuse():
            assert known.linked is None or known.signed_in not in (None, known.linked)


@given(identities, situations)
def test_an_unproven_address_says_nothing_about_accounts(identity: Identity, known: Known) -> None:
    unproven = replace(identity, email_proven=False)
    without = replace(known, account=None, account_verified=False)
    assert decide(unproven, known) == decide(unproven, without)
