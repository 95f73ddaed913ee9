"""Subscriptions of real servers, with the clients of graphql-ws and graphql-sse, as events, and
what time does to connections."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from charter.wire.graphql.transport import SUBPROTOCOL
from tests.behaviour.actors import ADA, BOB
from tests.behaviour.clients.base import Someone
from tests.behaviour.serving import SECRET, token
from tests.support.charter import Running, running
from tests.support.graphql.tools import needs_tools, subscribed
from tests.support.websocket import Closed, Declined, WebSocket, connected

CONTRACT = Path(__file__).parents[1] / "behaviour" / "contract.py"
FOLLOWED = """
    subscription($after: String) {
      projects(after: $after) {
        position reset ready changes { kind nodeId node { id name visibility } }
      }
    }
"""
PUBLIC = (
    "mutation($id: ID!) { updateProject(id: $id, input: {visibility: public}) { project { id } } }"
)


def settings(folder: Path, **more: str) -> dict[str, str]:
    return {
        "database": f"sqlite:///{folder / 'studio.db'}", "auth_secret": SECRET, "auth_leeway": "0",
        "access_log": "false", "live_connect_timeout": "1", "live_heartbeat": "0.5",
        "live_recheck": "0.2", "live_max_buffer": "65536", **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One that is served over ASGI."""
    folder = tmp_path_factory.mktemp("asgi")
    with running(CONTRACT, folder, **settings(folder, interface="asgi")) as found:
        yield found


