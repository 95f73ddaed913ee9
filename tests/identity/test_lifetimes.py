"""How long a session lasts, how many there are, and under which name it goes on."""

import base64
import json
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from tests.identity.people import PASSWORD, Place, code_of, opened, settings_for
from tests.identity.shop import shop
from tests.identity.test_browsers import OWN, signed_in
from tests.identity.test_factors import code, enrolled
from tests.identity.test_passwords import then

ANN = "ann@example.com"


async def test_a_session_that_is_not_used_ends(place: Place) -> None:
    ann = await place.person(ANN)
    await place.sql(f"UPDATE charter_sessions SET expires_at = '{then(place)}'")
    assert code_of(await ann.get("notes")) == "session_ended"
    body = {"refresh_token": ann.tokens["refresh_token"]}
    assert code_of(await place.post("auth/refresh", body)) == "session_ended"


async def test_a_cookie_that_is_not_used_ends(place: Place) -> None:
    cookie, _ = await signed_in(place)
    await place.sql(f"UPDATE charter_sessions SET expires_at = '{then(place)}'")
    assert code_of(await place.send("GET", "notes", headers=cookie)) == "session_ended"


async def test_a_session_ends_however_much_it_is_used(place: Place) -> None:
    ann = await place.person(ANN)
    await place.sql("UPDATE charter_sessions SET ends_at = expires_at")
    rows = await place.rows("SELECT ends_at FROM charter_sessions")
    body = {"refresh_token": ann.tokens["refresh_token"]}
    for _ in range(3):
        answer = await place.post("auth/refresh", body)
        body = {"refresh_token": answer.json()["refresh_token"]}
    assert await place.rows("SELECT expires_at FROM charter_sessions") == rows
    await place.sql(
        f"UPDATE charter_sessions SET ends_at = '{then(place)}', expires_at = '{then(place)}'"
    )
    assert code_of(await place.post("auth/refresh", body)) == "session_ended"


async def test_a_cookie_ends_however_much_it_is_used(place: Place) -> None:
    cookie, _ = await signed_in(place)
    await place.sql(f"UPDATE charter_sessions SET seen_at = '{then(place)}', ends_at = expires_at")
    rows = await place.rows("SELECT ends_at FROM charter_sessions")
    assert (await place.send("GET", "notes", headers=cookie)).status_code == 200
    sessions = place.process._sessions
    assert sessions is not None
    await sessions.drained()
    assert await place.rows("SELECT expires_at FROM charter_sessions") == rows


async def test_beyond_the_most_sessions_the_one_longest_unused_ends(
    url: str, tmp_path: Path
) -> None:
    mail = tmp_path / "mail"
    async with opened(shop.build(), settings_for(url, mail, sessions=2), mail) as place:
        first = await place.person(ANN)
        second = await place.sign_in(ANN)
        bob = await place.person("bob@example.com")
        third = await place.sign_in(ANN)
        assert code_of(await first.get("notes")) == "session_ended"
        for tokens in (second, third):
            answer = await place.send("GET", "notes", token=tokens["access_token"])
            assert answer.status_code == 200
        assert (await bob.get("notes")).status_code == 200


async def test_signing_in_again_ends_the_session_that_the_browser_had(place: Place) -> None:
    cookie, _ = await signed_in(place)
    body = {"email": ANN, "password": PASSWORD, "mode": "browser"}
    assert (await place.post("auth/sign-in", body, headers={**cookie, **OWN})).status_code == 200
    place.client.cookies.clear()
    assert code_of(await place.send("GET", "notes", headers=cookie)) == "session_ended"


async def test_a_step_up_gives_the_browser_a_new_cookie(place: Place) -> None:
    cookie, _ = await signed_in(place)
    answer = await place.post("auth/step-up", {"password": PASSWORD}, headers={**cookie, **OWN})
    assert answer.status_code == 200, answer.text
    place.client.cookies.clear()
    given = SimpleCookie(answer.headers["set-cookie"])["__Host-charter"].value
    assert code_of(await place.send("GET", "notes", headers=cookie)) == "session_ended"
    new = {"cookie": f"__Host-charter={given}"}
    me = (await place.send("GET", "auth/me", headers=new)).json()
    assert me["csrf_token"] == answer.json()["csrf_token"]
    assert len((await place.send("GET", "auth/sessions", headers=new)).json()["items"]) == 1


async def test_a_step_up_ends_the_tokens_before_it(place: Place) -> None:
    ann = await place.person(ANN)
    answer = await ann.post("auth/step-up", {"password": PASSWORD})
    assert code_of(await ann.get("notes")) == "session_ended"
    old = {"refresh_token": ann.tokens["refresh_token"]}
    assert code_of(await place.post("auth/refresh", old)) == "session_ended"
    new = {"refresh_token": answer.json()["refresh_token"]}
    assert (await place.post("auth/refresh", new)).status_code == 200


async def test_a_code_alone_does_not_make_an_old_sign_in_a_new_one(place: Place) -> None:
    ann = await place.person(ANN)
    secret, codes = await enrolled(ann)
    await place.sql(f"UPDATE charter_sessions SET signed_in_at = '{then(place)}'")
    by_code = await ann.post("auth/step-up", {"code": codes[0]})
    token = by_code.json()["access_token"]
    refused = await place.send("DELETE", "auth/totp", token=token)
    assert code_of(refused) == "insufficient_user_authentication"
    both = {"password": PASSWORD, "code": code(secret, 1)}
    by_both = await place.post("auth/step-up", both, token=token)
    assert by_both.status_code == 200, by_both.text
    token = by_both.json()["access_token"]
    assert (await place.send("DELETE", "auth/totp", token=token)).status_code == 204


async def test_ending_sessions_takes_a_sign_in_of_late(place: Place) -> None:
    ann = await place.person(ANN)
    await place.sql(f"UPDATE charter_sessions SET signed_in_at = '{then(place)}'")
    refresh = {"refresh_token": ann.tokens["refresh_token"]}
    token = (await place.post("auth/refresh", refresh)).json()["access_token"]
    listed = await place.send("GET", "auth/sessions", token=token)
    for path in ("auth/sessions", f"auth/sessions/{listed.json()['items'][0]['id']}"):
        answer = await place.send("DELETE", path, token=token)
        assert code_of(answer) == "insufficient_user_authentication"
    fresh = await place.post("auth/step-up", {"password": PASSWORD}, token=token)
    token = fresh.json()["access_token"]
    assert (await place.send("DELETE", "auth/sessions", token=token)).status_code == 204


async def test_a_token_names_the_service_that_it_is_for(url: str, tmp_path: Path) -> None:
    mail = tmp_path / "mail"
    settings = settings_for(url, mail)
    auth = replace(settings.auth, audience="shop", issuer="https://shop.example")
    async with opened(shop.build(), replace(settings, auth=auth), mail) as place:
        ann = await place.person(ANN)
        claims = claims_of(ann.token)
        assert (claims["aud"], claims["iss"]) == ("shop", "https://shop.example")
    # Another service with the same key, and an audience of its own or none.
    for audience in ("orders", None):
        auth = replace(settings.auth, audience=audience)
        async with opened(shop.build(), replace(settings, auth=auth), mail) as place:
            answer = await place.send("GET", "notes", token=ann.token)
            assert code_of(answer) == "invalid_token"


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(
        base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    )
    return found
