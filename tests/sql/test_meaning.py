"""The law: SQL finds just the rows that the plain meaning of a condition finds, in its order."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charter.contract import expression as e
from charter.plan.actor import Actor
from charter.plan.ask import After
from charter.plan.plan import ManyPlan, RowPlan, ShowField, SortBy
from charter.sql.pages import page_of
from charter.sql.reads import compile_read
from charter.sql.statement import Sources
from tests.sql import generated, shop
from tests.sql.databases import Database
from tests.support.evaluate import Place, select, sort_values

STORE = shop.store()
ACTORS = (
    Actor(),
    Actor("ada", frozenset({"buyer"}), {"name": "saw", "age": 7, "none": None}),
    Actor("bob", frozenset(), {"name": ["saw"], "age": "7"}),
    Actor(
        "ada",
        methods=frozenset({"pwd", "otp"}),
        signed_in_at=shop.NOON.timestamp() - 300,
        address="10.1.2.3",
        tenant="saw",
    ),
    Actor("bob", methods=frozenset({"pwd", "api_key"}), address="2001:db8::1", tenant="bob"),
)
several = settings(max_examples=150, suppress_health_check=list(HealthCheck))


def row_plan(resource: str, where: e.Expression) -> RowPlan:
    found = shop.RESOURCES[resource]
    return RowPlan(found, where, (ShowField("id", found.key),))


def pages(
    database: Database, plan: RowPlan, sort: tuple[SortBy, ...], place: Place, limit: int
) -> list[Any]:
    """The pages of a walk to the end: the keys of each, and the sort values of its last row."""
    walked: list[Any] = []
    last: tuple[Any, ...] | None = None
    while not walked or last is not None:
        after = last and After(len(place.values), tuple(value is None for value in last))
        asked = ManyPlan(plan, sort, limit, after or None)
        statement = compile_read(shop.CONTRACT, database.dialect, asked)
        values = (*place.values, *(last or ()))
        rows = database.fetch(statement, Sources(values, place.actor, place.now))
        page = page_of(database.dialect, asked, rows)
        last = page.last
        walked.append(([row["id"] for row in json.loads(f"[{page.rows}]")], last))
    return walked


def expected(plan: RowPlan, sort: tuple[SortBy, ...], place: Place, limit: int) -> list[Any]:
    rows = select(plan, sort, place)
    walked = []
    for start in range(0, max(len(rows), 1), limit):
        some = rows[start : start + limit]
        more = start + limit < len(rows)
        last = tuple(sort_values(some[-1], plan.resource, sort, place)) if more else None
        walked.append(([key_text(row["id"]) for row in some], last))
    return walked


def key_text(key: Any) -> Any:
    return key if isinstance(key, int) else str(key)


BY_KEY = {
    name: (SortBy(shop.own("id", one.key.type), one.key.type, descending=False, nullable=False),)
    for name, one in shop.RESOURCES.items()
}


@pytest.mark.parametrize("resource", ["Product", "Order", "OrderLine"])
@given(data=st.data())
@several
def test_a_condition_finds_what_it_means(
    database: Database, resource: str, data: st.DataObject
) -> None:
    where, values = data.draw(generated.conditions(resource))
    actor = data.draw(st.sampled_from(ACTORS))
    place = Place(STORE, {}, values, actor, shop.NOON)
    plan = row_plan(resource, where)
    sort = BY_KEY[resource]
    assert pages(database, plan, sort, place, 100) == expected(plan, sort, place, 100)


@pytest.mark.parametrize("resource", ["Product", "Order", "OrderLine"])
@given(data=st.data())
@several
def test_a_walk_through_pages_is_the_sorted_list(
    database: Database, resource: str, data: st.DataObject
) -> None:
    sort = data.draw(generated.sorts(resource))
    where, values = data.draw(generated.conditions(resource, depth=0))
    place = Place(STORE, {}, values, ACTORS[1], shop.NOON)
    plan = row_plan(resource, e.Not(where))
    limit = data.draw(st.integers(1, 7))
    assert pages(database, plan, sort, place, limit) == expected(plan, sort, place, limit)
