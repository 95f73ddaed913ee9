"""A plain runner of steps over live databases: no retries, no history, small tables."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any

from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.migrate.step import Batch, Maker, Step
from charter.sql.ddl import create
from charter.sql.derive import schema_of
from charter.sql.dialect import Dialect
from charter.sql.differences import differences
from charter.sql.folding import folded
from charter.sql.names import FOLDED
from charter.sql.schema import Schema
from tests.migrate.walks import Rows
from tests.sql.schema.databases import REFUSALS, LiveDatabase, found

Content = dict[str, dict[tuple[Any, ...], dict[str, Any]]]
"""Rows by table and key, as the database has them."""


INTERRUPTED = {"mysql": "UNLOCK TABLES; SET foreign_key_checks = 1"}
"""What a connection takes along when it is lost."""


class Blocked(Exception):
    """Rows stand against a step, as it says itself."""

    def __init__(self, step: Step, says: str) -> None:
        super().__init__(f"{step.name}: {says}")
        self.step = step


class Stuck(Blocked):
    """Rows stand against a step, and others against the way back."""


def up(database: LiveDatabase, steps: Sequence[Step]) -> None:
    """Run all steps; where rows stand against one, go back and raise Blocked or Stuck."""
    done: list[Step] = []
    for step in steps:
        try:
            _run(database, step, back=False)
        except Blocked as blocked:
            try:
                down(database, done)
            except Blocked as other:
                raise Stuck(blocked.step, f"{blocked}, and {other}") from other
            raise
        done.append(step)


def down(database: LiveDatabase, steps: Sequence[Step]) -> None:
    """Run all steps back. Where rows stand against one, go forward again and raise Blocked."""
    done: list[Step] = []
    for step in reversed(steps):
        try:
            _run(database, step, back=True)
        except Blocked:
            for item in reversed(done):
                _run(database, item, back=False)
            raise
        done.append(step)


def _run(database: LiveDatabase, step: Step, *, back: bool) -> None:
    statements = step.down if back else step.up
    for need in step.needs_down if back else step.needs:
        ((count,),) = database.rows(need.count)
        if count:
            raise Blocked(step, f"{count} {need.says}")
    try:
        if step.transaction:
            _transaction(database, statements)
        else:
            queries = step.ran_down if back else step.ran
            asked = list(zip_longest(statements, queries, fillvalue=""))
            # Interrupted after each of its statements, it is run again.
            for count in (*range(1, len(asked)), len(asked), len(asked)):
                _outside(database, asked[:count])
                if lost := INTERRUPTED.get(database.dialect.name):
                    database.script(lost)
        batch = step.batch_down if back else step.batch
        if batch is not None:
            fill(database, batch)
    except REFUSALS as error:
        direction = "down" if back else "up"
        raise AssertionError(f"{step.name} {direction}: {error}\n{statements}") from error


def _outside(database: LiveDatabase, statements: Sequence[tuple[str, str]]) -> None:
    for text, query in statements:
        if not query or not database.rows(query)[0][0]:
            database.script(text)


def _transaction(database: LiveDatabase, statements: Iterable[str]) -> None:
    text = ";\n".join(statements)
    if not text:
        return
    if database.dialect.name == "sqlite":
        database.script("PRAGMA foreign_keys = OFF")
        database.script(text)
        assert database.rows("PRAGMA foreign_key_check") == [], text
        database.script("PRAGMA foreign_keys = ON")
    else:
        database.script(f"BEGIN; {text}; COMMIT")


def fill(database: LiveDatabase, batch: Batch) -> None:
    """All rows, one at a time where values are made here."""
    quote = database.dialect.quote
    table = quote(batch.table)
    (item,) = batch.fills
    if item.maker is None:
        database.script(f"UPDATE {table} SET {quote(item.column)} = {item.sql} WHERE {batch.where}")
    else:
        assert item.maker is Maker.FOLD
        keys = ", ".join(map(quote, batch.key))
        for *key, text in database.rows(
            f"SELECT {keys}, {item.source} FROM {table} WHERE {batch.where}"
        ):
            value = literal(database.dialect, folded(text))
            where = " AND ".join(
                f"{quote(name)} = {literal(database.dialect, part)}"
                for name, part in zip(batch.key, key, strict=True)
            )
            database.script(f"UPDATE {table} SET {quote(item.column)} = {value} WHERE {where}")
    ((left,),) = database.rows(f"SELECT count(*) FROM {table} WHERE {batch.where}")
    assert left == 0, batch


def literal(dialect: Dialect, value: Any) -> str:
    """A raw value as the driver gave it, as a literal."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def put_in(database: LiveDatabase, contract: Contract, rows: Rows) -> None:
    """As many of the rows as the database takes. References lead to any row that is there."""
    database.script(create(schema_of(contract, database.dialect), database.dialect))
    for _ in range(2):
        for item in contract.resources:
            for row in rows[item.table]:
                try:
                    database.script(insert(contract, item, row, rows, database.dialect))
                except (*REFUSALS, LookupError):
                    continue


