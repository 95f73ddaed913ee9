"""Each way in which a database can differ from the contract is found, and said in words."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from charter.sql.ddl import create
from charter.sql.derive import schema_of
from charter.sql.dialect import Dialect
from charter.sql.differences import Difference, differences
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.schema import (
    CheckRule,
    Column,
    ForeignKey,
    IndexedColumn,
    PrimaryKey,
    Schema,
    Table,
    TableIndex,
    UniqueKey,
)
from charter.sql.sqlite import SQLITE
from charter.sql.table_text import table_text
from tests.sql.schema.databases import LiveDatabase, PostgresDatabase, SqliteDatabase, found
from tests.sql.schema.samples import SHOP

Change = Callable[[Table, Dialect], Table]


def changed(schema: Schema, table: str, change: Callable[[Table], Table]) -> Schema:
    return Schema(tuple(change(item) if item.name == table else item for item in schema.tables))


def differing(database: LiveDatabase, there: Schema) -> list[str]:
    """What is said of a database with one schema while the shop's is wanted."""
    wanted = database.wanted(schema_of(SHOP, database.dialect))
    database.script(create(there, database.dialect))
    return [item.message for item in differences(wanted, found(database))]


def without_column(table: Table, _: Dialect) -> Table:
    return replace(table, columns=tuple(c for c in table.columns if c.name != "version"))


def with_column(table: Table, _: Dialect) -> Table:
    return replace(table, columns=(*table.columns, Column("colour", "integer", nullable=True)))


def with_null(table: Table, _: Dialect) -> Table:
    *before, last = table.columns
    return replace(table, columns=(*before, replace(last, nullable=True)))


def without_constraints(table: Table, _: Dialect) -> Table:
    return replace(table, uniques=(), checks=(), foreign_keys=(), indexes=())


def with_constraints(table: Table, _: Dialect) -> Table:
    return replace(
        table,
        uniques=(*table.uniques, UniqueKey("u", ("version",))),
        checks=(*table.checks, CheckRule("c", "version > 0")),
        foreign_keys=(*table.foreign_keys, ForeignKey("f", ("id",), "orders", ("id",), "cascade")),
        indexes=(*table.indexes, TableIndex("i", (IndexedColumn("version", True),))),
    )


def with_other_names(table: Table, _: Dialect) -> Table:
    return replace(
        table,
        key=PrimaryKey("k", ("id",)),
        uniques=tuple(replace(part, name="u") for part in table.uniques),
        foreign_keys=tuple(
            replace(part, name=f"f{at}") for at, part in enumerate(table.foreign_keys)
        ),
        checks=tuple(replace(part, name="c") for part in table.checks),
        indexes=tuple(replace(part, name=f"i{at}") for at, part in enumerate(table.indexes)),
    )


def with_other_meanings(table: Table, dialect: Dialect) -> Table:
    first, second = table.foreign_keys
    return replace(
        table,
        uniques=tuple(replace(part, columns=("order_id", "quantity")) for part in table.uniques),
        foreign_keys=(
            replace(first, on_delete=WORDS[dialect.name]["action"]),
            replace(second, target="orders"),
        ),
        checks=tuple(replace(part, expression="quantity >= 2") for part in table.checks),
        indexes=tuple(
            replace(part, columns=part.columns[:1], where="version = 1") for part in table.indexes
        ),
    )


