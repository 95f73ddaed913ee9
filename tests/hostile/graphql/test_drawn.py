"""Documents that are drawn from the schema, with whatever values: each gets an answer of GraphQL,
and none a failure that nobody foresaw."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from graphql import parse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes
from hypothesis_graphql import strategies as gql

from charter.wire.graphql.describe.schema import sdl
from tests.behaviour.actors import ADA, AUDITOR, BOB, EDITOR
from tests.behaviour.clients.base import Someone
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.contract import studio
from tests.behaviour.live.operations import joined, subscribe
from tests.behaviour.serving import Served, serving, token

SDL = sdl(studio.build())
FOLLOWED = SDL.replace("query: Query", "query: Subscription").replace(
    "  subscription: Subscription\n", ""
)
"""The same, drawn from as if what can be followed were asked."""
ACTORS = (None, ADA, BOB, EDITOR, AUDITOR)
CODES = {
    "unauthenticated", "forbidden", "not_found", "invalid_document", "invalid_values",
    "invalid_parameter", "unknown_parameter", "too_complex", "invalid_cursor", "not_unique",
    "check_failed", "frozen", "wrong_state", "version_required", "version_conflict",
    "still_referenced", "nothing_to_do", "too_many_active",
}  # fmt: skip


def texts() -> st.SearchStrategy[Any]:
    return st.one_of(
        st.text(max_size=20), st.sampled_from(["Project:x", "User:ada", "{a.id}", "%", "\\"])
    ).map(nodes.String)


SCALARS = {
    "Long": st.integers().map(nodes.Int),
    "Decimal": st.one_of(st.decimals(allow_nan=False).map(str), st.text(max_size=9)).map(
        nodes.String
    ),
    "Date": st.one_of(st.dates().map(str), st.just("2026-02-30")).map(nodes.String),
    "DateTime": st.one_of(st.datetimes().map(str), st.text(max_size=9)).map(nodes.String),
    "UUID": st.one_of(st.uuids().map(str), st.text(max_size=9)).map(nodes.String),
    "JSON": st.one_of(st.integers().map(nodes.Int), texts(), st.just(nodes.Null)),
}


class Place:
    """A service with some rows, and the loop that it runs in."""

    def __init__(self, folder: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self._serving = serving(studio.build(), f"sqlite:///{folder / 'studio.db'}")
        self.served: Served = self.loop.run_until_complete(self._serving.__aenter__())
        self.loop.run_until_complete(self._filled())

    async def _filled(self) -> None:
        async with self.client() as http:
            rest = RestClient(http, token)
            await rest.create("Tag", {"label": "red"}, EDITOR)
            for owner in (ADA, BOB):
                tasks = [{"title": "t", "steps": [{"text": "s"}]}]
                body = {"name": "p", "code": "p", "visibility": "public", "tasks": tasks}
                await rest.create("Project", body, owner)
            await rest.create("Sample", {"name": "x", "words": ["a"], "extra": {"b": [1]}})

    def client(self) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(self.served.app, raise_app_exceptions=False)
        return httpx2.AsyncClient(transport=transport, base_url="http://studio")

    async def _asked(self, document: str, actor: Someone | None) -> httpx2.Response:
        headers = {"accept": "application/graphql-response+json"}
        if actor is not None:
            headers["authorization"] = f"Bearer {token(actor)}"
        async with self.client() as http:
            return await http.post("/graphql", json={"query": document}, headers=headers)

    def ask(self, document: str, actor: Someone | None) -> httpx2.Response:
        return self.loop.run_until_complete(self._asked(document, actor))

    def follow(self, document: str, actor: Someone | None) -> Any:
        """The first message that a subscription comes to."""

        async def followed() -> Any:
            async with joined(self.served, actor) as socket:
                await socket.send(subscribe("a", document))
                return await socket.receive()

        return self.loop.run_until_complete(followed())

    def close(self) -> None:
        self.loop.run_until_complete(self._serving.__aexit__(None, None, None))
        self.loop.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    found = Place(tmp_path_factory.mktemp("drawn"))
    yield found
    found.close()


DRAWN = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def check(place: Place, document: str, actor: Someone | None) -> None:
    parse(document)
    place.served.witness.failures.clear()
    answer = place.ask(document, actor)
    assert place.served.witness.failures == []
    result = answer.json()
    assert answer.status_code in {200, 400}, answer.text
    assert ("data" in result) is (answer.status_code == 200)
    codes = {error["extensions"]["code"] for error in result.get("errors", ())}
    assert codes <= CODES | {"internal"} if "breakIt" in document else codes <= CODES


@DRAWN
@given(gql.queries(SDL, custom_scalars=SCALARS), st.sampled_from(ACTORS))
def test_every_query_has_an_answer(place: Place, document: str, actor: Someone | None) -> None:
    check(place, document, actor)


@DRAWN
@given(
    gql.mutations(SDL, custom_scalars=SCALARS),
    st.sampled_from(ACTORS),
    st.sampled_from(["", " @dryRun", " @transaction"]),
)
def test_every_mutation_has_an_answer(
    place: Place, document: str, actor: Someone | None, directive: str
) -> None:
    if "breakIt" not in document:
        check(place, document.replace("mutation", "mutation" + directive, 1), actor)


@DRAWN
@given(
    st.sampled_from(["project", "projects", "samples", "tags", "tickets", "notes"]).flatmap(
        lambda name: gql.queries(FOLLOWED, fields=[name], custom_scalars=SCALARS)
    ),
    st.sampled_from(ACTORS),
)
def test_every_subscription_is_begun_or_refused(
    place: Place, document: str, actor: Someone | None
) -> None:
    place.served.witness.failures.clear()
    told = place.follow(f"subscription {document.removeprefix('query')}", actor)
    assert place.served.witness.failures == []
    if told["type"] == "error":
        assert {error["extensions"]["code"] for error in told["payload"]} <= CODES
    else:
        assert (told["type"], list(told["payload"])) == ("next", ["data"])
