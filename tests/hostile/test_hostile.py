"""Hostile requests: whatever comes in, the answer is a 4xx with a code, never a failure."""

import asyncio
import json
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charter.core.codes import CODES
from tests.behaviour.actors import ADA
from tests.behaviour.clients.base import Someone
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.serving import Served, token
from tests.hostile.inputs import (
    BODIES,
    INJECTIONS,
    KEY,
    NOWHERE,
    NUMBERS,
    ODD_FIELDS,
    TEXTS,
    TRICKS,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


def sound(answer: httpx2.Response, served: Served) -> None:
    """The answer is a good one, or a refusal with a known code; and nothing failed inside."""
    assert served.witness.failures == []
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        problem = answer.json()
        assert problem["code"] in CODES, answer.text
        assert problem["status"] == answer.status_code


def refused(answer: httpx2.Response, served: Served) -> None:
    sound(answer, served)
    assert 400 <= answer.status_code < 500, answer.text


async def raw(
    http: RestClient,
    method: str,
    path: bytes,
    query: bytes = b"",
    *,
    body: bytes = b"",
    headers: list[tuple[bytes, bytes]] | None = None,
    actor: Someone | None = ADA,
) -> httpx2.Response:
    """A request as it stands, without a client that would make it decent."""
    sent = list(headers or [])
    if actor is not None:
        sent.append((b"authorization", b"Bearer " + token(actor).encode()))
    if body:
        sent.append((b"content-length", str(len(body)).encode()))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path.decode(errors="replace"),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": sent,
        "client": ("127.0.0.1", 1),
        "server": ("studio", 80),
    }
    messages: list[Any] = []
    incoming: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        # The client stays: one that goes away gets no answer.
        return incoming.pop(0) if incoming else await asyncio.Future()

    async def send(message: Any) -> None:
        messages.append(message)

    transport = http.http._transport
    assert isinstance(transport, httpx2.ASGITransport)
    await transport.app(scope, receive, send)
    content = b"".join(message.get("body", b"") for message in messages[1:])
    return httpx2.Response(messages[0]["status"], headers=messages[0]["headers"], content=content)


JSON = [(b"content-type", b"application/json")]


@pytest.mark.parametrize("text", INJECTIONS + TEXTS)
async def test_texts_in_every_position(http: RestClient, served: Served, text: str) -> None:
    escaped, plain = quoted(text), text.encode("utf-8", "surrogatepass")
    for path in (
        b"/v1/%s",
        b"/v1/samples/%s",
        b"/v1/projects/" + KEY.encode() + b"/%s",
        b"/v1/projects/%s/tasks/" + KEY.encode(),
        b"/v1/tickets/%s",
    ):
        sound(await raw(http, "GET", path % plain), served)
    for name in (
        "name",
        "name[like]",
        "name[in]",
        "number",
        "link",
        "moment",
        "kind",
        "flag",
        "extra[null]",
        "sort",
        "fields",
        "include",
        "search",
        "cursor",
        "limit",
        "count",
        "aggregate",
        "group",
        "any",
        "all",
        "not",
        "id",
        "code[ilike]",
        "name[x",
    ):
        sound(await raw(http, "GET", b"/v1/samples", f"{name}={escaped}".encode()), served)
    for query in (
        f"{escaped}=1",
        f"name[{escaped}]=1",
        f"{escaped}.{escaped}[eq]=x",
        f"any=({escaped}={escaped})",
        f"aggregate=sum({escaped})",
    ):
        refused(await raw(http, "GET", b"/v1/samples", query.encode()), served)
    for body in (
        {"name": text},
        {"name": "x", text: 1},
        {"name": "x", "extra": {text: text}},
        {"name": "x", "words": [text]},
        {"name": "x", "code": text},
        {"name": "x", "email": text},
        {"name": "x", "site": text},
        {"name": "x", "moment": text},
        {"name": "x", "price": text},
        [{"name": text}],
        text,
    ):
        content = json.dumps(body).encode()
        sound(await raw(http, "POST", b"/v1/samples", body=content, headers=JSON), served)
    operations = [{"id": text, "method": text, "path": text, "body": {text: text}}]
    content = json.dumps({"operations": operations}).encode()
    refused(await raw(http, "POST", b"/v1/batch", body=content, headers=JSON), served)
    kept = await http.send("GET", "/v1/samples?aggregate=count")
    assert kept.status_code == 200, "the table is still there"


