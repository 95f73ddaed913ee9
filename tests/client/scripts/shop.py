"""Uses all of a written client of the shop against a service: its address and tokens are given."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from shop_client import (
    OrderWhere,
    OutOfStock,
    Problem,
    Product,
    ProductNew,
    ShopClient,
    etag,
)
from shop_client import runtime as rt


async def main(url: str, buyer: str, clerk: str, ada: str) -> None:
    async def asked() -> str:
        return ada

    async with (
        ShopClient(url, token=buyer) as shop,
        ShopClient(url, token=lambda: clerk) as desk,
        ShopClient(url, token=asked) as mine,
        ShopClient(url, timeout=10) as anybody,
    ):
        products = await stocked(shop)
        found = await reads(shop, anybody, products)
        found |= await orders(mine, desk, products)
        found |= await writes(shop, products)
        found["followed"] = await followed(shop, products[0])
        sys.stdout.write(json.dumps(found))


async def stocked(shop: ShopClient) -> tuple[Product, ...]:
    category = await shop.categories.create({"name": "Toys"})
    values: list[ProductNew] = [
        {
            "category_id": category.id,
            "sku": f"TOY-000{number}",
            "name": f"Toy, {number} (new)",
            "price": Decimal("12.50") * number,
            "cost": 4,
            "stock": 3,
        }
        for number in range(1, 6)
    ]
    made: tuple[Product, ...] = await shop.products.create_many(values)
    return made


async def reads(
    shop: ShopClient, anybody: ShopClient, products: tuple[Product, ...]
) -> dict[str, object]:
    first = products[0]
    one = await shop.products.get(first.id)
    assert isinstance(one.id, UUID)
    assert isinstance(one.price, Decimal)
    assert isinstance(one.created_at, datetime)
    assert one.created_at.tzinfo is not None
    again = await shop.products.get(first.id, known=one)
    hidden = await anybody.products.get(first.id)
    some = shop.products.list(price_gte=25, sort=["-price"], limit=2)
    page = await some.page()
    names = [product.name async for product in shop.products.list(sort=["sku"], limit=2)]
    where: OrderWhere = {"status": "draft"}
    none = await shop.orders.list(where, created_at_lt=datetime.now(UTC)).all()
    either = await shop.products.list(
        any_=[{"sku": "TOY-0001"}, {"name_like": "*, 2 (*"}],
        category={"name_in": ["Toys", "Tools, or not"]},
        not_={"active": False},
    ).all()
    part = await shop.products.get(first.id, fields=["id", "name"])
    with_category = await shop.products.get(first.id, include=["category"])
    assert with_category.category is not None
    summed = await shop.products.summarize(["count", "max(price)"], group=["active"])
    exported = [product.sku async for product in shop.products.export(sort=["-sku"])]
    below = await shop.categories.products(first.category_id).list(search="toy 3").all()
    return {
        "known": again is one,
        "tag": etag(one) is not None,
        "cost": [str(one.cost), hidden.cost],
        "page": [str(product.price) for product in page.items],
        "more": page.cursor is not None,
        "names": names,
        "none": len(none),
        "either": [product.sku for product in either],
        "part": shown(part),
        "category": with_category.category.name,
        "summed": summed,
        "exported": exported,
        "below": [product.sku for product in below],
        "missing": await code_of(shop, UUID(int=7)),
    }


def shown(part: Product) -> list[object]:
    try:
        return [part.name, str(part.price)]
    except AttributeError as error:
        return [part.name, str(error)]


async def code_of(shop: ShopClient, key: UUID) -> list[object]:
    try:
        await shop.products.get(key)
    except Problem as problem:
        return [problem.status, problem.code]
    return []


async def orders(
    mine: ShopClient, desk: ShopClient, products: tuple[Product, ...]
) -> dict[str, object]:
    order = await mine.orders.create(
        {"lines": [{"product_id": products[0].id, "quantity": 2}]}, include=["lines"]
    )
    line = order.lines[0]
    lines = mine.orders.lines(order.id)
    await lines.update(line.id, {"quantity": 9})
    refused = None
    try:
        await mine.orders.place(order.id)
    except OutOfStock as problem:
        refused = [problem.product_id == products[0].id, problem.left, problem.code]
    await lines.update(line.id, {"quantity": 1})
    placed = await mine.orders.place(order.id, {"note": "ring"}, include=["lines.product"])
    product = placed.lines[0].product
    assert product is not None
    shipped = await desk.orders.ship(order.id, {"tracking": "T1"}, if_match=placed)
    done = await mine.batch(
        [
            rt.Operation("POST", "/v1/orders", {"note": "x"}, id="a"),
            rt.Operation("DELETE", "/v1/orders/{a.id}"),
        ]
    )
    return {
        "refused": refused,
        "placed": [placed.status, placed.note, str(placed.total), product.stock],
        "shipped": shipped.status,
        "batch": [item.status for item in done],
    }


async def writes(shop: ShopClient, products: tuple[Product, ...]) -> dict[str, object]:
    one = await shop.products.get(products[1].id)
    changed = await shop.products.update(one.id, {"stock": 8}, if_match=one)
    conflict = None
    try:
        await shop.products.update(one.id, {"stock": 9}, if_match=one)
    except Problem as problem:
        conflict = [problem.status, problem.code]
    whole = await shop.products.replace(
        one.id,
        {"category_id": one.category_id, "name": "New", "price": Decimal(9), "cost": Decimal(1)},
        if_match=changed.version,
    )
    both = await shop.products.update_many(
        [{"id": products[2].id, "stock": 1}, {"id": products[3].id, "stock": 2}]
    )
    trial = await shop.products.update(one.id, {"name": "Trial"}, dry_run=True)
    keyed = [
        await shop.categories.create({"name": "Once"}, idempotency_key="once") for _ in range(2)
    ]
    await shop.products.delete(products[4].id)
    await shop.products.delete_many([products[3].id])
    left = await shop.products.list().all()
    flaws: list[str | None] = []
    try:
        await shop.products.update(one.id, {"price": Decimal("0.10"), "name": "x" * 201})
    except Problem as problem:
        flaws = [flaw.pointer for flaw in problem.flaws]
    return {
        "conflict": conflict,
        "whole": [whole.stock, str(whole.price)],
        "both": [product.stock for product in both],
        "trial": [trial.name, (await shop.products.get(one.id)).name],
        "keyed": keyed[0].id == keyed[1].id,
        "left": len(left),
        "flaws": flaws,
    }


async def followed(shop: ShopClient, product: Product) -> list[object]:
    """What is told of one product while it changes and goes."""
    found: list[object] = []
    async for change in shop.products.follow(stock_lte=5, id=product.id):
        match change:
            case rt.Ready():
                await shop.products.update(product.id, {"stock": 5})
            case rt.Changed():
                found.append([change.kind, change.row.stock])
                if change.kind == "updated":
                    await shop.products.update(product.id, {"stock": 6})
            case rt.Removed():
                found.append(["removed", change.key == product.id])
                break
    return found


asyncio.run(main(*sys.argv[1:]))
