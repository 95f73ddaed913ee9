"""What a policy hides is not found out by a way around."""

import pytest
import pytest_asyncio

from tests.behaviour.clients.base import Row, Someone
from tests.behaviour.clients.rest import RestClient

ADA = Someone("ada")
CLERK = Someone("cleo", roles=("clerk",))
BOSS = Someone("bo", roles=("boss",))


@pytest_asyncio.fixture(loop_scope="module")
async def agent(client: RestClient) -> Row:
    return await client.create("Agent", {"name": "X"}, BOSS)


@pytest_asyncio.fixture(loop_scope="module")
async def vault(client: RestClient, agent: Row) -> Row:
    values = {"name": "v", "agent_id": agent["id"], "rank": 7}
    return await client.create("Vault", values, ADA)


async def test_a_hidden_reference_is_not_followed(client: RestClient, vault: Row) -> None:
    shown = await client.read("Vault", vault["id"], CLERK, include="agent")
    assert "agent" not in shown
    assert "agent_id" not in shown
    owner = await client.read("Vault", vault["id"], ADA, include="agent")
    assert owner["agent"]["name"] == "X"


@pytest.mark.parametrize("name", ["agent.name", "agent.id"])
async def test_a_hidden_reference_is_not_filtered_by(
    client: RestClient, vault: Row, agent: Row, name: str
) -> None:
    wanted = {"agent.name": "X", "agent.id": agent["id"]}[name]
    for actor, found in ((ADA, 1), (CLERK, 0)):
        answer = await client.send("GET", "/v1/vaults", actor, params=[(name, wanted)])
        assert len(answer.json()["items"]) == found


async def test_a_hidden_reference_is_not_followed_back(
    client: RestClient, vault: Row, agent: Row
) -> None:
    for actor, count in ((ADA, 1), (CLERK, 0)):
        listed = await client.send("GET", f"/v1/agents/{agent['id']}/vaults", actor)
        assert len(listed.json()["items"]) == count
        shown = await client.read("Agent", agent["id"], actor, include="vaults")
        assert len(shown["vaults"]) == count
        found = await client.send("GET", "/v1/agents", actor, params=[("vaults.name", "v")])
        assert len(found.json()["items"]) == count


async def test_parts_that_cannot_be_seen_are_not_replaced(client: RestClient, vault: Row) -> None:
    path = f"/v1/vaults/{vault['id']}"
    made = await client.send("POST", f"{path}/seals", ADA, body={"strength": 5})
    seal = made.json()["id"]
    boss = Someone("ada", roles=("boss",))
    raised = await client.send("PATCH", f"{path}/seals/{seal}", boss, body={"strength": 60})
    assert raised.status_code == 200
    named = await client.send("PATCH", path, ADA, body={"seals": [{"id": seal, "strength": 1}]})
    unknown = "01900000-0000-7000-8000-000000000000"
    absent = await client.send("PATCH", path, ADA, body={"seals": [{"id": unknown}]})
    assert named.status_code == absent.status_code == 422
    assert named.json()["flaws"] == absent.json()["flaws"]
    emptied = await client.send("PATCH", path, ADA, body={"seals": []})
    assert emptied.status_code == 200
    left = await client.send("GET", f"{path}/seals", boss)
    assert [item["id"] for item in left.json()["items"]] == [seal]


async def test_links_that_cannot_be_seen_are_not_replaced(client: RestClient, vault: Row) -> None:
    theirs = await client.create("Label", {"name": "a"}, ADA)
    path = f"/v1/vaults/{vault['id']}"
    linked = await client.send("PATCH", path, ADA, body={"label_ids": [theirs["id"]]})
    own = await client.create("Label", {"name": "c"}, CLERK)
    for keys in ([own["id"]], []):
        changed = await client.send("PATCH", path, CLERK, body={"label_ids": keys})
        assert (linked.status_code, changed.status_code) == (200, 200)
        seen = await client.send("GET", f"{path}/labels", CLERK)
        assert [item["id"] for item in seen.json()["items"]] == keys
        left = await client.send("GET", f"{path}/labels", ADA)
        assert [item["id"] for item in left.json()["items"]] == [theirs["id"]]
    gone = await client.send("PATCH", path, ADA, body={"label_ids": []})
    assert gone.status_code == 200
    left = await client.send("GET", f"{path}/labels", ADA)
    assert left.json()["items"] == []
