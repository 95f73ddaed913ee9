"""Subscriptions over graphql-transport-ws: what is told, what is refused, and how it ends."""

import asyncio
import json
from typing import Any

import pytest

from tests.behaviour.actors import ADA, BOB
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.live.operations import (
    OFFERED,
    PATH,
    Follower,
    connected,
    following,
    init,
    joined,
    ran,
    subscribe,
)
from tests.behaviour.live.sockets import AsgiSocket, opened
from tests.behaviour.serving import Served
from tests.support.websocket import Closed, Declined

SAMPLES = following("samples", "", "name")
EVENTS = {"accept": "text/event-stream"}


async def told(socket: AsgiSocket) -> Any:
    """What the next event tells."""
    message = await socket.receive()
    assert message["type"] == "next", message
    return message["payload"]["data"]["told"]


async def refused(socket: AsgiSocket, query: str, variables: Any = None) -> str:
    """The code of the error that an operation comes to."""
    await socket.send(subscribe("refused", query, variables))
    message = await socket.receive()
    assert (message["type"], message["id"]) == ("error", "refused"), message
    error = message["payload"][0]
    found: str = error["extensions"]["code"]
    return found


async def test_a_client_follows_a_list(http: RestClient, served: Served) -> None:
    made = await http.create("Project", {"name": "p", "code": "p", "tasks": [{"title": "t"}]}, ADA)
    key = f"Project:{made['id']}"
    async with joined(served, ADA) as socket:
        query = """
            subscription Mine($status: ProjectStatus!, $deep: Boolean!) {
              told: projects(filter: {status: {eq: $status}}) {
                __typename reset ready position
                changes { ...change }
                again: changes { node { version } }
              }
            }
            fragment change on ProjectChange {
              __typename kind nodeId removedId
              node { label: name ... on Node { id } tasks @include(if: $deep) { nodes { title } } }
            }
        """
        await socket.send(subscribe("mine", query, {"status": "draft", "deep": True}))
        first = await told(socket)
        position = first.pop("position")
        assert first == {
            "__typename": "ProjectChanges", "reset": True, "ready": True,
            "changes": [
                {
                    "__typename": "ProjectChange", "kind": "CREATED", "nodeId": key,
                    "removedId": None,
                    "node": {"label": "p", "id": key, "tasks": {"nodes": [{"title": "t"}]}},
                }
            ],
            "again": [{"node": {"version": 1}}],
        }  # fmt: skip
        await http.update("Project", made["id"], {"name": "q"}, ADA)
        second = await told(socket)
        assert (second["reset"], second["ready"]) == (False, False)
        assert second["position"] != position
        (change,) = second["changes"]
        assert (change["kind"], change["node"]["label"]) == ("UPDATED", "q")
        assert second["again"] == [{"node": {"version": 2}}]
        await http.call("start", ADA, resource="Project", key=made["id"])
        (change,) = (await told(socket))["changes"]
        assert change == {
            "__typename": "ProjectChange", "kind": "REMOVED", "nodeId": key, "removedId": key,
            "node": None,
        }  # fmt: skip
        await socket.send({"id": "mine", "type": "complete"})
        await http.create("Project", {"name": "r", "code": "r"}, ADA)
        await socket.send({"type": "ping", "payload": {"any": 1}})
        assert await socket.receive() == {"type": "pong"}
        await socket.send({"type": "pong"})
        await socket.send(subscribe("mine", SAMPLES))
        assert (await told(socket))["changes"] == []


async def test_a_client_follows_one_row(http: RestClient, served: Served) -> None:
    made = await http.create("Project", {"name": "p", "code": "p"}, ADA)
    other = await http.create("Project", {"name": "o", "code": "o"}, ADA)
    key = f"Project:{made['id']}"
    query = "subscription($id: ID!) { told: project(id: $id) { changes { kind node { name } } } }"
    async with joined(served, ADA) as socket, joined(served, BOB) as bob:
        await socket.send(subscribe("a", query, {"id": key}))
        assert (await told(socket))["changes"] == [{"kind": "CREATED", "node": {"name": "p"}}]
        await http.update("Project", other["id"], {"name": "x"}, ADA)
        await http.update("Project", made["id"], {"name": "q"}, ADA)
        assert (await told(socket))["changes"] == [{"kind": "UPDATED", "node": {"name": "q"}}]
        await http.delete("Project", made["id"], ADA)
        assert (await told(socket))["changes"] == [{"kind": "REMOVED", "node": None}]
        for id_ in (key, "Project:x", "Tag:1", "nonsense", f"Sample:{made['id']}"):
            assert await refused(socket, query, {"id": id_}) == "not_found"
        assert await refused(bob, query, {"id": f"Project:{other['id']}"}) == "not_found"


