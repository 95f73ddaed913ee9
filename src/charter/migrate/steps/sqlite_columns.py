"""SQLite: where the values of columns come from, and what people are told of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from charter.migrate.changes import ColumnChange, Held, Part
from charter.migrate.conversions import SAME, conversion
from charter.migrate.steps.building import fold_source, listed
from charter.migrate.steps.sqlite_rebuild import Carried
from charter.migrate.wanted import NOW
from charter.sql.ddl import constraint_text
from charter.sql.schema import CheckRule, Column, ForeignKey, Table
from charter.sql.sqlite import SQLITE

V = TypeVar("V")
_NOW = "strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')"
quote = SQLITE.quote


def given(value: V | None) -> V:
    if value is None:
        raise ValueError("a part of the change is missing")
    return value


# -- columns ---------------------------------------------------------------------------------
def added_text(add: ColumnChange, inline: Sequence[Part]) -> str:
    """A new column, as ALTER TABLE … ADD has it."""
    column = given(add.after).column
    default = default_of(add)
    words = [quote(column.name), column.type]
    words += [] if default is None else ["NOT NULL DEFAULT", default]
    words += [_inlined(part) for part in inline]
    return " ".join(words)


def _inlined(part: Part) -> str:
    if isinstance(part, ForeignKey):
        text = constraint_text(part, SQLITE)
        return text.replace(f" FOREIGN KEY ({listed(part.columns, SQLITE)})", "", 1)
    return constraint_text(part, SQLITE) if isinstance(part, CheckRule) else ""


def default_of(add: ColumnChange) -> str | None:
    """The default that a new column has until it is written anew."""
    return None if given(add.after).column.nullable else add.fill


def _value(add: ColumnChange) -> str | None:
    """What rows that exist get, as an expression."""
    after = given(add.after)
    if add.fill is None and after.stored and after.stored.made == NOW:
        return None if after.column.nullable else _NOW
    return add.fill


def loose(add: ColumnChange) -> Column:
    return replace(given(add.after).column, nullable=default_of(add) is None)


def carried(change: ColumnChange, *, up: bool) -> Carried:
    """Where the values of a column of `change` come from, going up or back."""
    old, new = (change.before, change.after) if up else (change.after, change.before)
    target = given(new)
    instead = change.fill if up else stand_in(target)
    if old is None:
        name = quote(target.name)
        if not up:
            return Carried(_or_null(target, instead))
        value = None if target.column.nullable or default_of(change) else _value(change)
        return Carried(name if value is None else f"coalesce({name}, {value})")
    found = conversion(old, target, SQLITE.name)
    if found is None:
        return Carried(_or_null(target, instead))
    source = quote(old.name)
    value = found.of(source)
    if up and change.fill is not None and old.column.nullable and not target.column.nullable:
        value = f"coalesce({value}, {change.fill})"
    return Carried(value, found.misfits(source))


def _or_null(held: Held, value: str | None) -> str:
    return "NULL" if held.column.nullable or value is None else value


def stand_in(held: Held) -> str | None:
    return held.stored.stands_in if held.stored else None


def _converts(change: ColumnChange) -> bool:
    before, after = given(change.before), given(change.after)
    return conversion(before, after, SQLITE.name) is not None


def is_made(held: Held) -> bool:
    """Whether what a column holds can be made again from others."""
    return fold_source(held) is not None or held.column.generated is not None


def tightens(change: ColumnChange) -> bool:
    """Whether a column becomes required and keeps what it holds."""
    before, after = given(change.before).column, given(change.after).column
    return before.nullable and not after.nullable and _converts(change)


def tightened_only(change: ColumnChange) -> bool:
    """Whether the column holds what it held, and only becomes required."""
    before, after = given(change.before), given(change.after)
    same = conversion(before, after, SQLITE.name) is SAME and before.name == after.name
    return same and tightens(change)


def drops(change: ColumnChange) -> bool:
    """Whether what the column of before holds does not go over."""
    return change.before is not None and (change.after is None or not _converts(change))


def same_columns(columns: Sequence[Column]) -> dict[str, Carried]:
    return {
        column.name: Carried(quote(column.name)) for column in columns if column.generated is None
    }


def renamed_table(table: Table, name: str, columns: tuple[Column, ...] | None = None) -> Table:
    return replace(table, name=name, columns=table.columns if columns is None else columns)


# -- for people ------------------------------------------------------------------------------
def told(item: ColumnChange) -> str:
    before, after = item.before, item.after
    if before is None:
        return f"{given(after).name} as it is to be"
    if after is None:
        return f"without {before.name}"
    if before.name != after.name:
        return f"{before.name} is {after.name}"
    need = "" if before.column.nullable == after.column.nullable else (
        ", may be empty" if after.column.nullable else ", is required"
    )  # fmt: skip
    return f"{after.name} as {_kind(after)}{need}"


def _kind(held: Held) -> str:
    stored = held.stored
    if stored is None:
        return held.column.type
    digits = "" if stored.digits is None else f"({stored.digits}, {stored.places})"
    return f"{'list of ' if stored.many else ''}{stored.scalar}{digits}"


def said_lost(table: Table, names: Sequence[str]) -> str | None:
    held = ", ".join(f"{table.name}.{name}" for name in names)
    return f"what {held} {'holds' if len(names) == 1 else 'hold'} is lost" if names else None
