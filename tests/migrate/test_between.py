"""Between the phases: releases of before and after both read and write."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

import apsw
import asyncpg
import pytest
from asyncmy.errors import MySQLError
from hypothesis import HealthCheck, Phase, assume, event, given, settings
from hypothesis import strategies as st

from charter.contract.contract import Contract
from charter.contract.expression import Compare, Constant, Operator
from charter.contract.resource import Check, Field, Given, Unique
from charter.migrate.migration import Change
from charter.migrate.step import Phase as At
from charter.migrate.step import Step
from charter.sql.derive import schema_of
from charter.sql.mysql import MYSQL
from charter.store.errors import Violation
from charter.store.mysql_errors import VIOLATIONS, number_of
from tests.migrate.cases import cases, shop
from tests.migrate.runner import Blocked, down, insert, put_in, unlike, up
from tests.migrate.test_walk import EXAMPLES, fitted, plan, possible, walks
from tests.migrate.walks import Rows, rows_of
from tests.sql.schema.databases import (
    REFUSALS,
    LiveDatabase,
    MysqlDatabase,
    PostgresDatabase,
    SqliteDatabase,
)
from tests.sql.schema.samples import SHORT, column
from tests.support.mysql import MysqlServer
from tests.support.postgres import PostgresServer

RULES = (
    apsw.ConstraintError,
    asyncpg.UniqueViolationError,
    asyncpg.CheckViolationError,
    asyncpg.ForeignKeyViolationError,
    MySQLError,
)
"""What a release may be told in good order: rows are drawn without regard to them."""

NO_X = Check("no_x", Compare(Operator.NE, column("alpha", SHORT), Constant("x", SHORT)), "no x")


@pytest.fixture(scope="module")
def postgres(postgres_server: PostgresServer) -> Iterator[PostgresDatabase]:
    postgres_server.start()
    postgres_server.create_database("between")
    with PostgresDatabase(postgres_server.url("between")) as found:
        yield found
    postgres_server.drop_database("between")


@pytest.fixture(params=["postgres", "mysql"])
def server(request: pytest.FixtureRequest) -> LiveDatabase:
    """An empty place on each kind of server."""
    found: LiveDatabase = request.getfixturevalue(request.param)
    fresh(found)
    return found


def fresh(database: LiveDatabase) -> None:
    if database.dialect is MYSQL:
        database.script("DROP DATABASE both_; CREATE DATABASE both_; USE both_")
        return
    database.script("ROLLBACK; DROP SCHEMA IF EXISTS between_phases CASCADE")
    database.script("CREATE SCHEMA between_phases; SET search_path TO between_phases")


def steps_of(change: Change, *phases: At) -> list[Step]:
    return [step for step in change.steps if step.phase in phases]


def write(database: LiveDatabase, contract: Contract, rows: Rows) -> int:
    """Rows as a release of the contract writes them; how many were taken."""
    taken = 0
    for item in contract.resources:
        for row in rows[item.table]:
            try:
                database.script(insert(contract, item, row, rows, database.dialect))
                taken += 1
            except (*RULES, LookupError) as error:
                if _is_missed(error):
                    raise
    return taken


def _is_missed(error: Exception) -> bool:
    """Whether a field that a release does not know is missed, or something is no rule at all."""
    if isinstance(error, MySQLError):
        return VIOLATIONS.get(number_of(error), Violation.NOT_NULL) is Violation.NOT_NULL
    return "NOT NULL" in str(error)


def other_keys(rows: Rows, offset: int) -> Rows:
    return {table: [moved(row, offset) for row in found] for table, found in rows.items()}


def moved(row: dict[str, Any], offset: int) -> dict[str, Any]:
    key = row["id"]
    match key:
        case int():
            return {**row, "id": key + offset}
        case UUID():
            return {**row, "id": UUID(int=key.int + offset)}
        case _:
            return {**row, "id": f"{key}{offset}"}


WALKS = settings(
    max_examples=EXAMPLES,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)


@WALKS
@given(pair=walks(), seed=st.integers(0, 99))
def test_both_releases_write_between_the_phases(
    postgres: PostgresDatabase, pair: tuple[Contract, Contract], seed: int
) -> None:
    fresh(postgres)
    # Under one name, a column cannot have two types at once.
    between(postgres, *pair, seed, lambda step: step.name.startswith("swap "))


@pytest.fixture(scope="module")
def mysql(mysql_server: MysqlServer) -> Iterator[MysqlDatabase]:
    mysql_server.start()
    mysql_server.create_database("both_")
    with MysqlDatabase(mysql_server.url("both_")) as found:
        yield found
    mysql_server.drop_database("both_")


@WALKS
@given(pair=walks(), seed=st.integers(0, 99))
def test_both_releases_write_between_the_phases_on_mysql(
    mysql: MysqlDatabase, pair: tuple[Contract, Contract], seed: int
) -> None:
    before, after = map(fitted, pair)
    assume(possible((before, after)))
    fresh(mysql)
    between(mysql, before, after, seed, lambda step: step.name.startswith("swap ") or step.apart)


@WALKS
@given(pair=walks(), seed=st.integers(0, 99))
def test_both_releases_write_to_sqlite_where_they_may(
    pair: tuple[Contract, Contract], seed: int
) -> None:
    between(SqliteDatabase(), *pair, seed, lambda step: step.apart)


def between(
    database: LiveDatabase,
    before: Contract,
    after: Contract,
    seed: int,
    apart: Callable[[Step], bool],
) -> None:
    """Rows of both releases before the last phase; then on, and all the way back."""
    rows = rows_of(before, seed)
    put_in(database, before, rows)
    change = plan(before, after, database.dialect)
    assume(change is not None and not any(map(apart, change.steps)))
    assert change is not None
    try:
        up(database, steps_of(change, At.EXPAND, At.BACKFILL))
    except Blocked:
        return
    old = write(database, before, other_keys(rows, 100))
    new = write(database, after, other_keys(rows_of(after, seed + 1), 200))
    event(f"written: {bool(old)}, {bool(new)}")
    try:
        up(database, steps_of(change, At.CONTRACT))
    except Blocked as blocked:
        event(f"blocked: {blocked.step.name.split()[0]}")
        return
    assert unlike(database, schema_of(after, database.dialect)) == []
    try:
        down(database, change.steps)
    except Blocked:
        return
    assert unlike(database, schema_of(before, database.dialect)) == []


def begun(database: LiveDatabase, case: str, rows: Sequence[str]) -> Change:
    """The first phases of a case, on a table with some rows."""
    before, after = next((old, new) for name, old, new in cases() if name == case)
    put_in(database, before, {item.table: [] for item in before.resources})
    for text in rows:
        database.script(text)
    change = plan(before, after, database.dialect)
    assert change is not None
    up(database, steps_of(change, At.EXPAND, At.BACKFILL))
    return change


ROW = "INSERT INTO {} (id, created_at, updated_at, version, {}) VALUES ({}, now(), now(), 1, {})"


def orders(number: int, column: str, value: str, table: str = "orders") -> str:
    return ROW.format(table, column, f"'00000000-0000-0000-0000-{number:012}'", value)


def test_a_renamed_column_is_kept_in_step(server: LiveDatabase) -> None:
    change = begun(server, "rename 2 integer", [orders(1, "alpha", "10")])
    server.script(orders(2, "alpha", "20"))
    server.script(orders(3, "beta", "30"))
    server.script("UPDATE orders SET alpha = 11 WHERE alpha = 10")
    server.script("UPDATE orders SET beta = 31 WHERE beta = 30")
    values = server.rows("SELECT alpha, beta FROM orders ORDER BY id")
    assert values == [(11, 11), (20, 20), (31, 31)]
    up(server, steps_of(change, At.CONTRACT))
    assert server.rows("SELECT beta FROM orders ORDER BY id") == [(11,), (20,), (31,)]
    down(server, change.steps)
    assert server.rows("SELECT alpha FROM orders ORDER BY id") == [(11,), (20,), (31,)]


def test_a_renamed_table_has_a_view_for_older_releases(server: LiveDatabase) -> None:
    change = begun(server, "rename of both", [orders(1, "flag", "true")])
    server.script(orders(2, "flag", "false"))
    server.script(orders(3, "mark", "true", "purchases"))
    server.script("UPDATE orders SET flag = true WHERE NOT flag")
    assert server.rows("SELECT count(*) FROM orders WHERE flag") == [(3,)]
    assert server.rows("SELECT count(*) FROM purchases WHERE mark") == [(3,)]
    up(server, steps_of(change, At.CONTRACT))
    there = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'orders'"
    assert server.rows(f"{there} AND table_schema IN ('between_phases', 'both_')") == [(0,)]
    assert server.rows("SELECT count(*) FROM purchases WHERE mark") == [(3,)]


@pytest.mark.parametrize(
    "rule", [{"uniques": (Unique("u", ("alpha",)),)}, {"checks": (NO_X,)}], ids=["unique", "check"]
)
def test_a_column_that_goes_refuses_no_value_of_its_new_name(
    server: LiveDatabase, rule: dict[str, Any]
) -> None:
    """Rows without a value get one, which the rules of before would not have taken."""
    before = shop(Field("alpha", SHORT, optional=True), **rule)
    after = shop(Field("beta", SHORT, default=Given("x"), was="alpha"))
    put_in(server, before, {item.table: [] for item in before.resources})
    change = plan(before, after, server.dialect)
    assert change is not None
    up(server, steps_of(change, At.EXPAND, At.BACKFILL))
    server.script(plain(1))
    server.script(orders(2, "alpha", "'y'"))
    server.script(f"{plain(3)}; {plain(4)}")
    up(server, steps_of(change, At.CONTRACT))
    assert server.rows("SELECT beta FROM orders ORDER BY id") == [("x",), ("y",), ("x",), ("x",)]


def test_older_releases_need_not_write_a_new_required_field(server: LiveDatabase) -> None:
    change = begun(server, "add required 2 integer", [plain(1)])
    server.script(plain(2))
    server.script(orders(3, "alpha", "7"))
    up(server, steps_of(change, At.CONTRACT))
    assert server.rows("SELECT alpha FROM orders ORDER BY id") == [(1,), (1,), (7,)]
    with pytest.raises(REFUSALS):
        server.script(plain(4))


def plain(number: int) -> str:
    """A row of a release that knows no field but those of every row."""
    key = f"'00000000-0000-0000-0000-{number:012}'"
    names = "id, created_at, updated_at, version"
    return f"INSERT INTO orders ({names}) VALUES ({key}, now(), now(), 1)"


def test_a_text_that_an_older_release_changes_is_folded_again(server: LiveDatabase) -> None:
    change = begun(server, "search", [orders(1, "name", "'Ä One'")])
    assert server.rows("SELECT name_folded FROM orders") == [("ä one",)]
    server.script(orders(2, "name", "'TWO'"))
    server.script("UPDATE orders SET name = 'THREE' WHERE name = 'Ä One'")
    assert server.rows("SELECT name_folded FROM orders") == [(None,), (None,)]
    up(server, steps_of(change, At.CONTRACT))
    found = server.rows("SELECT name, name_folded FROM orders ORDER BY id")
    assert found == [("THREE", "three"), ("TWO", "two")]


def test_a_type_that_changes_goes_over_in_one_moment(server: LiveDatabase) -> None:
    change = begun(server, "finer decimal", [orders(1, "price", "1.50")])
    server.script(orders(2, "price", "2.1234"))
    shown = server.rows("SELECT concat(price, '') FROM orders ORDER BY id")
    assert shown == [("1.5000",), ("2.1234",)]
    up(server, steps_of(change, At.CONTRACT))
    with pytest.raises(Blocked, match="that price_prev cannot take"):
        down(server, change.steps)
    server.script("UPDATE orders SET price = 2.12 WHERE price > 2")
    down(server, change.steps)
    assert server.rows("SELECT concat(price, '') FROM orders ORDER BY id") == [("1.50",), ("2.12",)]
