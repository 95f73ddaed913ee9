"""Backfills of values that are made in Python: right for every key, and one statement a batch."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from charter.migrate.events import Filled
from charter.migrate.filling import filler_of, texts
from charter.migrate.ranges import Ranges
from charter.migrate.step import Batch, Fill, Maker
from charter.sql.mysql import MYSQL
from charter.sql.statement import Statement
from charter.store.address import mysql_parts
from charter.store.database import Row
from charter.store.mysql_address import MysqlAddress
from charter.store.mysql_connection import MysqlLink, connect
from charter.store.session import Session
from charter.store.settings import StoreSettings
from tests.migrate.engine.databases import ADD, FOLD, ROWS, Place, first, grown

COUNTED = (
    "CREATE TABLE updates (number serial)",
    "CREATE FUNCTION counted() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN INSERT INTO updates DEFAULT VALUES; RETURN NULL; END'",
    "CREATE TRIGGER counted AFTER UPDATE ON items FOR EACH STATEMENT EXECUTE FUNCTION counted()",
)


async def test_the_rows_of_a_batch_are_filled_by_one_statement(postgres: Place) -> None:
    await postgres.run(*COUNTED)
    await postgres.apply(first(), grown(ADD, FOLD))
    batches = [event for event in postgres.events if isinstance(event, Filled)]
    assert len(batches) >= ROWS // postgres.pace.most_rows
    assert sum(event.changed for event in batches[-1:]) == ROWS
    # The last range is empty where the rows fill the ones before it.
    filled = len({event.changed for event in batches})
    assert await postgres.rows("SELECT count(*) FROM updates") == [(filled,)]


async def test_values_are_made_from_expressions_beside_others_that_the_database_makes(
    place: Place,
) -> None:
    batch = Batch(
        "items",
        ("id",),
        (
            Fill("note", maker=Maker.FOLD, source="concat(name, ' Größe')"),
            Fill("name", "concat('was ', name)"),
        ),
        "note IS NULL",
    )
    await place.apply(first(), grown(ADD, replace(FOLD, batch=batch)))
    assert await place.rows("SELECT name, note FROM items WHERE id = 7") == [
        ("was Item 7", "item 7 grösse")
    ]


KEYS = {
    "uuid": ("uuid", "gen_random_uuid()"),
    "text": ('text COLLATE "C"', "'kéy \"' || i"),
    "decimal": ("numeric(12,2)", "i + 0.25"),
    "date": ("date", "date '2024-01-01' + i"),
    "datetime": ("timestamptz", "timestamptz '0001-01-01 00:00Z' + i * interval '1.000001 s'"),
}


@pytest.mark.parametrize("kind", KEYS)
async def test_rows_are_found_by_keys_of_every_type(postgres: Place, kind: str) -> None:
    column, value = KEYS[kind]
    await postgres.run(
        'CREATE TABLE "order" (k integer, "group" '
        f'{column}, name text, note text, PRIMARY KEY ("group", k))',
        f"INSERT INTO \"order\" SELECT i, {value}, 'Ä' || i FROM generate_series(1, 120) AS i",
    )
    fill = Fill("note", maker=Maker.FOLD, source="name")
    batch = Batch("order", ("group", "k"), (fill,), "note IS NULL")
    await postgres.apply(first(), grown(replace(FOLD, table="order", batch=batch)))
    wrong = "SELECT count(*) FROM \"order\" WHERE note IS DISTINCT FROM 'ä' || k"
    assert await postgres.rows(wrong) == [(0,)]


# -- MySQL: the statement alone, on a connection -------------------------------------------------
class Bare:
    """What a filler needs of a session, on a connection of the store's own."""

    def __init__(self, link: MysqlLink) -> None:
        self._link = link

    async def fetch(self, statement: Statement, arguments: Sequence[Any] = ()) -> Sequence[Row]:
        return await self._link.fetch(statement.text, arguments)

    async def change(self, statement: Statement, arguments: Sequence[Any] = ()) -> int:
        return await self._link.execute(statement.text, arguments)

    async def executed(self) -> int:
        """How many prepared statements the server has run for this connection."""
        found = await self._link.fetch("SHOW SESSION STATUS LIKE 'Com_stmt_execute'", ())
        return int(found[0][1])


@pytest_asyncio.fixture
async def bare(mysql_url: str) -> AsyncIterator[Bare]:
    address = MysqlAddress(**mysql_parts(mysql_url))
    link = await connect(address, StoreSettings(), idle=60, writes=True)
    yield Bare(link)
    await link.close(5)


@pytest.mark.parametrize(
    "key",
    [
        "bigint",
        "char(36) CHARACTER SET ascii COLLATE ascii_bin",
        "varchar(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        "decimal(12,2)",
    ],
)
async def test_mysql_fills_many_rows_by_one_statement(bare: Bare, key: str) -> None:
    text = "varchar(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    made = f'CREATE TABLE "order" ("group" {key}, k int, name {text}, note {text},'
    await bare.change(Statement(f'{made} PRIMARY KEY ("group", k))'))
    insert = Statement('INSERT INTO "order" VALUES (?, ?, ?, NULL)')
    for number in range(50):
        await bare.change(insert, (str(number // 2), number, f"name {number}"))
    fills = (Fill("note", maker=Maker.FOLD, source="name"), Fill("name", "concat('was ', name)"))
    ranges = Ranges(Batch("order", ("group", "k"), fills, "note IS NULL"), MYSQL)
    filler = await filler_of(cast(Session, bare), ranges)
    before = await bare.executed()
    some = [40, 3, 17]
    values = [f"größe \"{number}\" \\ 'and' 🚀" for number in some]
    keys = [(str(number // 2), number) for number in some]
    await filler([(value, *at) for value, at in zip(values, keys, strict=True)])
    # The question for how many were run is one of them.
    assert await bare.executed() - before == 2
    found = Statement('SELECT k, note, name FROM "order" WHERE note IS NOT NULL ORDER BY k')
    wanted = sorted(zip(some, values, [f"was name {number}" for number in some], strict=True))
    assert [tuple(row) for row in await bare.fetch(found)] == wanted


# -- the texts -----------------------------------------------------------------------------------
@given(st.lists(st.tuples(st.text() | st.none(), st.integers()), min_size=1), st.integers(10, 200))
def test_texts_have_every_row_once_and_are_cut_only_where_they_are_long(
    rows: list[tuple[str | None, int]], most: int
) -> None:
    found = list(texts(("note", "id"), rows, most))
    read = [json.loads(text) for text in found]
    assert [(row["note"], row["id"]) for part in read for row in part] == rows
    for text, part in zip(found, read, strict=True):
        assert len(text) <= most or len(part) == 1
    if len(found) > 1:
        assert len("".join(found)) > most
