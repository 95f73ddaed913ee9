"""What a client gets from the app around the rows: documents, ids, problems, bounds."""

import asyncio
import csv
import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from charter.core.signals import Answered, Failed, Signal
from charter.serve.asgi import AsgiApp, application
from charter.store.settings import StoreSettings
from tests.serve.apps import CONTRACT, bearer, client_of, opened, settings_in


async def test_health_tells_that_the_process_lives_and_the_database_answers(tmp_path: Path) -> None:
    async with opened(tmp_path) as app, client_of(app) as client:
        live, ready = await client.get("/health/live"), await client.get("/health/ready")
        refused = await client.post("/health/live")
    assert (live.status_code, ready.status_code) == (200, 200)
    assert live.json() == {"status": "ok"}
    assert ready.json()["status"] == "ok"
    assert refused.status_code == 405
    assert refused.headers["allow"] == "GET, HEAD"


async def test_readiness_ends_with_the_database(tmp_path: Path) -> None:
    async with opened(tmp_path) as app, client_of(app) as client:
        await app.close()
        ready, live = await client.get("/health/ready"), await client.get("/health/live")
    assert ready.status_code == 503
    assert ready.headers["content-type"] == "application/problem+json"
    assert live.status_code == 200


async def test_openapi_is_sent_once_and_then_confirmed(tmp_path: Path) -> None:
    async with opened(tmp_path) as app, client_of(app) as client:
        first = await client.get("/openapi.json")
        again = await client.get("/openapi.json", headers={"if-none-match": first.headers["etag"]})
    assert first.json()["openapi"].startswith("3.1")
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/docs", "/docs/problems", "/docs/problems/not_found"])
async def test_docs_are_served_unless_they_are_turned_off(tmp_path: Path, path: str) -> None:
    async with opened(tmp_path) as app, client_of(app) as client:
        shown = await client.get(path)
    assert shown.status_code == 200
    assert shown.headers["content-type"].startswith("text/html")
    async with opened(tmp_path, docs=False) as app, client_of(app) as client:
        off, openapi = await client.get(path), await client.get("/openapi.json")
    assert (off.status_code, openapi.status_code) == (404, 200)


async def test_a_sane_request_id_comes_back_and_any_other_is_replaced(tmp_path: Path) -> None:
    async with opened(tmp_path) as app, client_of(app) as client:
        kept = await client.get("/health/live", headers={"x-request-id": "order-7/a:b"})
        replaced = [
            await client.get("/v1/nothing", headers={"x-request-id": bad})
            for bad in ("two words", "x" * 129, "<b>", "")
        ]
    assert kept.headers["x-request-id"] == "order-7/a:b"
    ids = {answer.headers["x-request-id"] for answer in replaced}
    assert len(ids) == 4
    assert all(answer.json()["instance"].startswith("urn:uuid:") for answer in replaced)


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    ("parent", "trace"),
    [
        (f"00-{TRACE}-00f067aa0ba902b7-01", TRACE),
        (f"cc-{TRACE}-00f067aa0ba902b7-01-what-may-come", TRACE),
        (f"00-{TRACE}-00f067aa0ba902b7-01-more", None),
        (f"ff-{TRACE}-00f067aa0ba902b7-01", None),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE.upper()}-00f067aa0ba902b7-01", None),
        ("", None),
        ("00-" + "a" * 1000, None),
    ],
)
async def test_the_trace_of_the_client_is_taken_up(
    tmp_path: Path, parent: str, trace: str | None
) -> None:
    heard: list[Signal] = []
    async with opened(tmp_path, heard.append) as app, client_of(app) as client:
        answer = await client.get("/v1/notes", headers={"traceparent": parent})
    assert answer.headers.get("x-trace-id") == trace
    assert [signal.trace_id for signal in heard if isinstance(signal, Answered)] == [trace]


async def test_a_failure_shows_nothing_of_the_inside_and_writes_nothing(tmp_path: Path) -> None:
    heard: list[Signal] = []
    async with opened(tmp_path, heard.append) as app, client_of(app) as client:
        failed = await client.post("/v1/fail")
        notes = await client.get("/v1/notes")
    assert failed.status_code == 500
    assert failed.json()["code"] == "internal"
    assert "secret" not in failed.text
    assert notes.json()["items"] == []
    request_id = failed.headers["x-request-id"]
    assert [item.request_id for item in heard if isinstance(item, Failed)] == [request_id]


