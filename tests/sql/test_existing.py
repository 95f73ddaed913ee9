"""Existing tables: what reads of them cost, how values get in and out, what PostgreSQL's row-level
security makes of them; and tables of Charter's own are read as ever."""

import asyncio
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from asyncmy.errors import MySQLError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charter import Actor, Contract, Policy, Resource, allow, field, inverse, linked
from charter.contract.expression import ALWAYS, ROW, Column, Compare, Expression, Operator, Slot
from charter.contract.mapping import Form, Mapped, Stored
from charter.contract.resource import Field
from charter.contract.resource import Resource as Hub
from charter.contract.types import FLOAT, INTEGER, Scalar, Type
from charter.contract.types import UUID as UUID_TYPE
from charter.core.text import fold
from charter.plan.actor import ANONYMOUS
from charter.plan.plan import ManyPlan, OnePlan, RowPlan, ShowField, ShowMany, ShowOne, SortBy
from charter.sql.checks import check
from charter.sql.existing.forms import read_column, storage_of, written
from charter.sql.existing.source import source
from charter.sql.fragment import identifier, sql
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.reads import compile_read
from charter.sql.rls import rls_script
from charter.sql.sources import SlotValue
from charter.sql.sqlite import SQLITE
from charter.sql.statement import Sources, Statement
from tests.sql.databases import Database, Mysql, Postgres, Sqlite
from tests.support.mysql import MysqlServer
from tests.support.postgres import PostgresServer

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
shop = Contract("shop")


@shop.resource(table="Customer", key="CustomerId")
class Customer(Resource[int]):
    name: str = field(column="Name", max_length=40, search=True, unique=True)
    secret: str | None = field(column="Secret", max_length=9, default=None, hidden=True)
    orders: list["Order"] = inverse()


@shop.resource(table="Order Form", key="OrderId")
class Order(Resource[int]):
    customer: Customer = field(column="CustomerId")
    placed: datetime = field(column="Placed", stored="naive")
    labels: list["Label"] = linked(table="Pair", near="OrderId", far="Word")


@shop.resource(table="Label", key="Word")
class Label(Resource[str]):
    orders: list[Order] = linked()


shop.index(Order, "placed")


@shop.policy(Customer, Order, Label)
def policy(row: Any, actor: Actor) -> Policy:
    yield allow("read", when=actor.authenticated)


