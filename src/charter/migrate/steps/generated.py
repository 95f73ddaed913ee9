"""Columns that the database works out, which a change of what they rest on touches.

Such a column cannot be given another expression, nor can what it rests on another type: another
one takes its place, like that of columns whose type changes.
"""

from collections.abc import Mapping
from dataclasses import replace

from charter.migrate.changes import ColumnChange, Held, TableChange
from charter.migrate.steps.kit import Kit
from charter.migrate.steps.parts import mentioned
from charter.migrate.steps.shadows import is_second
from charter.migrate.steps.words import with_names
from charter.sql.schema import Column, Table


def is_generated(item: ColumnChange) -> bool:
    """Whether the database works the column out, before or after."""
    return any(held and held.column.generated is not None for held in (item.before, item.after))


def resting(table: Table) -> frozenset[str]:
    """The columns that generated ones rest on."""
    return frozenset(name for column in table.columns for name in sources(column, table))


def sources(column: Column, table: Table) -> frozenset[str]:
    """The columns of a table that a column rests on."""
    return mentioned(column.generated or "", table)


def seconds(kit: Kit, change: TableChange, before: Table, after: Table) -> frozenset[str]:
    """The columns that another one takes the place of, under the same name."""
    rests = resting(before) | resting(after)
    plain = {
        item.before.name
        for item in change.columns
        if item.before and not is_generated(item) and is_second(kit, item, rests)
    }
    there = {column.name: column for column in before.columns}
    found = set(plain)
    for column in after.columns:
        was = there.get(column.name)
        if was is None or (was.generated is None and column.generated is None):
            continue
        same = replace(was, nullable=column.nullable) == column
        if not same or sources(column, after) & plain:
            found.add(column.name)
    return frozenset(found)


def complete(change: TableChange, again: frozenset[str], after: Table) -> TableChange:
    """The change with those generated columns that are what they were, and rest on another."""
    listed = {item.after.name for item in change.columns if item.after}
    more = tuple(
        ColumnChange(Held(column), Held(column))
        for column in after.columns
        if column.generated is not None and column.name in again - listed
    )
    return replace(change, columns=change.columns + more)


def over(column: Column, names: Mapping[str, str]) -> Column:
    """A generated column, over columns that have other names for a while."""
    return replace(column, generated=with_names(column.generated or "", names))
