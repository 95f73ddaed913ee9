"""What the database sees to by itself, while a migration changes its table."""

from collections.abc import Iterator
from itertools import takewhile

import pytest

from charter.contract.contract import Contract
from charter.migrate.migration import Change
from charter.migrate.step import Phase, Step, Work
from charter.sql.derive import schema_of
from tests.migrate.cases import cases
from tests.migrate.runner import down, insert, put_in, unlike, up
from tests.migrate.test_walk import plan
from tests.migrate.walks import rows_of
from tests.sql.schema.databases import (
    REFUSALS,
    LiveDatabase,
    MysqlDatabase,
    PostgresDatabase,
    SqliteDatabase,
)
from tests.support.postgres import PostgresServer

ALL = "append_only and stamped"


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def database(request: pytest.FixtureRequest) -> Iterator[LiveDatabase]:
    if request.param == "sqlite":
        yield SqliteDatabase()
        return
    if request.param == "mysql":
        with MysqlDatabase(request.getfixturevalue("mysql_url")) as live:
            yield live
        return
    postgres_server: PostgresServer = request.getfixturevalue("postgres_server")
    postgres_server.start()
    postgres_server.create_database("kept")
    with PostgresDatabase(postgres_server.url("kept")) as found:
        yield found
    postgres_server.drop_database("kept")


def case(name: str) -> tuple[Contract, Contract]:
    return next((before, after) for found, before, after in cases() if found == name)


def planned(database: LiveDatabase, name: str) -> Change:
    """The plan of a case, on a database with one order as releases of before write it."""
    before, after = case(name)
    put_in(database, before, {item.table: [] for item in before.resources})
    orders = next(item for item in before.resources if item.table == "orders")
    rows = next(found for seed in range(99) if (found := rows_of(before, seed))["orders"])
    row = rows["orders"][0]
    database.script(insert(before, orders, row, rows, database.dialect))
    change = plan(before, after, database.dialect)
    assert change is not None
    return change


def before_the(phase: Phase, change: Change) -> list[Step]:
    order = list(Phase)
    return [step for step in change.steps if order.index(step.phase) < order.index(phase)]


def test_what_refuses_writes_comes_when_no_older_release_runs(database: LiveDatabase) -> None:
    change = planned(database, "append_only")
    up(database, before_the(Phase.CONTRACT, change))
    database.script("UPDATE orders SET one = 1")
    up(database, change.steps[len(before_the(Phase.CONTRACT, change)) :])
    with pytest.raises(REFUSALS, match="never changed"):
        database.script("UPDATE orders SET one = 2")
    down(database, change.steps)
    database.script("UPDATE orders SET one = 3")


def test_what_refused_writes_goes_before_newer_releases_write(database: LiveDatabase) -> None:
    change = planned(database, "no longer append_only")
    with pytest.raises(REFUSALS, match="never changed"):
        database.script("UPDATE orders SET one = 1")
    up(database, before_the(Phase.CONTRACT, change))
    database.script("UPDATE orders SET one = 2")


def test_stamps_come_at_once(database: LiveDatabase) -> None:
    change = planned(database, "stamped")
    assert {step.phase for step in change.steps} == {Phase.EXPAND}
    ((version,),) = database.rows("SELECT version FROM orders")
    up(database, change.steps)
    database.script("UPDATE orders SET one = 1")
    assert database.rows("SELECT version FROM orders") == [(version + 1,)]


def test_a_fill_goes_through_triggers_and_nothing_else_does(database: LiveDatabase) -> None:
    change = planned(database, f"fill while {ALL}")
    stamps = database.rows("SELECT version, updated_at FROM orders")
    until = [*takewhile(lambda step: not step.name.startswith("fill"), change.steps)]
    assert until[-1].name == "let fills of orders through"
    up(database, until)
    for other in ("name = 'other'", "version = 9", "name = 'other', name_folded = 'other'"):
        with pytest.raises(REFUSALS, match="never changed"):
            database.script(f"UPDATE orders SET {other}")
    with pytest.raises(REFUSALS, match="never changed"):
        database.script("DELETE FROM orders")
    up(database, change.steps[len(until) :])
    ((name, folded),) = database.rows("SELECT name, name_folded FROM orders")
    assert folded == name.lower() != ""
    assert database.rows("SELECT version, updated_at FROM orders") == stamps
    with pytest.raises(REFUSALS, match="never changed"):
        database.script("UPDATE orders SET name_folded = 'other'")
    down(database, change.steps)
    with pytest.raises(REFUSALS, match="never changed"):
        database.script("UPDATE orders SET name = 'other'")
    assert database.rows("SELECT version, updated_at FROM orders") == stamps


def test_a_stored_value_is_worked_out_for_rows_that_were_there(database: LiveDatabase) -> None:
    change = planned(database, "another stored value under an index")
    ((one, worked),) = database.rows("SELECT one, worked FROM orders")
    assert worked == one + 1
    up(database, change.steps)
    assert database.rows("SELECT worked FROM orders") == [(one + 2,)]
    down(database, change.steps)
    assert database.rows("SELECT worked FROM orders") == [(one + 1,)]
    assert not [step for step in change.steps if step.loses or step.loses_down]


@pytest.mark.parametrize("name", ["stored value", "stored value of a new field"])
def test_a_stored_value_says_that_it_writes_the_table(database: LiveDatabase, name: str) -> None:
    change = planned(database, name)
    assert [step.table for step in change.steps if step.work is Work.REWRITE] == ["orders"]


def test_a_new_table_takes_its_functions_with_it(database: LiveDatabase) -> None:
    before, after = case(f"new table that is {ALL}")
    put_in(database, before, {item.table: [] for item in before.resources})
    change = plan(before, after, database.dialect)
    assert change is not None
    up(database, change.steps)
    down(database, change.steps)
    assert unlike(database, schema_of(before, database.dialect)) == []
