"""A contract mounted in Starlette and in FastAPI, as docs/how-to/mount.md has it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from charter.asgi import application
from charter.serve.asgi import AsgiApp
from tests.behaviour.live.operations import OFFERED, subscribe
from tests.behaviour.live.sockets import opened
from tests.serve.apps import CONTRACT, bearer, settings_in
from tests.support.websocket import Declined

Host = Starlette | FastAPI
"""An app that a contract is mounted in; FastAPI's is one of Starlette's."""
Lifespan = Callable[[Any], Any]


def starlette_host(mounted: AsgiApp, path: str, lifespan: Lifespan) -> Host:
    async def hello(_: Request) -> PlainTextResponse:
        return PlainTextResponse("hello")

    return Starlette(routes=[Route("/hello", hello), Mount(path, mounted)], lifespan=lifespan)


def fastapi_host(mounted: AsgiApp, path: str, lifespan: Lifespan) -> Host:
    app = FastAPI(lifespan=lifespan)

    async def hello() -> str:
        return "hello"

    app.add_api_route("/hello", hello)
    app.mount(path, mounted)
    return app


def nested_host(mounted: AsgiApp, path: str, lifespan: Lifespan) -> Host:
    """A mount inside another."""
    first, _, rest = path.removeprefix("/").partition("/")
    inner = starlette_host(mounted, f"/{rest}" if rest else "", lifespan)
    return Starlette(routes=[*inner.routes[:1], Mount(f"/{first}", inner)], lifespan=lifespan)


HOSTS: Mapping[str, Callable[[AsgiApp, str, Lifespan], Host]] = {
    "starlette": starlette_host,
    "fastapi": fastapi_host,
    "nested": nested_host,
}


@asynccontextmanager
async def running(host: Host) -> AsyncIterator[None]:
    """The host between the lifespan events that a server sends it."""
    received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    sent: asyncio.Queue[Any] = asyncio.Queue()
    served = asyncio.create_task(host({"type": "lifespan", "state": {}}, received.get, sent.put))
    await received.put({"type": "lifespan.startup"})
    assert await sent.get() == {"type": "lifespan.startup.complete"}
    try:
        yield
    finally:
        await received.put({"type": "lifespan.shutdown"})
        await served
    assert await sent.get() == {"type": "lifespan.shutdown.complete"}


def opening(mounted: AsgiApp) -> Lifespan:
    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        await mounted.open()
        yield
        await mounted.close()

    return lifespan


def client_of(host: Host, root_path: str = "") -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(host, root_path=root_path)
    return httpx2.AsyncClient(transport=transport, base_url="http://test", headers=bearer())


@pytest.fixture(params=HOSTS)
def hosted(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Host]:
    """A host of each kind, with the contract mounted at a path."""
    mounted = application(CONTRACT, settings_in(tmp_path))
    return lambda path: HOSTS[request.param](mounted, path, opening(mounted))


@pytest.mark.parametrize("path", ["/todo", "/api/todo", "/my notes/é"])
async def test_rows_stand_below_the_path_of_the_mount(
    hosted: Callable[[str], Host], path: str
) -> None:
    host = hosted(path)
    async with running(host), client_of(host) as client:
        answers = [
            await client.post(f"{path}/v1/notes", json={"text": text}) for text in ("one", "two")
        ]
        location = answers[0].headers["location"]
        found = await client.get(location)
        page = await client.get(f"{path}/v1/notes", params={"limit": "1"})
        following = await client.get(page.links["next"]["url"])
        outside = await client.get("/v1/notes")
        own = await client.get("/hello")
    assert [answer.status_code for answer in answers] == [201, 201]
    assert httpx2.URL(location).path.startswith(f"{path}/v1/notes/")
    assert found.json()["text"] == "one"
    assert {page.json()["items"][0]["text"], following.json()["items"][0]["text"]} == {"one", "two"}
    assert httpx2.URL(page.links["next"]["url"]).path == f"{path}/v1/notes"
    assert outside.status_code == 404
    assert (own.status_code, "hello" in own.text) == (200, True)


async def test_documents_and_health_stand_below_it_too(hosted: Callable[[str], Host]) -> None:
    host = hosted("/in/todo")
    async with running(host), client_of(host) as client:
        health = await client.get("/in/todo/health/ready")
        docs = await client.get("/in/todo/docs")
        openapi = (await client.get("/in/todo/openapi.json")).json()
        problem = (await client.get("/in/todo/v1/nothing")).json()
        explained = await client.get(problem["type"])
        without = await client.get("/health/ready")
    assert (health.status_code, health.json()["status"]) == (200, "ok")
    assert docs.status_code == 200
    assert docs.headers["content-type"].startswith("text/html")
    server = openapi["servers"][0]["url"].rstrip("/")
    assert all((server + path).startswith("/in/todo/v1") for path in openapi["paths"])
    assert (problem["code"], problem["type"]) == ("not_found", "/in/todo/docs/problems/not_found")
    assert explained.status_code == 200
    assert without.status_code == 404


async def test_what_is_followed_stands_below_it_too(hosted: Callable[[str], Host]) -> None:
    host = hosted("/in/todo")
    served = SimpleNamespace(app=host)
    async with running(host), client_of(host) as client:
        offered = {**OFFERED, **bearer()}
        async with opened(served, offered, "/in/todo/graphql") as socket:
            await socket.send({"type": "connection_init"})
            query = "subscription { notes { changes { node { text } } } }"
            await socket.send(subscribe("a", query))
            await socket.until("next")
            await client.post("/in/todo/v1/notes", json={"text": "here"})
            told = (await socket.receive())["payload"]["data"]["notes"]
        async with opened(served, bearer(), "/in/todo/v1/live") as socket:
            await socket.send({"type": "connect"})
            await socket.send({"type": "subscribe", "id": "a", "path": "/in/todo/v1/notes"})
            _, snapshot, _ = await socket.until("ready")
        with pytest.raises(Declined):
            async with opened(served, offered, "/in/todo/v1/graphql"):
                pass
    assert told == {"changes": [{"node": {"text": "here"}}]}
    assert [row["row"]["text"] for row in snapshot["rows"]] == ["here"]


@pytest.mark.parametrize("hosted", ["starlette", "fastapi"], indirect=True)
async def test_a_path_that_a_proxy_has_stripped_is_in_the_links(
    hosted: Callable[[str], Host],
) -> None:
    host = hosted("/in/todo")
    async with running(host), client_of(host, root_path="/proxy") as client:
        made = await client.post("/in/todo/v1/notes", json={"text": "here"})
        location = made.headers["location"]
        found = await client.get(location.removeprefix("/proxy"))
    assert made.status_code == 201
    assert location.startswith("/proxy/in/todo/v1/notes/")
    assert found.json()["text"] == "here"


async def test_the_service_is_open_as_long_as_the_host_runs(hosted: Callable[[str], Host]) -> None:
    host = hosted("/in/todo")
    async with client_of(host) as client:
        async with running(host):
            during = await client.get("/in/todo/health/ready")
        after = await client.get("/in/todo/health/ready")
    assert (during.status_code, after.status_code) == (200, 503)


async def test_a_mount_without_lifespan_is_not_open(tmp_path: Path) -> None:
    host = Starlette(routes=[Mount("/todo", application(CONTRACT, settings_in(tmp_path)))])
    async with running(host), client_of(host) as client:
        answer = await client.get("/todo/v1/notes")
    assert answer.status_code == 503
