"""What a policy hides is not found out over GraphQL either, and nothing that is stored or given
can pass for something else there."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.behaviour.clients import graphql
from tests.behaviour.clients.base import Refused, Row, Someone
from tests.behaviour.clients.graphql import GraphqlClient
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.serving import Served

ADA = Someone("ada")
CLERK = Someone("cleo", roles=("clerk",))
BOSS = Someone("bo", roles=("boss",))
MARK = '\x010:["x"]\x02'
"""What stands in an answer of the database where a cursor is to be."""


@pytest_asyncio.fixture(loop_scope="module")
async def graph(client: RestClient, shared: Served) -> AsyncIterator[GraphqlClient]:
    async with graphql.connect(shared) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def vault(client: RestClient) -> Row:
    agent = await client.create("Agent", {"name": "X"}, BOSS)
    values = {"name": MARK, "agent_id": agent["id"], "rank": 7}
    return await client.create("Vault", values, ADA)


async def tried(
    graph: GraphqlClient, document: str, given: dict[str, Any], actor: Someone
) -> dict[str, Any] | str:
    """The data of an answer, or the code that refuses it."""
    try:
        return await graph.run(document, given, actor)
    except Refused as refused:
        return refused.code


async def test_a_hidden_reference_is_not_followed(graph: GraphqlClient, vault: Row) -> None:
    document = """query($id: ID!) { vault(id: $id) { agentId agent { name } hidden } }"""
    given = {"id": f"Vault:{vault['id']}"}
    shown = (await graph.run(document, given, CLERK))["vault"]
    assert (shown["agentId"], shown["agent"]) == (None, None)
    assert "agentId" in shown["hidden"]
    owner = (await graph.run(document, given, ADA))["vault"]
    assert owner["agent"] == {"name": "X"}
    assert owner["agentId"].startswith("Agent:")


@pytest.mark.parametrize(
    "filter_",
    [
        '{agent: {name: {eq: "X"}}}', "{agent: {}}", '{not: {agent: {name: {eq: "Y"}}}}',
        "{agentId: {isNull: false}}", "{agentId: {ne: null}}",
    ],
)  # fmt: skip
async def test_a_hidden_reference_is_not_filtered_by(
    graph: GraphqlClient, vault: Row, filter_: str
) -> None:
    document = f"{{ vaults(filter: {filter_}) {{ totalCount }} }}"
    counts = []
    for actor in (ADA, CLERK):
        found = await tried(graph, document, {}, actor)
        assert not isinstance(found, str) or found in {"invalid_parameter", "unknown_parameter"}
        counts.append(0 if isinstance(found, str) else found["vaults"]["totalCount"])
    if filter_.startswith("{not"):
        assert counts == [1, 1]
    else:
        assert counts[1] == 0


async def test_a_hidden_reference_is_not_followed_back(graph: GraphqlClient, vault: Row) -> None:
    document = """{ agents { nodes { vaults { totalCount nodes { id } edges { cursor }
      pageInfo { hasNextPage startCursor } } } } }"""
    for actor, count in ((ADA, 1), (CLERK, 0)):
        (agent,) = (await graph.run(document, {}, actor))["agents"]["nodes"]
        found = agent["vaults"]
        assert (found["totalCount"], len(found["nodes"]), len(found["edges"])) == (count,) * 3
        assert (found["pageInfo"]["startCursor"] is None) is (count == 0)


@pytest.mark.parametrize("sort", ["AGENT_ID", "NAME"])
async def test_a_cursor_does_not_tell_what_is_hidden(
    graph: GraphqlClient, vault: Row, sort: str
) -> None:
    document = f"{{ vaults(sort: {{field: {sort}}}) {{ edges {{ cursor }} }} }}"
    found = await tried(graph, document, {}, CLERK)
    if isinstance(found, str):
        assert found == "unknown_parameter"
        return
    (edge,) = found["vaults"]["edges"]
    assert vault["agent_id"] not in str(graph_text(edge["cursor"]))


def graph_text(cursor: str) -> bytes:
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))


async def test_what_is_stored_cannot_pass_for_a_cursor(graph: GraphqlClient, vault: Row) -> None:
    document = """{ vaults { edges { cursor node { name } } } }"""
    (edge,) = (await graph.run(document, {}, ADA))["vaults"]["edges"]
    assert edge["node"]["name"] == MARK
    assert "\x01" not in edge["cursor"]


HOSTILE: tuple[Any, ...] = (
    "'", '"', "\\", "';--", "') OR 1=1 --", "%s", "{}", "\x00", "\x01", "\u2028", "$1", "?",
    "x" * 5000, {"eq": "x"}, ["x"], 1e400, -1, True, None,
)  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:20])
async def test_values_are_values_wherever_they_stand(
    graph: GraphqlClient, vault: Row, shared: Served, value: Any
) -> None:
    document = """query($v: %s) { vaults(%s) { totalCount } }"""
    places = {
        "filter: {name: {eq: $v}}": "String",
        "filter: {name: {like: $v}}": "String",
        "filter: {name: {in: [$v]}}": "String!",
        "filter: $v": "VaultFilter",
        "sort: $v": "[VaultSort!]",
        "first: $v": "Int",
        "after: $v": "String",
    }
    if value == 1e400:
        value = 10**30
    for place, type_ in places.items():
        found = await tried(graph, document % (type_, place), {"v": value}, CLERK)
        if isinstance(found, str):
            assert found in {"invalid_parameter", "invalid_values", "invalid_cursor"}
        else:
            assert found["vaults"]["totalCount"] in {0, 1}
    assert shared.witness.failures == []