async def test_a_policy_decides_for_each_subscriber(http: RestClient, served: Served) -> None:
    query = following("projects", "", "name budget hidden")
    async with joined(served, ADA) as ada, joined(served, BOB) as bob, joined(served) as nobody:
        for socket in (ada, bob, nobody):
            await socket.send(subscribe("a", query))
            assert (await told(socket))["changes"] == []
        made = await http.create("Project", {"name": "p", "code": "p", "budget": "5"}, ADA)
        (change,) = (await told(ada))["changes"]
        assert (change["node"]["budget"], change["node"]["hidden"]) == ("5.00", ["rating"])
        await http.update("Project", made["id"], {"visibility": "public"}, ADA)
        for socket in (bob, nobody):
            (change,) = (await told(socket))["changes"]
            assert (change["kind"], change["node"]["budget"]) == ("CREATED", None)
            assert "budget" in change["node"]["hidden"]
        await http.update("Project", made["id"], {"visibility": "private"}, ADA)
        for socket in (bob, nobody):
            (change,) = (await told(socket))["changes"]
            assert (change["kind"], change["node"]) == ("REMOVED", None)
        assert await refused(nobody, "subscription { pages { ready } }") == "unauthenticated"


async def test_all_that_one_write_did_is_one_event(http: RestClient, served: Served) -> None:
    async with joined(served) as socket:
        await socket.send(subscribe("a", SAMPLES))
        await told(socket)
        rows = await http.create_all("Sample", [{"name": f"n{n}"} for n in range(40)])
        changes = (await told(socket))["changes"]
        assert [change["nodeId"] for change in changes] == [f"Sample:{row['id']}" for row in rows]


async def test_what_is_long_comes_in_parts(http: RestClient, served: Served) -> None:
    """Only the last has a position: who misses one goes on from where it was before the first."""
    query = following("samples", "", "notes")
    rows = [{"name": "n", "notes": "x" * 9_000}] * 100
    async with joined(served) as socket:
        await socket.send(subscribe("a", query))
        await told(socket)
        await http.create_all("Sample", rows)
        parts = [await told(socket) for _ in range(4)]
        await socket.send(subscribe("b", query))
        begun = [await told(socket) for _ in range(4)]
    for some, flags in ((parts, {False}), (begun, {True, False})):
        assert sum(len(part["changes"]) for part in some) == 100
        assert [part["position"] is None for part in some] == [True, True, True, False]
        assert {part["reset"] for part in some} == flags
    assert [(part["reset"], part["ready"]) for part in begun] == [
        (True, False), (False, False), (False, False), (False, True),
    ]  # fmt: skip


async def test_who_comes_back_goes_on_from_its_position(http: RestClient, served: Served) -> None:
    first = await http.create("Sample", {"name": "a"})
    query = "subscription($after: String) { told: samples(after: $after) { reset ready position "
    query += "changes { kind nodeId removedId node { id name } } } }"
    async with joined(served) as socket:
        follower = Follower()
        await socket.send(subscribe("a", query))
        follower.take(await told(socket))
    async with joined(served) as socket:
        await socket.send(subscribe("a", query, {"after": follower.position}))
        again = await told(socket)
        assert (again["reset"], again["ready"], again["changes"]) == (False, True, [])
        await http.create("Sample", {"name": "b"})
        follower.take(await told(socket))
        assert [row["name"] for row in follower.rows.values()] == ["a", "b"]
    await http.delete("Sample", first["id"])
    async with joined(served) as socket:
        for name, after in (("a", follower.position), ("b", "nonsense")):
            await socket.send(subscribe(name, query, {"after": after}))
            again = await told(socket)
            assert (again["reset"], again["ready"]) == (True, True)
            assert [change["node"]["name"] for change in again["changes"]] == ["b"]
        assert await refused(socket, query, {"after": 5}) == "invalid_parameter"


