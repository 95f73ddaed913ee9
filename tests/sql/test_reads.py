"""Reads on both databases give what the plain meaning of their plans gives."""

import json
from typing import Any

import pytest

from charter.contract import expression as e
from charter.contract.types import BOOLEAN, INTEGER
from charter.plan.ask import After
from charter.plan.plan import (
    ManyPlan,
    OnePlan,
    ParentPlan,
    RowPlan,
    Show,
    ShowActions,
    ShowComputed,
    ShowField,
    ShowMany,
    ShowOne,
    SortBy,
)
from charter.sql.pages import Page, page_of
from charter.sql.reads import compile_read
from charter.sql.statement import Sources
from tests.sql import shop
from tests.sql.databases import Database
from tests.support.evaluate import Place, body, select

STORE = shop.store()
PLACE = Place(STORE, {})


def shows(name: str, *more: Show) -> tuple[Show, ...]:
    resource = shop.RESOURCES[name]
    return (
        *(ShowField(field.name, field) for field in resource.fields),
        *(ShowComputed(computed.name, computed) for computed in resource.computed),
        *more,
    )


def everything(name: str, where: e.Expression = e.ALWAYS, *more: Show) -> RowPlan:
    return RowPlan(shop.RESOURCES[name], where, shows(name, *more))


def by(field: str, resource: str, *, descending: bool = False) -> SortBy:
    kind = shop.RESOURCES[resource].type_of(field)
    assert kind is not None
    found = shop.RESOURCES[resource].field_named.get(field)
    return SortBy(shop.own(field, kind), kind, descending, found is None or found.optional)


def key(resource: str) -> SortBy:
    return by("id", resource)


def sources(*values: Any) -> Sources:
    return Sources(values, PLACE.actor, PLACE.now)


def fetch(database: Database, plan: OnePlan | ManyPlan, *values: Any) -> list[tuple[Any, ...]]:
    return database.fetch(compile_read(shop.CONTRACT, database.dialect, plan), sources(*values))


def rows_of(database: Database, plan: RowPlan, sort: tuple[SortBy, ...]) -> list[dict[str, Any]]:
    return json_rows(page(database, ManyPlan(plan, sort, 100)))


def page(database: Database, plan: ManyPlan, *values: Any) -> Page:
    return page_of(database.dialect, plan, fetch(database, plan, *values))


def json_rows(found: Page) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(f"[{found.rows}]")
    return rows


@pytest.mark.parametrize("name", list(shop.RESOURCES))
def test_every_field_of_every_row_has_its_canonical_form(database: Database, name: str) -> None:
    plan = everything(name)
    sort = (key(name),)
    expected = [body(plan, row, PLACE) for row in select(plan, sort, PLACE)]
    assert rows_of(database, plan, sort) == expected


def nested() -> RowPlan:
    dear = e.Compare(e.Operator.GE, shop.own("quantity", INTEGER), e.Constant(1, INTEGER))
    product = everything("Product", shop.own("active", BOOLEAN))
    line = everything(
        "OrderLine", dear, ShowOne("product", relation("OrderLine", "product"), product)
    )
    descending = (by("quantity", "OrderLine", descending=True), key("OrderLine"))
    return everything(
        "Order",
        e.ALWAYS,
        ShowOne("customer", relation("Order", "customer"), everything("User")),
        ShowOne("parent", relation("Order", "parent"), everything("Order")),
        ShowMany("lines", relation("Order", "lines"), line, descending, 2),
        ShowMany(
            "children", relation("Order", "children"), everything("Order"), (key("Order"),), None
        ),
        ShowMany("labels", relation("Order", "labels"), everything("Label"), (key("Label"),), 3),
    )


@pytest.mark.parametrize("limit", [1, 2, 3, 4, None])
def test_a_cut_list_tells_so_next_to_it(database: Database, limit: int | None) -> None:
    """Lists of the limit, of one more and of many more; empty ones, and cut ones inside others."""
    product = ShowOne("product", relation("OrderLine", "product"), everything("Product"))
    line = everything("OrderLine", e.ALWAYS, product)
    first = (by("quantity", "OrderLine", descending=True), key("OrderLine"))
    lines = ShowMany("lines", relation("Order", "lines"), line, first, limit, "lines_cut")
    inner = everything("Order", e.ALWAYS, lines)
    children = relation("Order", "children")
    plan = everything(
        "Order",
        e.ALWAYS,
        lines,
        ShowMany("children", children, inner, (key("Order"),), limit, "children_cut"),
        ShowMany("silent", children, inner, (key("Order"),), 1),
    )
    sort = (key("Order"),)
    expected = [body(plan, row, PLACE) for row in select(plan, sort, PLACE)]
    told = {limit is not None and "lines_cut" in row for row in expected}
    assert told == ({True, False} if limit in {1, 2} else told)
    assert not any("silent_cut" in row for row in expected)
    assert rows_of(database, plan, sort) == expected