SHOP = shop.build()
TABLES = {
    "sqlite": """
        CREATE TABLE Customer (CustomerId INTEGER PRIMARY KEY, Name VARCHAR(40) NOT NULL UNIQUE,
            Secret VARCHAR(9));
        CREATE TABLE "Order Form" (OrderId INTEGER PRIMARY KEY,
            CustomerId INTEGER NOT NULL REFERENCES Customer, Placed DATETIME NOT NULL);
        CREATE INDEX orders_of ON "Order Form" (CustomerId);
        CREATE INDEX placed ON "Order Form" (Placed);
        CREATE TABLE Label (Word VARCHAR(255) NOT NULL PRIMARY KEY);
        CREATE TABLE Pair (OrderId INTEGER NOT NULL REFERENCES "Order Form",
            Word VARCHAR(255) NOT NULL REFERENCES Label, PRIMARY KEY (OrderId, Word));
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
            INSERT INTO Customer SELECT i, 'c' || i, 's' FROM n;
        INSERT INTO "Order Form" SELECT CustomerId, CustomerId, '2026-01-02 03:04:05' FROM Customer;
        ANALYZE
        """,
    "postgresql": """
        CREATE TABLE "Customer" ("CustomerId" serial PRIMARY KEY,
            "Name" varchar(40) NOT NULL UNIQUE, "Secret" char(9));
        CREATE TABLE "Order Form" ("OrderId" serial PRIMARY KEY,
            "CustomerId" integer NOT NULL REFERENCES "Customer", "Placed" timestamp NOT NULL);
        CREATE INDEX orders_of ON "Order Form" ("CustomerId");
        CREATE INDEX placed ON "Order Form" ("Placed");
        CREATE TABLE "Label" ("Word" varchar(255) PRIMARY KEY);
        CREATE TABLE "Pair" ("OrderId" integer NOT NULL REFERENCES "Order Form",
            "Word" varchar(255) NOT NULL REFERENCES "Label", PRIMARY KEY ("OrderId", "Word"));
        INSERT INTO "Customer" SELECT i, 'c' || i, 's' FROM generate_series(1, 3000) AS i;
        INSERT INTO "Order Form" SELECT i, i, '2026-01-02 03:04:05' FROM generate_series(1, 3000) i;
        ANALYZE
        """,
    "mysql": """
        CREATE TABLE Customer (CustomerId int NOT NULL AUTO_INCREMENT PRIMARY KEY,
            Name varchar(40) NOT NULL UNIQUE, Secret char(9)) DEFAULT CHARSET=latin1;
        CREATE TABLE "Order Form" (OrderId int NOT NULL AUTO_INCREMENT PRIMARY KEY,
            CustomerId int NOT NULL, Placed datetime NOT NULL, KEY orders_of (CustomerId),
            KEY placed (Placed), FOREIGN KEY (CustomerId) REFERENCES Customer (CustomerId));
        CREATE TABLE Label (Word varchar(255) NOT NULL PRIMARY KEY) DEFAULT CHARSET=utf8mb4;
        CREATE TABLE Pair (OrderId int NOT NULL, Word varchar(255) NOT NULL,
            PRIMARY KEY (OrderId, Word), FOREIGN KEY (OrderId) REFERENCES "Order Form" (OrderId),
            FOREIGN KEY (Word) REFERENCES Label (Word)) DEFAULT CHARSET=utf8mb4;
        CREATE TABLE n (i int NOT NULL AUTO_INCREMENT PRIMARY KEY);
        INSERT INTO n
            SELECT a.ordinal_position * 1000 + b.ordinal_position * 20 + c.ordinal_position
            FROM information_schema.columns a, information_schema.columns b,
                information_schema.columns c
            WHERE a.table_name = 'TABLES' AND b.table_name = 'TABLES' AND c.table_name = 'TABLES'
                AND a.ordinal_position <= 9 AND b.ordinal_position <= 20
                AND c.ordinal_position <= 20;
        INSERT INTO Customer VALUES (7, 'c7', 's');
        INSERT INTO Customer SELECT i, concat('c', i), 's' FROM n;
        INSERT INTO "Order Form"
            SELECT CustomerId, CustomerId, '2026-01-02 03:04:05' FROM Customer;
        ANALYZE TABLE Customer, "Order Form"
        """,
}