async def test_queries_and_mutations_are_answered_too(http: RestClient, served: Served) -> None:
    async with joined(served, ADA) as socket:
        made = await ran(socket, 'mutation { createSample(input: {name: "x"}) { sample { id } } }')
        key = made["data"]["createSample"]["sample"]["id"]
        found = await ran(socket, "query($id: ID!) { sample(id: $id) { name } }", {"id": key})
        assert found == {"data": {"sample": {"name": "x"}}}
        failed = await ran(socket, 'mutation { deleteSample(id: "Sample:x") { deletedId } }')
        assert failed["errors"][0]["path"] == ["deleteSample"]
        (error,) = await ran(socket, "{ gone }")
        assert (error["extensions"]["code"], error["locations"]) == (
            "invalid_document", [{"line": 1, "column": 3}],
        )  # fmt: skip
        # One name after the other: what has been answered is over.
        assert len((await ran(socket, "{ samples { nodes { name } } }"))["data"]["samples"]) == 1


async def test_an_answer_may_be_longer_than_what_may_wait(http: RestClient, served: Served) -> None:
    for _ in range(2):
        await http.create_all("Sample", [{"name": "n", "notes": "x" * 9_000}] * 75)
    async with joined(served) as socket:
        found = await ran(socket, "{ samples(first: 500) { nodes { notes } } }")
        assert len(found["data"]["samples"]["nodes"]) == 150


async def test_a_key_of_the_handshake_repeats_nothing(http: RestClient, served: Served) -> None:
    """An idempotency key is about one request, and a connection is for as many as come."""
    async with connected(served, {"idempotency-key": "once"}) as socket:
        await socket.send(init(ADA))
        await socket.receive()
        keys = set()
        for _ in range(2):
            made = await ran(
                socket, 'mutation { createTicket(input: {title: "x"}) { ticket { id } } }'
            )
            keys.add(made["data"]["createTicket"]["ticket"]["id"])
        assert len(keys) == 2


NOT_FOLLOWED = {
    "subscription { samples { ready } tags { ready } }": "invalid_document",
    "subscription { __typename }": "invalid_document",
    "subscription { __schema { description } }": "invalid_document",
    "subscription { ...a } fragment a on Subscription { samples { ready } tags { ready } }":
        "invalid_document",
    "subscription { tasks { ready } }": "invalid_document",
    "subscription { samples(first: 3) { ready } }": "invalid_document",
    "subscription { samples(sort: {field: NAME}) { ready } }": "invalid_document",
    "subscription { samples { changes { id } } }": "invalid_document",
    "subscription { samplesAggregate { count } }": "invalid_document",
    'subscription { samples(filter: {name: {eq: "x", gone: 1}}) { ready } }': "invalid_document",
    'subscription { samples(filter: {day: {eq: "x"}}) { ready } }': "invalid_parameter",
    "subscription { projects { changes { node { children(first: 500) { nodes { children(first: 500)"
    " { nodes { tasks(first: 500) { nodes { id } } } } } } } } } }": "too_complex",
    "subscription { tags { changes { node { " + "projects { nodes { tags { nodes { " * 5 + "id"
    + " } } } }" * 5 + " } } } }": "too_complex",
    "subscription { samples { " + "ready " * 300 + "} }": "too_complex",
}  # fmt: skip


async def test_what_cannot_be_followed_is_an_error_before_anything_is_asked(
    served: Served,
) -> None:
    async with joined(served, ADA) as socket:
        served.witness.statements.clear()
        for query, code in NOT_FOLLOWED.items():
            assert await refused(socket, query) == code, query
        skipped = "subscription($no: Boolean!) { samples @skip(if: $no) { ready } }"
        assert await refused(socket, skipped, {"no": True}) == "invalid_document"
        # What was followed before may still be looked for in the log.
        assert set(served.witness.statements) <= {"changes of the log"}
    assert served.witness.failures == []


