"""People who sign in with a provider: a browser each, here and there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from tests.identity.people import PASSWORD, Place, opened, settings_for
from tests.identity.shop import shop
from tests.support.oidc.provider import CONFIDENTIAL, SECRET, Browser, OpenIdProvider

PENDING = "__Host-charter-pending"
SESSION = "__Host-charter"


@asynccontextmanager
async def with_provider(
    url: str,
    mail: Path,
    provider: OpenIdProvider,
    *,
    identity: dict[str, Any] | None = None,
    **settings: Any,
) -> AsyncIterator[Place]:
    """A service with one provider, whose addresses count where they are verified."""
    table = {
        "issuer": provider.issuer,
        "client_id": CONFIDENTIAL,
        "client_secret": SECRET,
        "email": "verified",
        "title": "Test",
        **settings,
    }
    chosen = settings_for(url, mail, **(identity or {}))
    auth = replace(chosen.auth, providers={"test": table})
    async with opened(shop.build(), replace(chosen, auth=auth), mail) as found:
        yield found


class Guest:
    """Somebody with a browser: its cookies here, and who they are at the provider."""

    def __init__(self, place: Place, name: str) -> None:
        self.place = place
        self._name = name
        self.cookies: dict[str, str] = {}

    async def get(self, path: str) -> httpx2.Response:
        return await self.send("GET", path)

    async def send(
        self, method: str, path: str, body: object = None, **more: Any
    ) -> httpx2.Response:
        """A request of a page of the service, with the cookies of this browser."""
        headers = {"sec-fetch-site": "same-origin", **more.pop("headers", {})}
        if self.cookies:
            headers["cookie"] = "; ".join(f"{n}={v}" for n, v in self.cookies.items())
        answer = await self.place.send(method, path, body, headers=headers, **more)
        self.place.client.cookies.clear()
        for field in answer.headers.get_list("set-cookie"):
            for name, found in SimpleCookie(field).items():
                self.cookies[name] = found.value
                if found["max-age"] == "0":
                    del self.cookies[name]
        return answer

    async def leaves(self, query: str = "") -> str:
        """Begin to sign in: the address at the provider."""
        begun = await self.get(f"auth/providers/test/start{query}")
        assert begun.status_code == 302, begun.text
        return str(begun.headers["location"])

    async def visits(self, url: str, *, consents: bool = True) -> str:
        """Be at the provider: the path below `/v1/` that it leads back to."""
        browser = Browser(self._name)
        try:
            back = await asyncio.to_thread(browser.visit, url, consents=consents)
        finally:
            browser.close()
        parts = urlsplit(back)
        return f"{parts.path.removeprefix('/v1/')}?{parts.query}"

    async def goes(self, query: str = "") -> str:
        return await self.visits(await self.leaves(query))

    async def signs_in(self, query: str = "") -> httpx2.Response:
        return await self.get(await self.goes(query))

    async def has_account(self, address: str) -> str:
        """Register here with a password, and be signed in; the key of the account."""
        await self.place.registered(address)
        return await self.comes_in(address)

    async def comes_in(self, address: str) -> str:
        """Sign in with the password."""
        body = {"email": address, "password": PASSWORD, "mode": "browser"}
        assert (await self.send("POST", "auth/sign-in", body)).status_code == 200
        return await self.id()

    async def begins_to_link(self, **body: Any) -> str:
        """Ask to add an identity: the address at the provider."""
        asked = await self.send("POST", "auth/providers/test/start", body)
        assert asked.status_code == 200, asked.text
        url: str = asked.json()["url"]
        return url

    async def links(self) -> httpx2.Response:
        return await self.get(await self.visits(await self.begins_to_link()))

    async def id(self) -> str:
        """The key of the account that this browser is signed in to."""
        me = await self.get("auth/me")
        assert me.status_code == 200, me.text
        found: str = me.json()["id"]
        return found

    async def is_out(self) -> bool:
        return (await self.get("auth/me")).status_code == 401

    async def identities(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.get("auth/identities")).json()["items"]
        return found
