"""Databases for the tests of the engine, each with a small table and a history of its own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from charter.migrate import history
from charter.migrate.apply import Applied, Request, apply
from charter.migrate.events import Event
from charter.migrate.folder import state
from charter.migrate.migration import Change, Effects, Migration
from charter.migrate.objects import objects_of, schema_from
from charter.migrate.pace import Pace
from charter.migrate.rollback import Back, rollback
from charter.migrate.step import Batch, Fill, Maker, Need, Phase, Step, Work
from charter.migrate.steps.mysql_ddl import gone, table_there, there
from charter.migrate.steps.registry import BUILDERS
from charter.migrate.turn import Target, looking
from charter.sql.dialect import Dialect
from charter.sql.dialects import dialect_named
from charter.sql.mysql import MYSQL
from charter.sql.own.history import Entry
from charter.sql.schema import Column, PrimaryKey, Schema, Table
from charter.sql.statement import Statement
from charter.sql.system import TABLE_MODIFIERS, system_tables
from charter.store.address import dialect_of
from charter.store.schema import found_schema

QUICK = Pace(
    lock_timeout=0.2, tries=3, first_pause=0.05, longest_pause=0.1, reconnect=20.0, turn=20.0,
    batch_rows=50, most_rows=50, rest=0.0, silence=0.4,
)  # fmt: skip
ROWS = 240


@dataclass
class Place:
    """A database, and what was told of it."""

    url: str
    pace: Pace = QUICK
    events: list[Event] = field(default_factory=list)

    @property
    def dialect(self) -> Dialect:
        return dialect_named(dialect_of(self.url))

    @property
    def target(self) -> Target:
        return Target(self.url, self.pace, self.events.append)

    async def apply(self, *migrations: Migration, **about: Any) -> Applied:
        wanted = about.pop("wanted", None) or self.schema(*migrations)
        return await apply(self.target, Request(wanted, migrations, **about))

    async def rollback(self, *migrations: Migration, **about: Any) -> tuple[str, ...]:
        return await rollback(self.target, Back(migrations, **about))

    def schema(self, *migrations: Migration) -> Schema:
        return schema_from(state(migrations, self.dialect.name))

    async def run(self, *texts: str) -> None:
        """Statements, each in its own transaction."""
        async with looking(self.target) as session:
            for text in texts:
                await session.run(text)

    async def rows(self, text: str) -> list[tuple[Any, ...]]:
        async with looking(self.target) as session:
            return [tuple(row) for row in await session.fetch(Statement(text))]

    async def entries(self) -> tuple[Entry, ...]:
        async with looking(self.target) as session:
            return await history.entries(session, self.dialect)

    async def there(self) -> Schema:
        async with looking(self.target) as session:
            return await found_schema(self.dialect, session.fetch)

    async def columns(self, table: str = "items") -> set[str]:
        found = (await self.there()).table_named[table]
        return {column.name for column in found.columns}

    async def fill(self, rows: int = ROWS) -> None:
        """So many rows without anything but a name."""
        async with looking(self.target) as session:
            insert = self.dialect.placeholder
            text = f"INSERT INTO items (id, name) VALUES ({insert(1)}, {insert(2)})"
            values = [(number, f"Item {number}") for number in range(1, rows + 1)]
            async with session.transaction():
                await session.change_many(Statement(text), values)


@asynccontextmanager
async def transaction(place: Place, *texts: str) -> AsyncIterator[None]:
    """Somebody else's transaction, which has done something and does not end."""
    async with looking(place.target) as session, session.transaction():
        for text in texts:
            await session.run(text)
        yield
        await asyncio.sleep(0)


async def until(place: Place, text: str, *doing: str) -> None:
    """Return once a query gives a row; statements are run before each look."""
    for _ in range(1_500):
        await place.run(*doing)
        if await place.rows(text):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"it never came about: {text}")


# -- migrations that are written by hand ---------------------------------------------------------
def items(dialect: Dialect, *more: Column) -> Schema:
    """One table, beside those of the system."""
    columns = (Column("id", INTEGERS[dialect.name]), Column("name", TEXTS[dialect.name]), *more)
    modifiers = TABLE_MODIFIERS.get(dialect.name, "")
    table = Table("items", columns, PrimaryKey("items_pkey", ("id",)), modifiers=modifiers)
    return Schema((table, *system_tables(dialect)))


