"""Live changes of a real server: events, hostile clients, and its stop."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from charter.wire.live.messages import SUBPROTOCOL
from tests.behaviour.actors import ADA, BOB
from tests.behaviour.clients.base import Someone
from tests.behaviour.serving import SECRET, token
from tests.support.charter import Running, running
from tests.support.websocket import (
    BINARY,
    CLOSE,
    TEXT,
    Closed,
    Declined,
    WebSocket,
    connected,
)

CONTRACT = Path(__file__).parents[1] / "behaviour" / "contract.py"
EVENTS = {"accept": "text/event-stream"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("live")
    settings = {
        "database": f"sqlite:///{folder / 'studio.db'}", "auth_secret": SECRET, "auth_leeway": "0",
        "access_log": "false", "live_max_connections": "40", "live_max_buffer": "65536",
        "live_connect_timeout": "1", "live_heartbeat": "0.5", "live_recheck": "0.2",
    }  # fmt: skip
    with running(CONTRACT, folder, **settings) as found:
        yield found


@asynccontextmanager
async def client(service: Running, who: Someone | None = ADA) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {} if who is None else {"authorization": f"Bearer {token(who)}"}
    async with httpx2.AsyncClient(base_url=service.url, headers=headers, timeout=20) as http:
        yield http


@asynccontextmanager
async def joined(service: Running, who: Someone | None = None) -> AsyncIterator[WebSocket]:
    async with connected(service.port) as socket:
        first = {"type": "connect"} | ({} if who is None else {"token": token(who)})
        await socket.send(first)
        assert (await socket.receive())["type"] == "connected"
        yield socket


async def event(lines: AsyncIterator[str]) -> dict[str, Any]:
    """The next event of a stream; comments are left out."""
    found: dict[str, Any] = {}
    async for line in lines:
        if not line and "event" in found:
            return found
        name, _, value = line.partition(": ")
        if name:
            found[name] = json.loads(value) if name == "data" else value
    raise EOFError


async def ending(socket: WebSocket) -> str | None:
    """The code that is said last."""
    said = None
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "closing":
                said = message["problem"]["code"]
    except Closed:
        return said


async def taken(socket: WebSocket) -> list[Any]:
    """All messages until the connection is closed."""
    found = []
    try:
        while True:
            found.append(await socket.receive())
    except (Closed, ConnectionError):
        return found


async def silent(socket: WebSocket) -> None:
    """Take messages until the connection is closed, and answer none."""
    while (await socket._text())["type"] in {"ping", "closing"}:
        pass


async def test_events_tell_of_a_list(service: Running) -> None:
    async with client(service) as http, client(service, BOB) as bob:
        made = (await http.post("/v1/projects", json={"name": "p", "code": "events"})).json()
        path = "/v1/projects?fields=id,name,visibility"
        async with bob.stream("GET", path, headers=EVENTS) as answer:
            assert answer.headers["content-type"] == "text/event-stream"
            assert answer.headers["cache-control"] == "no-store"
            lines = answer.aiter_lines()
            ready = await event(lines)
            assert ready["event"] == "ready"
            await http.patch(f"/v1/projects/{made['id']}", json={"visibility": "public"})
            created = await event(lines)
            assert (created["event"], created["data"]["row"]["name"]) == ("created", "p")
            await http.patch(f"/v1/projects/{made['id']}", json={"visibility": "private"})
            removed = await event(lines)
            assert (removed["event"], removed["data"]) == ("removed", {"key": made["id"]})
        again = {**EVENTS, "last-event-id": removed["id"]}
        async with bob.stream("GET", path, headers=again) as answer:
            assert (await event(answer.aiter_lines()))["event"] == "ready"
        async with bob.stream(
            "GET", path, headers={**EVENTS, "last-event-id": ready["id"]}
        ) as answer:
            lines = answer.aiter_lines()
            first, second = await event(lines), await event(lines)
            assert (first["event"], second["event"]) == ("reset", "ready")
            assert first["data"] == {"code": "position_expired"}


async def test_events_of_what_cannot_be_read_are_problems(service: Running) -> None:
    async with client(service, None) as http:
        for path, status in (
            ("/v1/pages", 401), ("/v1/nothing", 404), ("/v1/samples?colour=1", 400),
            ("/v1/samples?aggregate=count", 422),
        ):  # fmt: skip
            answer = await http.get(path, headers=EVENTS)
            assert answer.status_code == status, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
        assert (await http.get("/v1/samples")).headers["content-type"] == "application/json"


async def test_events_end_with_the_rights(service: Running) -> None:
    old = token(ADA, lifetime=3)
    async with client(service, None) as http:
        headers = {**EVENTS, "authorization": f"Bearer {old}"}
        async with http.stream("GET", "/v1/projects", headers=headers) as answer:
            lines = answer.aiter_lines()
            while (found := await event(lines))["event"] != "ended":
                pass
            assert found["data"]["code"] == "invalid_token"


async def test_a_token_that_expires_ends_its_connection(service: Running) -> None:
    async with connected(service.port) as socket:
        await socket.send({"type": "connect", "token": token(ADA, lifetime=1)})
        await socket.send({"type": "subscribe", "id": "a", "path": "/v1/projects"})
        assert await ending(socket) == "invalid_token"


async def test_who_says_nothing_is_let_go(service: Running) -> None:
    async with connected(service.port) as socket:
        assert await ending(socket) == "not_connected"
    async with joined(service) as socket:
        with pytest.raises(Closed):
            await silent(socket)


async def test_who_gives_signs_of_life_stays(service: Running) -> None:
    async with joined(service) as socket:
        reading = asyncio.ensure_future(taken(socket))
        await asyncio.sleep(2.0)
        assert not reading.done()
        reading.cancel()


GARBAGE = {
    "no JSON": (TEXT, b"\x00\xff{"), "binary": (BINARY, b"\x01" * 1000),
    "no UTF-8": (TEXT, b'{"type":"\xff"}'), "much": (TEXT, b'"' + b"x" * 2_000_000 + b'"'),
    "deep": (TEXT, b"[" * 500_000), "reserved": (3, b"?"), "an end": (CLOSE, b"\x03"),
    "a long sign of life": (9, b"x" * 4000),
}  # fmt: skip


@pytest.mark.parametrize("what", GARBAGE)
async def test_garbage_ends_a_connection_and_nothing_else(service: Running, what: str) -> None:
    async with joined(service) as other:
        async with joined(service) as socket:
            with suppress(ConnectionError):
                await socket.frame(*GARBAGE[what])
            await taken(socket)
        await other.send({"type": "subscribe", "id": "a", "path": "/v1/samples"})
        assert (await other.until("ready"))[-1]["id"] == "a"
    assert "Traceback" not in service.log.read_text()


async def test_a_message_in_many_frames_is_one(service: Running) -> None:
    async with joined(service) as socket:
        text = json.dumps({"type": "subscribe", "id": "a", "path": "/v1/samples"}).encode()
        await socket.frame(TEXT, text[:10], last=False)
        for at in range(10, len(text)):
            await socket.frame(0, text[at : at + 1], last=at == len(text) - 1)
        assert (await socket.until("ready"))[-1]["id"] == "a"


async def test_a_flood_of_subscriptions_is_answered_in_turn(service: Running) -> None:
    async with joined(service) as socket:
        for number in range(300):
            path = "/v1/samples?number=" + str(number)
            await socket.send({"type": "subscribe", "id": str(number), "path": path})
        answers = [await socket.receive() for _ in range(300)]
        kinds = [answer["type"] for answer in answers]
        assert (kinds.count("ready"), kinds.count("problem")) == (100, 200)
        codes = {a["problem"]["code"] for a in answers if a["type"] == "problem"}
        assert codes == {"too_many_subscriptions"}


async def test_there_are_so_many_connections(service: Running) -> None:
    opened: list[Any] = []
    try:
        with pytest.raises(Declined) as declined:
            await _many(service, opened)
        assert declined.value.status == 429
        assert 30 < len(opened) <= 40
    finally:
        for context in opened:
            await context.__aexit__(None, None, None)


async def _many(service: Running, opened: list[Any]) -> None:
    for _ in range(60):
        context = joined(service)
        await context.__aenter__()
        opened.append(context)


async def test_who_reads_nothing_costs_no_more_than_its_buffer(service: Running) -> None:
    """The client takes nothing from its socket: the server lets it go, and it loses nothing."""
    async with client(service) as http, joined(service) as socket:
        await socket.send({"type": "subscribe", "id": "a", "path": "/v1/samples?name=slow"})
        await socket.until("ready")
        socket.writer.transport.pause_reading()  # type: ignore[attr-defined]
        rows = [{"name": "slow", "notes": "x" * 9_000}] * 100
        made = 0
        for _ in range(12):
            made += len((await http.post("/v1/samples", json=rows)).json()["items"])
        socket.writer.transport.resume_reading()  # type: ignore[attr-defined]
        told = [item for message in await taken(socket) for item in message.get("changes", ())]
        have = {item["key"]: item["tag"] for item in told}
        assert len(have) < made
        async with joined(service) as again:
            path = "/v1/samples?name=slow"
            await again.send({"type": "subscribe", "id": "a", "path": path, "have": have})
            messages = await again.until("ready")
            found = [c for m in messages if m["type"] == "changes" for c in m["changes"]]
            assert len(found) == made - len(have)
            assert {change["kind"] for change in found} == {"created"}


async def test_bad_handshakes_are_declined(service: Running) -> None:
    for path, headers in (
        ("/v1/live", {"origin": "https://evil.example"}), ("/nothing", {}),
        ("/v1/live", {"authorization": "Bearer nonsense"}),
        ("/v1/live", {"sec-websocket-version": "8"}),
        ("/v1/live?" + "a" * 17_000, {}),
    ):  # fmt: skip
        with pytest.raises(Declined) as declined:
            async with connected(service.port, path, headers):
                pass
        assert 400 <= declined.value.status < 500, path
    answer = httpx2.get(f"{service.url}/v1/live")
    assert answer.status_code == 404


async def test_a_stop_ends_what_is_open(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with running(CONTRACT, tmp_path, database=url, auth_secret=SECRET) as service:
        async with joined(service) as socket, client(service) as http:
            await socket.send({"type": "subscribe", "id": "a", "path": "/v1/samples"})
            await socket.until("ready")
            async with http.stream("GET", "/v1/samples", headers=EVENTS) as answer:
                # Whoever holds on to the answer has it open.
                lines = answer.aiter_lines()
                assert (await event(lines))["event"] == "ready"
                stopped = asyncio.create_task(asyncio.to_thread(service.stop))
                assert [line async for line in lines] == []
                assert await stopped == 0
        assert "Traceback" not in service.log.read_text()


async def test_connections_stand_in_the_log(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    settings = {"database": url, "auth_secret": SECRET, "log_format": "json"}
    with running(CONTRACT, tmp_path, **settings) as service:
        async with joined(service, ADA) as socket:
            await socket.frame(TEXT, b"nonsense")
            await taken(socket)
        with pytest.raises(Declined):
            async with connected(service.port, headers={"origin": "https://evil.example"}):
                pass
        await asyncio.to_thread(service.stop)
        lines = [json.loads(line) for line in service.log.read_text().splitlines() if "{" in line]
        found = [line for line in lines if line.get("route") == "/v1/live"]
        assert [(line["status"], line["code"]) for line in found] == [
            (101, "malformed"), (403, "cross_site_request"),
        ]  # fmt: skip
        assert found[0]["actor"] == "ada"


async def test_over_asgi_there_are_subprotocols_and_close_codes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    settings = {"database": url, "auth_secret": SECRET, "interface": "asgi"}
    with running(CONTRACT, tmp_path, **settings) as service:
        offered = {"sec-websocket-protocol": SUBPROTOCOL}
        async with connected(service.port, headers=offered) as socket, client(service) as http:
            assert socket.subprotocol == SUBPROTOCOL
            await socket.send({"type": "connect", "token": token(ADA)})
            await socket.send({"type": "subscribe", "id": "a", "path": "/v1/projects"})
            await socket.until("ready")
            made = (await http.post("/v1/projects", json={"name": "p", "code": "p"})).json()
            (change,) = (await socket.receive())["changes"]
            assert change["row"] == made
            async with http.stream("GET", "/v1/projects", headers=EVENTS) as answer:
                assert (await event(answer.aiter_lines()))["event"] == "snapshot"
            await socket.frame(TEXT, b"nonsense")
            with pytest.raises(Closed) as closed:
                await socket.until("nothing")
            assert closed.value.code == 4400
        assert await asyncio.to_thread(service.stop) == 0
        assert "Traceback" not in service.log.read_text()