@pytest.fixture(scope="module", params=["sqlite", "postgres", "mysql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database with somebody else's tables."""
    if request.param == "sqlite":
        sqlite = Sqlite()
        sqlite.connection.create_scalar_function("charter_fold", folded, 1, deterministic=True)
        filled(sqlite)
        yield sqlite
        sqlite.connection.close()
        return
    server: PostgresServer | MysqlServer
    server = request.getfixturevalue(f"{request.param}_server")
    server.start()
    name = f"existing_{secrets.token_hex(8)}"
    server.create_database(name)
    with asyncio.Runner() as runner:
        if isinstance(server, MysqlServer):
            mysql = Mysql(server.url(name), runner)
            filled(mysql)
            yield mysql
            mysql.close()
            server.drop_database(name)
            return
        postgres = Postgres(server.url(name), runner)
        filled(postgres)
        yield postgres
        runner.run(postgres.connection.close())
    server.drop_database(name)


def folded(*texts: Any) -> str | None:
    return None if texts[0] is None else fold(texts[0])


def filled(database: Database) -> None:
    for text in TABLES[database.dialect.name].split(";"):
        database.run(text)


# -- what reads cost -------------------------------------------------------------------------
def sources(*values: Any) -> Sources:
    return Sources(values, ANONYMOUS, NOW)


def explained(database: Database, statement: Statement, *values: Any) -> str:
    """The plan of a statement, as the database tells it."""
    word = "EXPLAIN QUERY PLAN" if database.dialect is SQLITE else "EXPLAIN"
    rows = database.run(f"{word} {statement.text}", statement.arguments(sources(*values)))
    if database.dialect is MYSQL:
        return "\n".join(f"{row[3]} {row[2]} by {row[5]}: {row[-1]}" for row in rows)
    return "\n".join(str(row[-1]) for row in rows)


def row(name: str, where: Expression = ALWAYS, *more: Any) -> RowPlan:
    resource = SHOP.resource_named[name]
    return RowPlan(resource, where, (*(ShowField(f.name, f) for f in resource.fields), *more))


def own(name: str, of: str) -> Column:
    kind = SHOP.resource_named[name].field_named[of].type
    return Column(ROW, (), of, kind)


def by(name: str, of: str) -> SortBy:
    column = own(name, of)
    return SortBy(column, column.type, descending=False, nullable=False)


def equal(name: str, of: str) -> Expression:
    column = own(name, of)
    return Compare(Operator.EQ, column, Slot(0, column.type))


def indexed(plan: str) -> bool:
    """Whether no table is read from its beginning to its end, but for the few rows of a page."""
    whole = ("Seq Scan", "SCAN", "ALL Customer", "ALL Order Form", "index Customer")
    return not any(word in plan.replace("SCAN p", "") for word in whole)


def test_a_row_is_found_by_its_key(database: Database) -> None:
    statement = compile_read(SHOP, database.dialect, OnePlan(row("Customer")))
    assert indexed(explained(database, statement, 7))
    body, version = database.fetch(statement, sources(7))[0]
    assert json.loads(body) == {"id": 7, "name": "c7", "secret": "s"}
    assert json.loads(version) == json.loads(body)


def test_a_row_is_found_by_a_unique_text(database: Database) -> None:
    plan = ManyPlan(row("Customer", equal("Customer", "name")), (by("Customer", "id"),), 10)
    statement = compile_read(SHOP, database.dialect, plan)
    assert indexed(explained(database, statement, "c7"))


def test_rows_around_a_row_are_found_by_their_references(database: Database) -> None:
    orders = SHOP.resource_named["Customer"].relation_named["orders"]
    customer = SHOP.resource_named["Order"].relation_named["customer"]
    labels = SHOP.resource_named["Order"].relation_named["labels"]
    inner = row(
        "Order", ALWAYS,
        ShowOne("customer", customer, row("Customer")),
        ShowMany("labels", labels, row("Label"), (by("Label", "id"),), 10),
    )  # fmt: skip
    nested = ShowMany("orders", orders, inner, (by("Order", "id"),), 10)
    statement = compile_read(SHOP, database.dialect, OnePlan(row("Customer", ALWAYS, nested)))
    plan = explained(database, statement, 7)
    for table in ("Customer", "Order Form"):
        assert f'Seq Scan on "{table}"' not in plan
        assert f"SCAN {table}" not in plan
    assert "orders_of" in plan
    body = json.loads(database.fetch(statement, sources(7))[0][0])
    assert body["orders"][0]["customer"]["name"] == "c7"
    assert body["orders"][0]["placed"] == "2026-01-02T03:04:05+00:00"


def test_a_page_in_the_order_of_keys_needs_no_sort(database: Database) -> None:
    statement = compile_read(
        SHOP, database.dialect, ManyPlan(row("Order"), (by("Order", "id"),), 10)
    )
    plan = explained(database, statement)
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def test_a_condition_on_another_form_reads_every_row(database: Database) -> None:
    """As the documentation says: the index of a column that is converted does not serve."""
    where = equal("Order", "placed")
    statement = compile_read(
        SHOP, database.dialect, ManyPlan(row("Order", where), (by("Order", "id"),), 10)
    )
    assert "placed" not in explained(database, statement, NOW).replace("Placed", "")
    assert len(database.fetch(statement, sources(NOW))) >= 1


def test_tables_of_charters_own_stand_after_from_as_they_are() -> None:
    made = Contract("made")

    @made.resource
    class Thing(Resource):
        name: str = field(search=True)

    @made.policy(Thing)
    def things(thing: Thing, actor: Actor) -> Policy:
        yield allow("*")

    (thing,) = made.build().resources
    assert source(SQLITE, thing) == identifier("things") == source(POSTGRES, thing)


# -- forms -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Kept:
    """A form of a type of values, the columns that have it, and what it keeps of a value."""

    type: Type
    form: Form
    columns: dict[str, str]
    values: st.SearchStrategy[Any]
    kept: Any = lambda value: value


EARLIEST, LATEST = (NOW.replace(year=year, tzinfo=None) for year in (1900, 2200))
times = st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC))
FORMS = [
    Kept(
        Type(Scalar.DECIMAL, digits=12, places=2), form, columns,
        st.decimals(-(10**9), 10**9, places=2),
    )
    for form, columns in (
        (Form.NUMBER, {"sqlite": "NUMERIC(12,2)", "postgresql": "numeric",
                       "mysql": "decimal(14,4)"}),
        (Form.NUMBER, {"sqlite": "REAL", "postgresql": "double precision", "mysql": "double"}),
        (Form.TEXT, {"sqlite": "TEXT", "postgresql": "varchar(30)", "mysql": "varchar(30)"}),
        (Form.SCALED, {"sqlite": "INTEGER", "postgresql": "bigint", "mysql": "bigint"}),
    )
] + [
    Kept(Type(Scalar.DATETIME), Form.NAIVE,
         {"sqlite": "DATETIME", "postgresql": "timestamp", "mysql": "datetime(6)"}, times),
    Kept(Type(Scalar.DATETIME), Form.ISO, {"sqlite": "TEXT"}, times),
    Kept(Type(Scalar.DATETIME), Form.UNIX,
         {"sqlite": "INTEGER", "postgresql": "bigint", "mysql": "bigint"}, times,
         lambda value: value.replace(microsecond=0)),
    Kept(Type(Scalar.DATETIME), Form.UNIX_MS,
         {"sqlite": "INTEGER", "postgresql": "bigint", "mysql": "bigint"}, times,
         lambda value: value.replace(microsecond=value.microsecond // 1000 * 1000)),
    Kept(Type(Scalar.DATE), Form.NAIVE,
         {"sqlite": "DATETIME", "postgresql": "timestamp", "mysql": "datetime"},
         st.dates(date(1900, 1, 1), date(2200, 1, 1))),
    Kept(Type(Scalar.BOOLEAN), Form.NUMBER,
         {"sqlite": "TINYINT", "postgresql": "smallint", "mysql": "bit(1)"}, st.booleans()),
    Kept(FLOAT, Form.NUMBER,
         {"sqlite": "DOUBLE", "postgresql": "numeric", "mysql": "decimal(12,4)"},
         st.integers(-(10**4), 10**4).map(lambda n: n / 16)),
    Kept(INTEGER, Form.NUMBER, {"sqlite": "NUMERIC", "postgresql": "numeric", "mysql": "year"},
         st.integers(1901, 2155)),
    Kept(UUID_TYPE, Form.TEXT,
         {"sqlite": "CHAR(36)", "postgresql": "char(36)", "mysql": "char(36)"}, st.uuids()),
    Kept(UUID_TYPE, Form.HEX,
         {"sqlite": "CHAR(32)", "postgresql": "varchar(32)", "mysql": "varchar(32)"}, st.uuids()),
    Kept(UUID_TYPE, Form.BYTES,
         {"sqlite": "BLOB", "postgresql": "bytea", "mysql": "binary(16)"}, st.uuids()),
    Kept(Type(Scalar.JSON), Form.TEXT,
         {"sqlite": "TEXT", "postgresql": "json", "mysql": "json"},
         st.dictionaries(st.sampled_from("abc"), st.integers(-9, 9))),
    Kept(Type(Scalar.TEXT, many=True), Form.TEXT,
         {"sqlite": "TEXT", "postgresql": "text", "mysql": "json"},
         st.lists(st.sampled_from(["a", "ä\"", ""]), max_size=3)),
    Kept(Type(Scalar.CHOICE, choices=("a", "it's", "ü")), Form.ENUM,
         {"mysql": "enum('a', 'it''s', 'ü', 'more') CHARACTER SET utf8mb4"},
         st.sampled_from(["a", "it's", "ü"])),
]  # fmt: skip


@pytest.mark.parametrize("kept", FORMS, ids=lambda kept: f"{kept.type.scalar} as {kept.form}")
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_written_is_what_is_read(
    database: Database, kept: Kept, data: st.DataObject
) -> None:
    if database.dialect.name not in kept.columns:
        return
    item = Field("value", kept.type, optional=True, column="Value", stored=Stored(kept.form))
    name = f"Thing {FORMS.index(kept)}"
    resource = Hub("Thing", "things", "things", (item,), mapped=Mapped(name))
    storage = storage_of(database.dialect, item)
    assert storage is not None
    value = data.draw(st.none() | kept.values)
    kind = kept.columns[database.dialect.name]
    database.run(f'CREATE TABLE IF NOT EXISTS "{name}" ("Value" {kind})')
    database.run(f'DELETE FROM "{name}"')
    value_of = written(database.dialect, item, SlotValue(0))
    put = sql("INSERT INTO {} VALUES ({})", identifier(name), value_of)
    statement = database.dialect.statement(put, "put")
    database.run(statement.text, statement.arguments(sources(value)))
    rows = source(database.dialect, resource)
    asked = database.dialect.statement(sql("SELECT value FROM {} AS thing", rows), "get")
    (found,) = database.run(asked.text)[0]
    decode = database.dialect.decoder(kept.type)
    read = found if decode is None or found is None else decode(found)
    assert read == (None if value is None else kept.kept(value))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02", "2026-01-02T00:00:00+00:00"),
        ("2026-01-02 03:04", "2026-01-02T03:04:00+00:00"),
        ("2026-01-02 03:04:05", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02 03:04:59.999999", "2026-01-02T03:04:59.999999+00:00"),
        ("2026-01-02T03:04:05.120Z", "2026-01-02T03:04:05.12+00:00"),
        ("no time", None),
    ],
)
@pytest.mark.parametrize("form", [Form.NAIVE, Form.ISO])
def test_times_are_read_however_a_program_wrote_them(
    form: Form, text: str, expected: str | None
) -> None:
    assert sqlite_reads(form, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05+00:00"),
        ("2026-01-02 03:04:05.5-03:30", "2026-01-02T06:34:05.5+00:00"),
        ("2026-01-02 03:04:05.123456+00:00", "2026-01-02T03:04:05.123456+00:00"),
    ],
)
def test_offsets_are_taken_off(text: str, expected: str) -> None:
    assert sqlite_reads(Form.ISO, text) == expected


