"""PostgreSQL: columns that the database works out, which a change of what they rest on touches.

Such a column cannot be given another expression, nor can what it rests on another type: another
one comes beside it, and both swap their names, like columns whose type changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from charter.migrate.changes import ColumnChange, Held, TableChange
from charter.migrate.step import Step
from charter.migrate.steps.postgres_columns import Names, comes, stand_in, worked_out
from charter.migrate.steps.postgres_parts import mentioned
from charter.migrate.steps.postgres_shadows import (
    Grown,
    Pair,
    alone,
    is_second,
    swap,
)
from charter.migrate.steps.words import with_names
from charter.sql.naming import bounded
from charter.sql.schema import Column, Table


def is_generated(item: ColumnChange) -> bool:
    """Whether the database works the column out, before or after."""
    return any(held and held.column.generated is not None for held in (item.before, item.after))


def resting(table: Table) -> frozenset[str]:
    """The columns that generated ones rest on."""
    return frozenset(name for column in table.columns for name in _sources(column, table))


def _sources(column: Column, table: Table) -> frozenset[str]:
    return mentioned(column.generated or "", table)


def seconds(change: TableChange, before: Table, after: Table) -> frozenset[str]:
    """The columns that another one takes the place of, under the same name."""
    rests = resting(before) | resting(after)
    plain = {
        item.before.name
        for item in change.columns
        if item.before and not is_generated(item) and is_second(item, rests)
    }
    there = {column.name: column for column in before.columns}
    found = set(plain)
    for column in after.columns:
        was = there.get(column.name)
        if was is None or (was.generated is None and column.generated is None):
            continue
        same = replace(was, nullable=column.nullable) == column
        if not same or _sources(column, after) & plain:
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


@dataclass(frozen=True, slots=True)
class Derived:
    """The generated columns of a table that changes. `seconds` are the columns that swap."""

    change: TableChange
    before: Table
    after: Table
    seconds: frozenset[str]

    def grow(self, item: ColumnChange, grown: Grown) -> None:
        """Adds the steps of one of them."""
        old, new = item.before, item.after
        pair = Pair(self.after, old, new, item.fill) if old and new else None
        if pair is not None and pair.keeps_name and pair.before.name not in self.seconds:
            alone(pair, grown)
            return
        if new is not None:
            names = Names(new.name, new.name) if pair is None else pair.next
            if new.column.generated is not None:
                grown.derived += self._come(new.column, names)
            else:
                grown.adds += comes(self.after, new, names, item.fill)
        if old is not None:
            names = Names(old.name, old.name) if pair is None else pair.last
            if old.column.generated is not None:
                grown.derived_returns += self._goes(old.column, names)
            else:
                value = None if old.column.nullable else stand_in(old)
                grown.returns += comes(self.after, old, names, value)
        if pair is not None and pair.keeps_name:
            grown.swaps.append(swap(pair, (), ()))

    def _come(self, column: Column, names: Names) -> list[Step]:
        changed = {item.after.name for item in self.change.columns if item.after}
        settled = not _sources(column, self.after) & changed
        over = {name: bounded(f"{name}_next") for name in self.seconds}
        return worked_out(self.after, _placed(column, over), names, settled=settled)

    def _goes(self, column: Column, names: Names) -> list[Step]:
        changed = {item.before.name for item in self.change.columns if item.before}
        settled = not _sources(column, self.before) & changed
        over = {name: bounded(f"{name}_prev") for name in self.seconds}
        return worked_out(self.after, _placed(column, over), names, settled=settled)


def _placed(column: Column, names: Mapping[str, str]) -> Column:
    return replace(column, generated=with_names(column.generated or "", names))
