"""The messages of `charter.live.v1`, and what comes of those that are none."""

import asyncio
import json
import time
from typing import Any

import pytest

from charter.access.issue import Grant, issue_token
from charter.wire.live.messages import SUBPROTOCOL
from tests.behaviour.actors import ADA, BOB
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.live.sockets import AsgiSocket, joined, opened
from tests.behaviour.serving import KEY, Served, token
from tests.support.websocket import Closed, Declined


def subscribe(name: str, path: str, **more: Any) -> dict[str, Any]:
    return {"type": "subscribe", "id": name, "path": path, **more}


async def test_a_client_follows_a_list(http: RestClient, served: Served) -> None:
    made = await http.create("Project", {"name": "p", "code": "p"}, ADA)
    async with joined(served, ADA) as socket:
        await socket.send(subscribe("mine", "/v1/projects?status=draft&fields=id,name"))
        snapshot, ready = await socket.until("ready")
        assert [row["row"] for row in snapshot["rows"]] == [{"id": made["id"], "name": "p"}]
        assert snapshot["id"] == ready["id"] == "mine"
        await http.update("Project", made["id"], {"name": "q"}, ADA)
        (changes,) = await socket.until("changes")
        (change,) = changes["changes"]
        assert (change["kind"], change["key"]) == ("updated", made["id"])
        assert change["row"] == {"id": made["id"], "name": "q"}
        await http.call("start", ADA, resource="Project", key=made["id"])
        (changes,) = await socket.until("changes")
        assert changes["changes"] == [{"kind": "removed", "key": made["id"]}]
        assert changes["position"] != ready["position"]
        await socket.send({"type": "unsubscribe", "id": "mine"})
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}
        await http.create("Project", {"name": "r", "code": "r"}, ADA)
        await socket.send(subscribe("mine", "/v1/projects?name=nothing"))
        assert [message["type"] for message in await socket.until("ready")] == ["ready"]


async def test_all_that_one_write_did_comes_in_one_message(
    http: RestClient, served: Served
) -> None:
    async with joined(served) as socket:
        await socket.send(subscribe("a", "/v1/samples"))
        await socket.until("ready")
        rows = await http.create_all("Sample", [{"name": f"n{n}"} for n in range(40)])
        (message,) = await socket.until("changes")
        assert [change["key"] for change in message["changes"]] == [row["id"] for row in rows]


async def test_who_comes_back_names_what_it_has(http: RestClient, served: Served) -> None:
    kept, gone = [await http.create("Sample", {"name": name}) for name in "ab"]
    async with joined(served) as socket:
        await socket.send(subscribe("a", "/v1/samples"))
        snapshot, ready = await socket.until("ready")
    have = {row["key"]: row["tag"] for row in snapshot["rows"]}
    await http.delete("Sample", gone["id"])
    new = await http.create("Sample", {"name": "c"})
    async with joined(served) as socket:
        await socket.send(subscribe("a", "/v1/samples", have=have))
        changes, _ = await socket.until("ready")
        assert [(item["kind"], item["key"]) for item in changes["changes"]] == [
            ("removed", gone["id"]), ("created", new["id"]),
        ]  # fmt: skip
        await socket.send(subscribe("b", "/v1/samples", after=ready["position"]))
        reset, snapshot, ready = await socket.until("ready")
        assert reset == {"type": "reset", "id": "b", "code": "position_expired"}
        assert {row["key"] for row in snapshot["rows"]} == {kept["id"], new["id"]}
        await socket.send(subscribe("c", "/v1/samples", after=ready["position"]))
        assert len(await socket.until("ready")) == 1


async def test_a_problem_of_a_subscription_ends_nothing_else(served: Served) -> None:
    async with joined(served) as socket:
        for path, code in (
            ("/v1/nothing", "not_found"), ("/v1/pages", "unauthenticated"),
            ("/v1/samples?colour=1", "unknown_parameter"),
            ("/v1/samples?limit=5", "unknown_parameter"),
            ("/v1/samples?aggregate=count", "not_live"), ("", "not_found"), ("/", "not_found"),
            ("/v1/samples?" + "a" * 20_000, "target_too_long"), ("/v1/batch", "method_not_allowed"),
        ):  # fmt: skip
            await socket.send(subscribe("x", path))
            problem = await socket.receive()
            assert (problem["type"], problem["id"]) == ("problem", "x")
            assert problem["problem"]["code"] == code, path
        await socket.send(subscribe("x", "/v1/samples"))
        await socket.until("ready")
        await socket.send(subscribe("x", "/v1/samples"))
        assert (await socket.receive())["problem"]["code"] == "invalid_values"


async def test_a_list_that_is_too_long_is_a_problem_and_one_that_grows_ends(
    http: RestClient, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await http.create_all("Sample", [{"name": "x"}] * 3)
    async with joined(served) as socket:
        live = served.app._process._hub  # type: ignore[attr-defined]
        monkeypatch.setattr(live, "_most", 4)
        await socket.send(subscribe("a", "/v1/samples"))
        await socket.until("ready")
        await http.create_all("Sample", [{"name": "x"}] * 3)
        changes, ended = await socket.until("ended")
        assert (len(changes["changes"]), ended["problem"]["code"]) == (3, "too_complex")
        await socket.send(subscribe("a", "/v1/samples"))
        problem = await socket.receive()
        assert (problem["type"], problem["problem"]["code"]) == ("problem", "too_complex")
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}


