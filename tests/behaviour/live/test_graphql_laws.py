"""Whatever is written, who subscribes over GraphQL ends with what a query shows, and was told of
each step once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from random import Random
from typing import Any

import pytest
import pytest_asyncio

from charter.serve.web.rest import Rest
from charter.wire.rest.settings import RestSettings
from tests.behaviour.actors import ADA, AUDITOR, BOB, EVE
from tests.behaviour.clients.base import Someone
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.live.operations import Follower, caught_up, following, joined, ran, subscribe
from tests.behaviour.live.sockets import AsgiSocket
from tests.behaviour.live.test_laws import WRITES, Busy
from tests.behaviour.live.watching import Watching
from tests.behaviour.serving import Served

Followed = tuple[str, str, str, Someone | None]
"""The field, its arguments, what is asked of nodes, and who asks."""
FOLLOWED: list[Followed] = [
    ("samples", "", "version name number notes price extra", None),
    ("samples", "filter: {number: {gte: 3}}", "number", None),
    ("projects", "", "version name budget hidden can tasks { nodes { title done hours } }", ADA),
    ("projects", "", "version name budget hidden can", BOB),
    (
        "projects", "filter: {visibility: {eq: public}}",
        "owner { name } tags(sort: [{field: LABEL}]) { edges { cursor node { label } } }",
        None,
    ),
    (
        "projects", "filter: {tasks: {done: {eq: true}}}",
        "open: tasks(filter: {done: {eq: false}}) { totalCount } tasks { nodes { title } }", ADA,
    ),
    ("projects", "", "name taskCount parent { id name }", AUDITOR),
    ("members", "", "role project { name }", BOB),
    ("notes", "", "body project { id name owner { id } }", EVE),
    ("tags", "", "label projects { nodes { id name } pageInfo { hasNextPage endCursor } }", None),
]  # fmt: skip


@pytest_asyncio.fixture(loop_scope="module")
async def own(served: Served) -> AsyncIterator[Watching]:
    """The hub of the service itself."""
    yield Watching(served, served.process._hub, Rest(served.contract, b"k" * 32, RestSettings()))


async def shown(socket: AsgiSocket, followed: Followed) -> dict[str, Any]:
    """What a query shows now, by identifier."""
    name, arguments, nodes, _ = followed
    given = f"first: 500, {arguments}" if arguments else "first: 500"
    answer = await ran(socket, f"{{ {name}({given}) {{ nodes {{ id {nodes} }} }} }}")
    return {node["id"]: node for node in answer["data"][name]["nodes"]}


class Followers:
    """All that is followed, each over a connection of whom it is for."""

    def __init__(self, sockets: list[AsgiSocket]) -> None:
        self.sockets = sockets
        self.of = [Follower() for _ in FOLLOWED]

    async def begin(self) -> None:
        for followed, socket, follower in zip(FOLLOWED, self.sockets, self.of, strict=True):
            name, arguments, nodes, _ = followed
            if follower.position is not None:
                after = f'after: "{follower.position}"'
                arguments = f"{arguments}, {after}" if arguments else after
            await socket.send(subscribe("f", following(name, arguments, nodes)))
            follower.take((await socket.receive())["payload"]["data"]["told"])

    async def agree(self) -> None:
        for followed, socket, follower in zip(FOLLOWED, self.sockets, self.of, strict=True):
            await caught_up(socket, {"f": follower})
            assert follower.rows == await shown(socket, followed), followed


@pytest.mark.parametrize("seed", range(2))
async def test_who_follows_sees_what_a_query_shows(
    http: RestClient, served: Served, own: Watching, seed: int
) -> None:
    random = Random(seed)
    busy = Busy(http, random, [], [], [])
    for _ in range(WRITES // 4):
        await busy.write()
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(joined(served, who)) for *_, who in FOLLOWED]
        followers = Followers(opened)
        await followers.begin()
        await followers.agree()
        for _ in range(4):
            await asyncio.gather(*(busy.write() for _ in range(WRITES // 4)))
            await own.settled()
            await followers.agree()
        for socket in opened:
            await socket.send({"id": "f", "type": "complete"})
        await asyncio.gather(*(busy.write() for _ in range(WRITES // 4)))
        await followers.begin()
        await followers.agree()
        assert all(follower.resets <= 2 for follower in followers.of)
        assert served.witness.failures == []


async def test_one_write_is_one_statement_for_each_view(
    http: RestClient, served: Served, own: Watching
) -> None:
    """However deep it is, what is read again is read by one statement, for all who see the same."""
    made = await http.create("Project", {"name": "p", "code": "p", "tasks": [{"title": "t"}]}, ADA)
    nodes = "name tasks { nodes { title steps { nodes { text } } } } owner { name }"
    async with joined(served, ADA) as first, joined(served, ADA) as second:
        pair = ((first, Follower()), (second, Follower()))
        for socket, follower in pair:
            await socket.send(subscribe("f", following("projects", "", nodes)))
            follower.take((await socket.receive())["payload"]["data"]["told"])
        await own.settled()
        before = len(served.witness.statements)
        await http.update("Project", made["id"], {"name": "q"}, ADA)
        await own.settled()
        told = served.witness.statements[before:]
        assert [item for item in told if item.startswith("watch")] == ["watch Project"]
        for socket, follower in pair:
            await caught_up(socket, {"f": follower})
            assert follower.told == [("UPDATED", f"Project:{made['id']}")]
