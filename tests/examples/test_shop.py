"""The example shop, with the first of its orders: buying, shipping, and who sees what."""

import itertools
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from charter.language.load import load_contract
from charter.serve.engine.load import Loader
from examples.shop import seed
from tests.behaviour.clients import rest
from tests.behaviour.clients.base import Has, How, Refused, Row, Someone
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.serving import serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

ORDERS = 150
ADA = Someone("ada")
BOB = Someone("bob")
CLERK = Someone("carl", roles=("clerk",))
BUYER = Someone("bea", roles=("buyer",))
LINES = How(include="lines")


@dataclass(frozen=True, slots=True)
class Seeded:
    """The rows that the shop begins with."""

    products: list[Row]
    orders: list[Row]


@pytest.fixture(scope="module")
def seeded() -> Seeded:
    return Seeded(list(seed.products()), list(itertools.islice(seed.orders(), ORDERS)))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(database: str, examples: Path) -> AsyncIterator[RestClient]:
    contract = load_contract(examples / "shop" / "contract.py")
    async with serving(contract, database) as served, rest.connect(served) as found:
        loader = Loader(served.service.pipeline)
        for resource, rows in seed.ROWS.items():
            chosen = itertools.islice(rows(), ORDERS if resource == "Order" else None)
            await loader.load(resource, lines(chosen), lambda _: None)
        yield found
        assert served.witness.failures == []


async def lines(rows: Iterator[Row]) -> AsyncIterator[bytes]:
    for row in rows:
        yield msgspec.json.encode(row)


async def stocked(client: RestClient, name: str, stock: int) -> Row:
    """A product of the test's own."""
    category = (await client.page("Category", limit=1)).items[0]["id"]
    values = {
        "category_id": category, "sku": name, "name": f"Test {name}", "price": "12.50",
        "cost": "4.00", "stock": stock,
    }  # fmt: skip
    return await client.create("Product", values, BUYER)


async def ordered(client: RestClient, product: Row, quantity: int, who: Someone = ADA) -> Row:
    values = {"lines": [{"product_id": product["id"], "quantity": quantity}]}
    return await client.create("Order", values, who, how=LINES)


async def stock_of(client: RestClient, product: Row) -> int:
    stock: int = (await client.read("Product", product["id"]))["stock"]
    return stock


async def test_the_seeded_shop_adds_up(client: RestClient, seeded: Seeded) -> None:
    page = await client.page("Order", CLERK, limit=500, include="lines", count="exact")
    assert page.count == ORDERS
    expected = {row["id"]: row for row in seeded.orders}
    for order in page.items:
        told = expected[order["id"]]["lines"]
        assert [line["product_id"] for line in order["lines"]] == [
            line["product_id"] for line in told
        ]
        assert order["pieces"] == sum(line["quantity"] for line in told)
        total = sum(line["quantity"] * Decimal(line["price"]) for line in told)
        assert Decimal(order["total"]) == total
    counted = await client.summarize("Order", "count", CLERK, group="status")
    assert {row["status"]: row["count"] for row in counted} == Counter(
        row["status"] for row in seeded.orders
    )


async def test_a_customer_sees_only_their_orders(client: RestClient, seeded: Seeded) -> None:
    mine = {row["id"] for row in seeded.orders if row["customer_id"] == "ada"}
    assert mine
    early = Has("created_at", "lt", "2026-06-01T00:00:00Z")
    page = await client.page("Order", ADA, limit=500, where=early)
    assert {row["id"] for row in page.items} == mine
    other = next(row["id"] for row in seeded.orders if row["customer_id"] != "ada")
    with pytest.raises(Refused, match="not_found"):
        await client.read("Order", other, ADA)


async def test_anyone_reads_products_but_only_buyers_see_what_they_cost(
    client: RestClient, seeded: Seeded
) -> None:
    product = seeded.products[0]
    for who in (None, ADA, CLERK):
        shown = await client.read("Product", product["id"], who)
        assert "cost" not in shown
        assert shown["price"] == product["price"]
    assert (await client.read("Product", product["id"], BUYER))["cost"] == product["cost"]
    with pytest.raises(Refused, match="unknown_field"):
        await client.page("Product", ADA, where=Has("cost", "gt", "1"))
    with pytest.raises(Refused, match="unknown_field"):
        await client.page("Product", ADA, sort="cost")


