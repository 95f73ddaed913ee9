"""Signing in with a real OpenID provider, as a browser goes there and comes back."""

from datetime import UTC, datetime
from http.cookies import SimpleCookie
from pathlib import Path

import pytest

from charter import Contract
from charter.access.settings import AccessSettings
from charter.serve.process import Process
from charter.serve.settings.model import Settings
from tests.identity.guests import PENDING, SESSION, Guest, with_provider
from tests.identity.people import ORIGIN, Place, code_of
from tests.identity.test_factors import code, enrolled
from tests.support.oidc.provider import OpenIdProvider, parameters

ANN = "ann@example.com"
BEA = "bea@example.com"
OTHER = "other@example.com"


async def test_somebody_new_gets_an_account(club: Place) -> None:
    guest = Guest(club, "ann")
    answer = await guest.signs_in("?return_to=/orders?open=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/orders?open=1")
    assert guest.cookies.keys() == {SESSION}
    me = (await guest.get("auth/me")).json()
    assert (me["email"], me["level"]) == (ANN, "aal1")
    row = (await guest.get(f"customers/{me['id']}")).json()
    assert (row["name"], row["email"], row["email_verified"]) == ("Ann", ANN, True)
    again = Guest(club, "ann")
    await again.signs_in()
    assert await again.id() == me["id"]
    assert await club.letters() == []


async def test_what_is_sent_to_the_provider_and_kept_by_the_browser(club: Place) -> None:
    guest = Guest(club, "ann")
    begun = await guest.get("auth/providers/test/start?login_hint=ann&max_age=60&acr_values=1+2")
    sent = parameters(begun.headers["location"])
    assert sent["redirect_uri"] == f"{ORIGIN}/v1/auth/providers/test/callback"
    assert (sent["login_hint"], sent["max_age"], sent["acr_values"]) == ("ann", "60", "1 2")
    kept = SimpleCookie(begun.headers["set-cookie"])[PENDING]
    assert (kept["path"], kept["max-age"], kept["samesite"]) == ("/", "600", "Lax")
    assert kept["secure"]
    assert kept["httponly"]
    assert not kept["domain"]
    rows = await club.rows("SELECT hash, payload FROM charter_one_time_tokens")
    for secret in (sent["state"], sent["nonce"], kept.value):
        assert all(secret not in text for row in rows for text in row)


async def test_a_program_gets_tokens(club: Place) -> None:
    guest = Guest(club, "ann")
    answer = await guest.signs_in("?mode=token")
    assert answer.status_code == 200
    tokens = answer.json()
    assert tokens["token_type"] == "Bearer"
    assert SESSION not in guest.cookies
    me = await club.send("GET", "auth/me", token=tokens["access_token"])
    assert me.json()["email"] == ANN
    renewed = await club.post("auth/refresh", {"refresh_token": tokens["refresh_token"]})
    assert renewed.status_code == 200


async def test_two_windows_of_one_browser_sign_in_side_by_side(club: Place) -> None:
    guest = Guest(club, "ann")
    first, second = await guest.goes("?return_to=/1"), await guest.goes("?return_to=/2")
    kept = dict(guest.cookies)
    assert (await guest.get(first)).headers["location"] == "/1"
    guest.cookies = kept
    assert (await guest.get(second)).headers["location"] == "/2"


async def test_how_long_ago_the_sign_in_was_at_the_provider_counts_here(club: Place) -> None:
    guest = Guest(club, "ann")
    await guest.signs_in("?max_age=0")
    assert (await guest.send("POST", "auth/keys", {"name": "robot"})).status_code == 200


async def test_the_answer_can_be_a_form_of_the_providers_page(
    url: str, tmp_path: Path, provider: OpenIdProvider
) -> None:
    mail = tmp_path / "mail"
    async with with_provider(url, mail, provider, response_mode="form_post") as place:
        guest = Guest(place, "ann")
        begun = await guest.get("auth/providers/test/start")
        assert "SameSite=None" in begun.headers["set-cookie"]
        path, _, form = (await guest.visits(begun.headers["location"])).partition("?")
        kind = "application/x-www-form-urlencoded"
        foreign = {"sec-fetch-site": "cross-site", "content-type": kind}
        answer = await guest.send("POST", path, content=form, headers=foreign)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert (await guest.get("auth/me")).json()["email"] == ANN


# -- an account that is there ----------------------------------------------------------------
async def test_a_proven_address_finds_the_account_that_has_it(club: Place) -> None:
    ann = await club.person(ANN)
    guest = Guest(club, "ann")
    assert (await guest.signs_in()).status_code == 303
    assert await guest.id() == ann.id
    told = await club.letter(ANN)
    assert told["Subject"] == "A way to sign in was added at shop"
    assert (await club.sign_in(ANN))["token_type"] == "Bearer"