def sqlite_reads(form: Form, text: str) -> Any:
    item = Field("value", Type(Scalar.DATETIME), column="Value", stored=Stored(form))
    asked = sql("SELECT {} FROM (SELECT ?1 AS Value)", read_column(SQLITE, item))
    database = Sqlite()
    try:
        return database.run(SQLITE.statement(asked, "get").text, (text,))[0][0]
    finally:
        database.connection.close()


# -- row-level security ----------------------------------------------------------------------
def test_clients_see_existing_tables_through_the_wall(postgres_server: PostgresServer) -> None:
    postgres_server.start()
    name = f"wall_{secrets.token_hex(8)}"
    postgres_server.create_database(name)
    with asyncio.Runner() as runner:
        database = Postgres(postgres_server.url(name), runner)
        filled(database)
        for text in ("outbox", "idempotency", "meta", "migrations", "releases"):
            database.run(f"CREATE TABLE charter_{text} (id integer)")
        for _ in range(2):
            runner.run(database.connection.execute(rls_script(SHOP)))
        actors = {"": 0, json.dumps({"id": "ada"}): 3000}
        for actor, count in actors.items():
            runner.run(database.connection.execute("SET ROLE charter_client"))
            database.run("SELECT set_config('charter.actor', $1, false)", (actor,))
            for table in ("charter_client.customers", "charter_client.orders"):
                assert database.run(f"SELECT count(*) FROM {table}") == [(count,)]
            assert database.run('SELECT count("Name") FROM "Customer"') == [(count,)]
            runner.run(database.connection.execute("RESET ROLE"))
        (seen,) = database.run("SELECT * FROM charter_client.orders WHERE id = 7")
        assert seen == (7, 7, NOW)
        runner.run(database.connection.close())
    postgres_server.drop_database(name)