def quoted(text: str) -> str:
    """Every byte percent-encoded."""
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("text", INJECTIONS)
async def test_what_is_stored_is_what_was_sent(http: RestClient, served: Served, text: str) -> None:
    made = await http.send("POST", "/v1/samples", body={"name": text, "extra": {text: text}})
    assert made.status_code == 201
    found = await http.send("GET", "/v1/samples", params=[("name", text)])
    (row,) = found.json()["items"]
    assert (row["name"], row["extra"]) == (text, {text: text})
    assert served.witness.failures == []


@pytest.mark.parametrize("number", NUMBERS)
async def test_numbers_of_every_size(http: RestClient, served: Served, number: str) -> None:
    for name in ("number", "small", "ratio", "price", "name", "flag", "words", "extra", "moment"):
        body = f'{{"name":"x","{name}":{number}}}'.encode()
        sound(await raw(http, "POST", b"/v1/samples", body=body, headers=JSON), served)
        sound(await raw(http, "GET", b"/v1/samples", f"{name}={number}".encode()), served)
    for query in (f"limit={number}", f"number[in]={number},{number}", f"price[gt]={number}"):
        sound(await raw(http, "GET", b"/v1/samples", query.encode()), served)
    sound(await raw(http, "GET", f"/v1/tickets/{number}".encode()), served)
    tag = [(b"if-match", f'"{number}"'.encode()), *JSON]
    path = f"/v1/samples/{KEY}".encode()
    refused(await raw(http, "PATCH", path, body=b"{}", headers=tag), served)


@pytest.mark.parametrize(
    "body",
    BODIES,
    ids=map(str, range(len(BODIES))),
)
async def test_bodies_that_nobody_should_send(
    http: RestClient, served: Served, body: bytes
) -> None:
    for path in (b"/v1/samples", b"/v1/batch", b"/v1/projects", b"/v1/greet"):
        refused(await raw(http, "POST", path, body=body, headers=JSON), served)
    row = f"/v1/samples/{KEY}".encode()
    patch = [(b"content-type", b"application/merge-patch+json")]
    refused(await raw(http, "PATCH", row, body=body, headers=patch), served)


