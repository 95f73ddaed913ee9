"""The AsyncAPI document says what the messages are."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from charter.wire.live.describe import asyncapi
from charter.wire.rest.settings import RestSettings
from tests.behaviour.actors import ADA
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.live.sockets import joined
from tests.behaviour.serving import Served


@pytest.fixture
def document(served: Served) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(asyncapi(served.contract, RestSettings()))
    return found


def payload(document: dict[str, Any], name: str) -> Draft202012Validator:
    schema = document["components"]["messages"][name]["payload"]
    return Draft202012Validator({**schema, "components": document["components"]})


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


async def test_all_that_is_referred_to_is_there(document: dict[str, Any]) -> None:
    for reference in references(document):
        found: Any = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        assert found


async def test_the_messages_are_as_described(
    http: RestClient, served: Served, document: dict[str, Any]
) -> None:
    made = await http.create("Project", {"name": "p", "code": "p"}, ADA)
    said: list[dict[str, Any]] = [
        {"type": "subscribe", "id": "a", "path": "/v1/projects?include=tasks,owner"},
        {"type": "subscribe", "id": "b", "path": "/v1/projects", "have": {"x": None}},
        {"type": "subscribe", "id": "c", "path": "/v1/projects", "after": "nothing"},
        {"type": "subscribe", "id": "d", "path": "/v1/nothing"},
        {"type": "unsubscribe", "id": "b"}, {"type": "unsubscribe", "id": "c"},
        {"type": "ping"}, {"type": "pong"},
    ]  # fmt: skip
    async with joined(served, ADA) as socket:
        for message in said:
            payload(document, message["type"]).validate(message)
            await socket.send(message)
        told = await socket.until("pong")
        await http.update("Project", made["id"], {"name": "q"}, ADA)
        await http.delete("Project", made["id"], ADA)
        told += await socket.until("changes")
        await socket.text("nonsense")
        told.append(await socket.receive())
    for message in told:
        payload(document, message["type"]).validate(message)
    kinds = {message["type"] for message in told}
    assert kinds >= {"snapshot", "ready", "changes", "reset", "problem", "pong"}


async def test_it_is_served(http: RestClient, document: dict[str, Any]) -> None:
    answer = await http.send("GET", "/asyncapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == document