async def test_an_order_is_placed_shipped_and_then_stays(client: RestClient) -> None:
    product = await stocked(client, "TST-0001", stock=5)
    order = await ordered(client, product, 2)
    assert (order["status"], order["customer_id"], order["total"]) == ("draft", "ada", "0.00")
    placed = await client.call(
        "place", ADA, resource="Order", key=order["id"], inputs={"note": "Ring twice"}, how=LINES
    )
    assert (placed["status"], placed["total"], placed["note"]) == ("placed", "25.00", "Ring twice")
    assert placed["lines"][0]["price"] == "12.50"
    assert await stock_of(client, product) == 3
    with pytest.raises(Refused, match="forbidden"):
        await client.call("ship", ADA, resource="Order", key=order["id"], inputs={"tracking": "T1"})
    shipped = await client.call(
        "ship", CLERK, resource="Order", key=order["id"], inputs={"tracking": "T1"}
    )
    assert shipped["status"] == "shipped"
    with pytest.raises(Refused, match="wrong_state"):
        await client.call("cancel", ADA, resource="Order", key=order["id"])
    with pytest.raises(Refused, match="forbidden"):
        await client.update("Order", order["id"], {"note": "Too late"}, ADA)


async def test_what_is_out_of_stock_cannot_be_placed(client: RestClient) -> None:
    plenty, scarce = (
        await stocked(client, "TST-0002", stock=9),
        await stocked(client, "TST-0003", stock=1),
    )
    wanted = [{"product_id": row["id"], "quantity": 2} for row in (plenty, scarce)]
    order = await client.create("Order", {"lines": wanted}, ADA, how=LINES)
    with pytest.raises(Refused) as caught:
        await client.call("place", ADA, resource="Order", key=order["id"])
    assert caught.value.code == "out_of_stock"
    assert caught.value.members["left"] == 1
    assert await stock_of(client, plenty) == 9
    assert await client.read("Order", order["id"], ADA, include="lines") == order


async def test_an_order_without_lines_cannot_be_placed(client: RestClient) -> None:
    order = await client.create("Order", {}, ADA)
    with pytest.raises(Refused, match="empty_order"):
        await client.call("place", ADA, resource="Order", key=order["id"])


async def test_a_cancelled_order_gives_its_stock_back(client: RestClient) -> None:
    product = await stocked(client, "TST-0004", stock=4)
    order = await ordered(client, product, 3)
    await client.call("place", ADA, resource="Order", key=order["id"])
    assert await stock_of(client, product) == 1
    cancelled = await client.call("cancel", ADA, resource="Order", key=order["id"])
    assert cancelled["status"] == "cancelled"
    assert await stock_of(client, product) == 4
    draft = await ordered(client, product, 3)
    await client.call("cancel", CLERK, resource="Order", key=draft["id"])
    assert await stock_of(client, product) == 4


async def test_nobody_touches_the_orders_of_others(client: RestClient) -> None:
    product = await stocked(client, "TST-0005", stock=4)
    order = await ordered(client, product, 1)
    for command in ("place", "cancel"):
        with pytest.raises(Refused, match="not_found"):
            await client.call(command, BOB, resource="Order", key=order["id"])
    with pytest.raises(Refused, match="not_found"):
        await client.delete("Order", order["id"], BOB)
    with pytest.raises(Refused, match="forbidden"):
        await client.call("place", CLERK, resource="Order", key=order["id"])


async def test_clerks_fill_the_shelves_but_set_no_prices(client: RestClient) -> None:
    product = await stocked(client, "TST-0006", stock=0)
    filled = await client.update("Product", product["id"], {"stock": 50}, CLERK)
    assert filled["stock"] == 50
    with pytest.raises(Refused, match="frozen"):
        await client.update("Product", product["id"], {"price": "1.00"}, CLERK)
    with pytest.raises(Refused, match="is sold below its cost"):
        await client.update("Product", product["id"], {"price": "1.00"}, BUYER)
    with pytest.raises(Refused, match="forbidden"):
        await client.update("Product", product["id"], {"stock": 1}, ADA)


async def test_a_price_is_that_of_the_day(client: RestClient) -> None:
    product = await stocked(client, "TST-0007", stock=4)
    order = await ordered(client, product, 1)
    with pytest.raises(Refused) as caught:
        await client.update("Order", order["id"], {"lines": [{"price": "0.01"}]}, ADA)
    assert "/lines/0/price" in caught.value.places
    await client.update("Product", product["id"], {"price": "20.00"}, BUYER)
    placed = await client.call("place", ADA, resource="Order", key=order["id"])
    await client.update("Product", product["id"], {"price": "30.00"}, BUYER)
    assert placed["total"] == "20.00"
    assert (await client.read("Order", order["id"], ADA))["total"] == "20.00"
