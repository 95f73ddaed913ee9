"""New rows that one statement can write and answer, and those that look at others beside them."""

import asyncio
from decimal import Decimal

import pytest

from charter import (
    Actor,
    Contract,
    Policy,
    Resource,
    User,
    all_of,
    allow,
    computed,
    count,
    field,
    inverse,
    owned,
    total,
)
from charter.contract.contract import Contract as Hub
from tests.behaviour.actors import ADA, BOB
from tests.behaviour.clients.base import Client, Refused
from tests.behaviour.serving import Served
from tests.behaviour.test_outbox import events

kitchen = Contract("kitchen")


@kitchen.resource
class Table(Resource):
    """Where orders are taken."""

    name: str = field(unique=True, max_length=20)
    orders: list["Order"] = inverse()
    bills: list["Bill"] = inverse()


@kitchen.resource
class Order(Resource):
    """Whoever orders sees what it costs; the kitchen sees nothing but its dishes."""

    guest: User
    table: Table
    dishes: list["Dish"] = owned()
    price: Decimal = computed(lambda order: total(order.dishes, lambda dish: dish.price))
    crowd: int = computed(lambda order: count(order.table.orders))


@kitchen.resource
class Dish(Resource):
    order: Order
    name: str
    price: Decimal = field(default=Decimal(1), digits=8, places=2)
    share: int = computed(lambda dish: count(dish.order.dishes))


@kitchen.resource
class Bill(Resource):
    """At most two for each table; a bill may follow another."""

    payer: User
    table: Table
    amount: int
    before: "Bill | None" = field(default=None)


@kitchen.policy(Table)
def table_policy(table: Table, actor: Actor) -> Policy:
    yield allow("*")


@kitchen.policy(Order)
def order_policy(order: Order, actor: Actor, new: Order) -> Policy:
    yield allow("read", when=order.guest == actor.user)
    yield allow("create", when=new.guest == actor.user)


@kitchen.policy(Bill)
def bill_policy(bill: Bill, actor: Actor, new: Bill) -> Policy:
    yield allow("read")
    few = count(new.table.bills) <= 2
    yield allow("create", when=all_of(new.payer == actor.user, new.amount > 0, few))


@pytest.fixture(scope="module")
def contract() -> Hub:
    return kitchen.build()


def statements(served: Served) -> list[str]:
    return served.witness.statements


async def table(client: Client, name: str = "t") -> str:
    made = await client.create("Table", {"name": name}, ADA)
    return str(made["id"])


async def test_what_stands_alone_is_one_statement_on_a_server(
    client: Client, served: Served
) -> None:
    await table(client)
    statements(served).clear()
    made = await client.create("Table", {"name": "u"}, ADA)
    mapped = served.contract.resource_named["Table"].mapped is not None
    if served.service.dialect.combines_writes and not mapped:
        assert statements(served) == ["create Table"]
    assert made == await client.read("Table", made["id"])
    assert await events(served) == ["User.created", "Table.created", "Table.created"]


async def test_an_answer_that_counts_others_counts_them_all(client: Client) -> None:
    where = await table(client)
    for place in range(3):
        dishes = [{"name": "soup", "price": "2.50"}, {"name": "salad"}]
        made = await client.create("Order", {"table_id": where, "dishes": dishes}, ADA)
        assert (made["crowd"], made["price"]) == (place + 1, "3.50")
        seen = await client.read("Order", made["id"], ADA, include="dishes")
        assert {dish["share"] for dish in seen["dishes"]} == {2}


async def test_a_rule_about_other_rows_sees_them_all(client: Client, served: Served) -> None:
    where = await table(client)
    bill = {"table_id": where, "amount": 1}
    first = await client.create("Bill", bill, ADA)
    await client.create("Bill", {**bill, "before_id": first["id"]}, ADA)
    told = await events(served)
    with pytest.raises(Refused) as refused:
        await client.create("Bill", bill, ADA)
    assert refused.value.code == "forbidden"
    assert await events(served) == told
    assert len((await client.page("Bill")).items) == 2


async def test_what_a_rule_refuses_leaves_nothing(client: Client, served: Served) -> None:
    where = await table(client)
    await client.create("Order", {"table_id": where}, ADA)
    await client.create("Order", {"table_id": where}, BOB)
    told = await events(served)
    for values in ({"guest_id": "bob"}, {"guest_id": "bob", "dishes": [{"name": "soup"}]}):
        with pytest.raises(Refused) as refused:
            await client.create("Order", {"table_id": where, **values}, ADA)
        assert refused.value.code == "forbidden"
    assert await events(served) == told
    assert len((await client.page("Order", BOB)).items) == 1


async def test_what_a_constraint_refuses_says_so_and_leaves_nothing(
    client: Client, served: Served
) -> None:
    await table(client)
    told = await events(served)
    with pytest.raises(Refused) as refused:
        await table(client)
    assert (refused.value.code, refused.value.places) == ("not_unique", {"/name"})
    assert await events(served) == told


async def test_of_many_that_want_one_name_one_gets_it(client: Client, served: Served) -> None:
    await table(client, "warm")
    tries = await asyncio.gather(
        *(table(client, "corner") for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(one, str) for one in tries) == 1
    assert {one.code for one in tries if isinstance(one, Refused)} == {"not_unique"}
    assert len((await client.page("Table")).items) == 2
    assert (await events(served)).count("Table.created") == 2
