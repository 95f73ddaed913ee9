"""Statements over one table of Charter's own, made from its declaration.

Values are bound in the order in which the arguments name columns: those that are set, then
those that select, then the time that a row must outlive.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from charter.plan.actor import ANONYMOUS
from charter.sql.dialect import Dialect, typed
from charter.sql.fragment import Fragment, identifier, joined, listed, number, parameter, sql
from charter.sql.own.model import Kind, OwnTable, Raw
from charter.sql.sources import Codec, SlotValue
from charter.sql.statement import Sources, Statement

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Query:
    """A statement, and how the columns that it gives are read.

    A database whose writes give no rows needs several for one: `before` runs first, and `then`
    where the statement gave rows. `then` has the first column of all of them as a list behind
    the values.
    """

    statement: Statement
    decoders: tuple[Codec | None, ...] = ()
    before: Statement | None = None
    then: Statement | None = None

    def arguments(self, values: Sequence[Any]) -> tuple[Any, ...]:
        return bound(self.statement, values)

    def decoded(self, rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """The rows with typed values, as tuples."""
        return [tuple(typed(self.decoders, row)) for row in rows]


def bound(statement: Statement, values: Sequence[Any]) -> tuple[Any, ...]:
    """The arguments of a statement that depends on nothing but values."""
    return statement.arguments(Sources(values, ANONYMOUS, _NO_TIME))


@cache
def insert(dialect: Dialect, table: OwnTable, rows: int = 1) -> Query:
    """Whole rows, with the values of all columns in their order."""
    return _query(dialect, insert_fragment(dialect, table, rows), f"insert {table.name}")


def insert_fragment(dialect: Dialect, table: OwnTable, rows: int) -> Fragment:
    """The same, as a part of another statement."""
    width = len(table.columns)
    values = (
        sql(
            "({})",
            listed(
                slot(dialect, column.kind, row * width + place)
                for place, column in enumerate(table.columns)
            ),
        )
        for row in range(rows)
    )
    return sql("INSERT INTO {} ({}) VALUES {}", _table(table), _names(table.names), listed(values))


@cache
def find(
    dialect: Dialect,
    table: OwnTable,
    columns: tuple[str, ...],
    by: tuple[str, ...],
    outlives: str | None = None,
) -> Query:
    """Columns of the rows with these values, in the order of the key; with `outlives` only of
    those whose time in that column is after the last value."""
    fragment = sql(
        "SELECT {} FROM {} WHERE {} ORDER BY {}",
        _names(columns), _table(table), _where(dialect, table, by, 0, outlives), _names(table.key),
    )  # fmt: skip
    return _query(dialect, fragment, f"find {table.name}", table, columns)


@cache
def every(dialect: Dialect, table: OwnTable) -> Query:
    """All columns of all rows, in the order of the key."""
    names = _names(table.names)
    fragment = sql("SELECT {} FROM {} ORDER BY {}", names, _table(table), _names(table.key))
    return _query(dialect, fragment, f"every {table.name}", table, table.names)


@cache
def change(
    dialect: Dialect,
    table: OwnTable,
    columns: tuple[str, ...],
    by: tuple[str, ...],
    empty: str | None = None,
    returning: tuple[str, ...] = (),
) -> Query:
    """Set columns of the rows with these values; with `empty` only where that column is null.

    What it gives are the `returning` columns of the rows that it changed.
    """
    sets = listed(
        sql("{} = {}", identifier(name), slot(dialect, table.kinds[name], place))
        for place, name in enumerate(columns)
    )
    where = _where(dialect, table, by, len(columns), None)
    if empty is not None:
        where = sql("{} AND {} IS NULL", where, identifier(empty))
    fragment = sql("UPDATE {} SET {} WHERE {}", _table(table), sets, where)
    return _giving(dialect, fragment, f"change {table.name}", table, where, returning)


@cache
def remove(
    dialect: Dialect,
    table: OwnTable,
    by: tuple[str, ...],
    outlives: str | None = None,
    returning: tuple[str, ...] = (),
    but: str | None = None,
) -> Query:
    """Delete the rows with these values, but not those with the last value in the column `but`;
    what it gives are the `returning` columns of those that went."""
    where = _where(dialect, table, by, 0, outlives)
    if but is not None:
        place = len(by) + (outlives is not None)
        other = sql("{} <> {}", identifier(but), slot(dialect, table.kinds[but], place))
        where = joined(" AND ", (where, other))
    fragment = sql("DELETE FROM {} WHERE {}", _table(table), where)
    return _giving(dialect, fragment, f"remove {table.name}", table, where, returning)


@cache
def clear(dialect: Dialect, table: OwnTable) -> Query:
    """Delete all rows."""
    return _query(dialect, sql("DELETE FROM {}", _table(table)), f"clear {table.name}")


@cache
def keep(dialect: Dialect, table: OwnTable, by: str, latest: str, most: int) -> Query:
    """Delete the rows with this value but for the `most` whose times in the column `latest` are
    the latest; the table has a key of one column."""
    (key,) = table.key
    found, value = identifier(by), slot(dialect, table.kinds[by], 0)
    fragment = sql(
        "DELETE FROM {} WHERE {} = {} AND {} NOT IN"
        " (SELECT {} FROM (SELECT {} FROM {} WHERE {} = {} ORDER BY {} DESC, {} DESC LIMIT {})"
        " AS kept)",
        _table(table), found, value, identifier(key),
        identifier(key), identifier(key), _table(table), found, value,
        identifier(latest), identifier(key), number(most),
    )  # fmt: skip
    return _query(dialect, fragment, f"keep {table.name}")


@cache
def expire(dialect: Dialect, table: OwnTable, column: str) -> Query:
    """Delete the rows whose time in a column is not after the value."""
    bound = slot(dialect, table.kinds[column], 0)
    fragment = sql("DELETE FROM {} WHERE {} <= {}", _table(table), identifier(column), bound)
    return _query(dialect, fragment, f"expire {table.name}")


def slot(dialect: Dialect, kind: Kind, place: int) -> Fragment:
    """The value at a place, as an argument of its kind."""
    match kind:
        case Raw.BYTES:
            return parameter(SlotValue(place), None, dialect.bytes_cast)
        case Raw.ACCOUNT:
            return dialect.key(SlotValue(place))
        case _:
            return dialect.argument(SlotValue(place), kind)


def decoder(dialect: Dialect, kind: Kind) -> Codec | None:
    """From what the driver gives to the typed value; bytes and keys come as they are."""
    return None if isinstance(kind, Raw) else dialect.decoder(kind)


def _where(
    dialect: Dialect, table: OwnTable, by: tuple[str, ...], first: int, outlives: str | None
) -> Fragment:
    tests = [
        sql("{} = {}", identifier(name), slot(dialect, table.kinds[name], first + place))
        for place, name in enumerate(by)
    ]
    if outlives is not None:
        bound = slot(dialect, table.kinds[outlives], first + len(by))
        tests.append(sql("{} > {}", identifier(outlives), bound))
    return joined(" AND ", tests)


def _giving(
    dialect: Dialect,
    fragment: Fragment,
    label: str,
    table: OwnTable,
    where: Fragment,
    returning: tuple[str, ...],
) -> Query:
    """A write that gives columns of the rows that it meets: by itself, or read before it."""
    if not returning:
        return _query(dialect, fragment, label)
    if dialect.returns_rows:
        giving = sql("{} RETURNING {}", fragment, _names(returning))
        return _query(dialect, giving, label, table, returning)
    reading = sql("SELECT {} FROM {} WHERE {}", _names(returning), _table(table), where)
    found = sql("{}{}", reading, dialect.locking(_table(table)))
    query = _query(dialect, found, f"take {table.name}", table, returning)
    return replace(query, then=dialect.statement(fragment, label))


def _table(table: OwnTable) -> Fragment:
    return identifier(table.name)


def _names(names: Iterable[str]) -> Fragment:
    return listed(identifier(name) for name in names)


def _query(
    dialect: Dialect,
    fragment: Fragment,
    label: str,
    table: OwnTable | None = None,
    columns: tuple[str, ...] = (),
) -> Query:
    decoders = () if table is None else tuple(decoder(dialect, table.kinds[n]) for n in columns)
    return Query(dialect.statement(fragment, label), decoders)