async def test_a_list_that_is_too_long_is_an_error_and_one_that_grows_ends(
    http: RestClient, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await http.create_all("Sample", [{"name": "x"}] * 3)
    monkeypatch.setattr(served.process._hub, "_most", 4)
    async with joined(served) as socket:
        await socket.send(subscribe("a", SAMPLES))
        await told(socket)
        await http.create_all("Sample", [{"name": "x"}] * 3)
        assert len((await told(socket))["changes"]) == 3
        ended = await socket.receive()
        assert (ended["type"], ended["id"]) == ("error", "a")
        assert ended["payload"][0]["extensions"]["code"] == "too_complex"
        assert await refused(socket, SAMPLES) == "too_complex"


async def test_a_connection_has_so_many_subscriptions(served: Served) -> None:
    async with joined(served) as socket:
        for number in range(100):
            await socket.send(subscribe(str(number), SAMPLES))
            await told(socket)
        assert await refused(socket, SAMPLES) == "too_many_subscriptions"
        await socket.send({"id": "7", "type": "complete"})
        await socket.send(subscribe("more", SAMPLES))
        assert (await told(socket))["ready"]


NO_MESSAGES = [
    "", "{", "[]", "null", "5", '"ping"', "{}", '{"type":"dance"}', '{"type":5}',
    '{"type":"connect"}', '{"type":"start","id":"a","payload":{"query":"{ __typename }"}}',
    '{"type":"subscribe"}', '{"type":"subscribe","id":"a"}',
    '{"type":"subscribe","id":"a","payload":[]}', '{"type":"subscribe","id":"a","payload":{}}',
    '{"type":"subscribe","id":"a","payload":{"query":5}}',
    '{"type":"subscribe","id":"a","payload":{"query":"{ __typename }","variables":[]}}',
    '{"type":"subscribe","id":"","payload":{"query":"{ __typename }"}}',
    '{"type":"subscribe","id":7,"payload":{"query":"{ __typename }"}}',
    json.dumps({"type": "complete", "id": "a" * 65}), '{"type":"complete"}',
    '{"type":"ping","type":"pong"}', "[" * 100_000, "\ud800", b"\x00\x01",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_MESSAGES, ids=lambda text: repr(text)[:40])
async def test_what_is_no_message_ends_the_connection(served: Served, text: str | bytes) -> None:
    async with joined(served) as socket:
        await socket.text(text)
        assert await socket.ending() == ("", 4400)
    async with connected(served) as socket:
        await socket.text('{"type":"connection_init","payload":5}')
        assert await socket.ending() == ("", 4400)
    assert served.witness.failures == []


async def test_the_order_of_things_is_kept(served: Served) -> None:
    async with connected(served) as socket:
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}
        await socket.send(subscribe("a", SAMPLES))
        assert await _closed(socket) == (4401, "Unauthorized")
    async with joined(served) as socket:
        await socket.send(init(None))
        assert await _closed(socket) == (4429, "Too many initialisation requests")
    async with joined(served) as socket:
        await socket.send(subscribe("a", SAMPLES))
        await told(socket)
        await socket.send(subscribe("a", SAMPLES))
        assert await _closed(socket) == (4409, "Subscriber for a already exists")
    async with joined(served) as socket:
        await socket.text("x" * 1_048_577)
        assert (await _closed(socket))[0] == 1009


async def _closed(socket: AsgiSocket) -> tuple[int | None, str]:
    try:
        while True:
            await socket.receive()
    except Closed as closed:
        return closed.code, str(closed).partition(" ")[2]