@pytest.fixture(scope="module")
def faster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One that is served over RSGI, as by default."""
    folder = tmp_path_factory.mktemp("rsgi")
    more = {"access_log": "true", "log_format": "json"}
    with running(CONTRACT, folder, **settings(folder, **more)) as found:
        yield found


@asynccontextmanager
async def client(service: Running, who: Someone | None = ADA) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {} if who is None else {"authorization": f"Bearer {token(who)}"}
    async with httpx2.AsyncClient(base_url=service.url, headers=headers, timeout=20) as http:
        yield http


@asynccontextmanager
async def opened(service: Running) -> AsyncIterator[WebSocket]:
    offered = {"sec-websocket-protocol": SUBPROTOCOL}
    async with connected(service.port, "/graphql", offered) as socket:
        assert socket.subprotocol == SUBPROTOCOL
        yield socket


async def project(http: httpx2.AsyncClient, name: str) -> str:
    """The identifier of a new project."""
    body = {"name": name, "code": name[:12]}
    made = (await http.post("/v1/projects", json=body)).json()
    return f"Project:{made['id']}"


def changes(told: Any) -> list[tuple[str, str]]:
    """Kinds and identifiers of what one response tells."""
    assert "errors" not in told, told
    return [(item["kind"], item["nodeId"]) for item in told["data"]["projects"]["changes"]]


async def follow(service: Running, transport: str) -> None:
    """A client sees rows come into its view and fall out of it."""
    url = f"{service.url}/graphql"
    async with client(service) as http:
        key = await project(http, f"{transport}-a")
        async with subscribed(transport, url, FOLLOWED, token=token(BOB)) as bob:
            first = (await bob.next())["data"]["projects"]
            assert (first["reset"], first["ready"]) == (True, True)
            assert key not in {item["nodeId"] for item in first["changes"]}
            async with subscribed(transport, url, PUBLIC, {"id": key}, token=token(ADA)) as ada:
                answer = await ada.next()
                assert answer == {"data": {"updateProject": {"project": {"id": key}}}}
                await ada.until("complete")
            told = await bob.next()
            assert changes(told) == [("CREATED", key)]
            position = told["data"]["projects"]["position"]
            bare = key.removeprefix("Project:")
            await http.patch(f"/v1/projects/{bare}", json={"visibility": "private"})
            assert changes(await bob.next()) == [("REMOVED", key)]
        async with subscribed(
            transport, url, FOLLOWED, {"after": position}, token=token(BOB)
        ) as bob:
            again = (await bob.next())["data"]["projects"]
            assert (again["reset"], again["ready"]) == (True, True)
        async with subscribed(transport, url, "{ projects { totalCount } }") as nobody:
            assert (await nobody.next())["data"]["projects"]["totalCount"] >= 0
            await nobody.until("complete")


@needs_tools
async def test_the_client_of_graphql_ws_follows_a_list(service: Running) -> None:
    await follow(service, "ws")


@needs_tools
async def test_the_client_of_graphql_sse_follows_a_list(service: Running) -> None:
    await follow(service, "sse")


@needs_tools
async def test_the_client_of_graphql_sse_follows_a_list_over_rsgi(faster: Running) -> None:
    await follow(faster, "sse")


@needs_tools
@pytest.mark.parametrize("transport", ["ws", "sse"])
async def test_clients_are_told_what_is_wrong(service: Running, transport: str) -> None:
    url = f"{service.url}/graphql"
    for query, code in (
        ("subscription { gone { ready } }", "invalid_document"),
        ("subscription { pages { ready } }", "unauthenticated"),
        ('subscription { project(id: "Project:x") { ready } }', "not_found"),
        ('mutation { deleteSample(id: "Sample:x") { deletedId } }', "not_found"),
    ):  # fmt: skip
        async with subscribed(transport, url, query) as somebody:
            kind, value = await somebody.told()
            while kind == "connected":
                kind, value = await somebody.told()
            errors = value if kind == "error" else value["errors"]
            assert errors[0]["extensions"]["code"] == code, query


@needs_tools
async def test_a_client_whose_token_is_no_good_may_come_back(service: Running) -> None:
    """4403 is not final for the client: it asks for its token again, and connects."""
    url = f"{service.url}/graphql"
    async with subscribed("ws", url, FOLLOWED, token="no.token.here") as somebody:
        closed = await somebody.until("closed")
        assert closed["code"] == 4403
        assert closed["reason"].startswith("invalid_token: ")


@needs_tools
@pytest.mark.parametrize("transport", ["ws", "sse"])
async def test_a_client_comes_back_after_a_crash_and_knows_all(
    tmp_path: Path, transport: str
) -> None:
    with running(CONTRACT, tmp_path, **settings(tmp_path, interface="asgi")) as service:
        url = f"{service.url}/graphql"
        # One that loses its connection goes on trying; what it had counts for nothing then.
        async with subscribed(transport, url, FOLLOWED, token=token(ADA), retries=300) as ada:
            assert changes(await ada.next()) == []
            async with client(service) as http:
                first = await project(http, "first")
                assert changes(await ada.next()) == [("CREATED", first)]
            service.kill9()
            await asyncio.to_thread(service.start)
            async with client(service) as http:
                second = await project(http, "second")
            seen: set[str] = set()
            while seen != {first, second}:
                told = (await ada.next())["data"]["projects"]
                seen = set() if told["reset"] else seen
                seen |= {item["nodeId"] for item in told["changes"]}
            assert await asyncio.to_thread(service.stop) == 0
        assert "Traceback" not in service.log.read_text()


@needs_tools
async def test_over_rsgi_a_websocket_is_refused(faster: Running) -> None:
    """Its interface knows no subprotocols: the setting that helps is named where the code is."""
    async with subscribed("ws", f"{faster.url}/graphql", FOLLOWED) as somebody:
        assert await somebody.until("failed") == "Unexpected server response: 501"
    for headers in ({"sec-websocket-protocol": SUBPROTOCOL}, {}):
        with pytest.raises(Declined) as declined:
            async with connected(faster.port, "/graphql", headers):
                pass
        assert declined.value.status == 501
    lines = [json.loads(line) for line in faster.log.read_text().splitlines() if "{" in line]
    refusals = [line for line in lines if line.get("status") == 501]
    assert {line["code"] for line in refusals} == {"no_subprotocol"}
    page = httpx2.get(f"{faster.url}/docs/problems/no_subprotocol")
    assert "interface = asgi" in page.text


async def test_over_asgi_a_refusal_says_why(service: Running) -> None:
    headers = {
        "connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==", "sec-websocket-protocol": SUBPROTOCOL,
        "origin": "https://evil.example",
    }  # fmt: skip
    answer = await asyncio.to_thread(httpx2.get, f"{service.url}/graphql", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site_request")


async def test_who_says_nothing_is_let_go(service: Running) -> None:
    async with opened(service) as socket:
        # A sign of life says nothing of who it is.
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}
        assert await ended(socket) == 4408
    async with opened(service) as socket:
        await socket.send({"type": "connection_init"})
        assert (await socket.receive())["type"] == "connection_ack"
        with pytest.raises(Closed) as closed:
            await silent(socket)
        assert closed.value.code == 4408


async def test_who_gives_signs_of_life_stays(service: Running) -> None:
    async with opened(service) as socket:
        await socket.send({"type": "connection_init"})
        await socket.receive()
        reading = asyncio.ensure_future(socket.receive())
        await asyncio.sleep(2.0)
        assert not reading.done()
        reading.cancel()


async def test_a_token_that_expires_ends_its_connection(service: Running) -> None:
    payload = {"authorization": f"Bearer {token(ADA, lifetime=1)}"}
    async with opened(service) as socket:
        await socket.send({"type": "connection_init", "payload": payload})
        operation = {"query": "subscription { projects { ready } }"}
        await socket.send({"type": "subscribe", "id": "a", "payload": operation})
        assert await ended(socket) == 4403


async def silent(socket: WebSocket) -> None:
    """Take messages until the connection is closed, and answer none."""
    while True:
        assert await socket._text() == {"type": "ping"}


async def ended(socket: WebSocket) -> int | None:
    """The code that a connection is closed with."""
    try:
        while True:
            await socket.receive()
    except Closed as closed:
        return closed.code


async def events(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, Any]]:
    """The events of an answer, without its comments."""
    found: dict[str, Any] = {}
    async for line in lines:
        name, _, value = line.partition(":")
        if name:
            found[name] = json.loads(value) if name == "data" and value else value.strip()
        elif "event" in found:
            yield found
            found = {}


async def test_events_are_followed_by_get_and_gone_on_with(faster: Running) -> None:
    """As a browser's EventSource does: it comes back with the last `id`."""
    params = {"query": "subscription { projects { ready reset changes { kind nodeId } } }"}
    stream = {"accept": "text/event-stream"}
    async with client(faster) as http:
        async with http.stream("GET", "/graphql", params=params, headers=stream) as answer:
            assert answer.headers["content-type"] == "text/event-stream"
            assert answer.headers["cache-control"] == "no-store"
            found = events(answer.aiter_lines())
            assert (await anext(found))["data"]["data"]["projects"]["ready"]
            key = await project(http, "events")
            last = await anext(found)
            assert changes(last["data"]) == [("CREATED", key)]
        again = {**stream, "last-event-id": last["id"]}
        async with http.stream("GET", "/graphql", params=params, headers=again) as answer:
            told = (await anext(events(answer.aiter_lines())))["data"]["data"]["projects"]
            assert (told["reset"], told["ready"], told["changes"]) == (False, True, [])


