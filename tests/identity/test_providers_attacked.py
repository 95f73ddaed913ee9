"""Signing in with a provider, as those do it who want somebody else's account."""

import asyncio
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from charter.serve.identity.logins import login_of
from tests.identity.guests import PENDING, Guest, with_provider
from tests.identity.people import ORIGIN, Place, code_of
from tests.support.oidc.provider import OpenIdProvider, parameters

ANN = "ann@example.com"
BEN = "ben@example.com"


# -- answers of other sign-ins ---------------------------------------------------------------
async def test_an_answer_counts_once(club: Place) -> None:
    guest = Guest(club, "ann")
    back = await guest.goes()
    kept = dict(guest.cookies)
    assert (await guest.get(back)).status_code == 303
    guest.cookies = kept
    assert code_of(await guest.get(back)) == "invalid_callback"


async def test_of_two_that_bring_an_answer_at_once_one_is_signed_in(club: Place) -> None:
    guest = Guest(club, "ann")
    back = await guest.goes()
    answers = await asyncio.gather(guest.get(back), guest.get(back))
    assert sorted(answer.status_code for answer in answers) == [303, 422]
    assert len(await club.rows("SELECT id FROM charter_sessions")) == 1


async def test_somebody_new_who_comes_twice_at_once_gets_one_account(club: Place) -> None:
    one, other = Guest(club, "ann"), Guest(club, "ann")
    first, second = await one.goes(), await other.goes()
    answers = await asyncio.gather(one.get(first), other.get(second))
    assert [answer.status_code for answer in answers] == [303, 303]
    assert await one.id() == await other.id()
    assert len(await club.rows("SELECT id FROM customers")) == 1


async def test_an_answer_counts_in_the_browser_that_began(club: Place) -> None:
    """Whoever is made to follow a stranger's answer is not signed in as the stranger."""
    mallory, ann = Guest(club, "ben"), Guest(club, "ann")
    back = await mallory.goes()
    assert code_of(await ann.get(back)) == "invalid_callback"
    await ann.leaves()
    assert code_of(await ann.get(back)) == "invalid_callback"
    assert await ann.is_out()
    # Nothing was used up for the one who began.
    assert (await mallory.get(back)).status_code == 303


async def test_an_answer_with_another_state_or_none_is_refused(club: Place) -> None:
    guest = Guest(club, "ann")
    back = await guest.goes()
    state = parameters("?" + back.partition("?")[2])["state"]
    for wrong in ("x" * 43, "", "%00", quote("ä"), state[:-1], state + "&state=" + state):
        assert code_of(await guest.get(back.replace(state, wrong))) == "invalid_callback"
    path, _, _ = back.partition("?")
    assert code_of(await guest.get(path)) == "invalid_callback"
    assert (await guest.get(back)).status_code == 303


async def test_a_cookie_of_any_other_form_binds_nothing(club: Place) -> None:
    guest = Guest(club, "ann")
    back = await guest.goes()
    for wrong in ("", "x", "x" * 44, "x" * 43):
        guest.cookies = {PENDING: wrong}
        assert code_of(await guest.get(back)) == "invalid_callback"


async def test_an_answer_that_was_proven_in_another_sign_in_is_refused(club: Place) -> None:
    """The ID token has the nonce of another sign-in."""
    guest = Guest(club, "ann")
    url = await guest.leaves()
    back = await guest.visits(url.replace(parameters(url)["nonce"], "another"))
    assert code_of(await guest.get(back)) == "provider_refused"
    assert code_of(await guest.get(back)) == "invalid_callback"
    assert await guest.is_out()


async def test_a_stolen_code_is_of_no_use(club: Place) -> None:
    ann, mallory = Guest(club, "ann"), Guest(club, "ben")
    stolen, own = await ann.goes(), await mallory.goes()
    code = parameters("?" + stolen.partition("?")[2])["code"]
    mine = parameters("?" + own.partition("?")[2])["code"]
    assert code_of(await mallory.get(own.replace(mine, code))) == "provider_refused"
    assert await mallory.is_out()


