"""MySQL: columns that are added, beside releases that do not know them, and columns that the
database works out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from charter.migrate.changes import ColumnChange, Held, Part
from charter.migrate.locks_mysql import Operation
from charter.migrate.step import Fill, Phase, Step
from charter.migrate.steps.fills import batch_of, filled, nothing_in, stand_in
from charter.migrate.steps.generated import is_generated, over, sources
from charter.migrate.steps.kit import Grown, Names, Sides, Swap, last_name, next_name
from charter.migrate.steps.mysql_ddl import (
    Ddl,
    add_column,
    add_generated,
    alter,
    drop_column,
    generated_text,
    gone,
    index_clause,
    quote,
    set_default,
    step,
    there,
)
from charter.migrate.steps.mysql_parts import as_index, required
from charter.migrate.steps.parts import columns_of
from charter.migrate.wanted import NOW
from charter.sql.mysql import MYSQL
from charter.sql.schema import Column, Table, TableIndex, UniqueKey


def comes(
    table: Table, held: Held, names: Names, fill: str | None, stores: bool = False
) -> list[Step]:
    """A column that is added to a table that may store what the database works out."""
    column, name = held.column, names.early
    made = held.stored.made if held.stored else None
    is_now = fill is None and made == NOW and not column.nullable
    value = "UTC_TIMESTAMP(6)" if is_now else fill
    # A default of a text is an expression, which MySQL would work out for all rows at once.
    apart = is_now or column.type == "longtext"
    default = None if column.nullable else value
    orphan = not column.nullable and default is None and not column.identity
    adds = [add_column(table.name, name, column, None if apart else default)]
    if apart and default is not None:
        adds.append(set_default(table.name, name, f"({default})"))
    found = [
        step(
            f"add {table.name}.{name}",
            Phase.EXPAND,
            f"Adds the column {name} to {table.name}.",
            table.name,
            adds,
            (drop_column(table.name, name),),
            loses_down=f"what {table.name}.{held.name} holds is lost",
            needs=(nothing_in(table, held, MYSQL),) if orphan else (),
        )
    ]
    if value is not None and (column.nullable or apart):
        batch = batch_of(table, Fill(name, value), f"{quote(name)} IS NULL")
        found.append(filled(f"fill {table.name}.{name}", batch, Phase.BACKFILL))
    if default is not None:
        shown = f"({default})" if apart else default
        found.append(
            step(
                f"default {table.name}.{names.late}",
                Phase.CONTRACT,
                f"Rows of {table.name} come with a value for {names.late} from now on.",
                table.name,
                (set_default(table.name, names.late, None),),
                (set_default(table.name, names.late, shown),),
            )
        )
    if orphan or (apart and default is not None):
        found += required(table, column, names.late, Phase.CONTRACT, stores)
    return found


# -- what the database works out -----------------------------------------------------------------
def derived(item: ColumnChange, sides: Sides, grown: Grown) -> None:
    """Adds the steps of a generated column, but for what is done with the swaps."""
    old, new, table = item.before, item.after, sides.after
    second = _second(item, sides)
    if second is None and old and new and old.name == new.name:
        return
    if new is not None and new.column.generated is None:
        names = Names(next_name(new.name) if second else new.name, new.name)
        grown.adds += comes(table, new, names, item.fill)
    elif new is not None and not second and not sources(new.column, table) & sides.seconds:
        changed = {one.after.name for one in sides.change.columns if one.after}
        phase = Phase.BACKFILL if sources(new.column, table) & changed else Phase.EXPAND
        grown.derived.append(_worked_out(table, new.column, new.name, phase))
    both = old and new and {old.column.generated, new.column.generated}.isdisjoint({None})
    if old is None or (second and both):
        return
    name = last_name(old.name) if second else old.name
    if old.column.generated is None:
        value = None if old.column.nullable else stand_in(old)
        grown.returns += comes(table, old, Names(name, old.name), value)
    else:
        column = over(old.column, _prev(sides))
        grown.derived_returns.append(_worked_out(table, column, name, Phase.BACKFILL))


def _second(item: ColumnChange, sides: Sides) -> str | None:
    """The name that a column keeps while another one takes its place."""
    old, new = item.before, item.after
    same = old is not None and new is not None and old.name == new.name
    return old.name if same and old is not None and old.name in sides.seconds else None


def _prev(sides: Sides) -> dict[str, str]:
    return {name: last_name(name) for name in sides.seconds}


def _worked_out(table: Table, column: Column, name: str, phase: Phase) -> Step:
    return step(
        f"add {table.name}.{name}",
        phase,
        f"Adds the column {name} to {table.name}, and works it out for every row.",
        table.name,
        (add_generated(table.name, name, column),),
        (drop_column(table.name, name, Operation.DROP_GENERATED_COLUMN),),
    )


@dataclass(slots=True)
class Recast:
    """What is done in one statement: what the database works out goes before what it rests on
    gets another name, and comes after it. Indexes on it go and come along."""

    drops: dict[str, Column] = field(default_factory=dict)
    """Generated columns as they were."""
    adds: dict[str, Column] = field(default_factory=dict)
    """As they are to be."""
    renames: list[tuple[str, str]] = field(default_factory=list)
    index_drops: list[TableIndex] = field(default_factory=list)
    index_adds: list[TableIndex] = field(default_factory=list)

    @property
    def names(self) -> frozenset[str]:
        return frozenset({*self.drops, *self.adds})

    def turned(self) -> "Recast":
        renames = [(new, old) for old, new in self.renames]
        return Recast(self.adds, self.drops, renames, self.index_adds, self.index_drops)

    def ddl(self, table: str) -> Ddl:
        return alter(table, self._clauses(), Operation.RECAST, self._ran(table))

    def _clauses(self) -> Iterator[str]:
        yield from (f"DROP INDEX {quote(index.name)}" for index in self.index_drops)
        yield from (f"DROP COLUMN {quote(name)}" for name in self.drops)
        yield from (f"RENAME COLUMN {quote(old)} TO {quote(new)}" for old, new in self.renames)
        yield from (generated_text(name, column) for name, column in self.adds.items())
        yield from map(index_clause, self.index_adds)

    def _ran(self, table: str) -> str:
        """Something that is there or gone once it was run. Where there is nothing, the same
        columns and indexes go and come: that can be done again."""
        before, after = ({i.name for i in some} for some in (self.index_drops, self.index_adds))
        taken = {*self.drops, *(old for old, _ in self.renames)}
        for old, new in self.renames:
            if new not in taken:
                return there("column", table, new)
            if old not in self.adds and old not in {name for _, name in self.renames}:
                return gone(there("column", table, old))
        for name in self.adds.keys() - self.drops.keys():
            return there("column", table, name)
        for name in self.drops.keys() - self.adds.keys():
            return gone(there("column", table, name))
        for name in after - before:
            return there("index", table, name)
        for name in before - after:
            return gone(there("index", table, name))
        return ""


def recast(sides: Sides, swaps: Sequence[Swap]) -> Recast | None:
    """What is done with the swaps of a table; None where nothing is worked out anew."""
    found = Recast()
    for item in filter(is_generated, sides.change.columns):
        _one(item, sides, found)
    if not found.drops and not found.adds:
        return None
    for swap in swaps:
        name = swap.pair.after.name
        found.renames += [(name, last_name(name)), (next_name(name), name)]
    found.index_drops = _indexes(sides.before, found.names)
    found.index_adds = _indexes(sides.after, found.names)
    return found


def _one(item: ColumnChange, sides: Sides, found: Recast) -> None:
    old, new = item.before, item.after
    was = old.column if old and old.column.generated is not None else None
    now = new.column if new and new.column.generated is not None else None
    second = _second(item, sides)
    if second is None:
        if old and new and old.name == new.name:
            return
        if now is not None and sources(now, sides.after) & sides.seconds:
            found.adds[now.name] = now
        if was is not None and sources(was, sides.before) & sides.seconds:
            found.drops[was.name], found.adds[was.name] = was, over(was, _prev(sides))
        return
    if was is not None:
        found.drops[second] = was
        if now is None:
            found.adds[last_name(second)] = over(was, _prev(sides))
    else:
        found.renames.append((second, last_name(second)))
    if now is not None:
        found.adds[second] = now
    else:
        found.renames.append((next_name(second), second))


def _indexes(table: Table, names: frozenset[str]) -> list[TableIndex]:
    parts = (*map(as_index, table.uniques), *table.indexes)
    return [part for part in parts if columns_of(part, table) & names]


def with_swaps(part: Part, sides: Sides) -> bool:
    """Whether a part is an index on what is worked out anew with the swaps."""
    found = recast(sides, ())
    if found is None or not isinstance(part, TableIndex | UniqueKey):
        return False
    table = sides.after if part in (*sides.after.uniques, *sides.after.indexes) else sides.before
    return bool(columns_of(part, table) & found.names)