def insert(
    contract: Contract, item: Resource, row: dict[str, Any], rows: Rows, dialect: Dialect
) -> str:
    """A row as a release of the contract writes it. Raises LookupError where it refers to none."""
    values: dict[str, str] = {}
    for field in item.fields:
        value = row[field.name]
        if field.references is not None and value is not None:
            others = rows[contract.resource_named[field.references].table]
            value = others[len(str(value)) % len(others)]["id"] if others else None
        if value is None and not field.optional:
            raise LookupError(f"there is no row for {field.name}")
        values[field.name] = dialect.literal(value, field.type)
        if field.search:
            values[field.name + FOLDED] = dialect.literal(folded(value), field.type)
    names = ", ".join(map(dialect.quote, values))
    return (
        f"INSERT INTO {dialect.quote(item.table)} ({names}) VALUES ({', '.join(values.values())})"
    )


def unlike(database: LiveDatabase, wanted: Schema) -> list[str]:
    """How the database differs from a fresh one, and what else stands in it."""
    there = found(database)
    fresh = database.wanted(wanted)
    texts = [str(item) for item in differences(fresh, there, there.table_named)]
    own = {item.name for table in wanted.tables for item in table.triggers}
    texts += [f"{name} is left" for name in leftovers(database) if name not in own]
    ((note,),) = database.rows("SELECT value FROM charter_meta WHERE name = 'tables'")
    if note.replace(" ", "") != str(sorted(fresh.table_named)).replace("'", '"').replace(" ", ""):
        texts.append(f"the note says {note}")
    return texts


def leftovers(database: LiveDatabase) -> list[str]:
    if database.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_schema WHERE type IN ('trigger', 'view')"
    elif database.dialect.name == "mysql":
        query = (
            "SELECT trigger_name FROM information_schema.triggers"
            " WHERE trigger_schema = database() UNION ALL"
            " SELECT table_name FROM information_schema.views WHERE table_schema = database()"
        )
    else:
        query = (
            "SELECT tgname::text FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid"
            " WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace"
            " UNION ALL SELECT proname::text FROM pg_proc"
            " WHERE pronamespace = current_schema()::regnamespace"
            " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')"
        )
    return [name for (name,) in database.rows(query)]


def content(database: LiveDatabase) -> Content:
    """Every row of every table of the contract, by its key, as it was written: what the database
    works out follows from that."""
    result: Content = {}
    for table in found(database).tables:
        if table.name.startswith("charter_"):
            continue
        names = [column.name for column in table.columns if column.generated is None]
        listed = ", ".join(map(database.dialect.quote, names))
        rows = database.rows(f"SELECT {listed} FROM {database.dialect.quote(table.name)}")
        keys = table.key.columns if table.key else ()
        result[table.name] = {
            tuple(row[names.index(key)] for key in keys): dict(zip(names, row, strict=True))
            for row in rows
        }
    return result
