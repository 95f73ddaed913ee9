"""Values that were made here, brought to the rows of a batch.

A server gets those of many rows as one JSON text in one statement; a database in this process
gets them row by row, which costs it less than reading JSON.
"""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

from charter.contract.types import TEXT
from charter.migrate.ranges import Ranges
from charter.sql.fragment import (
    Fragment,
    checked,
    identifier,
    joined,
    listed,
    parameter,
    qualified,
    sql,
)
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.sources import SlotValue
from charter.sql.statement import Statement
from charter.store.session import Session

MOST_CHARACTERS = 2**21
"""Of one JSON text. A MySQL server takes packets of 16 MiB unless it is set up otherwise, and a
character is four bytes at most where it needs no escape."""
_MADE = identifier("charter_made")
_ROW = identifier("charter_row")
_TYPES = Statement(
    "SELECT column_name, column_type, character_set_name, collation_name"
    " FROM information_schema.columns WHERE table_schema = database() AND table_name = ?",
    label="column types",
)

Filler = Callable[[Sequence[Sequence[Any]]], Awaitable[None]]
"""Fills rows of a batch: of each the values that were made, then its key."""


async def filler_of(session: Session, ranges: Ranges) -> Filler:
    """How the rows of a backfill are filled on its database."""
    joining = _JOINING.get(ranges.dialect.name)
    if joining is None:
        one = ranges.fill_one()

        async def each(rows: Sequence[Sequence[Any]]) -> None:
            await session.change_many(one, rows)

        return each
    many, names = await joining(session, ranges), _names(ranges)

    async def together(rows: Sequence[Sequence[Any]]) -> None:
        for text in texts(names, rows):
            await session.change(many, (text,))

    return together


def texts(
    names: Sequence[str], rows: Sequence[Sequence[Any]], most: int = MOST_CHARACTERS
) -> Iterator[str]:
    """The rows as JSON lists of objects, none longer than `most` that holds more than one."""
    text = _ENCODER.encode([dict(zip(names, row, strict=True)) for row in rows])
    if len(text) <= most or len(rows) < 2:
        yield text
        return
    half = len(rows) // 2
    yield from texts(names, rows[:half], most)
    yield from texts(names, rows[half:], most)


def _plain(value: Any) -> str:
    """A key as JSON has it and the database reads it."""
    match value:
        case UUID() | Decimal():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case _:
            raise TypeError(f"{type(value).__name__} is the type of no key")


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)


async def _on_postgres(_: Session, ranges: Ranges) -> Statement:
    """The columns of the rows get their types and collations from the table."""
    table = identifier(ranges.batch.table)
    rows = sql(
        "(SELECT {} FROM json_populate_recordset((SELECT {} FROM {} AS {} LIMIT 0), {})) AS {}",
        listed(sql("{} AS {}", identifier(name), alias) for name, alias in _aliases(ranges)),
        _ROW, table, _ROW, parameter(SlotValue(0)), _MADE,
    )  # fmt: skip
    fragment = sql("UPDATE {} SET {} FROM {} WHERE {}", table, _sets(ranges), rows, _same(ranges))
    return _statement(ranges, fragment)


async def _on_mysql(session: Session, ranges: Ranges) -> Statement:
    """Nothing tells MySQL to take a type from a table, so it is asked beforehand."""
    found = await session.fetch(_TYPES, (ranges.batch.table,))
    types = {name: _typed(*more) for name, *more in found}
    columns = listed(
        sql(
            "{} {} PATH {} ERROR ON ERROR",
            alias, checked(types[name]), checked(MYSQL.literal(f'$."{name}"', TEXT)),
        )
        for name, alias in _aliases(ranges)
    )  # fmt: skip
    table = identifier(ranges.batch.table)
    rows = sql("JSON_TABLE({}, '$[*]' COLUMNS ({})) AS {}", parameter(SlotValue(0)), columns, _MADE)
    fragment = sql("UPDATE {} JOIN {} ON {} SET {}", table, rows, _same(ranges), _sets(ranges))
    return _statement(ranges, fragment)


_JOINING: Mapping[str, Callable[[Session, Ranges], Awaitable[Statement]]] = MappingProxyType(
    {POSTGRES.name: _on_postgres, MYSQL.name: _on_mysql}
)
"""How a statement finds the rows that stand in its argument."""


def _typed(kind: str, characters: str | None, collation: str | None) -> str:
    if characters is None or collation is None:
        return kind
    return f"{kind} CHARACTER SET {characters} COLLATE {collation}"


def _names(ranges: Ranges) -> tuple[str, ...]:
    """The columns of the rows that come."""
    return (*(item.column for item in ranges.made), *ranges.batch.key)


def _aliases(ranges: Ranges) -> Iterator[tuple[str, Fragment]]:
    """What each of them is called there: nothing that an expression over the table could mean."""
    return ((name, identifier(f"charter_{place}")) for place, name in enumerate(_names(ranges)))


def _sets(ranges: Ranges) -> Fragment:
    comes = dict(_aliases(ranges))
    return listed(
        sql(
            "{} = {}",
            identifier(item.column),
            comes[item.column] if item.maker else checked(item.sql or "NULL"),
        )
        for item in ranges.batch.fills
    )


def _same(ranges: Ranges) -> Fragment:
    """Whether a row of the table is the one of a row that came."""
    table, comes = identifier(ranges.batch.table), dict(_aliases(ranges))
    return joined(
        " AND ", (sql("{} = {}", qualified(table, name), comes[name]) for name in ranges.batch.key)
    )


def _statement(ranges: Ranges, fragment: Fragment) -> Statement:
    return ranges.dialect.statement(fragment, f"backfill {ranges.batch.table}: fill many")
