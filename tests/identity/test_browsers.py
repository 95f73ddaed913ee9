"""Browsers: a cookie that no script reads, and pages of other sites that change nothing."""

from http.cookies import SimpleCookie

import pytest

from tests.identity.people import ORIGIN, PASSWORD, Place, code_of

ANN = "ann@example.com"
OWN = {"sec-fetch-site": "same-origin"}


async def signed_in(place: Place) -> tuple[dict[str, str], str]:
    """The header with the cookie, and the token for old browsers."""
    await place.registered(ANN)
    body = {"email": ANN, "password": PASSWORD, "mode": "browser"}
    answer = await place.post("auth/sign-in", body, headers=OWN)
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"csrf_token", "expires_in"}
    set_cookie = answer.headers["set-cookie"]
    for part in ("__Host-charter=chs_", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"):
        assert part in set_cookie
    assert "Domain" not in set_cookie
    place.client.cookies.clear()
    name, value = next(iter(SimpleCookie(set_cookie).items()))
    return {"cookie": f"{name}={value.value}"}, answer.json()["csrf_token"]


async def test_a_browser_is_signed_in_by_its_cookie(place: Place) -> None:
    cookie, token = await signed_in(place)
    me = await place.send("GET", "auth/me", headers=cookie)
    assert me.json()["email"] == ANN
    assert me.json()["csrf_token"] == token
    made = await place.post("notes", {"text": "hello"}, headers={**cookie, **OWN})
    assert made.status_code == 201, made.text


async def test_the_cookie_of_a_session_that_has_ended_is_taken_away(place: Place) -> None:
    cookie, _ = await signed_in(place)
    assert (await place.post("auth/sign-out", headers={**cookie, **OWN})).status_code == 204
    refused = await place.send("GET", "notes", headers=cookie)
    assert (refused.status_code, code_of(refused)) == (401, "session_ended")
    gone = next(iter(SimpleCookie(refused.headers["set-cookie"]).values()))
    assert (gone.key, gone.value, gone["max-age"]) == ("__Host-charter", "", "0")
    # A refusal of something else takes nothing away.
    body = {"refresh_token": "chr_" + "a" * 49}
    other = await place.post("auth/refresh", body, headers={**cookie, **OWN})
    assert "set-cookie" not in other.headers


OTHERS = {
    "another site": {"sec-fetch-site": "cross-site"},
    "a sister site": {"sec-fetch-site": "same-site"},
    "another origin": {"origin": "https://evil.example"},
    "a sister origin": {"origin": "https://evil.shop.example"},
    "no origin at all": {"origin": "null"},
    "an old browser that says nothing": {},
    "a wrong token": {"x-csrf-token": "0" * 64},
    "a token beside another origin": {"origin": "https://evil.example", "x-csrf-token": "TOKEN"},
}


@pytest.mark.parametrize("name", OTHERS)
async def test_a_page_of_another_site_changes_nothing(place: Place, name: str) -> None:
    cookie, token = await signed_in(place)
    fields = {key: token if value == "TOKEN" else value for key, value in OTHERS[name].items()}
    headers = {**cookie, **fields}
    assert (
        code_of(await place.post("notes", {"text": "x"}, headers=headers)) == "cross_site_request"
    )
    out = await place.post("auth/sign-out", headers=headers)
    assert code_of(out) == "cross_site_request"
    assert (await place.send("GET", "notes", headers=cookie)).json()["items"] == []


async def test_own_pages_change_things_in_every_browser(place: Place) -> None:
    cookie, token = await signed_in(place)
    for fields in (OWN, {"sec-fetch-site": "none"}, {"origin": ORIGIN}, {"x-csrf-token": token}):
        made = await place.post("notes", {"text": "x"}, headers={**cookie, **fields})
        assert made.status_code == 201, made.text


async def test_nobody_is_signed_in_from_a_page_of_another_site(place: Place) -> None:
    await place.registered(ANN)
    body = {"email": ANN, "password": PASSWORD, "mode": "browser"}
    for fields in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        answer = await place.post("auth/sign-in", body, headers=fields)
        assert code_of(answer) == "cross_site_request"
        assert "set-cookie" not in answer.headers


async def test_signing_in_gives_a_new_cookie_whatever_came(place: Place) -> None:
    cookie, _ = await signed_in(place)
    body = {"email": ANN, "password": PASSWORD, "mode": "browser"}
    fixed = {"cookie": "__Host-charter=chs_" + "a" * 49, **OWN}
    for headers in (fixed, {**cookie, **OWN}):
        answer = await place.post("auth/sign-in", body, headers=headers)
        place.client.cookies.clear()
        given = SimpleCookie(answer.headers["set-cookie"])["__Host-charter"].value
        assert given not in headers["cookie"]


async def test_signing_out_ends_the_cookie_and_removes_it(place: Place) -> None:
    cookie, _ = await signed_in(place)
    answer = await place.post("auth/sign-out", headers={**cookie, **OWN})
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    place.client.cookies.clear()
    assert code_of(await place.send("GET", "notes", headers=cookie)) == "session_ended"


async def test_a_bearer_token_needs_no_proof_of_its_page(place: Place) -> None:
    ann = await place.person(ANN)
    made = await place.post(
        "notes", {"text": "x"}, token=ann.token, headers={"sec-fetch-site": "cross-site"}
    )
    assert made.status_code == 201
