"""Numbers that add up to more than the database can hold."""

from tests.behaviour.clients.base import Someone
from tests.behaviour.clients.rest import RestClient

ADA = Someone("ada")
MOST = 2**63 - 1


async def test_a_sum_that_is_too_large_takes_no_list_down(client: RestClient) -> None:
    vault = await client.create("Vault", {"name": "v", "coins": [{"worth": MOST}]}, ADA)
    path = f"/v1/vaults/{vault['id']}"
    assert (await client.read("Vault", vault["id"], ADA))["worth"] == MOST
    added = await client.send("POST", f"{path}/coins", ADA, body={"worth": MOST})
    assert added.status_code == 201
    (row,) = (await client.page("Vault", ADA)).items
    assert row["worth"] >= MOST
    summary = await client.send("GET", f"{path}/coins", ADA, params=[("aggregate", "sum(worth)")])
    assert summary.json()["items"][0]["sum_worth"] >= MOST


async def test_sums_are_exact_up_to_the_bounds(client: RestClient) -> None:
    worths = [MOST, -MOST - 1, 7, -3]
    coins = [{"worth": worth} for worth in worths]
    vault = await client.create("Vault", {"name": "v", "coins": coins}, ADA)
    assert vault["worth"] == sum(worths)
