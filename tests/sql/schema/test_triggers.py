"""Triggers and covering indexes: made as wanted, read back as the same, missed when they go."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from charter.contract.contract import Contract
from charter.contract.resource import Index
from charter.contract.types import DATETIME
from charter.sql.ddl import create
from charter.sql.derive import schema_of
from charter.sql.differences import differences
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from tests.sql.schema.databases import LiveDatabase, found
from tests.sql.schema.samples import SHOP

KEPT = Contract(
    "kept",
    "1",
    tuple(
        replace(
            resource,
            stamped=True,
            append_only=resource.name == "OrderLine",
            indexes=(Index("covering", ("created_at",), include=("updated_at", "version")),),
        )
        for resource in SHOP.resources
    ),
)


def differing(database: LiveDatabase) -> list[str]:
    wanted = schema_of(KEPT, database.dialect)
    spelt = database.wanted(wanted.spelt).completed(wanted)
    return [str(item) for item in differences(spelt, found(database)) if not item.harmless]


def test_what_is_created_is_what_is_wanted(database: LiveDatabase) -> None:
    database.script(create(schema_of(KEPT, database.dialect), database.dialect))
    assert differing(database) == []


@pytest.mark.parametrize("name", ["users_stamp", "order_lines_append_only"])
def test_a_trigger_that_is_gone_is_missed(database: LiveDatabase, name: str) -> None:
    database.script(create(schema_of(KEPT, database.dialect), database.dialect))
    tables = {item.name: item for item in found(database).tables}
    table = "users" if name == "users_stamp" else "order_lines"
    trigger = next(item for item in tables[table].triggers if item.name.startswith(name))
    on = f" ON {table}" if database.dialect is POSTGRES else ""
    database.script(f"DROP TRIGGER {trigger.name}{on}")
    (said,) = differing(database)
    assert said.startswith(f"{table}: the trigger {trigger.name} is missing")


_THEIRS = {
    "sqlite": ["CREATE TRIGGER theirs AFTER INSERT ON users BEGIN SELECT 1; END"],
    "mysql": ["CREATE TRIGGER theirs AFTER INSERT ON users FOR EACH ROW SET @seen = 1"],
    "postgresql": [
        "CREATE FUNCTION theirs() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER theirs BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION theirs()",
    ],
}


def test_a_trigger_of_somebody_elses_is_no_fault(database: LiveDatabase) -> None:
    database.script(create(schema_of(KEPT, database.dialect), database.dialect))
    for text in _THEIRS[database.dialect.name]:
        database.script(text)
    assert differing(database) == []


def test_a_covering_index_answers_without_the_table(database: LiveDatabase) -> None:
    database.script(create(schema_of(KEPT, database.dialect), database.dialect))
    query = "SELECT version FROM users WHERE created_at = "
    query += database.dialect.literal(datetime(2026, 1, 1, tzinfo=UTC), DATETIME)
    if database.dialect is MYSQL:
        ((*_, extra),) = database.rows(f"EXPLAIN {query}")
        assert "Using index" in extra
        assert "Using index condition" not in extra
    elif database.dialect is POSTGRES:
        database.script("VACUUM users")
        database.script("SET enable_seqscan = off; SET enable_bitmapscan = off")
        plan = "\n".join(row[0] for row in database.rows(f"EXPLAIN {query}"))
        assert "Index Only Scan" in plan
    else:
        plan = "\n".join(row[3] for row in database.rows(f"EXPLAIN QUERY PLAN {query}"))
        assert "COVERING INDEX" in plan


SEARCHED = Contract(
    "searched",
    "1",
    tuple(replace(item, search_index=item.name == "Product") for item in SHOP.resources),
)


def test_an_index_finds_parts_of_texts_where_the_database_can(database: LiveDatabase) -> None:
    wanted = schema_of(SEARCHED, database.dialect)
    database.script(create(wanted, database.dialect))
    spelt = database.wanted(wanted.spelt).completed(wanted)
    assert differences(spelt, found(database)) == ()
    indexes = [index for index in found(database).table_named["products"].indexes if index.trigrams]
    assert [len(index.columns) for index in indexes] == ([2] if database.dialect.trigrams else [])
    if indexes:
        database.script("SET enable_seqscan = off")
        where = "name_folded LIKE '%kettle%' OR note_folded LIKE '%kettle%'"
        plan = database.rows(f"EXPLAIN SELECT id FROM products WHERE {where}")
        assert any("products_search_idx" in row[0] for row in plan)
        database.script(f"DROP INDEX {indexes[0].name}")
        (said,) = map(str, differences(spelt, found(database)))
        assert said.endswith("is missing: (name_folded, note_folded) by trigrams")
