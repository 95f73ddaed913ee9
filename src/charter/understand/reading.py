"""Reading a live database: its catalog, how many rows there are, and a sample of their values."""

import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from charter.sql.dialects import dialect_named
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.schema import Schema, Table
from charter.sql.sqlite import SQLITE
from charter.sql.statement import Statement
from charter.sql.system import META, TABLES_ENTRY
from charter.store.address import dialect_of, split
from charter.store.errors import StoreError, TimedOut
from charter.store.schema import found_schema
from charter.understand import eye
from charter.understand.found import Catalogued, Found, Sample, TableAbout, Value
from charter.understand.kinds import unsampled
from charter.understand.session import Session, session
from charter.understand.survey import Rows, Survey
from charter.understand.survey_mysql import MYSQL_SURVEY
from charter.understand.survey_postgres import POSTGRES_SURVEY
from charter.understand.survey_sqlite import SQLITE_SURVEY
from charter.understand.tables import CHARTERS_OWN
from charter.understand.words import words_of

Progress = Callable[[str, int, int], None]
"""Told what is done, how much of it, and of how much."""

_SURVEYS: Mapping[str, Survey] = MappingProxyType(
    {SQLITE.name: SQLITE_SURVEY, POSTGRES.name: POSTGRES_SURVEY, MYSQL.name: MYSQL_SURVEY}
)
_COUNTED = 1_000_000
"""Rows up to which the database's own estimate is replaced by a count."""


async def read_database(url: str, on: str, progress: Progress) -> Found:
    """All that a database tells, read without changing anything. `on` is the day.

    Raises ValueError for a bad URL, and StoreError.
    """
    name = dialect_of(url).value
    survey = _SURVEYS[name]
    async with session(url) as opened:
        progress("catalog", 0, 1)
        version = str((await opened.rows(survey.version))[0][0])
        catalogued = await _catalogued(opened, name, survey)
        made = await _made(opened, catalogued.schema)
        progress("catalog", 1, 1)
        counts: dict[str, TableAbout] = dict(catalogued.tables)
        samples: dict[tuple[str, str], Sample] = {}
        tables = [table for table in catalogued.schema.tables if _looked_at(table, catalogued)]
        for number, table in enumerate(tables):
            progress("tables", number, len(tables))
            about = await _counted(opened, survey, table, counts.get(table.name, TableAbout()))
            counts[table.name] = about
            samples |= await _sampled(opened, survey, table, about, catalogued, name)
        progress("tables", len(tables), len(tables))
    return Found(
        dialect=name,
        server=survey.server(version),
        place=_place(url),
        on=on,
        catalogued=Catalogued(catalogued.schema, counts, catalogued.columns),
        samples=samples,
        made=made,
    )


def _place(url: str) -> str:
    """What a database is called: neither who reads it nor where it is belongs into a file."""
    return unquote(split(url).path).rpartition("/")[2]


async def _catalogued(opened: Session, dialect: str, survey: Survey) -> Catalogued:
    async def read(statement: Statement, _: Sequence[Any]) -> Rows:
        return await opened.rows(statement)

    schema = await found_schema(dialect_named(dialect), read)
    tables, columns = survey.read([await opened.rows(statement) for statement in survey.about])
    return Catalogued(survey.plain(schema), tables, columns)


async def _made(opened: Session, schema: Schema) -> frozenset[str]:
    """The tables that Charter has noted as its making."""
    if META not in schema.table_named:
        return frozenset()
    text = f"SELECT value FROM {META} WHERE name = '{TABLES_ENTRY}'"  # noqa: S608 - constants
    try:
        rows = await opened.rows(Statement(text, label="understand: tables of Charter's"))
        return frozenset(json.loads(rows[0][0])) if rows else frozenset()
    except (StoreError, ValueError, TypeError):
        return frozenset()


def _looked_at(table: Table, catalogued: Catalogued) -> bool:
    about = catalogued.tables.get(table.name, TableAbout())
    seen = table.modifiers.startswith(("a ", "part "))
    return not (about.part or seen or table.name in CHARTERS_OWN) and bool(table.columns)


async def _counted(opened: Session, survey: Survey, table: Table, about: TableAbout) -> TableAbout:
    if about.rows is not None and about.rows > _COUNTED:
        return about
    try:
        rows = await opened.rows(survey.count(table.name))
    except (TimedOut, StoreError):
        return about
    return TableAbout(about.comment, int(rows[0][0]), exact=True, part=about.part)


async def _sampled(
    opened: Session,
    survey: Survey,
    table: Table,
    about: TableAbout,
    catalogued: Catalogued,
    dialect: str,
) -> dict[tuple[str, str], Sample]:
    """The values of the columns that may be looked at: never of one that looks like a secret."""
    names = [
        column.name
        for column in table.columns
        if column.name
        and not eye.secret(words_of(column.name))
        and not unsampled(_type(catalogued, table, column.name, column.type), dialect)
    ]
    if not names:
        return {}
    try:
        rows = await opened.rows(survey.sample(table.name, names, about.rows))
    except (TimedOut, StoreError):
        return {}
    return {
        (table.name, name): values
        for name, values in zip(
            names, _columns([survey.values(row) for row in rows], len(names)), strict=True
        )
    }


def _type(catalogued: Catalogued, table: Table, column: str, declared: str) -> str:
    about = catalogued.columns.get((table.name, column))
    return about.base or declared if about is not None else declared


def _columns(rows: Sequence[Sequence[Value | None]], number: int) -> list[Sample]:
    return [
        tuple(value for row in rows if (value := row[place]) is not None) for place in range(number)
    ]
