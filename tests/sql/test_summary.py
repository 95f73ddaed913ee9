"""Aggregates by groups, on both databases, against sums made by hand."""

import json
from decimal import Decimal
from typing import Any

from charter.contract import expression as e
from charter.contract.types import BOOLEAN, FLOAT, INTEGER
from charter.plan.plan import GroupPlan, MeasurePlan, ParentPlan, SummaryPlan
from charter.sql.reads import compile_read
from charter.sql.statement import Sources
from tests.sql import shop
from tests.sql.databases import Database
from tests.support.evaluate import Place

STORE = shop.store()
PLACE = Place(STORE, {})
PRODUCT = shop.RESOURCES["Product"]
ACTIVE = GroupPlan("active", shop.own("active", BOOLEAN), BOOLEAN)
PRICE = shop.own("price", shop.PRICE)
COST = shop.own("cost", shop.DISCOUNT)
MEASURES = (
    MeasurePlan("n", e.Function.COUNT, None, INTEGER),
    MeasurePlan("with_cost", e.Function.COUNT, COST, INTEGER),
    MeasurePlan("sum", e.Function.SUM, PRICE, shop.PRICE),
    MeasurePlan("cheapest", e.Function.MIN, PRICE, shop.PRICE),
    MeasurePlan("dearest", e.Function.MAX, COST, shop.DISCOUNT),
    MeasurePlan("mean", e.Function.AVG, PRICE, shop.AVERAGE),
    MeasurePlan("float_mean", e.Function.AVG, PRICE, FLOAT),
    MeasurePlan("stock", e.Function.SUM, shop.own("stock", INTEGER), INTEGER),
    MeasurePlan("first", e.Function.MIN, shop.own("id", PRODUCT.key.type), PRODUCT.key.type),
)


def summaries(database: Database, plan: SummaryPlan, *values: Any) -> list[Any]:
    statement = compile_read(shop.CONTRACT, database.dialect, plan)
    rows = database.fetch(statement, Sources(values, PLACE.actor, PLACE.now))
    return [row[0] and json.loads(row[0]) for row in rows]


def test_groups_have_their_measures(database: Database) -> None:
    plan = SummaryPlan(PRODUCT, e.ALWAYS, (ACTIVE,), MEASURES, ((0, True),), 10)
    found = summaries(database, plan)
    assert [group["active"] for group in found] == [True, False]
    for group in found:
        rows = [row for row in STORE.rows["Product"] if row["active"] is group["active"]]
        prices = [row["price"] for row in rows]
        mean = sum(prices) / len(prices)
        assert group["n"] == len(rows)
        assert group["with_cost"] == sum(row["cost"] is not None for row in rows)
        assert group["sum"] == f"{sum(prices):.2f}"
        assert group["cheapest"] == f"{min(prices):.2f}"
        assert group["dearest"] == f"{max(r['cost'] for r in rows if r['cost'] is not None):.3f}"
        assert abs(Decimal(group["mean"]) - mean) <= Decimal("0.00005")
        assert abs(group["float_mean"] - float(mean)) < 1e-9
        assert group["stock"] == sum(row["stock"] for row in rows)
        assert group["first"] == str(min(row["id"] for row in rows))


def test_without_groups_there_is_one_even_of_nothing(database: Database) -> None:
    plan = SummaryPlan(PRODUCT, e.NEVER, (), MEASURES, (), 10)
    assert summaries(database, plan) == [
        {
            "n": 0, "with_cost": 0, "sum": "0.00", "cheapest": None, "dearest": None,
            "mean": None, "float_mean": None, "stock": 0, "first": None,
        }
    ]  # fmt: skip


def test_groups_sort_by_measures_with_nulls_as_the_largest(database: Database) -> None:
    order = shop.own("order", INTEGER)
    dearest = MeasurePlan("dearest", e.Function.MAX, COST, shop.DISCOUNT)
    plan = SummaryPlan(
        PRODUCT, e.ALWAYS, (GroupPlan("order", order, INTEGER),), (dearest,), ((0, False),), 10
    )
    found = summaries(database, plan)
    assert [group["order"] for group in found] == [0, 1, 2, None]
    by_measure = SummaryPlan(
        PRODUCT, e.ALWAYS, (GroupPlan("order", order, INTEGER),), (dearest,), ((1, True),), 2
    )
    costs = [Decimal(group["dearest"]) for group in found]
    assert [Decimal(group["dearest"]) for group in summaries(database, by_measure)] == sorted(
        costs, reverse=True
    )[:2]


def test_computed_fields_of_related_rows_can_be_measured(database: Database) -> None:
    line = shop.RESOURCES["OrderLine"]
    amount = MeasurePlan("amount", e.Function.SUM, shop.own("amount", shop.TOTAL), shop.TOTAL)
    customer = shop.own("customer_id", shop.USER.key.type, path=("order",))
    plan = SummaryPlan(
        line,
        e.ALWAYS,
        (GroupPlan("who", customer, shop.USER.key.type),),
        (amount,),
        ((0, False),),
        9,
    )
    found = summaries(database, plan)
    products = {row["id"]: row for row in STORE.rows["Product"]}
    orders = {row["id"]: row for row in STORE.rows["Order"]}
    sums: dict[str, Decimal] = {}
    for row in STORE.rows["OrderLine"]:
        who = orders[row["order_id"]]["customer_id"]
        sums[who] = (
            sums.get(who, Decimal(0)) + row["quantity"] * products[row["product_id"]]["price"]
        )
    assert found == [{"who": who, "amount": f"{sums[who]:.5f}"} for who in sorted(sums)]


def test_a_parent_without_rows_is_not_no_parent(database: Database) -> None:
    line = shop.RESOURCES["OrderLine"]
    relation = shop.RESOURCES["Order"].relation_named["lines"]
    by_product = GroupPlan("product", shop.own("product_id", line.key.type), line.key.type)
    count = MeasurePlan("n", e.Function.COUNT, None, INTEGER)
    for where, expected in ((e.ALWAYS, [None]), (e.NEVER, [])):
        parent = ParentPlan(shop.RESOURCES["Order"], relation, where, 0)
        plan = SummaryPlan(line, e.ALWAYS, (by_product,), (count,), (), 10, parent)
        assert summaries(database, plan, shop.uuid(2, 8)) == expected