# -- locks -----------------------------------------------------------------------------------
def test_on_mysql_just_the_row_is_locked(mysql_url: str) -> None:
    """A subselect after FROM, as which existing tables are read, locks nothing there."""
    customer = SHOP.resource_named["Customer"].field_named["name"]
    theirs = Column(ROW, ("customer",), "name", customer.type)
    condition = Compare(Operator.EQ, theirs, Slot(1, customer.type))
    order = SHOP.resource_named["Order"]
    statement = check(SHOP, MYSQL, order, [condition], [], lock=True)
    with asyncio.Runner() as runner:
        one, other = Mysql(mysql_url, runner), Mysql(mysql_url, runner)
        filled(one)
        one.run("START TRANSACTION")
        assert one.fetch(statement, sources(7, "c7")) == [(0, 1)]
        other.run("SET innodb_lock_wait_timeout = 1")
        other.run("START TRANSACTION")
        for free in ('"Order Form" WHERE OrderId = 1021', "Customer WHERE CustomerId = 7"):
            assert other.run(f"SELECT 1 FROM {free} FOR UPDATE") == [(1,)]
        with pytest.raises(MySQLError, match="Lock wait timeout"):
            other.run('SELECT 1 FROM "Order Form" WHERE OrderId = 7 FOR UPDATE')
        one.close()
        other.close()
