"""The law: SQL finds just the rows that the plain meaning of a condition finds, in its order."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charter.contract import expression as e
from charter.plan.actor import Actor
from charter.plan.ask import After
from charter.plan.plan import ManyPlan, RowPlan, ShowField, SortBy
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
)
several = settings(max_examples=150, suppress_health_check=list(HealthCheck))


def row_plan(resource: str, where: e.Expression) -> RowPlan:
    found = shop.RESOURCES[resource]
    return RowPlan(found, where, (ShowField("id", found.key),))


def pages(
    database: Database, plan: RowPlan, sort: tuple[SortBy, ...], place: Place, limit: int
) -> list[Any]:
    """The keys that a walk through all pages gives, and the sort values of each page's end."""
    keys: list[Any] = []
    decoders = [database.dialect.told_decoder(part.type) for part in sort]
    last: list[Any] | None = None
    while True:
        after = last and After(len(place.values), tuple(value is None for value in last))
        statement = compile_read(
            shop.CONTRACT, database.dialect, ManyPlan(plan, sort, limit, after or None)
        )
        values = (*place.values, *(last or ()))
        rows = database.fetch(statement, Sources(values, place.actor, place.now))
        assert len(rows) <= limit + 1
        for row in rows[:limit]:
            raw = row[1 : 1 + len(sort)]
            last = [read(one) if read else one for read, one in zip(decoders, raw, strict=True)]
            keys.append(tuple(last))
        if len(rows) <= limit:
            return keys


def expected(plan: RowPlan, sort: tuple[SortBy, ...], place: Place) -> list[Any]:
    return [sort_values(row, plan.resource, sort, place) for row in select(plan, sort, place)]


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
    assert pages(database, plan, sort, place, 100) == expected(plan, sort, place)


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
    assert pages(database, plan, sort, place, limit) == expected(plan, sort, place)