def relation(resource: str, name: str) -> Any:
    return shop.RESOURCES[resource].relation_named[name]


def test_nested_rows_are_built_in_one_statement(database: Database) -> None:
    plan = nested()
    sort = (key("Order"),)
    expected = [body(plan, row, PLACE) for row in select(plan, sort, PLACE)]
    assert rows_of(database, plan, sort) == expected


@pytest.mark.parametrize("at", range(9))
def test_one_row_comes_with_its_version(database: Database, at: int) -> None:
    row = STORE.rows["Order"][at]
    [(text, version)] = fetch(database, OnePlan(nested()), row["id"])
    assert json.loads(text) == body(nested(), row, PLACE)
    assert version == 1


def test_no_row_no_answer(database: Database) -> None:
    assert fetch(database, OnePlan(nested()), shop.uuid(9, 9)) == []


# -- lists with more than rows -----------------------------------------------------------------
LINES_OF = relation("Order", "lines")


def lines_under(at: int, where: e.Expression = e.ALWAYS) -> tuple[ParentPlan, Any]:
    return ParentPlan(shop.RESOURCES["Order"], LINES_OF, where, 0), shop.uuid(2, at)


@pytest.mark.parametrize("counting", ["exact", "estimated"])
def test_a_count_comes_with_the_rows_and_without_any(database: Database, counting: Any) -> None:
    sort = (by("quantity", "OrderLine", descending=True), key("OrderLine"))
    found = page(database, ManyPlan(everything("OrderLine"), sort, 5, count=counting))
    assert found.total == 20
    assert [row["quantity"] for row in json_rows(found)] == [3] * 5
    assert found.last is not None
    assert found.last[0] == 3
    nothing = ManyPlan(everything("OrderLine", e.NEVER), sort, 5, count=counting)
    assert page(database, nothing) == Page("", None, 0)


def test_the_list_of_a_row_has_only_its_own(database: Database) -> None:
    for at in range(9):
        parent, of = lines_under(at)
        plan = ManyPlan(everything("OrderLine"), (key("OrderLine"),), 10, parent=parent)
        expected = [row["id"] for row in STORE.rows["OrderLine"] if row["order_id"] == of]
        found = json_rows(page(database, plan, of))
        assert [row["id"] for row in found] == [str(one) for one in expected]


def test_a_parent_that_cannot_be_seen_has_no_list(database: Database) -> None:
    parent, of = lines_under(1, e.NEVER)
    plan = ManyPlan(everything("OrderLine"), (key("OrderLine"),), 10, count="exact", parent=parent)
    assert fetch(database, plan, of) == []


def test_a_stream_gives_bodies_alone(database: Database) -> None:
    parent, of = lines_under(2)
    for under, values in ((None, ()), (parent, (of,))):
        plan = ManyPlan(everything("OrderLine"), (key("OrderLine"),), None, parent=under)
        statement = compile_read(shop.CONTRACT, database.dialect, plan)
        assert statement.heavy
        assert {len(row) for row in database.fetch(statement, sources(*values))} == {1}


def test_linked_and_to_one_parents(database: Database) -> None:
    labels = ParentPlan(shop.RESOURCES["Order"], relation("Order", "labels"), e.ALWAYS, 0)
    customer = ParentPlan(shop.RESOURCES["Order"], relation("Order", "customer"), e.ALWAYS, 0)
    for row in STORE.rows["Order"]:
        for parent, name in ((labels, "Label"), (customer, "User")):
            plan = ManyPlan(everything(name), (key(name),), 10, parent=parent)
            found = [str(one["id"]) for one in json_rows(page(database, plan, row["id"]))]
            expected = STORE.related(row, parent.relation)
            assert found == [str(one) for one in sorted(one["id"] for one in expected)]


def test_a_part_is_found_under_its_parent_only(database: Database) -> None:
    line = STORE.rows["OrderLine"][3]
    parent = ParentPlan(shop.RESOURCES["Order"], LINES_OF, e.ALWAYS, 1)
    plan = OnePlan(everything("OrderLine"), parent)
    assert len(fetch(database, plan, line["id"], line["order_id"])) == 1
    assert fetch(database, plan, line["id"], shop.uuid(2, 8)) == []