LINES: list[tuple[Change, list[str]]] = [
    (without_column, ["order_lines.version is missing, the contract wants {integer} not null"]),
    (
        with_column,
        ["order_lines.colour is there ({small}), the contract has no such column"],
    ),
    (with_null, ["order_lines.quantity allows null, the contract wants not null"]),
    (
        without_constraints,
        [
            "order_lines: the unique constraint order_lines_order_id_product_id_key is missing:"
            " (order_id, product_id)",
            "order_lines: the foreign key order_lines_order_id_fkey is missing:"
            " (order_id) references orders (id) on delete cascade",
            "order_lines: the foreign key order_lines_product_id_fkey is missing:"
            " (product_id) references products (id) on delete no action",
            "order_lines: the check order_lines_quantity_check is missing: (quantity >= 1)",
            "order_lines: the index order_lines_order_id_idx is missing: (order_id, id)",
            "order_lines: the index order_lines_product_id_idx is missing: (product_id, id)",
        ],
    ),
    (
        with_constraints,
        [
            "order_lines: the unique constraint u is there ((version)), the contract has none such",
            "order_lines: the foreign key f is there ((id) references orders (id) on delete"
            " cascade), the contract has none such",
            "order_lines: the check c is there ((version > 0)), the contract has none such",
            "order_lines: the index i is there ((version desc)), the contract has none such",
        ],
    ),
    (
        with_other_names,
        [
            "order_lines: the primary key (id) is named k, the contract names it order_lines_pkey",
            "order_lines: the unique constraint (order_id, product_id) is named u,"
            " the contract names it order_lines_order_id_product_id_key",
            "order_lines: the foreign key (order_id) references orders (id) on delete cascade"
            " is named f0, the contract names it order_lines_order_id_fkey",
            "order_lines: the foreign key (product_id) references products (id) on delete"
            " no action is named f1, the contract names it order_lines_product_id_fkey",
            "order_lines: the check (quantity >= 1) is named c,"
            " the contract names it order_lines_quantity_check",
            "order_lines: the index (order_id, id) is named i0,"
            " the contract names it order_lines_order_id_idx",
            "order_lines: the index (product_id, id) is named i1,"
            " the contract names it order_lines_product_id_idx",
        ],
    ),
    (
        with_other_meanings,
        [
            "order_lines: the unique constraint order_lines_order_id_product_id_key is"
            " (order_id, quantity), the contract wants (order_id, product_id)",
            "order_lines: the foreign key order_lines_order_id_fkey is (order_id) references"
            " orders (id) on delete {action}, the contract wants (order_id) references"
            " orders (id) on delete cascade",
            "order_lines: the foreign key order_lines_product_id_fkey is (product_id) references"
            " orders (id) on delete no action, the contract wants (product_id) references"
            " products (id) on delete no action",
            "order_lines: the check order_lines_quantity_check is (quantity >= 2),"
            " the contract wants (quantity >= 1)",
            "order_lines: the index order_lines_order_id_idx is (order_id) where {version},"
            " the contract wants (order_id, id)",
            "order_lines: the index order_lines_product_id_idx is (product_id) where {version},"
            " the contract wants (product_id, id)",
        ],
    ),
]
WORDS = {
    SQLITE.name: {
        "integer": "INTEGER",
        "small": "INTEGER",
        "version": "version = 1",
        "action": "set null",
    },
    POSTGRES.name: {
        "integer": "bigint",
        "small": "integer",
        "version": "(version = 1)",
        "action": "set null",
    },
    # It sets nothing to null that cannot be.
    MYSQL.name: {"integer": "bigint", "small": "int", "version": "", "action": "no action"},
}


def said(message: str, dialect: Dialect) -> str:
    """A message without what MariaDB and MySQL spell each in its own way."""
    if dialect is not MYSQL:
        return message
    return re.sub(r'"|(?<=int)\(\d+\)', "", message)


@pytest.mark.parametrize(
    ("change", "expected"), LINES, ids=[change.__name__ for change, _ in LINES]
)
def test_a_difference_is_said_in_words(
    database: LiveDatabase, change: Change, expected: list[str]
) -> None:
    dialect = database.dialect
    schema = schema_of(SHOP, dialect)
    there = changed(schema, "order_lines", lambda table: change(table, dialect))
    words = WORDS[dialect.name]
    wanted = [text.format(**words).replace(" where ,", ",") for text in expected]
    if dialect is MYSQL:
        # Its primary keys have no names.
        wanted = [text for text in wanted if "the primary key" not in text]
    assert [said(text, dialect) for text in differing(database, there)] == wanted


def test_another_type_is_said_in_words(database: LiveDatabase) -> None:
    def cheaper(table: Table) -> Table:
        columns = (
            replace(column, type=other) if column.name == "price" else column
            for column in table.columns
        )
        return replace(table, columns=tuple(columns))

    sqlite = database.dialect is SQLITE
    other = "REAL" if sqlite else "numeric(10, 2)"
    there = changed(schema_of(SHOP, database.dialect), "products", cheaper)
    kind = "decimal" if database.dialect is MYSQL else "numeric"
    assert differing(database, there) == [
        "products.price is REAL, the contract wants INTEGER"
        if sqlite
        else f"products.price is {kind}(10,2), the contract wants {kind}(12,2)"
    ]