@pytest.mark.parametrize(
    ("request_line", "body", "headers", "code", "route"),
    [
        ("POST /v1/notes", b"{", {}, "malformed", "/v1/notes"),
        ("POST /v1/notes", b'{"more": 1}', {}, "invalid_values", "/v1/notes"),
        ("POST /v1/notes", b"a" * 60, {}, "too_large", "/v1/notes"),
        ("GET /v1/notes/secret", None, {}, "not_found", "/v1/notes/{id}"),
        ("POST /v1/notes/secret", b"{}", {}, "method_not_allowed", "/v1/notes/{id}"),
        ("GET /v1/fail", None, {}, "method_not_allowed", "/v1/fail"),
        ("GET /v1/notes", None, {"authorization": "Bearer x"}, "invalid_token", "/v1/notes"),
        ("GET /v1/nothing", None, {}, "not_found", ""),
    ],
)
async def test_a_refused_request_has_the_route_of_its_path(
    tmp_path: Path,
    request_line: str,
    body: bytes | None,
    headers: dict[str, str],
    code: str,
    route: str,
) -> None:
    method, path = request_line.split()
    heard: list[Signal] = []
    async with opened(tmp_path, heard.append, max_body=50) as app, client_of(app) as client:
        sent = {"content-type": "application/json", **headers}
        await client.request(method, path, content=body, headers=sent)
    (told,) = [signal for signal in heard if isinstance(signal, Answered)]
    assert (told.code, told.route) == (code, route)


async def test_a_signal_names_the_route_and_not_what_stood_in_it(tmp_path: Path) -> None:
    heard: list[Signal] = []
    async with opened(tmp_path, heard.append) as app, client_of(app) as client:
        made = (await client.post("/v1/notes", json={"text": "private"})).json()
        await client.get(f"/v1/notes/{made['id']}?fields=text")
        await client.get("/v1/private")
    answers = [signal for signal in heard if isinstance(signal, Answered)]
    assert [item.route for item in answers] == ["/v1/notes", "/v1/notes/{id}", ""]
    assert [item.status for item in answers] == [201, 200, 404]
    assert [item.actor for item in answers] == ["ann"] * 3
    assert "private" not in str(answers)
    assert made["id"] not in str(answers)


async def test_timings_are_for_development_only(tmp_path: Path) -> None:
    async with opened(tmp_path) as app, client_of(app) as client:
        shown = (await client.get("/v1/notes")).headers["server-timing"]
    assert [part.split(";dur=")[0] for part in shown.split(", ")] == ["parse", "answer", "render"]
    async with opened(tmp_path, production=True) as app, client_of(app) as client:
        assert "server-timing" not in (await client.get("/v1/notes")).headers


BOUNDS: dict[str, Any] = {
    "max_target": 100, "max_headers": 12, "max_header_bytes": 1500, "max_body": 50,
}  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "code"),
    [
        ("GET", "/v1/notes?fields=" + "a" * 100, {}, None, (414, "target_too_long")),
        ("GET", "/" + "a" * 100, {}, None, (414, "target_too_long")),
        ("GET", "/v1/notes", {f"x-{n}": "1" for n in range(9)}, None, (431, "header_too_large")),
        ("GET", "/v1/notes", {"x": "a" * 1500}, None, (431, "header_too_large")),
        ("POST", "/v1/notes", {}, b'{"text":"' + b"a" * 60, (413, "too_large")),
        ("POST", "/v1/notes", {"content-length": "9" * 30}, b"{}", (413, "too_large")),
        ("POST", "/v1/notes", {"content-length": "-1"}, b"{}", (400, "malformed")),
        (
            "POST",
            "/v1/notes",
            {"content-length": "2", "transfer-encoding": "chunked"},
            b"{}",
            (400, "malformed"),
        ),
    ],
)
async def test_what_is_beyond_a_bound_is_refused(
    tmp_path: Path,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes | None,
    code: tuple[int, str],
) -> None:
    async with opened(tmp_path, **BOUNDS) as app, client_of(app) as client:
        answer = await client.request(method, path, headers=headers, content=body)
        fine = await client.get("/v1/notes")
    assert (answer.status_code, answer.json()["code"]) == code
    assert fine.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/v1/notes", "accept"),
        ("PATCH", "/v1/notes/0190163d-8694-739b-aea5-966c26f8ad91", "accept-patch"),
    ],
)
async def test_a_wrong_media_type_is_told_the_right_one(
    tmp_path: Path, method: str, path: str, name: str
) -> None:
    async with opened(tmp_path) as app, client_of(app) as client:
        sent = {"content-type": "text/plain"}
        answer = await client.request(method, path, content=b"note", headers=sent)
    assert answer.status_code == 415
    assert "application/json" in answer.headers[name]


