"""Migrations of contracts that the database sees to itself, as `charter migrate` applies them."""

import secrets
from dataclasses import replace

import pytest

from charter.contract.contract import Contract
from charter.migrate.faults import MigrationFault
from charter.migrate.planning import Said, planned
from charter.migrate.step import Work
from charter.sql.own.history import State
from tests.migrate.cases import cases
from tests.migrate.engine.databases import Place
from tests.migrate.runner import insert
from tests.migrate.walks import rows_of
from tests.support.postgres import PostgresServer

ALL = ("sqlite", "postgresql", "mysql")
LEAST = 0.010005
"""Seconds: a step whose table has any size is taken to block for longer, no other one is."""


def case(name: str) -> tuple[Contract, Contract]:
    return next((before, after) for found, before, after in cases() if found == name)


class Change:
    """A case as two migrations, the first of which is applied and has some orders."""

    def __init__(self, before: Contract, after: Contract) -> None:
        self.before, self.after = before, after
        first = planned(self.before, (), ALL, "0001_first", Said())
        assert first is not None
        second = planned(self.after, (first,), ALL, "0002_second", Said())
        assert second is not None
        self.first, self.both = first, (first, second)

    async def begin(self, place: Place) -> None:
        await place.apply(self.first)
        orders = next(item for item in self.before.resources if item.table == "orders")
        drawn = (rows_of(self.before, seed) for seed in range(99))
        rows = next(found for found in drawn if len(found["orders"]) == 3)
        texts = [insert(self.before, orders, row, rows, place.dialect) for row in rows["orders"]]
        await place.run(*texts)


async def test_rows_that_never_change_are_filled(empty: Place) -> None:
    change = Change(*case("fill while append_only and stamped"))
    await change.begin(empty)
    stamps = "SELECT id, version, updated_at FROM orders ORDER BY id"
    before = await empty.rows(stamps)
    await empty.apply(*change.both)
    assert (await empty.entries())[-1].state is State.APPLIED
    assert await empty.rows("SELECT count(*) FROM orders WHERE name_folded IS NULL") == [(0,)]
    assert await empty.rows(stamps) == before
    with pytest.raises(Exception, match="never changed"):
        await empty.run("UPDATE orders SET name = 'other'")
    assert await empty.rollback(*change.both) == ("0002_second",)
    with pytest.raises(Exception, match="never changed"):
        await empty.run("UPDATE orders SET name = 'other'")


async def test_a_stored_value_has_to_be_named_where_the_table_is_large(empty: Place) -> None:
    change = Change(*case("stored value"))
    await change.begin(empty)
    hasty = Place(empty.url, replace(empty.pace, lock_timeout=LEAST))
    try:
        found = await hasty.apply(*change.both)
        said = " ".join(repr(step.name) for step in found.refused)
    except MigrationFault as fault:
        said = str(fault)
    second = change.both[1].changes[empty.dialect.name].steps
    (name,) = (step.name for step in second if step.work is Work.REWRITE)
    assert f"{name!r}" in said
    await empty.apply(*change.both, allowed=frozenset({name}))
    assert await empty.rows("SELECT count(*) FROM orders WHERE worked = one + 1") == [(3,)]


async def test_so_it_has_under_another_name_of_the_table(empty: Place) -> None:
    before, after = case("stored value")
    orders, *rest = after.resources
    moved = replace(orders, table="purchases", was="orders")
    change = Change(before, replace(after, resources=(moved, *rest)))
    await change.begin(empty)
    hasty = Place(empty.url, replace(empty.pace, lock_timeout=LEAST))
    with pytest.raises(MigrationFault) as caught:
        await hasty.apply(*change.both)
    assert "on purchases for about" in str(caught.value)
    steps = change.both[1].changes[empty.dialect.name].steps
    (name,) = (step.name for step in steps if step.work is Work.REWRITE)
    await hasty.apply(*change.both, allowed=frozenset({name}))
    assert await empty.rows("SELECT count(*) FROM purchases WHERE worked = one + 1") == [(3,)]


async def test_going_back_has_to_be_named_where_others_would_wait(empty: Place) -> None:
    change = Change(*case("another stored value"))
    await change.begin(empty)
    await empty.apply(*change.both)
    hasty = Place(empty.url, replace(empty.pace, lock_timeout=LEAST))
    with pytest.raises(MigrationFault) as caught:
        await hasty.rollback(*change.both)
    assert caught.value.code.name == "step_refused"
    assert "orders for about" in str(caught.value)
    assert await empty.rollback(*change.both) == ("0002_second",)


async def test_an_extension_that_may_not_be_created_is_named(
    postgres_server: PostgresServer,
) -> None:
    change = Change(*case("search index"))
    postgres_server.start()
    name = f"plain_{secrets.token_hex(8)}"
    postgres_server.create_database(name)
    try:
        postgres_server.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'plain'")
        postgres_server.execute("GRANT ALL ON SCHEMA public TO PUBLIC", name)
        start, _, rest = postgres_server.url(name).rpartition("@")
        place = Place(f"{start.partition('//')[0]}//{name}:plain@{rest}")
        await place.apply(change.first)
        with pytest.raises(MigrationFault) as caught:
            await place.apply(*change.both)
        assert caught.value.code.name == "extension_missing"
        assert "extension pg_trgm: " in str(caught.value)
        postgres_server.execute("CREATE EXTENSION pg_trgm", name)
        await place.apply(*change.both)
        assert (await place.entries())[-1].state is State.APPLIED
    finally:
        postgres_server.drop_database(name)