MIGRATED = {name: dialect_named(name) for name in BUILDERS}
INTEGERS = {"sqlite": "INTEGER", "postgresql": "bigint", "mysql": "bigint"}
TEXTS = {"sqlite": "TEXT", "postgresql": "text", "mysql": "varchar(200)"}
HELD = {"sqlite": "RESERVED", "postgresql": "ACCESS EXCLUSIVE", "mysql": "NONE"}


def first() -> Migration:
    """What the table is from the beginning."""
    changes = {
        name: Change(Effects(objects_of(items(dialect))), ()) for name, dialect in MIGRATED.items()
    }
    return Migration("0001_first", (), changes)


def grown(
    *steps: Step, name: str = "0002_grown", after: Sequence[str] = ("0001_first",)
) -> Migration:
    """A migration that adds the column `note`, by these steps."""
    changes = {}
    for dialect in MIGRATED.values():
        kind = TEXTS[dialect.name]
        before, now = (
            objects_of(items(dialect)),
            objects_of(items(dialect, Column("note", kind, nullable=True))),
        )
        put = {key: value for key, value in now.items() if before.get(key) != value}
        on_mysql = dialect.name == MYSQL.name
        own = map(_mysql_form, steps) if on_mysql else steps
        changes[dialect.name] = Change(Effects(put), tuple(own))
    return Migration(name, tuple(after), changes)


_THERE = {
    "ALTER TABLE items ADD COLUMN note varchar(200)": there("column", "items", "note"),
    "ALTER TABLE items DROP COLUMN note": gone(there("column", "items", "note")),
    "CREATE INDEX items_note_idx ON items (note)": there("index", "items", "items_note_idx"),
    "CREATE UNIQUE INDEX items_note_idx ON items (note)": there("index", "items", "items_note_idx"),
    "DROP INDEX items_note_idx ON items": gone(there("index", "items", "items_note_idx")),
    "CREATE TABLE last_seen (id integer)": table_there("last_seen"),
    "DROP TABLE last_seen": gone(table_there("last_seen")),
}


def _mysql_form(step: Step) -> Step:
    """The same step as MySQL's builder would make it."""
    up, down = (
        tuple(
            text.replace("note text", "note varchar(200)").replace("_idx", "_idx ON items", 1)
            if text.startswith("DROP INDEX")
            else text.replace("note text", "note varchar(200)")
            for text in texts
        )
        for texts in (step.up, step.down)
    )
    told = [tuple(_THERE.get(text, "") for text in texts) for texts in (up, down)]
    none = not (up or down)
    return replace(step, up=up, down=down, ran=told[0], ran_down=told[1], transaction=none)


ADD = Step(
    "add items.note", Phase.EXPAND, "Adds the column.",
    ("ALTER TABLE items ADD COLUMN note text",), ("ALTER TABLE items DROP COLUMN note",),
    "ACCESS EXCLUSIVE", Work.CATALOG, "items",
)  # fmt: skip
FILL = Step(
    "fill items.note", Phase.BACKFILL, "Fills it.", (), (), "", Work.ROWS, "items",
    batch=Batch("items", ("id",), (Fill("note", "concat('note of ', name)"),), "note IS NULL"),
)  # fmt: skip
FOLD = Step(
    "fold items.note", Phase.BACKFILL, "Fills it from outside.", (), (), "", Work.ROWS, "items",
    batch=Batch(
        "items", ("id",), (Fill("note", maker=Maker.FOLD, source="name"),), "note IS NULL"
    ),
)  # fmt: skip
INDEX = Step(
    "index items.note", Phase.BACKFILL, "Builds an index.",
    ("CREATE INDEX items_note_idx ON items (note)",), ("DROP INDEX items_note_idx",),
    "", Work.BUILD, "items",
)  # fmt: skip
BESIDE = Step(
    "index items.note", Phase.BACKFILL, "Builds an index beside reads and writes.",
    (
        "DROP INDEX CONCURRENTLY IF EXISTS items_note_idx",
        "CREATE UNIQUE INDEX CONCURRENTLY items_note_idx ON items (note)",
    ),
    ("DROP INDEX CONCURRENTLY IF EXISTS items_note_idx",),
    "SHARE UPDATE EXCLUSIVE", Work.BUILD, "items", transaction=False,
)  # fmt: skip
LAST = Step(
    "last of items", Phase.CONTRACT, "Takes something away.",
    ("CREATE TABLE last_seen (id integer)",), ("DROP TABLE last_seen",),
    "", Work.CATALOG, "items",
)  # fmt: skip
NEEDY = Need("SELECT count(*) FROM items WHERE name = ''", "rows of items have no name")
