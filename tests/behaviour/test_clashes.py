"""Refusals of the database among several rows of one write: the row at fault is named."""

from typing import Any

import pytest

from charter import Actor, Contract, Policy, Resource, allow, field, owned
from charter.contract import contract as hub
from tests.behaviour.actors import ADA
from tests.behaviour.clients.base import Client, Refused, Row, Within

cellar = Contract("cellar")


@cellar.resource
class Grape(Resource):
    name: str = field(max_length=20)


@cellar.resource
class Rack(Resource):
    name: str = field(max_length=20)
    bottles: list["Bottle"] = owned()
    boxes: list["Box"] = owned()


@cellar.resource
class Bottle(Resource):
    rack: Rack
    code: str | None = field(default=None, max_length=20, unique=True)
    slot: int | None = None
    grape: Grape | None = None
    label: str = field(default="", max_length=20)


@cellar.resource
class Box(Resource):
    rack: Rack
    code: str = field(max_length=20, unique=True)


cellar.unique(Bottle, "rack", "slot")


@cellar.policy(Grape)
def grape_policy(grape: Grape, actor: Actor) -> Policy:
    yield allow("*")


@cellar.policy(Rack)
def rack_policy(rack: Rack, actor: Actor) -> Policy:
    yield allow("*")


@pytest.fixture(scope="module")
def contract() -> hub.Contract:
    return cellar.build()


async def bottles_of(client: Client, rack: Row) -> list[Row]:
    return (await client.page("Bottle", ADA, within=Within("Rack", rack["id"], "bottles"))).items


async def refusal(client: Client, **values: Any) -> tuple[str, set[str]]:
    with pytest.raises(Refused) as refused:
        await client.create("Rack", {"name": "new", **values}, ADA)
    return refused.value.code, {flaw.at for flaw in refused.value.flaws}


async def test_of_several_parts_the_one_that_clashes_with_a_row_is_named(client: Client) -> None:
    await client.create("Rack", {"name": "a", "bottles": [{"code": "x"}]}, ADA)
    bottles: list[dict[str, Any]] = [{}, {"code": "y"}, {"code": "x"}, {"code": "z"}]
    assert await refusal(client, bottles=bottles) == ("not_unique", {"/bottles/2/code"})


async def test_of_several_parts_the_one_that_clashes_with_another_is_named(client: Client) -> None:
    bottles: list[dict[str, Any]] = [
        {"slot": 1}, {"slot": None}, {"slot": 2}, {"slot": None}, {"slot": 1},
    ]  # fmt: skip
    code, places = await refusal(client, bottles=bottles)
    assert (code, places) == ("not_unique", {"/bottles/4/slot"})


async def test_parts_that_were_there_already_are_told_apart_from_new_ones(client: Client) -> None:
    made = await client.create("Rack", {"name": "a", "bottles": [{"code": "x"}]}, ADA)
    kept = {"id": (await bottles_of(client, made))[0]["id"]}
    bottles = [kept, {"code": "y", "label": "one"}, {"code": "x", "label": "two"}]
    with pytest.raises(Refused) as refused:
        await client.update("Rack", made["id"], {"bottles": bottles}, ADA)
    assert refused.value.code == "not_unique"
    assert refused.value.places == {"/bottles/2/code"}


async def test_rows_of_other_resources_in_the_same_write_are_not_mistaken(client: Client) -> None:
    await client.create("Rack", {"name": "a", "boxes": [{"code": "x"}]}, ADA)
    bottles, boxes = [{"code": "x"}, {"code": "y"}], [{"code": "y"}, {"code": "x"}]
    assert await refusal(client, bottles=bottles, boxes=boxes) == ("not_unique", {"/boxes/1/code"})


async def test_every_part_that_refers_to_nothing_is_named(client: Client) -> None:
    grape = await client.create("Grape", {"name": "riesling"}, ADA)
    nothing = "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
    named = [nothing, grape["id"], None, nothing]
    code, places = await refusal(client, bottles=[{"grape_id": key} for key in named])
    assert code == "invalid_values"
    assert places == {"/bottles/0/grape_id", "/bottles/3/grape_id"}
