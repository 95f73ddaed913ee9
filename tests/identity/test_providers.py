"""Signing in with a real OpenID provider, as a browser goes there and comes back."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
import pytest_asyncio

from tests.identity.people import Place, code_of, opened, settings_for
from tests.identity.shop import shop
from tests.support.oidc.provider import CONFIDENTIAL, SECRET, Browser, OpenIdProvider, why_not

SERVICE = "http://127.0.0.1:8000"
ANN = "ann@example.com"


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenIdProvider]:
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    found = OpenIdProvider()
    found.start()
    yield found
    found.stop()


@pytest_asyncio.fixture
async def place(url: str, tmp_path: Path, provider: OpenIdProvider) -> AsyncIterator[Place]:
    """A service with one provider, whose addresses count where they are verified."""
    mail = tmp_path / "mail"
    table = {
        "issuer": provider.issuer,
        "client_id": CONFIDENTIAL,
        "client_secret": SECRET,
        "email": "verified",
        "title": "Test",
    }
    settings = settings_for(url, mail, public_url=SERVICE)
    auth = replace(settings.auth, providers={"test": table})
    async with opened(shop.build(), replace(settings, auth=auth), mail) as found:
        yield found


class Guest:
    """Somebody with a browser: its cookies here, and who they are at the provider."""

    def __init__(self, place: Place, name: str) -> None:
        self._place = place
        self._name = name
        self.cookies: dict[str, str] = {}

    async def get(self, path: str) -> httpx2.Response:
        return await self.send("GET", path)

    async def send(self, method: str, path: str, body: object = None) -> httpx2.Response:
        headers = {"sec-fetch-site": "same-origin"}
        if self.cookies:
            headers["cookie"] = "; ".join(f"{n}={v}" for n, v in self.cookies.items())
        answer = await self._place.send(method, path, body, headers=headers)
        self._place.client.cookies.clear()
        for field in answer.headers.get_list("set-cookie"):
            for name, found in SimpleCookie(field).items():
                self.cookies[name] = found.value
                if found["max-age"] == "0":
                    del self.cookies[name]
        return answer

    async def goes(self, how: str = "start", query: str = "") -> str:
        """To the provider and back: the path below `/v1/` that it comes back to."""
        begun = await self.get(f"auth/providers/test/{how}{query}")
        assert begun.status_code == 303, begun.text
        browser = Browser(self._name)
        try:
            back = await asyncio.to_thread(browser.visit, begun.headers["location"])
        finally:
            browser.close()
        parts = urlsplit(back)
        return f"{parts.path.removeprefix('/v1/')}?{parts.query}"

    async def signs_in(self, how: str = "start", query: str = "") -> httpx2.Response:
        return await self.get(await self.goes(how, query))


async def test_somebody_new_gets_an_account(place: Place) -> None:
    guest = Guest(place, "ann")
    answer = await guest.signs_in(query="?return=/orders")
    assert (answer.status_code, answer.headers["location"]) == (303, "/orders")
    me = (await guest.get("auth/me")).json()
    assert me["email"] == ANN
    row = (await guest.get(f"customers/{me['id']}")).json()
    assert (row["name"], row["email_verified"]) == ("Ann", True)
    again = Guest(place, "ann")
    await again.signs_in()
    assert (await again.get("auth/me")).json()["id"] == me["id"]


async def test_a_proven_address_finds_the_account_that_has_it(place: Place) -> None:
    ann = await place.person(ANN)
    guest = Guest(place, "ann")
    assert (await guest.signs_in()).status_code == 303
    assert (await guest.get("auth/me")).json()["id"] == ann.id


async def test_who_only_says_that_an_address_is_theirs_does_not_get_the_account(
    place: Place,
) -> None:
    await place.person(ANN)
    mallory = Guest(place, "mallory")
    answer = await mallory.signs_in()
    assert answer.headers["location"].endswith("/account/check-mail")
    assert (await mallory.get("auth/me")).status_code == 401
    # Ann gets the letter, and opens it: it is not her browser that began.
    token = await place.token_for(ANN)
    opened = await place.post("auth/verify", {"token": token})
    assert code_of(opened) == "invalid_one_time_token"
    assert "check-mail" in (await mallory.signs_in()).headers["location"]


async def test_whose_address_it_is_opens_the_letter_where_it_began(place: Place) -> None:
    ann = await place.person(ANN)
    guest = Guest(place, "mallory")
    await guest.signs_in()
    token = await place.token_for(ANN)
    assert (await guest.send("POST", "auth/verify", {"token": token})).status_code == 204
    await guest.signs_in()
    assert (await guest.get("auth/me")).json()["id"] == ann.id


async def test_somebody_without_an_address_is_refused(place: Place) -> None:
    answer = await Guest(place, "nobody").signs_in()
    assert code_of(answer) == "identity_not_linked"
    assert answer.json()["reason"] == "no_email"


async def test_an_answer_counts_in_the_browser_that_began_and_once(place: Place) -> None:
    guest, other = Guest(place, "ann"), Guest(place, "ann")
    back = await guest.goes()
    assert code_of(await other.get(back)) == "invalid_callback"
    kept = dict(guest.cookies)
    assert (await guest.get(back)).status_code == 303
    guest.cookies = kept
    assert code_of(await guest.get(back)) == "invalid_callback"


async def test_an_identity_is_added_to_the_account_that_is_signed_in(place: Place) -> None:
    await place.registered("other@example.com")
    guest = Guest(place, "ann")
    body = {"email": "other@example.com", "password": "copper lantern drifting north"}
    await guest.send("POST", "auth/sign-in", {**body, "mode": "browser"})
    mine = (await guest.get("auth/me")).json()["id"]
    assert (await guest.signs_in("link")).status_code == 303
    again = Guest(place, "ann")
    await again.signs_in()
    assert (await again.get("auth/me")).json()["id"] == mine


async def test_only_who_is_signed_in_adds_an_identity(place: Place) -> None:
    assert (await Guest(place, "ann").get("auth/providers/test/link")).status_code == 401


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/%0d%0aX: y", ""]
)
async def test_nobody_is_led_elsewhere(place: Place, path: str) -> None:
    answer = await Guest(place, "ann").get(f"auth/providers/test/start?return={path}")
    assert code_of(answer) == "invalid_parameter"


async def test_the_providers_are_listed_and_others_are_not_there(place: Place) -> None:
    listed = await place.send("GET", "auth/providers")
    assert listed.json() == {"items": [{"name": "test", "title": "Test"}]}
    assert code_of(await place.send("GET", "auth/providers/other/start")) == "not_found"
