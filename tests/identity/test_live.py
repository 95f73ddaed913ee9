"""Live changes end when the rights that they rest on do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from charter.serve.asgi import AsgiApp
from charter.serve.settings.live import LiveSettings
from tests.behaviour.live.operations import OFFERED, subscribe
from tests.behaviour.live.sockets import AsgiSocket, opened
from tests.identity import people
from tests.identity.people import PASSWORD, Person, Place, settings_for
from tests.identity.shop import shop
from tests.identity.test_roles import buyer
from tests.support.websocket import Declined

ANN, BOB = "ann@example.com", "bob@example.com"


@dataclass(frozen=True)
class Lively:
    """A service whose connections are looked at again without rest, and its app."""

    place: Place
    app: Any


@pytest_asyncio.fixture
async def lively(url: str, tmp_path: Path) -> AsyncIterator[Lively]:
    mail = tmp_path / "mail"
    settings = replace(settings_for(url, mail), live=LiveSettings(recheck=0.05))
    async with people.opened(shop.build(), settings, mail) as place:
        yield Lively(place, AsgiApp(place.process))
        assert not place.witness.failures, place.witness.failures


@asynccontextmanager
async def following(lively: Lively, who: Person, path: str = "/v1/notes") -> AsyncIterator[Any]:
    async with opened(lively) as socket:
        await socket.send({"type": "connect", "token": who.token})
        await socket.send({"type": "subscribe", "id": "a", "path": path})
        await socket.until("ready")
        yield socket


async def test_a_session_that_is_ended_ends_what_it_follows(lively: Lively) -> None:
    ann = await lively.place.person(ANN)
    async with following(lively, ann) as socket:
        await ann.post("notes", {"text": "a", "owner_id": ann.id})
        assert (await socket.receive())["type"] == "changes"
        await asyncio.sleep(0.3)
        assert (await ann.post("auth/sign-out")).status_code < 300
        assert await socket.ending() == ("session_ended", 4401)


async def test_a_role_that_comes_or_goes_ends_what_was_followed_without_it(
    lively: Lively,
) -> None:
    ann = await buyer(lively.place)
    bob = await lively.place.person(BOB)
    async with following(lively, bob) as socket:
        given = await ann.post("staffs", {"user_id": bob.id, "role": "clerk"})
        assert await socket.ending() == ("token_stale", 4401)
    bob = Person(lively.place, BOB, bob.id, await lively.place.sign_in(BOB))
    await ann.post("notes", {"text": "for clerks", "owner_id": ann.id})
    async with following(lively, bob) as socket:
        await ann.delete(f"staffs/{given.json()['id']}")
        assert await socket.ending() == ("token_stale", 4401)


async def test_a_cookie_counts_for_pages_of_the_service_only(lively: Lively) -> None:
    place = lively.place
    await place.registered(ANN)
    body = {"email": ANN, "password": PASSWORD, "mode": "browser"}
    answer = await place.post("auth/sign-in", body)
    cookie = answer.headers["set-cookie"].partition(";")[0]
    fields = {"cookie": cookie, "host": "shop.example"}
    with pytest.raises(Declined):
        async with opened(lively, {**fields, "origin": "https://evil.example"}):
            pass
    async with opened(lively, {**fields, "origin": "http://shop.example"}) as socket:
        await socket.send({"type": "connect"})
        await socket.send({"type": "subscribe", "id": "a", "path": "/v1/notes"})
        await socket.until("ready")
        seen = await place.rows("SELECT seen_at FROM charter_sessions")
        await asyncio.sleep(0.3)
        assert await place.rows("SELECT seen_at FROM charter_sessions") == seen
        await place.sql("DELETE FROM charter_sessions;")
        assert await socket.ending() == ("session_ended", 4401)


@asynccontextmanager
async def asking(lively: Lively, who: Person) -> AsyncIterator[AsgiSocket]:
    """A connection of somebody over GraphQL."""
    async with opened(lively, OFFERED, "/graphql") as socket:
        payload = {"Authorization": f"Bearer {who.token}"}
        await socket.send({"type": "connection_init", "payload": payload})
        assert await socket.receive() == {"type": "connection_ack"}
        yield socket


async def test_a_session_that_is_ended_ends_its_subscriptions_over_graphql(lively: Lively) -> None:
    ann = await lively.place.person(ANN)
    async with asking(lively, ann) as socket:
        await socket.send(subscribe("a", "subscription { notes { changes { node { text } } } }"))
        await socket.until("next")
        await ann.post("notes", {"text": "a", "owner_id": ann.id})
        ((told,),) = [m["payload"]["data"]["notes"]["changes"] for m in await socket.until("next")]
        assert told == {"node": {"text": "a"}}
        assert (await ann.post("auth/sign-out")).status_code < 300
        assert await socket.ending() == ("", 4403)


async def test_who_has_signed_out_does_nothing_more_over_an_open_connection(
    url: str, tmp_path: Path
) -> None:
    """Each operation is a request of its own, however seldom connections are looked at again."""
    mail = tmp_path / "mail"
    settings = replace(settings_for(url, mail), live=LiveSettings(recheck=3600))
    async with people.opened(shop.build(), settings, mail) as place:
        lively = Lively(place, AsgiApp(place.process))
        ann = await place.person(ANN)
        write = f'mutation {{ createNote(input: {{text: "x", ownerId: "Customer:{ann.id}"}})'
        write += " { note { text } } }"
        async with asking(lively, ann) as socket:
            await socket.send(subscribe("a", write))
            (told, _) = await socket.until("complete")
            assert told["payload"] == {"data": {"createNote": {"note": {"text": "x"}}}}
            assert (await ann.post("auth/sign-out")).status_code < 300
            await socket.send(subscribe("b", write))
            assert await socket.ending() == ("", 4403)
        assert len(await place.rows("SELECT text FROM notes")) == 1
