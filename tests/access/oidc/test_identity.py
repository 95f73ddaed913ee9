"""What a provider says about a person, and which of it is believed."""

from typing import Any

import pytest

from charter.access.oidc.identity import email_of, name_of, proves_email
from charter.access.oidc.plain_oauth import identity_of_profile
from charter.access.oidc.provider import EmailTrust, Endpoints, Provider
from charter.access.oidc.relying import check_subject, identity_of
from charter.access.outbound import Unreachable
from charter.core.codes import PROVIDER_REFUSED
from charter.core.problems import Problem

ISSUER = "https://id.example"
ENDPOINTS = Endpoints("https://a.example", "https://b.example", "https://c.example")


def provider(trust: EmailTrust, *domains: str) -> Provider:
    return Provider("test", ISSUER, "shop", email=trust, email_domains=domains)


@pytest.mark.parametrize(
    ("trust", "verified", "proven"),
    [
        (EmailTrust.NEVER, True, False),
        (EmailTrust.VERIFIED, True, True),
        (EmailTrust.VERIFIED, False, False),
        (EmailTrust.HOSTED, True, False),
        (EmailTrust.ALWAYS, False, True),
    ],
)
def test_how_far_a_provider_is_believed(trust: EmailTrust, verified: bool, proven: bool) -> None:
    assert proves_email(provider(trust), "ann@example.com", verified, None) is proven


@pytest.mark.parametrize(
    ("email", "hosted", "proven"),
    [
        ("ann@gmail.com", None, True),
        ("ann@GMAIL.com", None, True),
        ("ann@example.com", None, False),
        ("ann@example.com", "example.com", True),
        ("ann@example.com", "Example.com", True),
        ("ann@example.com", "other.com", False),
        ("ann@sub.gmail.com", None, False),
        ("ann@example.com", ["example.com"], False),
    ],
)
def test_google_vouches_for_the_domains_that_it_runs(
    email: str, hosted: object, proven: bool
) -> None:
    google = provider(EmailTrust.HOSTED, "gmail.com")
    assert proves_email(google, email, True, hosted) is proven
    assert not proves_email(google, email, False, hosted)


@pytest.mark.parametrize("said", [True, "true"])
def test_verified_is_the_truth_or_its_text(said: object) -> None:
    assert email_of({"email": "a@b.example", "email_verified": said}) == ("a@b.example", True)


@pytest.mark.parametrize("said", [False, None, "false", "True", "yes", 2, ["true"], {}])
def test_all_else_is_not_verified(said: object) -> None:
    assert email_of({"email": "a@b.example", "email_verified": said}) == ("a@b.example", False)
    assert email_of({"email": "a@b.example"}) == ("a@b.example", False)


@pytest.mark.parametrize(
    "email",
    ["", "ann", "@b.example", "a@", "a@b@c", "a b@c.example", "a\n@b.example", "<a@b.example>", 7,
     "a@b.example\r\nBcc: x@y.example", "a" * 65 + "@b.example", None, ["a@b.example"]],
)  # fmt: skip
def test_what_is_no_address_is_none(email: object) -> None:
    assert email_of({"email": email, "email_verified": True}) == (None, False)


def test_the_address_and_its_proof_come_from_one_source() -> None:
    """An address in the one document with a verification in the other is not verified."""
    claims = {"iss": ISSUER, "sub": "1", "email": "ann@example.com"}
    about = {"sub": "1", "email": "mallory@example.com", "email_verified": True}
    identity = identity_of(provider(EmailTrust.VERIFIED), claims, about)
    assert (identity.email, identity.email_proven) == ("ann@example.com", False)


@pytest.mark.parametrize("about", [{}, {"sub": "2"}, {"sub": 1}, {"sub": ["1"]}, {"sub": None}])
def test_user_info_about_somebody_else_is_refused(about: dict[str, Any]) -> None:
    check_subject({"sub": "1"}, "1")
    with pytest.raises(Problem) as caught:
        check_subject(about, "1")
    assert caught.value.code is PROVIDER_REFUSED


def test_a_name_is_one_plain_line() -> None:
    assert name_of({"name": " Ann\r\nAdmin\u202e "}) == "Ann Admin"
    assert name_of({"name": "x" * 500}) == "x" * 200
    assert name_of({"name": 7}) is None
    assert name_of({"name": "\n", "login": "ann"}, ("name", "login")) == "ann"


def test_what_is_known_about_the_sign_in_is_kept() -> None:
    claims = {"iss": ISSUER, "sub": "1", "amr": ("pwd", "otp"), "acr": "2", "auth_time": 12}
    identity = identity_of(provider(EmailTrust.NEVER), claims, {})
    assert (identity.amr, identity.acr, identity.auth_time) == (("pwd", "otp"), "2", 12.0)
    odd = {"iss": ISSUER, "sub": "1", "amr": "pwd", "acr": 2, "auth_time": "now"}
    identity = identity_of(provider(EmailTrust.NEVER), odd, {})
    assert (identity.amr, identity.acr, identity.auth_time) == ((), None, None)


# -- OAuth 2 without OpenID Connect: the documented answers of GitHub ------------------------
def test_githubs_number_is_the_subject_and_its_primary_address_counts() -> None:
    profile = {"id": 583231, "login": "ann", "name": None, "email": "shown@example.com"}
    emails = [
        {"email": "old@example.com", "primary": False, "verified": True},
        {"email": "ann@example.com", "primary": True, "verified": True},
    ]
    identity = identity_of_profile(provider(EmailTrust.VERIFIED), ENDPOINTS, profile, emails)
    assert (identity.issuer, identity.subject, identity.name) == (ISSUER, "583231", "ann")
    assert (identity.email, identity.email_proven) == ("ann@example.com", True)


def test_an_address_of_the_profile_alone_is_not_taken() -> None:
    profile = {"id": 1, "login": "ann", "email": "victim@example.com", "email_verified": True}
    identity = identity_of_profile(provider(EmailTrust.VERIFIED), ENDPOINTS, profile, [])
    assert identity.email is None


@pytest.mark.parametrize("profile", [{}, {"id": None}, {"id": ""}, {"id": True}, {"id": [1]}])
def test_a_profile_without_a_subject_is_nobody(profile: dict[str, Any]) -> None:
    with pytest.raises(Unreachable):
        identity_of_profile(provider(EmailTrust.VERIFIED), ENDPOINTS, profile, [])
