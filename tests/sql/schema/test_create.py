"""A schema is created as the contract says, and reads back as the same."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from charter.contract.contract import Contract
from charter.contract.resource import Field, Index, Unique
from charter.sql.catalog_mysql import KEY_NAME
from charter.sql.ddl import create
from charter.sql.derive import schema_of
from charter.sql.dialect import Dialect
from charter.sql.dialects import DIALECTS
from charter.sql.differences import absent, differences
from charter.sql.feasible import infeasible
from charter.sql.mysql import MYSQL
from charter.sql.naming import MAX_BYTES, Names, bounded
from charter.sql.postgres import POSTGRES
from charter.sql.schema import CheckRule, Column, Schema, Table
from charter.sql.sqlite import SQLITE
from tests.sql.schema.databases import (
    REFUSALS,
    LiveDatabase,
    MysqlDatabase,
    PostgresDatabase,
    SqliteDatabase,
    found,
)
from tests.sql.schema.samples import SHOP, SHORT, contracts, reference, resource


def outline(schema: Schema, dialect: Dialect) -> list[Table]:
    """The tables without what each database spells in its own way, in the order of names."""
    return sorted(
        (_outline(table, dialect) for table in schema.tables), key=lambda table: table.name
    )


def _outline(table: Table, dialect: Dialect) -> Table:
    key = table.key
    if key is not None and dialect is MYSQL:
        # There they have one name, whatever they are called.
        key = replace(key, name=KEY_NAME)
    return replace(
        table,
        key=key,
        columns=tuple(
            replace(column, type="", default=None if column.default is None else "")
            for column in table.columns
        ),
        checks=tuple(
            sorted((replace(c, expression="") for c in table.checks), key=lambda c: c.name)
        ),
        uniques=tuple(sorted(table.uniques, key=lambda part: part.name)),
        foreign_keys=tuple(sorted(table.foreign_keys, key=lambda part: part.name)),
        indexes=tuple(
            replace(index, where=None if index.where is None else "")
            for index in sorted(table.indexes, key=lambda part: part.name)
        ),
    )


def test_what_is_created_is_what_is_wanted(database: LiveDatabase) -> None:
    schema = schema_of(SHOP, database.dialect)
    assert absent(schema, found(database))

    database.script(create(schema, database.dialect))

    assert outline(found(database), database.dialect) == outline(schema, database.dialect)
    assert differences(database.wanted(schema), found(database)) == ()
    assert not absent(schema, found(database))


@given(contract=contracts())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_contract_is_created_as_it_is_wanted(
    database: LiveDatabase, contract: Contract
) -> None:
    # A key of MySQL has room for so many characters only.
    assume(database.dialect is not MYSQL or not infeasible(contract, MYSQL))
    schema = schema_of(contract, database.dialect)
    with database.emptied():
        database.script(create(schema, database.dialect))
        assert outline(found(database), database.dialect) == outline(schema, database.dialect)
        assert differences(database.wanted(schema), found(database)) == ()


def test_a_second_creation_is_refused_and_changes_nothing(database: LiveDatabase) -> None:
    script = create(schema_of(SHOP, database.dialect), database.dialect)
    database.script(script)
    before = found(database)
    with pytest.raises(REFUSALS):
        database.script(script)
    assert found(database) == before


def test_looking_at_what_is_wanted_leaves_nothing_behind(database: LiveDatabase) -> None:
    database.wanted(schema_of(SHOP, database.dialect))
    assert found(database) == Schema(())


def test_charter_notes_the_tables_that_it_made(database: LiveDatabase) -> None:
    schema = schema_of(SHOP, database.dialect)
    database.script(create(schema, database.dialect))
    ((name, value),) = database.rows("SELECT name, value FROM charter_meta")
    assert name == "tables"
    assert all(f'"{table.name}"' in value for table in schema.tables)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)
@given(contract=contracts())
def test_names_never_meet_and_are_never_cut_off(dialect: Dialect, contract: Contract) -> None:
    tables = schema_of(contract, dialect).tables
    names = [table.name for table in tables]
    names += [part.name for table in tables for part in (*table.constraints, *table.indexes)]
    assert len({name.lower() for name in names}) == len(names)
    assert max(len(name.encode()) for name in names) <= MAX_BYTES


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)
@given(contract=contracts())
def test_every_reference_has_an_index_in_the_order_of_keys(
    dialect: Dialect, contract: Contract
) -> None:
    for table in schema_of(contract, dialect).tables:
        assert table.key is not None
        orders = [table.key.columns, *(unique.columns for unique in table.uniques)]
        orders += [
            tuple(column.name for column in index.columns)
            for index in table.indexes
            if index.where is None
        ]
        alone = {table.key.columns[0], *(names[0] for names in orders if len(names) == 1)}
        followed = {names[0] for names in orders if names[1:2] == table.key.columns[:1]}
        assert (
            table.key.columns[1:]
            or {part.columns[0] for part in table.foreign_keys} <= alone | followed
        )


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)
@pytest.mark.parametrize(
    ("declared", "orders"),
    [
        (Index("i", ("up_id",)), [("up_id", "id")]),
        (Index("i", ("-up_id",)), [("up_id", "id")]),
        (Index("i", ("up_id", "id", "note")), [("up_id", "id", "note")]),
        (Index("i", ("up_id", "-note")), [("up_id", "note", "id"), ("up_id", "id")]),
        (Index("i", ("note", "up_id")), [("note", "up_id", "id"), ("up_id", "id")]),
        (Unique("u", ("up_id", "note")), [("up_id", "id")]),
        (Unique("u", ("up_id",)), []),
    ],
    ids=str,
)
def test_the_index_of_a_reference_is_there_but_where_another_has_its_order(
    dialect: Dialect, declared: Index | Unique, orders: list[tuple[str, ...]]
) -> None:
    is_unique = isinstance(declared, Unique)
    more: dict[str, Any] = {"uniques" if is_unique else "indexes": (declared,)}
    fields = (Field("note", SHORT), reference("up_id", "Node"))
    contract = Contract("nodes", "1", (resource("Node", "nodes", *fields, **more),))
    table = schema_of(contract, dialect).table_named["nodes"]
    found = [tuple(column.name for column in index.columns) for index in table.indexes]
    assert found == orders


def test_names_of_the_shop() -> None:
    schema = schema_of(SHOP, POSTGRES)
    named = {table.name: [part.name for part in table.constraints] for table in schema.tables}
    assert named["orders"] == [
        "orders_pkey",
        "orders_customer_id_fkey",
        "orders_replaces_id_fkey",
        "orders_number_day_key",
        "orders_status_check",
        "orders_period_check",
    ]
    assert [index.name for index in schema.table_named["orders"].indexes] == [
        "orders_created_at_id_idx",
        "orders_status_number_idx",
        "orders_customer_id_idx",
        "orders_replaces_id_idx",
    ]
    assert "products_sku_key" in named["products"]


def test_a_name_that_is_taken_gets_a_hash() -> None:
    """`a_b` of `c` and `a` of `b_c` would both be `a_b_c_key`."""
    shop = SHOP.resources[1]
    first = replace(
        shop, name="X", table="a_b", relations=(), fields=(shop.fields[0], _unique("c"))
    )
    second = replace(first, name="Y", table="a", fields=(shop.fields[0], _unique("b_c")))
    schema = schema_of(Contract("any", "1", (first, second)), SQLITE)
    (plain,), (other,) = (schema.table_named[name].uniques for name in ("a_b", "a"))
    assert plain.name == "a_b_c_key"
    assert other.name.startswith("a_b_c_key_")


def _unique(name: str) -> Field:
    return replace(SHOP.resources[1].fields[4], name=name)


def test_names_that_differ_by_case_only_are_told_apart() -> None:
    names = Names(["Orders"])
    given_names = [names.give("orders"), names.give("a", "key"), names.give("A", "key")]
    assert len({"orders", *(name.lower() for name in given_names)}) == 4


def test_a_table_may_be_named_as_a_sequence_would_be(database: LiveDatabase) -> None:
    tag = replace(SHOP.resources[2], relations=())
    twin = replace(tag, name="Twin", table="tags_id_seq")
    schema = schema_of(Contract("any", "1", (tag, twin)), database.dialect)
    database.script(create(schema, database.dialect))
    assert differences(database.wanted(schema), found(database)) == ()


def test_a_long_name_keeps_its_beginning() -> None:
    long = "order_" * 20
    assert bounded("orders_pkey") == "orders_pkey"
    assert bounded(long) != bounded(long + "x")
    assert bounded(long).startswith("order_order_")
    assert len(bounded("é" * 60).encode()) <= MAX_BYTES


def test_a_violated_constraint_leads_to_its_fields() -> None:
    schema = schema_of(SHOP, POSTGRES)
    table, rule = schema.constraint_named["products_price_check"]
    assert (table.name, rule.columns) == ("products", ("price",))
    _, period = schema.constraint_named["orders_period_check"]
    assert isinstance(period, CheckRule)
    assert period.rule == "period"


def test_texts_of_postgres_compare_by_code_point(postgres: PostgresDatabase) -> None:
    postgres.script(create(schema_of(SHOP, POSTGRES), POSTGRES))
    collations = postgres.rows(
        "SELECT DISTINCT collation_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type = 'text'"
    )
    assert collations == [("C",)]


def test_texts_of_mysql_compare_by_code_point(mysql: MysqlDatabase) -> None:
    mysql.script(create(schema_of(SHOP, MYSQL), MYSQL))
    collations = mysql.rows(
        "SELECT DISTINCT collation_name FROM information_schema.columns"
        " WHERE table_schema = database() AND collation_name IS NOT NULL"
    )
    ours = {("utf8mb4_nopad_bin",), ("utf8mb4_0900_bin",)}
    assert len(ours & set(collations)) == 1
    assert set(collations) - ours == {("ascii_bin",)}


def test_tables_of_sqlite_are_strict() -> None:
    database = SqliteDatabase()
    database.script(create(schema_of(SHOP, SQLITE), SQLITE))
    tables = found(database).tables
    assert {table.modifiers for table in tables} == {"STRICT", "STRICT, WITHOUT ROWID"}
    numbered = {column for table in tables for column in table.columns if column.identity}
    assert numbered == {
        Column("sequence", "INTEGER", identity=True),
        Column("id", "INTEGER", identity=True),
    }