async def test_a_body_of_unknown_length_is_counted_as_it_comes(tmp_path: Path) -> None:
    pieces_sent = 0

    async def pieces(count: int) -> Any:
        nonlocal pieces_sent
        for _ in range(count):
            pieces_sent += 1
            yield b" " * 10

    async with opened(tmp_path, max_body=50) as app, client_of(app) as client:
        answer = await client.post("/v1/notes", content=pieces(1000))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert pieces_sent < 1000


async def test_more_requests_than_allowed_are_shed_and_health_is_not(tmp_path: Path) -> None:
    async with opened(tmp_path, max_in_flight=2) as app, client_of(app) as client:
        slow = [
            asyncio.create_task(
                client.post("/v1/note-slowly", json={"text": f"n{n}", "seconds": 0.5})
            )
            for n in range(2)
        ]
        await asyncio.sleep(0.1)
        shed = [await client.get("/v1/notes") for _ in range(5)]
        health = [await client.get(path) for path in ("/health/live", "/health/ready")]
        done = await asyncio.gather(*slow)
        after = await client.get("/v1/notes")
    assert {answer.status_code for answer in shed} == {503}
    assert {answer.json()["code"] for answer in shed} == {"overloaded"}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in shed)
    assert [answer.status_code for answer in health] == [200, 200]
    assert [answer.status_code for answer in done] == [204, 204]
    assert len(after.json()["items"]) == 2


async def test_work_beyond_its_time_ends_and_leaves_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, request_timeout=0.3) as app, client_of(app) as client:
        late = await client.post("/v1/note-slowly", json={"text": "late", "seconds": 5})
        made = await client.post("/v1/notes", json={"text": "next"})
        notes = await client.get("/v1/notes")
    assert (late.status_code, late.json()["code"]) == (503, "timed_out")
    assert made.status_code == 201
    assert [note["text"] for note in notes.json()["items"]] == ["next"]


async def test_a_bad_token_is_refused_and_none_is_nobody(tmp_path: Path) -> None:
    async with opened(tmp_path) as app, client_of(app) as client:
        bad = await client.get("/v1/notes", headers={"authorization": "Bearer a.b.c"})
        del client.headers["authorization"]
        nobody = await client.get("/v1/notes")
        page = await client.get("/openapi.json", headers={"authorization": "Bearer a.b.c"})
    assert (bad.status_code, bad.json()["code"]) == (401, "invalid_token")
    assert nobody.status_code in {200, 401}
    assert page.status_code == 200


async def test_an_app_below_a_path_links_to_itself_there(tmp_path: Path) -> None:
    async with opened(tmp_path) as app, client_of(app, root_path="/api") as client:
        made = await client.post("/api/v1/notes", json={"text": "here"})
        found = await client.get(made.headers["location"])
        listed = await client.get("/api/v1/notes", params={"limit": "1"})
        missing = await client.get("/api/v1/nothing")
        openapi = await client.get("/api/openapi.json")
        health = await client.get("/api/health/ready")
    assert made.headers["location"].startswith("/api/v1/notes/")
    assert found.json()["text"] == "here"
    assert "</api/v1/notes?" in listed.headers["link"]
    assert missing.json()["type"] == "/api/docs/problems/not_found"
    assert all(path.startswith("/api/v1") for path in openapi.json()["paths"])
    assert health.status_code == 200


@pytest.mark.parametrize("root", ["", "/api", "/my app", "/é/{b}@c"])
async def test_openapi_of_a_mounted_app_leads_to_its_rows(tmp_path: Path, root: str) -> None:
    async with opened(tmp_path) as app, client_of(app, root_path=root) as client:
        answer = await client.get(f"{root}/openapi.json")
        document = answer.json()
        server = answer.url.join(document["servers"][0]["url"])
        (path,) = [path for path in document["paths"] if path.endswith("/notes")]
        made = await client.post(server.join(path), json={"text": "here"})
        found = await client.get(server.join(made.headers["location"]))
    assert made.status_code == 201
    assert found.json()["text"] == "here"