async def test_who_it_is_stands_in_the_first_message_or_in_the_handshake(
    http: RestClient, served: Served
) -> None:
    made = await http.create("Project", {"name": "p", "code": "p"}, ADA)
    bearer = init(ADA)["payload"]["Authorization"]
    query = "{ projects { nodes { id } } }"
    for headers, payload in (
        ({"authorization": bearer}, None), ({}, {"authorization": bearer}),
        ({}, {"AUTHORIZATION": bearer.replace("Bearer", "bearer")}),
        ({}, {"headers": {"Authorization": bearer}, "other": 1}),
        ({"authorization": bearer}, {"authorization": None}),
    ):  # fmt: skip
        async with connected(served, headers) as socket:
            await socket.send({"type": "connection_init", "payload": payload})
            assert await socket.receive() == {"type": "connection_ack"}
            found = await ran(socket, query)
            assert found["data"]["projects"]["nodes"] == [{"id": f"Project:{made['id']}"}]
    for given in ("Bearer nonsense", "nonsense", "", "Basic YTpi", 5, "Bearer " + "x" * 20_000):
        async with connected(served) as socket:
            await socket.send({"type": "connection_init", "payload": {"authorization": given}})
            code, reason = await _closed(socket)
            assert (code, reason.partition(":")[0]) == (4403, "invalid_token"), given
    with pytest.raises(Declined):
        async with connected(served, {"authorization": "Bearer nonsense"}):
            pass


async def test_the_subprotocol_is_asked_for(served: Served) -> None:
    for offered in ("graphql-ws", "charter.live.v1", ""):
        async with opened(served, {"sec-websocket-protocol": offered}, PATH) as socket:
            assert socket.subprotocol is None
            assert await _closed(socket) == (4406, "Subprotocol not acceptable")
    with pytest.raises(Declined):
        async with opened(served, {**OFFERED, "origin": "https://evil.example"}, PATH):
            pass


async def test_who_reads_too_slowly_is_let_go(http: RestClient, served: Served) -> None:
    async with joined(served) as socket:
        await socket.send(subscribe("a", following("samples", "", "notes")))
        await told(socket)
        socket.takes.clear()
        for number in range(12):
            notes = [{"name": "n", "notes": "x" * 9_000, "number": number} for _ in range(20)]
            await http.create_all("Sample", notes)
            await asyncio.sleep(0.05)
        socket.takes.set()
        # Its close frame has some time only, in which a slow client may take nothing.
        assert (await _closed(socket))[0] in {4430, 1006}


async def test_as_events_there_are_all_operations(http: RestClient, served: Served) -> None:
    async def events(body: Any, method: str = "POST", **headers: str) -> tuple[str, list[Any]]:
        fields = {**EVENTS, **headers}
        if method == "GET":
            answer = await http.send("GET", "/graphql", headers=fields, params=list(body.items()))
        else:
            answer = await http.send("POST", "/graphql", headers=fields, body=body)
        assert answer.status_code == 200, answer.text
        found = [part.split("\n") for part in answer.text.strip().split("\n\n")]
        kinds = " ".join(part[0].removeprefix("event: ") for part in found)
        return kinds, [json.loads(part[1].removeprefix("data: ")) for part in found[:-1]]

    made = 'mutation { createSample(input: {name: "x"}) { sample { name } } }'
    assert await events({"query": made}) == (
        "next complete", [{"data": {"createSample": {"sample": {"name": "x"}}}}],
    )  # fmt: skip
    query = {"query": "{ samples { totalCount } }"}
    for method in ("GET", "POST"):
        kinds, (told_,) = await events(query, method)
        assert (kinds, told_) == ("next complete", {"data": {"samples": {"totalCount": 1}}})
    for wrong, code in (
        ("{ gone }", "invalid_document"), ("subscription { gone { ready } }", "invalid_document"),
        ('subscription { sample(id: "x") { ready } }', "not_found"),
        ("subscription { pages { ready } }", "unauthenticated"),
    ):  # fmt: skip
        kinds, (told_,) = await events({"query": wrong})
        assert (kinds, told_["errors"][0]["extensions"]["code"]) == ("next complete", code)
    later = "application/json, text/event-stream, multipart/mixed"
    answer = await http.send("POST", "/graphql", headers={"accept": later}, body=query)
    assert answer.headers["content-type"].startswith("application/json")


async def test_a_subscription_is_for_who_takes_events(http: RestClient, served: Served) -> None:
    for accept, status in (
        ("application/graphql-response+json", 406), ("application/json", 200), ("*/*", 200),
    ):  # fmt: skip
        headers = {"accept": accept}
        answer = await http.send("POST", "/graphql", headers=headers, body={"query": SAMPLES})
        assert answer.status_code == status
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "not_acceptable"
        assert error["extensions"]["available"] == ["text/event-stream"]
    assert served.process._hub.views == 0