async def test_too_much_of_everything(http: RestClient, served: Served) -> None:
    big = b"{" + b'"name":"x",' * 200_000 + b'"kind":"red"}'
    answer = await raw(http, "POST", b"/v1/samples", body=big, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    for query in (
        b"name=" + b"x" * 20_000,
        b"&".join(b"name[ne]=%d" % number for number in range(500)),
        b"&".join(b"f%d=1" % number for number in range(700)),
        b"any=(" + b"any=(" * 200 + b"name=x" + b")" * 201,
        b"name[in]=" + b",".join([b"x"] * 3000),
        b"include=" + b".".join([b"children"] * 50),
        b"include=" + b",".join([b"tasks"] * 500),
        b"sort=" + b",".join([b"name"] * 500),
        b"fields=" + b",".join([b"name"] * 900),
        b"search=" + b"a+" * 2000,
        b"limit=501",
        b"limit=0",
        b"limit=-1",
        b"limit=1e9",
    ):
        sound(await raw(http, "GET", b"/v1/projects", query), served)
    names = [(b"x-%d" % number, b"y") for number in range(200)]
    refused(await raw(http, "GET", b"/v1/samples", headers=names), served)
    wide = [(b"x-wide", b"y" * 70_000)]
    refused(await raw(http, "GET", b"/v1/samples", headers=wide), served)
    refused(await raw(http, "GET", b"/v1/" + b"x" * 20_000), served)


@pytest.mark.parametrize(
    ("name", "value"),
    TRICKS,
)
async def test_headers_that_trick(
    http: RestClient, served: Served, name: bytes, value: bytes
) -> None:
    headers = [(name, value)] + ([] if name == b"content-type" else JSON)
    actor = None if name == b"authorization" else ADA
    body = b'{"title":"x"}'
    if name == b"content-length":
        sound(await raw(http, "POST", b"/v1/pages", headers=headers, actor=actor), served)
        return
    path = f"/v1/pages/{KEY}".encode()
    if name in {b"if-match", b"content-encoding"}:
        refused(await raw(http, "PATCH", path, body=body, headers=headers, actor=actor), served)
    else:
        refused(
            await raw(http, "POST", b"/v1/pages", body=body, headers=headers, actor=actor), served
        )


@pytest.mark.parametrize(
    ("name", "value"),
    ODD_FIELDS,
)
async def test_headers_that_are_odd_do_no_harm(
    http: RestClient, served: Served, name: bytes, value: bytes
) -> None:
    answer = await raw(http, "GET", b"/v1/samples", headers=[(name, value)])
    sound(answer, served)
    shown = str(answer.headers)
    assert "set-cookie" not in shown
    assert "evil.example" not in shown


@pytest.mark.parametrize(
    "path",
    NOWHERE,
)
async def test_paths_that_lead_nowhere(http: RestClient, served: Served, path: bytes) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "FOO", "get"):
        headers = JSON if method in {"POST", "PUT", "PATCH"} else []
        answer = await raw(http, method, path, headers=headers)
        assert served.witness.failures == []
        assert 400 <= answer.status_code < 500


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    [
        "name",
        "number",
        "small",
        "flag",
        "ratio",
        "price",
        "day",
        "moment",
        "link",
        "email",
        "site",
        "kind",
        "level",
        "code",
        "extra",
        "words",
        "counts",
        "since",
        "secret",
        "origin",
        "seen",
        "id",
        "version",
        "tasks",
        "tag_ids",
        "owner_id",
        "parent_id",
        "starts",
    ]
)
DOCUMENTS = st.dictionaries(FIELDS | st.text(max_size=5), VALUES, max_size=8) | VALUES
PATHS = st.sampled_from(
    [
        b"/v1/samples",
        b"/v1/projects",
        b"/v1/tickets",
        b"/v1/batch",
        b"/v1/greet",
        b"/v1/add-up",
        b"/v1/projects/tidy",
    ]
)
NAMES = st.sampled_from(
    [
        "name",
        "name[like]",
        "number[in]",
        "price[gt]",
        "any",
        "all",
        "not",
        "sort",
        "fields",
        "include",
        "search",
        "cursor",
        "limit",
        "count",
        "aggregate",
        "group",
        "words[contains]",
        "moment[lt]",
        "dry_run",
        "tasks.title",
        "id[nin]",
        "extra[null]",
        "flag",
    ]
)
PIECES = st.text(alphabet=st.sampled_from("ab(),=[]\"\\.-*?%&+ 'é\u0000\ud8001"), max_size=20)
FUZZ = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@FUZZ
@given(path=PATHS, body=DOCUMENTS)
async def test_any_json_at_all(http: RestClient, served: Served, path: bytes, body: Any) -> None:
    content = json.dumps(body).encode()
    sound(await raw(http, "POST", path, body=content, headers=JSON), served)


@FUZZ
@given(path=PATHS, body=st.binary(max_size=60))
async def test_any_bytes_at_all(http: RestClient, served: Served, path: bytes, body: bytes) -> None:
    sound(await raw(http, "POST", path, body=body, headers=JSON), served)


@FUZZ
@given(params=st.lists(st.tuples(NAMES | PIECES, PIECES), max_size=4))
async def test_any_query_at_all(
    http: RestClient, served: Served, params: list[tuple[str, str]]
) -> None:
    query = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in params).encode()
    for path in (b"/v1/samples", b"/v1/projects"):
        sound(await raw(http, "GET", path, query), served)