def test_a_missing_table_is_said_in_words(database: LiveDatabase) -> None:
    schema = schema_of(SHOP, database.dialect)
    there = Schema(tuple(table for table in schema.tables if table.name != "product_tags"))
    assert differing(database, there) == ["the table product_tags is missing"]


def test_other_tables_are_no_difference_unless_charter_made_them(database: LiveDatabase) -> None:
    schema = schema_of(SHOP, database.dialect)
    database.script("CREATE TABLE theirs (id integer); CREATE TABLE gadgets (id integer)")
    database.script(create(schema, database.dialect))
    wanted, there = database.wanted(schema), found(database)
    assert differences(wanted, there) == ()
    (left,) = differences(wanted, there, made=("orders", "gadgets", "dropped"))
    assert left.message == "the table gadgets is there, the contract has no such table any more"


def test_a_view_does_not_pass_for_a_table(database: LiveDatabase) -> None:
    database.script("CREATE VIEW tags AS SELECT 1 AS id")
    wanted = database.wanted(schema_of(SHOP, database.dialect))
    messages = [item.message for item in differences(wanted, found(database))]
    plain = "STRICT" if database.dialect is SQLITE else "a plain table"
    assert f"tags is a view, the contract wants {plain}" in messages


def test_only_an_index_that_somebody_added_is_harmless(database: LiveDatabase) -> None:
    schema = schema_of(SHOP, database.dialect)
    database.script(create(schema, database.dialect))
    database.script("CREATE INDEX mine ON users (version)")
    database.script("CREATE UNIQUE INDEX his ON users (version)")
    database.script("ALTER TABLE users ADD COLUMN age integer DEFAULT 7")
    told = differences(database.wanted(schema), found(database))
    assert {(item.part, item.harmless) for item in told} == {
        ("age", False),
        ("mine", True),
        ("his", False),
    }


POSTGRES_DRIFT = [
    (
        "ALTER TABLE users ALTER name SET DEFAULT 'x'",
        "users.name has the default 'x'::text, the contract wants none",
    ),
    (
        "ALTER TABLE users ALTER name TYPE text COLLATE \"default\"",
        'users.name is text, the contract wants text COLLATE "C"',
    ),
    (
        "ALTER TABLE tags ALTER id DROP IDENTITY",
        "tags.id is not numbered by the database, the contract wants that",
    ),
    (
        "ALTER TABLE products DROP CONSTRAINT products_sku_key,"
        " ADD CONSTRAINT products_sku_key UNIQUE NULLS NOT DISTINCT (sku)",
        "products: the unique constraint products_sku_key is (sku) nulls not distinct,"
        " the contract wants (sku)",
    ),
    (
        "ALTER TABLE order_lines DROP CONSTRAINT order_lines_quantity_check,"
        " ADD CONSTRAINT order_lines_quantity_check CHECK (quantity >= 1) NOT VALID",
        "order_lines: the check order_lines_quantity_check is (quantity >= 1) not valid,"
        " the contract wants (quantity >= 1)",
    ),
    (
        "ALTER TABLE order_lines ALTER CONSTRAINT order_lines_product_id_fkey DEFERRABLE",
        "order_lines: the foreign key order_lines_product_id_fkey is (product_id) references"
        " products (id) on delete no action deferrable, the contract wants (product_id)"
        " references products (id) on delete no action",
    ),
    (
        "UPDATE pg_index SET indisvalid = false"
        " WHERE indexrelid = 'order_lines_product_id_idx'::regclass",
        "order_lines: the index order_lines_product_id_idx is (product_id, id) not valid,"
        " the contract wants (product_id, id)",
    ),
    (
        "DROP INDEX order_lines_product_id_idx;"
        " CREATE INDEX order_lines_product_id_idx ON order_lines (product_id NULLS FIRST, id)",
        "order_lines: the index order_lines_product_id_idx is (product_id, id) with another order"
        " of nulls, the contract wants (product_id, id)",
    ),
    ("ALTER TABLE charter_meta SET UNLOGGED",
     "charter_meta is unlogged, the contract wants a plain table"),
    ("ALTER TABLE users ENABLE ROW LEVEL SECURITY",
     "users is with row security, the contract wants a plain table"),
]  # fmt: skip


