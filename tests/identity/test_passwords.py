"""Passwords, as a client meets them: which are taken, for how long, and what a new one is not."""

from pathlib import Path

import pytest

from charter.serve.process import Process
from tests.access.test_password_breached import listed
from tests.identity.people import PASSWORD, Place, code_of, opened, settings_for
from tests.identity.shop import shop
from tests.identity.test_factors import enrolled

ANN = "ann@example.com"
LONG = "seven quiet harbours at dawn, and an eighth one behind them that nobody sees before noon"
_THEN = {True: "2001-01-01T00:00:00.000000Z", False: "2001-01-01"}


def then(place: Place) -> str:
    """A time long ago, as the database has it."""
    return _THEN["sqlite" in place.url]


async def test_a_long_password_counts_to_its_last_character(place: Place) -> None:
    assert len(LONG) > 80
    await place.registered(ANN, LONG)
    await place.sign_in(ANN, LONG)
    for other in (LONG[:-1], LONG[:72], LONG.upper(), f"{LONG} "):
        answer = await place.post("auth/sign-in", {"email": ANN, "password": other})
        assert code_of(answer) == "invalid_credentials"


async def test_a_password_stays_good_however_old_it_is(place: Place) -> None:
    await place.registered(ANN)
    await place.sql(f"UPDATE charter_credentials SET changed_at = '{then(place)}'")
    await place.sign_in(ANN)


async def test_words_of_the_service_are_no_password(url: str, tmp_path: Path) -> None:
    mail = tmp_path / "mail"
    settings = settings_for(url, mail, password_words=("Quokkaverse", "Bandicootle"))
    async with opened(shop.build(), settings, mail) as place:
        for password in ("quokkaverse!1", "BandicootleQuokkaverse", "Quokkaverse-shop"):
            answer = await place.post("auth/register", {"email": ANN, "password": password})
            assert answer.json()["flaws"][0]["code"] == "guessable_password", password
        body = {"email": ANN, "password": "three quokkaverse lanterns adrift"}
        assert (await place.post("auth/register", body)).status_code == 202


async def test_a_password_of_a_breach_is_refused(url: str, tmp_path: Path) -> None:
    mail = tmp_path / "mail"
    published = listed(tmp_path / "breached.txt", {PASSWORD, "something else"})
    settings = settings_for(url, mail, breached_passwords=published)
    async with opened(shop.build(), settings, mail) as place:
        answer = await place.post("auth/register", {"email": ANN, "password": PASSWORD})
        assert answer.json()["flaws"][0]["code"] == "common_password"
        await place.registered(ANN, LONG)
    missing = settings_for(url, mail, breached_passwords=tmp_path / "nothing.txt")
    with pytest.raises(ValueError, match=r"identity\.breached_passwords"):
        Process(shop.build(), missing)


async def test_a_new_password_by_letter_does_not_replace_the_second_factor(place: Place) -> None:
    ann = await place.person(ANN)
    await enrolled(ann)
    assert "added" in (await place.letter(ANN))["Subject"]
    await place.post("auth/password/forgot", {"email": ANN})
    body = {"token": await place.token_for(ANN), "password": LONG}
    answer = await place.post("auth/password/reset", body)
    assert (answer.status_code, answer.content) == (204, b"")
    signing_in = await place.post("auth/sign-in", {"email": ANN, "password": LONG})
    assert code_of(signing_in) == "mfa_required"


async def test_a_password_is_not_changed_without_the_second_factor(place: Place) -> None:
    ann = await place.person(ANN)
    other = await place.sign_in(ANN)
    await enrolled(ann)
    body = {"current_password": PASSWORD, "password": LONG}
    answer = await place.post("auth/password/change", body, token=other["access_token"])
    assert code_of(answer) == "insufficient_user_authentication"
    assert answer.json()["acr_values"] == "aal2"
    assert (await ann.post("auth/password/change", body)).status_code == 200


async def test_the_token_of_a_letter_expires(place: Place) -> None:
    await place.registered(ANN)
    await place.post("auth/password/forgot", {"email": ANN})
    token = await place.token_for(ANN)
    await place.sql(f"UPDATE charter_one_time_tokens SET expires_at = '{then(place)}'")
    answer = await place.post("auth/password/reset", {"token": token, "password": LONG})
    assert code_of(answer) == "invalid_one_time_token"
    await place.sign_in(ANN)


async def test_nobody_is_there_from_the_start(place: Place) -> None:
    for table in ("customers", "charter_credentials", "charter_api_keys", "charter_sessions"):
        rows = await place.rows(f"SELECT count(*) FROM {table}")
        assert rows[0][0] == 0, table
    for name in ("admin", "root", "sa", "admin@example.com"):
        answer = await place.post("auth/sign-in", {"email": name, "password": name})
        assert answer.status_code in {401, 422}


@pytest.mark.parametrize("grant", ["password", "implicit", "authorization_code", ""])
async def test_a_password_is_no_grant_of_oauth(place: Place, grant: str) -> None:
    await place.registered(ANN)
    form = {"grant_type": grant, "username": ANN, "password": PASSWORD}
    answer = await place.client.post("/v1/auth/token", data=form)
    assert answer.status_code == 422
    assert "access_token" not in answer.text