@pytest.mark.parametrize("issuer", ["https://evil.example", ""])
async def test_an_answer_of_another_issuer_is_refused(club: Place, issuer: str) -> None:
    guest = Guest(club, "ann")
    back = await guest.goes()
    own = parameters("?" + back.partition("?")[2])["iss"]
    forged = back.replace(quote(own, safe=""), quote(issuer, safe=""))
    assert forged != back
    assert code_of(await guest.get(forged)) == "invalid_callback"
    assert await guest.is_out()


async def test_who_declines_at_the_provider_is_not_signed_in(club: Place) -> None:
    guest = Guest(club, "ben")
    back = await guest.visits(await guest.leaves(), consents=False)
    answer = await guest.get(back)
    assert (answer.status_code, code_of(answer)) == (401, "provider_refused")
    assert "access_denied" in answer.json()["detail"]


# -- where a browser is led ------------------------------------------------------------------
@pytest.mark.parametrize(
    "path",
    [
        "//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "evil",
        "/%0d%0aSet-Cookie:%20x=y", "javascript:alert(1)", "/%09/evil.example", "", "%00",
        ORIGIN + ".evil.example",
    ],
)  # fmt: skip
async def test_nobody_is_led_elsewhere(club: Place, path: str) -> None:
    guest = Guest(club, "ann")
    answer = await guest.get(f"auth/providers/test/start?return_to={path}")
    assert code_of(answer) == "invalid_parameter"
    assert "location" not in answer.headers
    await guest.has_account("other@example.com")
    said = {"return_to": unquote(path)}
    linking = await guest.send("POST", "auth/providers/test/start", said)
    assert code_of(linking) in {"invalid_parameter", "invalid_values"}


async def test_what_a_request_says_is_not_where_the_provider_answers_to(club: Place) -> None:
    headers = {"host": "evil.example", "x-forwarded-host": "evil.example"}
    begun = await Guest(club, "ann").send(
        "GET", "auth/providers/test/start?redirect_uri=x", headers=headers
    )
    assert code_of(begun) == "invalid_parameter"
    begun = await Guest(club, "ann").send("GET", "auth/providers/test/start", headers=headers)
    assert "evil" not in begun.headers["location"]


async def test_a_page_of_another_site_signs_nobody_in(club: Place) -> None:
    foreign = {"sec-fetch-site": "cross-site"}
    answer = await Guest(club, "ann").send("GET", "auth/providers/test/start", headers=foreign)
    assert code_of(answer) == "cross_site_request"


# -- takeovers -------------------------------------------------------------------------------
async def test_who_only_says_that_an_address_is_theirs_does_not_get_the_account(
    club: Place,
) -> None:
    await club.person(ANN)
    mallory, ann = Guest(club, "mallory"), Guest(club, "ann")
    assert "check-mail" in (await mallory.signs_in()).headers["location"]
    assert await mallory.is_out()
    # Ann gets the letter and opens it: it is not her browser that began.
    token = await club.token_for(ANN)
    await ann.leaves()
    for browser in (ann, Guest(club, "ann")):
        opened = await browser.send("POST", "auth/verify", {"token": token})
        assert code_of(opened) == "invalid_one_time_token"
    assert "check-mail" in (await mallory.signs_in()).headers["location"]
    assert await club.rows("SELECT id FROM charter_identities") == []


async def test_an_unproven_address_tells_nothing_about_accounts(club: Place) -> None:
    unknown = await Guest(club, "mallory").signs_in()
    await club.token_for(ANN)
    await club.registered(ANN)
    known = await Guest(club, "mallory").signs_in()
    await club.token_for(ANN)
    assert unknown.headers["location"] == known.headers["location"]
    assert unknown.status_code == known.status_code


