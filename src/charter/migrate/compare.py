"""State and wanted schema to typed changes. Renames are given: nothing is guessed here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from charter.migrate.changes import (
    Changes,
    ColumnChange,
    Held,
    Part,
    PartChange,
    TableChange,
    TriggerChange,
)
from charter.migrate.objects import STORED, ObjectName, Objects, Stored, schema_from
from charter.migrate.renames import Renames
from charter.sql.schema import Column, ForeignKey, Table

Fills = Mapping[tuple[str, str], str]
"""Literals for rows that have no value, by the table and the column as they are to be."""


@dataclass(frozen=True, slots=True)
class _Sides:
    before: Objects
    after: Objects
    renames: Renames
    fills: Fills


def compare(before: Objects, after: Objects, renames: Renames, fills: Fills) -> Changes:
    """What has to change, in the order of the wanted schema; tables that go come last."""
    sides = _Sides(before, after, renames, fills)
    return tuple(_changes(sides))


def _changes(sides: _Sides) -> Iterator[TableChange]:
    old = schema_from(sides.before).table_named
    kept = set()
    for table in schema_from(sides.after).tables:
        was = old.get(sides.renames.tables.get(table.name, table.name))
        if was is None:
            yield TableChange(None, table, tuple(_new_columns(table, sides)))
            continue
        kept.add(was.name)
        columns = tuple(_columns(was, table, sides))
        parts = tuple(_parts(was, table, sides))
        triggers = tuple(_triggers(was, table))
        if columns or parts or triggers or was.name != table.name:
            yield TableChange(was, table, columns, parts, triggers)
    for name, table in old.items():
        if name not in kept:
            yield TableChange(table, None)


def _new_columns(table: Table, sides: _Sides) -> Iterator[ColumnChange]:
    for column in table.columns:
        yield ColumnChange(None, _held(column, table.name, sides.after))


def _held(column: Column, table: str, objects: Objects) -> Held:
    stored = objects.get(ObjectName(table, STORED, column.name))
    return Held(column, stored if isinstance(stored, Stored) else None)


def _columns(was: Table, table: Table, sides: _Sides) -> Iterator[ColumnChange]:
    there = {column.name: _held(column, was.name, sides.before) for column in was.columns}
    for column in table.columns:
        place = (table.name, column.name)
        after = _held(column, table.name, sides.after)
        before = there.pop(sides.renames.columns.get(place, column.name), None)
        if before is None or not _same(before, after):
            yield ColumnChange(before, after, sides.fills.get(place))
    for gone in there.values():
        yield ColumnChange(gone, None)


def _same(before: Held, after: Held) -> bool:
    """Whether the database and what is stored are the same; a value that stands in is neither."""
    one, other = before.stored, after.stored
    if one is not None and other is not None:
        one = replace(one, stands_in=None)
        other = replace(other, stands_in=None)
    return before.column == after.column and one == other


def _parts(was: Table, table: Table, sides: _Sides) -> Iterator[PartChange]:
    there = {(type(part), part.name): part for part in _all_parts(was)}
    new: list[Part] = []
    for part in _all_parts(table):
        other = there.pop((type(part), part.name), None)
        if other is None:
            new.append(part)
        elif _moved(other, sides.renames) != part:
            yield PartChange(other, part)
    left = list(there.values())
    for part in new:
        twin = next((item for item in left if _twins(_moved(item, sides.renames), part)), None)
        if twin is not None:
            left.remove(twin)
        yield PartChange(twin, part, renamed=twin is not None)
    for gone in left:
        yield PartChange(gone, None)


def _triggers(was: Table, table: Table) -> Iterator[TriggerChange]:
    """Of one kind a table has one trigger for each timing, whatever it is called."""
    there = list(was.triggers)
    for trigger in table.triggers:
        other = next((item for item in there if item.name == trigger.name), None)
        other = other or next((item for item in there if item.timing == trigger.timing), None)
        if other is not None:
            there.remove(other)
        if other != trigger:
            yield TriggerChange(other, trigger)
    for gone in there:
        yield TriggerChange(gone, None)


def _all_parts(table: Table) -> Sequence[Part]:
    return (*table.constraints, *table.indexes)


def _twins(one: Part, other: Part) -> bool:
    return type(one) is type(other) and replace(one, name=other.name) == other


def _moved(part: Part, renames: Renames) -> Part:
    """The part as it is once the tables have their new names."""
    if isinstance(part, ForeignKey):
        by_old = {old: new for new, old in renames.tables.items()}
        return replace(part, target=by_old.get(part.target, part.target))
    return part