async def test_other_paths_than_that_of_live_changes_take_no_websocket(tmp_path: Path) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    async with opened(tmp_path) as app:
        await app({"type": "websocket", "path": "/"}, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]


async def test_lifespan_opens_and_closes_the_database(tmp_path: Path) -> None:
    app = application(CONTRACT, settings_in(tmp_path))
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    sent: asyncio.Queue[Any] = asyncio.Queue()
    running = asyncio.create_task(app({"type": "lifespan"}, messages.get, sent.put))
    await messages.put({"type": "lifespan.startup"})
    assert await sent.get() == {"type": "lifespan.startup.complete"}
    async with client_of(app) as client:
        assert (await client.get("/v1/notes")).status_code == 200
    await messages.put({"type": "lifespan.shutdown"})
    assert await sent.get() == {"type": "lifespan.shutdown.complete"}
    await running


class Reader:
    """An ASGI client that does something of its own while a stream is sent to it."""

    def __init__(self, on_piece: Callable[[int], Awaitable[None]]) -> None:
        self._on_piece = on_piece
        self._asked = False
        self.left = asyncio.Event()
        self.pieces: list[bytes] = []

    async def receive(self) -> dict[str, Any]:
        if self._asked:
            await self.left.wait()
            return {"type": "http.disconnect"}
        self._asked = True
        return {"type": "http.request", "body": b""}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            self.pieces.append(message["body"])
            await self._on_piece(len(self.pieces))

    def scope(self, accept: str) -> dict[str, Any]:
        fields = {**bearer(), "accept": accept, "accept-encoding": "identity"}
        headers = [(name.encode(), value.encode()) for name, value in fields.items()]
        return {"type": "http", "method": "GET", "path": "/v1/notes", "headers": headers}


ROWS = 60


async def filled(directory: Path, **serve: Any) -> AsgiApp:
    """An app with rows, that streams them one by one."""
    settings = settings_in(directory, **serve)
    store = StoreSettings(batch_rows=1, idle_timeout=0.3, streams=1)
    app = application(CONTRACT, replace(settings, store=store))
    await app.open()
    async with client_of(app) as client:
        bodies = [{"text": f"note {number}"} for number in range(ROWS)]
        assert (await client.post("/v1/notes", json=bodies)).status_code == 201
    return app


@pytest.mark.parametrize("accept", ["application/x-ndjson", "text/csv"])
async def test_a_stream_that_breaks_off_does_not_look_whole(tmp_path: Path, accept: str) -> None:
    async def stall(number: int) -> None:
        if number == 3:
            await asyncio.sleep(1)

    app = await filled(tmp_path)
    reader = Reader(stall)
    await app(reader.scope(accept), reader.receive, reader.send)
    await app.close()
    body = b"".join(reader.pieces).decode()
    last = body.splitlines()[-1]
    assert body.count("note ") < ROWS
    if accept == "text/csv":
        with pytest.raises(csv.Error):
            list(csv.reader(io.StringIO(body), strict=True))
    else:
        assert json.loads(last)["problem"]["code"] == "timed_out"


async def test_a_stream_to_nobody_ends_and_gives_its_place_back(tmp_path: Path) -> None:
    async def leave(number: int) -> None:
        if number == 3:
            reader.left.set()
        await asyncio.sleep(0.05)

    app = await filled(tmp_path)
    reader = Reader(leave)
    await app(reader.scope("application/x-ndjson"), reader.receive, reader.send)
    assert b"".join(reader.pieces).count(b"note ") < ROWS
    async with client_of(app) as client:
        headers = {"accept": "application/x-ndjson"}
        again = await client.get("/v1/notes", headers=headers)
    await app.close()
    assert again.text.count("note ") == ROWS


async def test_a_slow_stream_may_last_longer_than_a_request(tmp_path: Path) -> None:
    async def slowly(number: int) -> None:
        if number <= 8:
            await asyncio.sleep(0.1)

    app = await filled(tmp_path, request_timeout=0.4)
    reader = Reader(slowly)
    await app(reader.scope("application/x-ndjson"), reader.receive, reader.send)
    await app.close()
    assert b"".join(reader.pieces).count(b"note ") == ROWS