async def test_nobodys_mailbox_is_filled(club: Place) -> None:
    codes = [(await Guest(club, "mallory").signs_in()).status_code for _ in range(5)]
    assert codes[:3] == [303, 303, 303]
    assert 429 in codes
    assert len(await club.letters()) < 5


async def test_an_account_that_never_proved_its_address_is_not_shared(club: Place) -> None:
    """Somebody may wait in it."""
    await club.person(ANN)
    await club.sql("UPDATE customers SET email_verified = false")
    answer = await Guest(club, "ann").signs_in()
    assert code_of(answer) == "identity_not_linked"
    assert answer.json()["reason"] == "account_unverified"


@pytest.mark.parametrize("person", ["nobody", "odd"])
async def test_somebody_without_an_address_is_refused(club: Place, person: str) -> None:
    answer = await Guest(club, person).signs_in()
    assert code_of(answer) == "identity_not_linked"
    assert answer.json()["reason"] == "no_email"


# -- adding to an account --------------------------------------------------------------------
async def test_only_who_is_signed_in_adds_an_identity(club: Place) -> None:
    answer = await Guest(club, "ann").send("POST", "auth/providers/test/start", {})
    assert answer.status_code == 401


async def test_a_page_of_another_site_adds_nothing_to_an_account(club: Place) -> None:
    """It could have signed the browser in at the provider as its own user."""
    guest = Guest(club, "ben")
    mine = await guest.has_account(ANN)
    foreign = {"sec-fetch-site": "cross-site"}
    asked = await guest.send("POST", "auth/providers/test/start", {}, headers=foreign)
    assert code_of(asked) == "cross_site_request"
    # The way that any page can send a browser signs in, and links nothing.
    await guest.signs_in()
    assert await guest.id() != mine


async def test_an_identity_of_another_account_is_not_moved(club: Place) -> None:
    await Guest(club, "ann").signs_in()
    mallory = Guest(club, "ann")
    await mallory.has_account("mallory@example.com")
    answer = await mallory.links()
    assert code_of(answer) == "identity_not_linked"
    assert answer.json()["reason"] == "linked_elsewhere"
    assert await mallory.identities() == []


async def test_who_signs_out_on_the_way_adds_nothing(club: Place) -> None:
    guest = Guest(club, "ann")
    await guest.has_account("other@example.com")
    back = await guest.visits(await guest.begins_to_link())
    await guest.send("POST", "auth/sign-out")
    assert code_of(await guest.get(back)) == "session_ended"
    assert await club.rows("SELECT id FROM charter_identities") == []


# -- bounds ----------------------------------------------------------------------------------
async def test_sign_ins_that_never_end_are_bounded(
    url: str, tmp_path: Path, provider: OpenIdProvider
) -> None:
    few = {"free_tries_address": 3}
    async with with_provider(url, tmp_path / "mail", provider, identity=few) as place:
        guest = Guest(place, "ann")
        codes = [(await guest.get("auth/providers/test/start")).status_code for _ in range(6)]
        assert codes[:3] == [302, 302, 302]
        assert codes[-1] == 429
        kept = await place.rows("SELECT hash FROM charter_one_time_tokens")
        assert len(kept) == codes.count(302)


async def test_a_provider_that_is_away_is_said_to_be(url: str, tmp_path: Path) -> None:
    gone = OpenIdProvider(port=9)
    async with with_provider(url, tmp_path / "mail", gone) as place:
        answer = await Guest(place, "ann").get("auth/providers/test/start")
        assert code_of(answer) == "provider_unavailable"
        assert answer.headers["retry-after"]


def test_no_sign_makes_one_mailbox_the_address_of_another() -> None:
    """The Kelvin sign becomes a k in composed, small letters; it is another mailbox."""
    assert login_of("Kate@Example.com") == "kate@example.com"
    assert login_of("\u212aate@example.com") != "kate@example.com"
    assert login_of("A\u030angstrom@example.com") == login_of("\u00c5ngstrom@example.com")