@pytest.mark.parametrize(("drift", "expected"), POSTGRES_DRIFT)
def test_drift_of_postgres(postgres: PostgresDatabase, drift: str, expected: str) -> None:
    schema = schema_of(SHOP, POSTGRES)
    postgres.script(create(schema, POSTGRES))
    postgres.script(drift)
    told = differences(postgres.wanted(schema), found(postgres))
    assert [item.message for item in told] == [expected]


# A table as somebody else might have written it: the same but for names and one collation.
BY_HAND = """
    Create Table [tags] ( -- by hand, with a comment, "quotes" and (brackets
        "id" INTEGER not null primary key autoincrement,
        `created_at` TEXT not null, updated_at TEXT not null collate nocase,
        version INTEGER not null, /* , */
        "order" INTEGER NOT NULL DEFAULT (1 + 1),
        CONSTRAINT tags_order_check CHECK("order">=1
            AND [order] < 100), unique (version)
    ) Strict
"""


def test_a_table_of_sqlite_written_by_hand() -> None:
    database = SqliteDatabase()
    schema = schema_of(SHOP, SQLITE)
    database.script(
        create(Schema(tuple(table for table in schema.tables if table.name != "tags")), SQLITE)
    )
    database.script(BY_HAND)
    told = differences(database.wanted(schema), found(database))
    assert [item.message for item in told] == [
        "tags.updated_at is TEXT COLLATE nocase, the contract wants TEXT",
        "tags.order has the default 1 + 1, the contract wants none",
        "tags: the primary key (id) is named nothing, the contract names it tags_pkey",
        "tags: the unique constraint without a name is there ((version)),"
        " the contract has none such",
    ]
    assert told[0] == Difference(
        "tags", "updated_at", "tags.updated_at is TEXT COLLATE nocase, the contract wants TEXT"
    )


def test_constraints_of_a_column_are_read_one_by_one() -> None:
    text = table_text(
        "CREATE TABLE t (a INTEGER CONSTRAINT low CHECK (a > 0) CHECK (a < (9)) UNIQUE"
        " CONSTRAINT up REFERENCES u (b) ON DELETE CASCADE NOT DEFERRABLE,"
        " FOREIGN KEY (a) REFERENCES u DEFERRABLE INITIALLY DEFERRED)"
    )
    assert [(part.kind, part.name, part.condition, part.deferrable) for part in text.clauses] == [
        ("check", "low", "a > 0", False),
        ("check", "", "a < ( 9 )", False),
        ("unique", "", "", False),
        ("foreign", "up", "", False),
        ("foreign", "", "", True),
    ]
    assert {part.columns for part in text.clauses} == {("a",)}


def test_what_is_read_is_read_whatever_else_a_sqlite_file_has() -> None:
    database = SqliteDatabase()
    database.script(
        "CREATE VIRTUAL TABLE words USING fts5(word);"
        "CREATE TABLE gone (id INTEGER); CREATE VIEW broken AS SELECT id FROM gone;"
        "DROP TABLE gone; CREATE TABLE old (a, b REFERENCES words, c GENERATED ALWAYS AS (a || b));"
        "CREATE INDEX upper_a ON old (upper(a) DESC) WHERE a IS NOT 'where (x'"
    )
    tables = found(database).table_named
    assert tables["words"].modifiers == "a virtual table"
    assert tables["broken"].modifiers == "a view"
    old = tables["old"]
    assert [(column.name, column.generated) for column in old.columns] == [
        ("a", None), ("b", None), ("c", "a || b"),
    ]  # fmt: skip
    (index,) = old.indexes
    assert index.columns == (IndexedColumn("an expression", descending=True),)
    assert index.where == "a is not 'where (x'"
    assert old.foreign_keys[0].target == "words"
