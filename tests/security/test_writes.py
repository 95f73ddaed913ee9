"""What a policy forbids is not done by a way around."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from tests.behaviour.clients.base import Row, Someone
from tests.behaviour.clients.rest import RestClient

ADA = Someone("ada")
BOB = Someone("bob")
CLERK = Someone("cleo", roles=("clerk",))
BOSS = Someone("ada", roles=("boss",))


@pytest_asyncio.fixture(loop_scope="module")
async def vault(client: RestClient) -> Row:
    values = {"name": "v", "code": "K1", "rank": 7, "seals": [{"strength": 1}], "coins": [{}]}
    return await client.create("Vault", values, ADA)


async def part_of(client: RestClient, vault: Row, relation: str) -> str:
    answer = await client.send("GET", f"/v1/vaults/{vault['id']}/{relation}", BOSS)
    key: str = answer.json()["items"][0]["id"]
    return key


async def test_what_is_left_out_of_a_replacement_stays_where_it_is_frozen_or_hidden(
    client: RestClient, vault: Row
) -> None:
    path = f"/v1/vaults/{vault['id']}"
    await client.send("PATCH", path, ADA, body={"status": "live"})
    replaced = await client.send("PUT", path, ADA, body={"name": "w", "status": "live"})
    assert (replaced.status_code, replaced.json()["code"]) == (200, "K1")
    assert (await client.read("Vault", vault["id"], BOSS))["rank"] == 7
    given = await client.send("PUT", path, ADA, body={"name": "w", "code": "K2"})
    assert given.json()["code"] == "frozen"


async def test_a_replacement_resets_what_may_be_changed(client: RestClient, vault: Row) -> None:
    replaced = await client.send("PUT", f"/v1/vaults/{vault['id']}", BOSS, body={"name": "w"})
    assert (replaced.json()["code"], replaced.json()["rank"]) == ("none", None)


async def test_a_replacement_takes_no_row_from_its_owner(client: RestClient, vault: Row) -> None:
    replaced = await client.send("PUT", f"/v1/vaults/{vault['id']}", CLERK, body={"name": "w"})
    assert replaced.json()["owner_id"] == "ada"


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"seals": [{"strength": 10}]}, "forbidden"),
        ({"seals": [{"strength": 1, "approved": True}]}, "frozen"),
        ({"coins": [{"checked": True}]}, "frozen"),
    ],
)
async def test_parts_made_with_their_owner_obey_their_own_policy(
    client: RestClient, vault: Row, parts: dict[str, Any], code: str
) -> None:
    made = await client.send("POST", "/v1/vaults", ADA, body={"name": "x", **parts})
    (relation,) = parts
    kept = {"id": await part_of(client, vault, relation)}
    changed = await client.send(
        "PATCH", f"/v1/vaults/{vault['id']}", ADA, body={relation: [kept, *parts[relation]]}
    )
    below = await client.send(
        "POST", f"/v1/vaults/{vault['id']}/{relation}", ADA, body=parts[relation][0]
    )
    for answer in (made, changed, below):
        assert (answer.status_code, answer.json()["code"]) == (403, code)
    for answer, place in ((made, 0), (changed, 1)):
        (flaw,) = answer.json()["flaws"]
        assert flaw["pointer"].startswith(f"#/{relation}/{place}")
    assert len((await client.page("Vault", ADA)).items) == 1


@pytest.mark.parametrize(
    ("relation", "values"),
    [("seals", {"strength": 10}), ("seals", {"approved": True}), ("coins", {"checked": True})],
)
async def test_parts_changed_with_their_owner_obey_their_own_policy(
    client: RestClient, vault: Row, relation: str, values: dict[str, Any]
) -> None:
    key = await part_of(client, vault, relation)
    body = {relation: [{"id": key, **values}]}
    changed = await client.send("PATCH", f"/v1/vaults/{vault['id']}", ADA, body=body)
    assert changed.status_code == 403
    gone = await client.send("PATCH", f"/v1/vaults/{vault['id']}", ADA, body={"seals": []})
    assert gone.status_code == 403
    allowed = {relation: [{"id": key, **values}]} if relation == "coins" else {"seals": []}
    done = await client.send("PATCH", f"/v1/vaults/{vault['id']}", BOSS, body=allowed)
    assert done.status_code == 200


async def test_a_rule_about_a_reference_compares_the_old_row_with_the_new(
    client: RestClient,
) -> None:
    mine = await client.create("Label", {"name": "a"}, ADA)
    other = await client.create("Label", {"name": "b"}, ADA)
    theirs = await client.create("Label", {"name": "c", "shared": True}, BOB)
    pin = await client.create("Pin", {"label_id": mine["id"]}, ADA)
    path = f"/v1/pins/{pin['id']}"
    moved = await client.send("PATCH", path, ADA, body={"label_id": other["id"]})
    assert moved.status_code == 200
    stolen = await client.send("PATCH", path, ADA, body={"label_id": theirs["id"]})
    assert stolen.status_code == 403


async def test_a_refused_idempotent_batch_leaves_nothing(client: RestClient) -> None:
    operations = [
        {"method": "POST", "path": "/v1/hints", "body": {"text": "boo"}},
        {"method": "POST", "path": "/v1/agents", "body": {"name": "no"}},
    ]
    refused = await client.send(
        "POST", "/v1/batch", ADA,
        body={"operations": operations}, headers={"idempotency-key": "k"},
    )  # fmt: skip
    assert refused.status_code == 403
    assert (await client.page("Hint", BOSS)).items == []


async def test_a_refused_idempotent_create_leaves_no_row_that_no_policy_was_asked_about(
    client: RestClient, vault: Row
) -> None:
    body = {"name": "evil", "owner_id": "ada", "coins": [{}]}
    headers = {"idempotency-key": "k"}
    refused = await client.send("POST", "/v1/vaults", None, body=body, headers=headers)
    assert refused.status_code in {403, 422}
    assert [row["name"] for row in (await client.page("Vault", ADA)).items] == ["v"]


async def test_bulk_writes_of_the_same_rows_in_opposite_order_all_get_through(
    client: RestClient,
) -> None:
    rows = [await client.create("Label", {"name": name}, ADA) for name in "ab"]

    async def rename(turn: int) -> int:
        body = [{"id": row["id"], "name": str(turn)} for row in rows[:: 1 if turn % 2 else -1]]
        answer = await client.send("PATCH", "/v1/labels", ADA, body=body)
        return answer.status_code

    assert set(await asyncio.gather(*map(rename, range(20)))) == {200}
