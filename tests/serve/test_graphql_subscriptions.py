"""Subscriptions under what an operator sets: documents, rates, times, and what is turned off."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from charter.access.rates.settings import RatesSettings
from charter.serve.settings.live import LiveSettings
from charter.serve.settings.model import Settings
from charter.wire.graphql.settings import GraphqlSettings
from tests.behaviour.actors import ADA
from tests.behaviour.contract import studio
from tests.behaviour.live.operations import OFFERED, joined, subscribe
from tests.behaviour.live.sockets import AsgiSocket, opened
from tests.behaviour.serving import Served, serving, settings_for
from tests.serve.slow_contract import slow as contract
from tests.support.websocket import Declined

FOLLOWED = "subscription { samples { ready } }"
DIGEST = hashlib.sha256(FOLLOWED.encode()).hexdigest()
READY = {"data": {"samples": {"ready": True}}}


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


@asynccontextmanager
async def served(folder: Path, **changes: Any) -> AsyncIterator[Served]:
    url = f"sqlite:///{folder / 'studio.db'}"
    settings: Settings = replace(settings_for(url), **changes)
    async with serving(studio.build(), url, settings) as found:
        yield found


async def answer(socket: AsgiSocket, payload: dict[str, Any]) -> Any:
    """The response to an operation, or the code of its error; it is followed no further."""
    for message in (
        {"id": "a", "type": "subscribe", "payload": payload}, {"id": "a", "type": "complete"},
        {"type": "ping"},
    ):  # fmt: skip
        await socket.send(message)
    first, *rest = await socket.until("pong")
    assert {message["type"] for message in rest} <= {"complete", "pong"}
    if first["type"] == "error":
        return first["payload"][0]["extensions"]["code"]
    return first["payload"]


def by_digest(digest: str, **more: Any) -> dict[str, Any]:
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}, **more}


def test_a_document_that_was_sent_once_is_known_by_its_digest(tmp_path: Path) -> None:
    async def work() -> None:
        async with served(tmp_path) as found, joined(found) as socket:
            assert await answer(socket, by_digest(DIGEST)) == "unknown_document"
            assert await answer(socket, by_digest(DIGEST, query=FOLLOWED)) == READY
            assert await answer(socket, by_digest(DIGEST)) == READY
            assert await answer(socket, by_digest("0" * 64, query=FOLLOWED)) == "invalid_parameter"

    run(work())


def test_only_listed_documents_are_followed_where_there_is_a_list(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "all.json").write_text(json.dumps({"mine": FOLLOWED}))

    async def work() -> None:
        listed = GraphqlSettings(documents=folder)
        async with served(tmp_path, graphql=listed) as found, joined(found) as socket:
            assert await answer(socket, {"query": FOLLOWED}) == READY
            assert await answer(socket, {"documentId": "mine"}) == READY
            other = "subscription { samples { reset } }"
            assert await answer(socket, {"query": other}) == "unlisted_document"

    run(work())


@pytest.mark.parametrize(
    ("limits", "query"),
    [
        ({"max_depth": 2}, "subscription { samples { changes { node { id } } } }"),
        ({"max_aliases": 1}, "subscription { a: samples { b: ready } }"),
        ({"max_cost": 40}, "subscription { samples { changes { node { id } } } }"),
        ({"max_tokens": 5}, FOLLOWED),
        ({"max_conditions": 1},
         "subscription { samples(filter: {or: [{name: {eq: \"a\"}}, {name: {eq: \"b\"}}]})"
         " { ready } }"),
    ],
)  # fmt: skip
def test_limits_of_documents_hold(tmp_path: Path, limits: dict[str, Any], query: str) -> None:
    async def work() -> None:
        bounded = GraphqlSettings(**limits)
        async with served(tmp_path, graphql=bounded) as found, joined(found) as socket:
            assert await answer(socket, {"query": query}) == "too_complex"

    run(work())


def test_each_operation_is_charged(tmp_path: Path) -> None:
    """A subscription as a page of 500 rows, which is five units; a query as what it asks for."""

    async def work() -> None:
        rates = RatesSettings(enabled=True, actor="12/1m")
        async with served(tmp_path, rates=rates) as found, joined(found, ADA) as socket:
            assert await answer(socket, {"query": FOLLOWED}) == READY
            assert await answer(socket, {"query": FOLLOWED}) == READY
            assert await answer(socket, {"query": FOLLOWED}) == "rate_limited"
            assert "data" in await answer(socket, {"query": "{ __typename }"})
            one = {"query": "{ samples(first: 1) { totalCount } }"}
            codes = {str(await answer(socket, one)) for _ in range(3)}
            assert "rate_limited" in codes

    run(work())


def test_events_are_charged_as_well(tmp_path: Path) -> None:
    async def work() -> None:
        rates = RatesSettings(enabled=True, address="4/1m")
        async with served(tmp_path, rates=rates) as found:
            transport = httpx2.ASGITransport(found.app, raise_app_exceptions=False)
            async with httpx2.AsyncClient(transport=transport, base_url="http://studio") as http:
                stream = {"accept": "text/event-stream"}
                told = await http.post("/graphql", json={"query": FOLLOWED}, headers=stream)
                assert '"rate_limited"' in told.text
                listed = await http.get("/v1/samples", headers=stream)
                assert listed.status_code == 429

    run(work())


def test_where_nothing_is_live_queries_are_answered_all_the_same(tmp_path: Path) -> None:
    async def work() -> None:
        async with served(tmp_path, live=LiveSettings(enabled=False)) as found:
            with pytest.raises(Declined):
                async with opened(found, OFFERED, "/graphql"):
                    pass
            transport = httpx2.ASGITransport(found.app, raise_app_exceptions=False)
            async with httpx2.AsyncClient(transport=transport, base_url="http://studio") as http:
                stream = {"accept": "text/event-stream"}
                told = await http.post("/graphql", json={"query": FOLLOWED}, headers=stream)
                assert '"not_live"' in told.text
                answered = await http.post("/graphql", json={"query": "{ __typename }"})
                assert answered.json() == {"data": {"__typename": "Query"}}

    run(work())


def test_it_can_be_elsewhere_or_off(tmp_path: Path) -> None:
    async def work() -> None:
        async with served(tmp_path, graphql=GraphqlSettings(path="/api/graph")) as found:
            async with opened(found, OFFERED, "/api/graph") as socket:
                assert socket.subprotocol == OFFERED["sec-websocket-protocol"]
            with pytest.raises(Declined):
                async with opened(found, OFFERED, "/graphql"):
                    pass
        async with served(tmp_path, graphql=GraphqlSettings(enabled=False)) as found:
            with pytest.raises(Declined):
                async with opened(found, OFFERED, "/graphql"):
                    pass

    run(work())


def test_what_takes_too_long_is_undone_and_ends_nothing_else(tmp_path: Path) -> None:
    async def work() -> None:
        url = f"sqlite:///{tmp_path / 'slow.db'}"
        plain = settings_for(url)
        settings = replace(plain, serve=replace(plain.serve, request_timeout=0.3))
        notes = {"query": "{ notes { totalCount } }"}
        slow = 'mutation { noteSlowly(input: {text: "never", seconds: 30}) { done } }'
        async with serving(contract.build(), url, settings) as found:
            async with joined(found, ADA) as socket:
                told = await answer(socket, {"query": slow})
                assert told == "timed_out"
                assert (await answer(socket, notes))["data"]["notes"]["totalCount"] == 0
            # Whoever leaves meanwhile has it undone as well.
            async with joined(found, ADA) as socket:
                await socket.send(subscribe("a", slow))
            async with joined(found, ADA) as socket:
                assert (await answer(socket, notes))["data"]["notes"]["totalCount"] == 0
            assert found.witness.failures == []

    run(work())


def test_what_fails_unforeseen_is_told_to_the_operator_alone(tmp_path: Path) -> None:
    async def work() -> None:
        async with served(tmp_path) as found, joined(found, ADA) as socket:
            given = 'input: {name: "p", code: "p"}'
            make = {"query": f"mutation {{ createProject({given}) {{ project {{ id }} }} }}"}
            key = (await answer(socket, make))["data"]["createProject"]["project"]["id"]
            broken = {"query": f'mutation {{ breakItProject(id: "{key}") {{ project {{ id }} }} }}'}
            (error,) = (await answer(socket, broken))["errors"]
            assert error["extensions"]["code"] == "internal"
            assert "secret" not in error["message"]
            assert len(found.witness.failures) == 1
            assert await answer(socket, {"query": FOLLOWED}) == READY

    run(work())
