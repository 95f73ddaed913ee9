"""Clients of graphql-transport-ws of the tests, and subscribers that keep what they are told."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from charter.wire.graphql.transport import SUBPROTOCOL
from tests.behaviour.clients.base import Someone
from tests.behaviour.live.sockets import AsgiSocket, Serving, opened
from tests.behaviour.serving import token

PATH = "/graphql"
OFFERED = {"sec-websocket-protocol": SUBPROTOCOL}


def subscribe(name: str, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    payload = {"query": query} | ({} if variables is None else {"variables": variables})
    return {"id": name, "type": "subscribe", "payload": payload}


def init(who: Someone | None, **changes: Any) -> dict[str, Any]:
    """The first message of somebody."""
    if who is None:
        return {"type": "connection_init"}
    payload = {"Authorization": f"Bearer {token(who, **changes)}"}
    return {"type": "connection_init", "payload": payload}


@asynccontextmanager
async def connected(
    served: Serving, headers: Mapping[str, str] | None = None
) -> AsyncIterator[AsgiSocket]:
    """A connection on which nothing has been said."""
    async with opened(served, {**OFFERED, **(headers or {})}, PATH) as socket:
        assert socket.subprotocol == SUBPROTOCOL
        yield socket


@asynccontextmanager
async def joined(served: Serving, who: Someone | None = None) -> AsyncIterator[AsgiSocket]:
    """A connection that has said who it is."""
    async with connected(served) as socket:
        await socket.send(init(who))
        assert await socket.receive() == {"type": "connection_ack"}
        yield socket


async def ran(socket: AsgiSocket, query: str, variables: Mapping[str, Any] | None = None) -> Any:
    """The response to a query or mutation; its errors, where nothing of it was done."""
    await socket.send(subscribe("ran", query, variables))
    first = await socket.receive()
    assert first["id"] == "ran"
    if first["type"] == "next":
        assert await socket.receive() == {"id": "ran", "type": "complete"}
    return first["payload"]


@dataclass
class Follower:
    """Keeps rows as it is told of them, and refuses what makes no sense."""

    rows: dict[str, Any] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)
    """Kind and identifier of each change, in order."""
    position: str | None = None
    resets: int = 0
    ready: int = 0

    def take(self, told: Mapping[str, Any]) -> None:
        """What one event tells."""
        if told["reset"]:
            self.rows, self.resets = {}, self.resets + 1
        for change in told["changes"]:
            kind, key, node = change["kind"], change["nodeId"], change["node"]
            if not told["reset"]:
                self.told.append((kind, key))
            assert (key in self.rows) == (kind != "CREATED"), (kind, key)
            assert change["removedId"] == (key if kind == "REMOVED" else None)
            assert (node is None) == (kind == "REMOVED")
            if node is None:
                del self.rows[key]
                continue
            assert node["id"] == key
            if kind == "UPDATED":
                assert self.rows[key] != node
                assert node.get("version", 0) >= self.rows[key].get("version", 0)
            self.rows[key] = node
        self.ready += told["ready"]
        self.position = told["position"] or self.position


def following(field_: str, arguments: str, nodes: str) -> str:
    """The document of a subscription whose events a Follower takes."""
    given = f"({arguments})" if arguments else ""
    return (
        f"subscription {{ told: {field_}{given} {{ position reset ready "
        f"changes {{ kind nodeId removedId node {{ id {nodes} }} }} }} }}"
    )


async def caught_up(socket: AsgiSocket, followers: Mapping[str, Follower]) -> None:
    """Let followers take all that has been sent to them."""
    await socket.send({"type": "ping"})
    while (message := await socket.receive())["type"] != "pong":
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        followers[message["id"]].take(message["payload"]["data"]["told"])