async def test_an_address_is_the_same_in_large_letters(club: Place) -> None:
    zed = await club.person("zed@example.com")
    guest = Guest(club, "zed")
    await guest.signs_in()
    assert await guest.id() == zed.id


async def test_a_name_that_is_too_long_here_keeps_nobody_out(club: Place) -> None:
    guest = Guest(club, "zed")
    await guest.signs_in()
    row = (await guest.get(f"customers/{await guest.id()}")).json()
    assert row["email"] == "zed@example.com"
    assert len(row["name"] or "") <= 200


async def test_the_second_factor_of_the_account_is_asked_for(club: Place) -> None:
    ann = await club.person(ANN)
    secret, _ = await enrolled(ann)
    guest = Guest(club, "ann")
    answer = await guest.signs_in()
    page, _, token = answer.headers["location"].partition("#token=")
    assert page == f"{ORIGIN}/account/second-factor"
    assert await guest.is_out()
    asked_at = datetime.now(UTC)
    body = {"mfa_token": token, "code": code(secret, 1), "mode": "browser"}
    assert (await guest.send("POST", "auth/sign-in", body)).status_code == 200
    assert (await guest.get("auth/me")).json()["level"] == "aal2"
    here = next(s for s in (await guest.get("auth/sessions")).json()["items"] if s["current"])
    # The code makes the sign-in at the provider no younger.
    assert datetime.fromisoformat(here["signed_in_at"]) < asked_at
    program = await Guest(club, "ann").signs_in("?mode=token")
    assert code_of(program) == "mfa_required"
    assert program.json()["mfa_token"].startswith("cho_")


# -- an address that is not proven -----------------------------------------------------------
async def test_whose_address_it_is_opens_the_letter_where_it_began(club: Place) -> None:
    ann = await club.person(ANN)
    guest = Guest(club, "mallory")
    answer = await guest.signs_in()
    assert answer.headers["location"] == f"{ORIGIN}/account/check-mail"
    token = await club.token_for(ANN)
    opened = await guest.send("POST", "auth/verify", {"token": token})
    assert opened.status_code == 204, opened.text
    await guest.signs_in()
    assert await guest.id() == ann.id


async def test_somebody_new_proves_the_address_by_a_letter(club: Place) -> None:
    guest = Guest(club, "bea")
    program = await guest.signs_in("?mode=token")
    assert (program.status_code, program.content) == (202, b"")
    assert (await club.rows("SELECT id FROM customers")) == []
    token = await club.token_for(BEA)
    assert (await guest.send("POST", "auth/verify", {"token": token})).status_code == 204
    await guest.signs_in()
    me = (await guest.get("auth/me")).json()
    row = (await guest.get(f"customers/{me['id']}")).json()
    assert (row["email"], row["email_verified"], row["name"]) == (BEA, True, "Bea")


# -- adding to an account --------------------------------------------------------------------
async def test_an_identity_is_added_to_the_account_that_is_signed_in(club: Place) -> None:
    guest = Guest(club, "ann")
    mine = await guest.has_account(OTHER)
    url = await guest.begins_to_link(return_to="/settings")
    answer = await guest.get(await guest.visits(url))
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings")
    assert await guest.id() == mine
    again = Guest(club, "ann")
    await again.signs_in()
    assert await again.id() == mine
    assert (await again.get("auth/me")).json()["email"] == OTHER


# -- what a service may want otherwise -------------------------------------------------------
async def test_nobody_new_comes_in_where_registration_is_closed(
    url: str, tmp_path: Path, provider: OpenIdProvider
) -> None:
    mail = tmp_path / "mail"
    closed = {"registration": False}
    async with with_provider(url, mail, provider, identity=closed) as place:
        assert code_of(await Guest(place, "ann").signs_in()) == "registration_closed"
        assert (await Guest(place, "bea").signs_in()).status_code == 303
        assert await place.letters() == []
        assert (await place.rows("SELECT id FROM customers")) == []


def test_providers_without_accounts_are_refused_at_the_start() -> None:
    tables = {"google": {"client_id": "shop", "client_secret": "secret"}}
    settings = Settings(auth=AccessSettings(secret="x" * 32, providers=tables))
    with pytest.raises(ValueError, match=r"auth\.providers: nobody can sign in"):
        Process(Contract("bare").build(), settings)


async def test_the_providers_are_listed_and_others_are_not_there(club: Place) -> None:
    listed = await club.send("GET", "auth/providers")
    assert listed.json() == {"items": [{"name": "test", "title": "Test"}]}
    for path in ("start", "callback?state=x&code=y"):
        answer = await club.send("GET", f"auth/providers/other/{path}")
        assert code_of(answer) == "not_found"