NOT_MESSAGES = [
    "", "{", "[]", "null", "5", '"connect"', "{}", '{"type":"dance"}', '{"type":5}',
    '{"type":"subscribe"}', '{"type":"subscribe","id":"","path":"/"}',
    json.dumps({"type": "subscribe", "id": "a" * 65, "path": "/"}),
    '{"type":"subscribe","id":"a","path":"/","have":{"a":5}}',
    '{"type":"subscribe","id":"a","path":"/","colour":1}', "[" * 100_000, "\ud800",
    b"\x00\x01", '{"type":"connect"}',
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_MESSAGES, ids=lambda text: repr(text)[:30])
async def test_what_is_no_message_ends_the_connection(served: Served, text: str | bytes) -> None:
    async with joined(served) as socket:
        await socket.text(text)
        said, code = await socket.ending()
        assert said in {"malformed", "invalid_values", "not_connected"}
        assert code in {4400, 4408}
    assert served.witness.failures == []


async def test_the_first_message_says_who_it_is(served: Served) -> None:
    async with opened(served) as socket:
        await socket.send(subscribe("a", "/v1/samples"))
        assert await socket.ending() == ("not_connected", 4408)
    async with opened(served) as socket:
        await socket.send({"type": "connect", "token": "not.a.token"})
        assert await socket.ending() == ("invalid_token", 4401)
    old = issue_token(KEY, Grant("ada"), now=time.time() - 1_000_000)
    async with opened(served) as socket:
        await socket.send({"type": "connect", "token": old})
        assert await socket.ending() == ("invalid_token", 4401)


async def test_a_token_may_come_with_the_handshake(http: RestClient, served: Served) -> None:
    made = await http.create("Project", {"name": "p", "code": "p"}, ADA)
    bearer = {"authorization": f"Bearer {token(ADA)}"}
    async with opened(served, bearer) as socket:
        await socket.send({"type": "connect"})
        await socket.send(subscribe("a", "/v1/projects"))
        messages = await socket.until("ready")
        assert [row["key"] for row in messages[1]["rows"]] == [made["id"]]
    with pytest.raises(Declined):
        async with opened(served, {"authorization": "Bearer nonsense"}):
            pass


async def test_pages_of_other_sites_are_not_let_in(served: Served) -> None:
    for origin in ("https://evil.example", "null", "http://studio.evil.example", "https://studio"):
        with pytest.raises(Declined):
            async with opened(served, {"origin": origin}):
                pass
    async with opened(served, {"origin": "http://studio"}):
        pass


async def test_other_paths_are_no_websocket(served: Served) -> None:
    for path in ("/", "/live", "/v1/samples", "/v1/live/", "/docs"):
        with pytest.raises(Declined):
            async with opened(served, path=path):
                pass


async def test_a_subprotocol_is_confirmed_where_it_is_known(served: Served) -> None:
    for offered, confirmed in (
        (SUBPROTOCOL, SUBPROTOCOL), (f"other, {SUBPROTOCOL}", SUBPROTOCOL), ("other", None),
    ):  # fmt: skip
        async with opened(served, {"sec-websocket-protocol": offered}) as socket:
            assert socket.subprotocol == confirmed


async def test_a_message_has_a_limit(served: Served) -> None:
    async with joined(served) as socket:
        await socket.text("x" * 1_048_577)
        assert await socket.ending() == ("too_large", 1009)
    async with joined(served) as socket:
        await socket.text("ä" * 600_000)
        assert await socket.ending() == ("too_large", 1009)


async def test_a_connection_has_so_many_subscriptions(served: Served) -> None:
    async with joined(served) as socket:
        for number in range(100):
            await socket.send(subscribe(str(number), "/v1/samples"))
            await socket.until("ready")
        await socket.send(subscribe("more", "/v1/samples"))
        assert (await socket.receive())["problem"]["code"] == "too_many_subscriptions"
        await socket.send({"type": "unsubscribe", "id": "7"})
        await socket.send(subscribe("more", "/v1/samples"))
        await socket.until("ready")


async def test_who_reads_too_slowly_is_let_go_and_loses_nothing(
    http: RestClient, served: Served
) -> None:
    async with joined(served) as socket:
        await socket.send(subscribe("a", "/v1/samples"))
        await socket.until("ready")
        socket.takes.clear()
        for number in range(12):
            notes = [{"name": "n", "notes": "x" * 9_000, "number": number} for _ in range(20)]
            await http.create_all("Sample", notes)
            await asyncio.sleep(0.05)
        socket.takes.set()
        seen = await _keys(socket)
    async with joined(served) as socket:
        await socket.send(subscribe("a", "/v1/samples", have=dict.fromkeys(seen)))
        messages = await socket.until("ready")
        kinds = [c["kind"] for m in messages if m["type"] == "changes" for c in m["changes"]]
        assert len(seen) < 240
        assert kinds.count("created") == 240 - len(seen)


async def _keys(socket: AsgiSocket) -> list[str]:
    """The keys that a client was told of until it was let go."""
    seen: list[str] = []

    async def read() -> None:
        while True:
            message = await socket.receive()
            seen.extend(change["key"] for change in message.get("changes", ()))

    with pytest.raises(Closed) as closed:
        await read()
    # Its last words have some time only, in which a slow client may take nothing.
    assert closed.value.code in {4430, 1006}
    return seen


async def test_bodies_are_passed_on_as_they_are(http: RestClient, served: Served) -> None:
    name = 'quote " back \\ line \u2028 \U0001f600 </script>'
    made = await http.create("Sample", {"name": name, "extra": {"a": [1, 1.0, None]}}, BOB)
    async with joined(served, BOB) as socket:
        await socket.send(subscribe('odd "name" \u2028', f"/v1/samples/{made['id']}"))
        snapshot, ready = await socket.until("ready")
        assert snapshot["rows"][0]["row"] == made
        assert ready["id"] == 'odd "name" \u2028'
