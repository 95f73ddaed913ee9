"""Subscribers over GraphQL of a service that is killed again and again: each goes on from its
position, and ends with what a query shows."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest

from charter.wire.graphql.transport import SUBPROTOCOL
from tests.behaviour.actors import ADA, AUDITOR, BOB
from tests.behaviour.clients.base import Someone
from tests.behaviour.databases import DATABASES
from tests.behaviour.live.operations import Follower, init
from tests.behaviour.serving import token
from tests.crash.test_kill9 import studio
from tests.crash.test_live import (
    FULL,
    KILLS,
    SUBSCRIBERS,
    WRITERS,
    again_and_again,
    given_up,
    outlived,
    until,
)
from tests.support.charter import Running
from tests.support.websocket import connected

pytestmark = pytest.mark.crash

FOLLOWED: list[tuple[str, str, str, Someone | None]] = [
    ("samples", "", "id version number", None),
    ("samples", "filter: {number: {gte: 50}}", "id version number", ADA),
    ("projects", "", "id version name tasks { nodes { title } }", ADA),
    ("projects", "", "id name hidden", BOB),
    ("projects", "filter: {visibility: {eq: public}}", "id owner { name }", None),
    ("projects", "", "id name taskCount", AUDITOR),
]
"""The field, its arguments, what is asked of nodes, and who asks."""


@dataclass
class Subscriber:
    """Follows a list whatever happens; what it is told has to make sense."""

    port: int
    name: str
    arguments: str
    nodes: str
    who: Someone | None
    follower: Follower = field(default_factory=Follower)
    events: int = 0
    connections: int = 0

    async def follow(self) -> None:
        given = f"after: $after, {self.arguments}" if self.arguments else "after: $after"
        query = (
            f"subscription($after: String) {{ told: {self.name}({given}) {{ position reset ready "
            f"changes {{ kind nodeId removedId node {{ {self.nodes} }} }} }} }}"
        )
        payload = {"query": query, "variables": {"after": self.follower.position}}
        offered = {"sec-websocket-protocol": SUBPROTOCOL}
        async with connected(self.port, "/graphql", offered) as socket:
            await socket.send(init(self.who))
            assert await socket.receive() == {"type": "connection_ack"}
            await socket.send({"id": "x", "type": "subscribe", "payload": payload})
            self.connections += 1
            while True:
                message = await socket.receive()
                if message["type"] == "error":
                    # The database is not there yet.
                    assert message["payload"][0]["extensions"]["family"] == "unavailable", message
                    return
                self.events += 1
                self.follower.take(message["payload"]["data"]["told"])


async def shown(service: Running, one: Subscriber) -> dict[str, Any]:
    given = f"first: 500, {one.arguments}" if one.arguments else "first: 500"
    body = {"query": f"{{ told: {one.name}({given}) {{ nodes {{ {one.nodes} }} }} }}"}
    headers = {} if one.who is None else {"authorization": f"Bearer {token(one.who)}"}
    async with httpx2.AsyncClient(base_url=service.url, headers=headers, timeout=20) as http:
        answer = (await http.post("/graphql", json=body)).json()
    return {node["id"]: node for node in answer["data"]["told"]["nodes"]}


@pytest.mark.parametrize("kind", [name for name in DATABASES if FULL or name != "mysql"])
async def test_subscribers_of_a_killed_service_end_with_what_there_is(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with DATABASES[kind](request) as url, studio(tmp_path, url, interface="asgi") as service:
        subscribers = [
            Subscriber(service.port, *FOLLOWED[number % len(FOLLOWED)])
            for number in range(SUBSCRIBERS)
        ]
        following = [asyncio.ensure_future(again_and_again(one.follow)) for one in subscribers]
        writers = await outlived(service, Random(11))
        for one in subscribers:
            there = await shown(service, one)
            agrees = await until(lambda one=one, there=there: one.follower.rows == there)  # type: ignore[misc]
            assert agrees, (one.name, one.arguments, len(one.follower.rows), len(there))
        failed = await given_up(following)
    assert failed == []
    assert all(one.events and one.connections > 1 for one in subscribers)
    assert sum(one.writes for one in writers) > KILLS * WRITERS
    if FULL:
        written, told = sum(w.writes for w in writers), sum(one.events for one in subscribers)
        print(f"{kind}: {written} writes, {told} events, {KILLS} kills")  # noqa: T201
