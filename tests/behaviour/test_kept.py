"""What the database sees to itself, whoever writes: stamps that move, rows that stay."""

from datetime import datetime
from decimal import Decimal

import pytest

from charter import Actor, Contract, Policy, Resource, User, allow, computed, field
from charter.contract.contract import Contract as Hub
from charter.store.errors import StoreError
from tests.behaviour.actors import ADA
from tests.behaviour.clients.base import Both, Client, Has, Refused
from tests.behaviour.databases import DATABASES
from tests.behaviour.serving import Served

bank = Contract("bank")


@bank.resource
class Holder(Resource):
    user: User
    name: str = field(max_length=20)
    city: str = field(max_length=20, default="")


@bank.resource
class Entry(Resource):
    holder: Holder
    cents: int
    price: Decimal = field(digits=12, places=2, default=Decimal("1.25"))
    pieces: int | None = None
    worth: Decimal | None = computed(lambda entry: entry.price * entry.pieces, stored=True)
    big: bool = computed(lambda entry: entry.cents > 100, stored=True)


bank.append_only(Entry)
bank.stamped()
bank.index(Entry, "holder", "-created_at", include=["cents"])
bank.index(Entry, "big", "-worth")


@bank.policy(Holder, Entry)
def policy(row: Resource, actor: Actor) -> Policy:
    yield allow("*", when=actor.authenticated)


@pytest.fixture(scope="module", params=[*DATABASES])
def kind(request: pytest.FixtureRequest) -> str:
    """Not over existing tables: the database does nothing for those that it was not asked for."""
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def contract() -> Hub:
    return bank.build()


async def plain(served: Served, text: str) -> None:
    """A writer that is not Charter."""
    await served.service.database.script(text)


async def test_a_change_by_somebody_else_moves_the_version(client: Client, served: Served) -> None:
    made = await client.create("Holder", {"name": "a"}, ADA)
    await plain(served, f"UPDATE holders SET name = 'b' WHERE id = '{made['id']}'")
    found = await client.read("Holder", made["id"], ADA)
    assert (found["name"], found["version"]) == ("b", 2)
    changed = datetime.fromisoformat(found["updated_at"])
    assert changed > datetime.fromisoformat(made["updated_at"])
    with pytest.raises(Refused) as refused:
        await client.update("Holder", made["id"], {"name": "c"}, ADA, version=1)
    assert refused.value.code == "version_conflict"


async def test_what_a_writer_stamps_itself_is_left_alone(client: Client, served: Served) -> None:
    made = await client.create("Holder", {"name": "a"}, ADA)
    changed = await client.update("Holder", made["id"], {"name": "b"}, ADA, version=1)
    assert changed["version"] == 2
    stamp = "version = version + 5"
    await plain(served, f"UPDATE holders SET {stamp} WHERE id = '{made['id']}'")
    found = await client.read("Holder", made["id"], ADA)
    assert (found["version"], found["updated_at"]) == (7, changed["updated_at"])


async def test_rows_that_stay_are_refused_to_everybody(client: Client, served: Served) -> None:
    holder = await client.create("Holder", {"name": "a"}, ADA)
    made = await client.create("Entry", {"holder_id": holder["id"], "cents": 5}, ADA)
    attempts = (
        client.update("Entry", made["id"], {"cents": 6}, ADA),
        client.delete("Entry", made["id"], ADA),
    )
    for attempt in attempts:
        with pytest.raises(Refused) as refused:
            await attempt
        assert refused.value.code == "forbidden"
    for text in ("UPDATE entries SET cents = 6", "DELETE FROM entries"):
        with pytest.raises(StoreError):
            await plain(served, text)
    with pytest.raises(Refused) as refused:
        await client.delete("Holder", holder["id"], ADA)
    assert refused.value.code == "still_referenced"
    assert await client.read("Entry", made["id"], ADA) == made


async def test_a_stored_value_is_worked_out_by_the_database(client: Client, served: Served) -> None:
    holder = await client.create("Holder", {"name": "a"}, ADA)
    own = {"holder_id": holder["id"]}
    made = [
        await client.create("Entry", {**own, "cents": cents, "pieces": count}, ADA)
        for cents, count in ((5, 3), (500, 2), (700, None))
    ]
    assert [row["worth"] for row in made] == ["3.75", "2.50", None]
    assert [row["big"] for row in made] == [False, True, True]
    mine = Both((Has("holder_id", "eq", holder["id"]), Has("big", "eq", True)))
    page = await client.page("Entry", ADA, where=mine, sort="-worth")
    assert [row["id"] for row in page.items] == [made[2]["id"], made[1]["id"]]
    with pytest.raises(Refused) as refused:
        await client.create("Entry", {**own, "cents": 1, "big": True}, ADA)
    assert refused.value.places == {"/big"}
    with pytest.raises(StoreError):
        await plain(served, "UPDATE entries SET worth = 1")