# -- what not everybody sees -------------------------------------------------------------------
@pytest.mark.parametrize("pattern", [(0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2), ()])
def test_a_hidden_field_is_left_out_wherever_it_stands(
    database: Database, pattern: tuple[int, ...]
) -> None:
    product = shop.RESOURCES["Product"]
    names = ("name", "cost", "stock")
    seen = shop.own("active", BOOLEAN)
    plan = RowPlan(
        product,
        e.ALWAYS,
        tuple(
            ShowField(name, product.field_named[name], seen if at in pattern else e.ALWAYS)
            for at, name in enumerate(names)
        ),
    )
    sort = (key("Product"),)
    expected = [body(plan, row, PLACE) for row in select(plan, sort, PLACE)]
    assert rows_of(database, plan, sort) == expected


def test_actions_are_those_whose_condition_holds(database: Database) -> None:
    active = shop.own("active", BOOLEAN)
    product = shop.RESOURCES["Product"]
    name = ShowField("name", product.field_named["name"])
    for actions in (
        (),
        (("read", e.ALWAYS), ("update", active)),
        (("update", active), ("delete", e.Not(active))),
        (("update", e.NEVER),),
    ):
        plan = RowPlan(product, e.ALWAYS, (name, ShowActions("can", actions)))
        expected = [body(plan, row, PLACE) for row in select(plan, (key("Product"),), PLACE)]
        assert rows_of(database, plan, (key("Product"),)) == expected


def test_a_row_of_which_nothing_is_shown(database: Database) -> None:
    plan = RowPlan(shop.RESOURCES["User"], e.ALWAYS, ())
    assert rows_of(database, plan, (key("User"),)) == [{}, {}]


def test_names_in_answers_can_be_anything(database: Database) -> None:
    user = shop.RESOURCES["User"]
    outs = ('a"b', "%s", "a'b", "\\", "€", "{}", "?1", "$1")
    plan = RowPlan(user, e.ALWAYS, tuple(ShowField(out, user.key) for out in outs))
    assert rows_of(database, plan, (key("User"),))[0] == dict.fromkeys(outs, "ada")


def test_a_row_may_have_hundreds_of_fields(database: Database) -> None:
    product = shop.RESOURCES["Product"]
    field = product.field_named["cost"]
    plan = RowPlan(product, e.ALWAYS, tuple(ShowField(f"f{at}", field) for at in range(250)))
    [first, *_] = rows_of(database, plan, (key("Product"),))
    assert first == dict.fromkeys((f"f{at}" for at in range(250)), "-5.000")


# -- cost --------------------------------------------------------------------------------------
def explained(database: Database, plan: ManyPlan, *values: Any) -> str:
    statement = compile_read(shop.CONTRACT, database.dialect, plan)
    if database.dialect.name == "sqlite":
        rows = database.run(
            "EXPLAIN QUERY PLAN " + statement.text, statement.arguments(sources(*values))
        )
        return "\n".join(str(row[3]) for row in rows)
    if database.dialect.name == "mysql":
        rows = database.run("EXPLAIN " + statement.text, statement.arguments(sources(*values)))
        return "\n".join(str(row) for row in rows)
    database.run("SET enable_seqscan = off")
    rows = database.run("EXPLAIN " + statement.text, statement.arguments(sources(*values)))
    return "\n".join(str(row[0]) for row in rows)


@pytest.mark.parametrize("descending", [False, True])
def test_a_page_begins_in_the_index_and_sorts_nothing(
    database: Database, *, descending: bool
) -> None:
    product = shop.RESOURCES["Product"]
    sort = (
        by("price", "Product", descending=descending),
        by("id", "Product", descending=descending),
    )
    row = STORE.rows["Product"][4]
    plan = ManyPlan(
        RowPlan(product, e.ALWAYS, (ShowField("id", product.key),)),
        sort,
        2,
        After(0, (False, False)),
    )
    text = explained(database, plan, row["price"], row["id"])
    index = {"sqlite": "SEARCH p", "postgresql": "Index Cond", "mysql": "'range'"}
    assert index[database.dialect.name] in text
    assert "Sort" not in text
    assert "filesort" not in text
    assert "TEMP B-TREE" not in text
    assert "SCAN" not in text
