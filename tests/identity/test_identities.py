"""The identities of an account: listed, unlinked, and never the last way to sign in."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from charter.access.oidc.assurance import methods_of, signed_in_at
from charter.access.oidc.identity import Identity
from charter.access.oidc.provider import Provider, SignInTime
from charter.serve.identity.sessions import level_of
from tests.access.authenticator import Authenticator
from tests.identity.guests import Guest, with_provider
from tests.identity.people import OTHER as NEW_PASSWORD
from tests.identity.people import Person, Place, code_of
from tests.identity.test_passkeys import registered
from tests.support.oidc.provider import OpenIdProvider

ANN = "ann@example.com"


async def test_an_account_shows_its_identities_and_unlinks_them(club: Place) -> None:
    guest = Guest(club, "ann")
    mine = await guest.has_account("other@example.com")
    await guest.links()
    (linked,) = await guest.identities()
    assert linked.keys() == {"id", "provider", "email", "created_at"}
    assert (linked["provider"], linked["email"]) == ("test", ANN)
    assert (await guest.send("DELETE", f"auth/identities/{linked['id']}")).status_code == 204
    assert await guest.identities() == []
    for word in ("added", "removed"):
        letter = await club.letter("other@example.com")
        assert letter["Subject"] == f"A way to sign in was {word} at shop"
    again = Guest(club, "ann")
    await again.signs_in()
    assert await again.id() != mine


async def test_the_last_way_to_sign_in_stays(club: Place) -> None:
    guest = Guest(club, "ann")
    await guest.signs_in()
    (linked,) = await guest.identities()
    answer = await guest.send("DELETE", f"auth/identities/{linked['id']}")
    assert (answer.status_code, code_of(answer)) == (409, "last_way_to_sign_in")
    assert len(await guest.identities()) == 1
    # With a password, which a letter sets, it is not the last one.
    await guest.send("POST", "auth/password/forgot", {"email": ANN})
    body = {"token": await club.token_for(ANN), "password": NEW_PASSWORD}
    assert (await guest.send("POST", "auth/password/reset", body)).status_code == 204
    guest.cookies.clear()
    await guest.signs_in()
    assert (await guest.send("DELETE", f"auth/identities/{linked['id']}")).status_code == 204
    assert (await club.sign_in(ANN, NEW_PASSWORD))["token_type"] == "Bearer"


async def test_a_passkey_is_a_way_too_until_it_is_the_last(club: Place) -> None:
    guest = Guest(club, "ann")
    tokens = (await guest.signs_in("?mode=token")).json()
    ann = Person(club, ANN, "", tokens)
    passkey = await registered(ann, Authenticator())
    (linked,) = (await ann.get("auth/identities")).json()["items"]
    assert (await ann.delete(f"auth/identities/{linked['id']}")).status_code == 204
    answer = await ann.delete(f"auth/passkeys/{passkey['id']}")
    assert code_of(answer) == "last_way_to_sign_in"


async def test_an_identity_of_a_provider_that_is_gone_is_no_way_to_sign_in(
    url: str, tmp_path: Path, provider: OpenIdProvider
) -> None:
    mail = tmp_path / "mail"
    async with with_provider(url, mail, provider) as place:
        guest = Guest(place, "ann")
        await guest.signs_in()
        await place.sql(
            "INSERT INTO charter_identities SELECT 'https://gone.example', subject, 'gone', "
            "account, email, created_at FROM charter_identities"
        )
        found = {item["id"]: item["provider"] for item in await guest.identities()}
        assert found["gone"] is None
        (own,) = found.keys() - {"gone"}
        answer = await guest.send("DELETE", f"auth/identities/{own}")
        assert code_of(answer) == "last_way_to_sign_in"
        assert (await guest.send("DELETE", "auth/identities/gone")).status_code == 204


async def test_of_two_that_go_at_once_one_stays(club: Place) -> None:
    guest = Guest(club, "ann")
    await guest.signs_in()
    await club.sql(
        "INSERT INTO charter_identities SELECT issuer, 'second', 'second', account, email, "
        "created_at FROM charter_identities"
    )
    ids = [item["id"] for item in await guest.identities()]
    answers = await asyncio.gather(
        *(guest.send("DELETE", f"auth/identities/{each}") for each in ids)
    )
    assert sorted(answer.status_code for answer in answers) == [204, 409]


async def test_nobody_sees_or_unlinks_the_identities_of_others(club: Place) -> None:
    ann = Guest(club, "ann")
    await ann.signs_in()
    (linked,) = await ann.identities()
    ben = Guest(club, "ben")
    await ben.has_account("other@example.com")
    assert await ben.identities() == []
    answer = await ben.send("DELETE", f"auth/identities/{linked['id']}")
    assert code_of(answer) == "not_found"
    assert len(await ann.identities()) == 1
    assert (await Guest(club, "ben").get("auth/identities")).status_code == 401


async def test_the_identities_go_with_their_account(club: Place) -> None:
    guest = Guest(club, "ann")
    mine = await guest.has_account("other@example.com")
    await guest.links()
    assert (await guest.send("DELETE", "auth/account")).status_code == 204
    again = Guest(club, "ann")
    await again.signs_in()
    assert await again.id() != mine


# -- what a sign-in at a provider proves here ------------------------------------------------
TRUSTING = Provider("test", "https://id.example", "shop", mfa=("mfa", "phr"))
CAREFUL = Provider("test", "https://id.example", "shop")
ASKING = Provider("test", "https://id.example", "shop", untold=SignInTime.ARRIVAL)


def identity(*amr: str, acr: str | None = None, auth_time: float | None = None) -> Identity:
    return Identity("https://id.example", "ann", amr=amr, acr=acr, auth_time=auth_time)


@pytest.mark.parametrize(
    "told",
    [
        identity("pwd", "otp", "mfa"), identity("pwd", "otp"), identity("mfa"),
        identity("hwk", "pin"), identity("fpt", "swk", "user"), identity(acr="phr"),
    ],
)  # fmt: skip
def test_two_factors_at_a_provider_count_where_the_settings_say_so(told: Identity) -> None:
    assert level_of(methods_of(CAREFUL, told)) == "aal1"
    # Nor do they come to two with what is proven here by a password.
    assert level_of(methods_of(CAREFUL, told) | {"pwd"}) == "aal1"
    told_so = "mfa" in told.amr or told.acr == "phr"
    assert level_of(methods_of(TRUSTING, told)) == ("aal2" if told_so else "aal1")


def test_only_methods_that_are_registered_count() -> None:
    assert methods_of(CAREFUL, identity("pwd", "admin", "api_key")) == {"pwd"}
    assert methods_of(CAREFUL, identity()) == frozenset()


def test_when_somebody_signed_in_is_what_the_provider_says_and_never_later() -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    before = now - timedelta(hours=3)
    assert signed_in_at(CAREFUL, identity(auth_time=before.timestamp()), now) == before
    assert signed_in_at(CAREFUL, identity(auth_time=now.timestamp() + 60), now) == now


def test_where_a_provider_does_not_tell_nobody_knows_but_where_the_settings_do() -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    for odd in (None, -1.0, float("inf"), float("nan")):
        assert signed_in_at(CAREFUL, identity(auth_time=odd), now) is None
        assert signed_in_at(ASKING, identity(auth_time=odd), now) == now


async def test_a_sign_in_of_an_unknown_time_is_no_fresh_one(club: Place) -> None:
    guest = Guest(club, "ann")
    await guest.signs_in()
    key = {"name": "mine"}
    assert (await guest.send("POST", "auth/keys", key)).status_code == 200
    await club.sql("UPDATE charter_sessions SET signed_in_at = NULL")
    (session,) = (await guest.get("auth/sessions")).json()["items"]
    assert session["signed_in_at"] is None
    refused = await guest.send("POST", "auth/keys", key)
    assert code_of(refused) == "insufficient_user_authentication"


async def test_the_session_has_the_time_of_the_sign_in_at_the_provider(club: Place) -> None:
    guest = Guest(club, "ann")
    await guest.signs_in("?max_age=600")
    (session,) = (await guest.get("auth/sessions")).json()["items"]
    signed_in, begun = (datetime.fromisoformat(session[n]) for n in ("signed_in_at", "created_at"))
    # A provider tells it in whole seconds.
    assert signed_in.microsecond == 0
    assert signed_in < begun
    assert (session["methods"], session["level"]) == ([], "aal1")
