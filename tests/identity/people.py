"""A service with accounts, and people who use it: what tests say in their own words."""

import asyncio
import email
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import httpx2

from charter.access.rates.settings import RatesSettings
from charter.access.settings import AccessSettings
from charter.contract.contract import Contract
from charter.serve.asgi import AsgiApp
from charter.serve.process import Process
from charter.serve.settings.identity import IdentitySettings
from charter.serve.settings.model import LogLevel, ServeSettings, Settings
from charter.sql.statement import Statement
from tests.behaviour.serving import SECRET, Witness

ORIGIN = "https://shop.example"
PASSWORD = "copper lantern drifting north"
OTHER = "seven quiet harbours at dawn"
_TOKEN = re.compile(r"cho_[0-9A-Za-z]+")


@dataclass
class Place:
    """A service, a client on it, and the folder that its letters go to."""

    process: Process
    client: httpx2.AsyncClient
    mail: Path
    witness: Witness
    url: str = ""
    read: set[Path] = field(default_factory=set)

    async def post(
        self, path: str, body: Any = None, *, token: str | None = None, **more: Any
    ) -> httpx2.Response:
        return await self.send("POST", path, body, token=token, **more)

    async def send(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **more: Any
    ) -> httpx2.Response:
        """A request below `/v1/`."""
        headers = {**more.pop("headers", {})}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        given = {} if body is None else {"json": body}
        return await self.client.request(method, f"/v1/{path}", headers=headers, **given, **more)

    async def letter(self, to: str) -> EmailMessage:
        """The next letter to somebody that was not read yet."""
        for _ in range(400):
            for path in sorted(self.mail.glob("*.eml")):
                if path in self.read:
                    continue
                found = email.message_from_bytes(path.read_bytes(), policy=default)
                if found["To"] == to:
                    self.read.add(path)
                    return found
            await asyncio.sleep(0.02)
        raise AssertionError(f"no letter came to {to}")

    async def letters(self) -> list[EmailMessage]:
        """All letters, once nothing waits to be sent."""
        opened = self.process._realm
        assert opened is not None
        await opened.post.send_due()
        paths = sorted(self.mail.glob("*.eml"))
        return [email.message_from_bytes(p.read_bytes(), policy=default) for p in paths]

    async def token_for(self, to: str) -> str:
        """The token in the next letter to somebody."""
        return token_in(await self.letter(to))

    async def registered(self, address: str, password: str = PASSWORD, **fields: Any) -> str:
        """Register and confirm the address; what the address is."""
        body = {"email": address, "password": password, **fields}
        assert (await self.post("auth/register", body)).status_code == 202
        verified = await self.post("auth/verify", {"token": await self.token_for(address)})
        assert verified.status_code == 204, verified.text
        return address

    async def sign_in(self, address: str, password: str = PASSWORD, **more: Any) -> dict[str, Any]:
        """The answer to a sign-in that goes well."""
        body = {"email": address, "password": password, **more}
        answer = await self.post("auth/sign-in", body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def person(self, address: str, **fields: Any) -> "Person":
        await self.registered(address, **fields)
        tokens = await self.sign_in(address)
        me = await self.send("GET", "auth/me", token=tokens["access_token"])
        return Person(self, address, me.json()["id"], tokens)

    async def rows(self, text: str) -> Any:
        """What a reading statement gives."""
        return await self.process.service.database.read(Statement(text, label="test"), ())

    async def sql(self, text: str) -> None:
        if self.process.service.dialect.name == "mysql":
            # It takes times in UTC, without saying so.
            text = text.replace("Z'", "'")
        await self.process.service.database.script(text)


@dataclass
class Person:
    """Somebody who has an account and has signed in."""

    place: Place
    address: str
    id: str
    tokens: Mapping[str, Any]

    @property
    def token(self) -> str:
        found: str = self.tokens["access_token"]
        return found

    async def post(self, path: str, body: Any = None, **more: Any) -> httpx2.Response:
        return await self.place.post(path, body, token=self.token, **more)

    async def get(self, path: str) -> httpx2.Response:
        return await self.place.send("GET", path, token=self.token)

    async def delete(self, path: str) -> httpx2.Response:
        return await self.place.send("DELETE", path, token=self.token)


def token_in(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    found = _TOKEN.search(part.get_content())
    assert found is not None, part.get_content()
    return found[0]


def code_of(answer: httpx2.Response) -> str:
    """The stable code of a refusal."""
    assert answer.status_code >= 400, answer.text
    found: str = answer.json()["code"]
    return found


def settings_for(url: str, folder: Path, **identity: Any) -> Settings:
    chosen = IdentitySettings(public_url=ORIGIN, mail=f"folder:{folder}")
    return Settings(
        serve=ServeSettings(database=url, log_level=LogLevel.DEBUG),
        auth=AccessSettings(secret=SECRET),
        rates=RatesSettings(enabled=False),
        identity=replace(chosen, **identity),
    )


@asynccontextmanager
async def opened(contract: Contract, settings: Settings, mail: Path) -> AsyncIterator[Place]:
    """A service with accounts in this process."""
    witness = Witness()
    process = Process(contract, settings, listener=witness)
    await process.start()
    transport = httpx2.ASGITransport(AsgiApp(process))
    try:
        async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            yield Place(process, client, mail, witness, settings.serve.database or "")
    finally:
        await process.stop()