async def test_events_end_with_the_rights(faster: Running) -> None:
    headers = {
        "accept": "text/event-stream", "authorization": f"Bearer {token(ADA, lifetime=2)}",
    }  # fmt: skip
    body = {"query": "subscription { projects { ready } }"}
    async with (
        client(faster, None) as http,
        http.stream("POST", "/graphql", json=body, headers=headers) as answer,
    ):
        found = [event async for event in events(answer.aiter_lines())]
    assert [event["event"] for event in found] == ["next", "next", "complete"]
    (error,) = found[1]["data"]["errors"]
    assert error["extensions"]["code"] == "invalid_token"


async def test_a_stop_ends_what_is_open(tmp_path: Path) -> None:
    with running(CONTRACT, tmp_path, **settings(tmp_path, interface="asgi")) as service:
        operation = {"query": "subscription { samples { ready } }"}
        stream = {"accept": "text/event-stream"}
        async with (
            client(service) as http,
            http.stream("POST", "/graphql", json=operation, headers=stream) as answer,
        ):
            found = events(answer.aiter_lines())
            assert (await anext(found))["event"] == "next"
            async with opened(service) as socket:
                await socket.send({"type": "connection_init"})
                await socket.send({"type": "subscribe", "id": "a", "payload": operation})
                await socket.until("next")
                stopped = asyncio.create_task(asyncio.to_thread(service.stop))
                assert await ended(socket) == 1001
            # It is not complete: a client comes back.
            assert [event["event"] async for event in found] == []
            assert await stopped == 0
        assert "Traceback" not in service.log.read_text()


async def test_each_operation_stands_in_the_log(tmp_path: Path) -> None:
    more = {"interface": "asgi", "access_log": "true", "log_format": "json"}
    with running(CONTRACT, tmp_path, **settings(tmp_path, **more)) as service:
        async with opened(service) as socket:
            payload = {"authorization": f"Bearer {token(ADA)}"}
            await socket.send({"type": "connection_init", "payload": payload})
            for query in ("{ __typename }", "{ gone }", "subscription { samples { ready } }"):
                operation = {"query": query}
                await socket.send({"type": "subscribe", "id": query[:9], "payload": operation})
            await socket.until("error")
            await socket.until("next")
        for _ in range(200):
            if '"status":101' in service.log.read_text():
                break
            await asyncio.sleep(0.05)
        await asyncio.to_thread(service.stop)
        lines = [json.loads(line) for line in service.log.read_text().splitlines() if "{" in line]
    found = [line for line in lines if line.get("route") == "/graphql"]
    assert [(line["method"], line["status"], line["actor"]) for line in found] == [
        (SUBPROTOCOL, 200, "ada"), (SUBPROTOCOL, 400, "ada"), (SUBPROTOCOL, 200, "ada"),
        ("GET", 101, "ada"),
    ]  # fmt: skip
    assert len({line["request_id"] for line in found}) == 4
