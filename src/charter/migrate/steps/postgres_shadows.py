"""PostgreSQL: columns that change, by a second column that is kept in step with the first.

A renamed column has its new name from the beginning. One whose type changes has a name of its
own until both are filled; then the two swap their names in one short transaction.
"""

from dataclasses import dataclass, field, replace

from charter.migrate.changes import ColumnChange, Held
from charter.migrate.conversions import Conversion, conversion
from charter.migrate.locks import Operation
from charter.migrate.step import Fill, Need, Phase, Step
from charter.migrate.steps.building import count_where, fits_filled, fold_source, mirrored
from charter.migrate.steps.postgres_columns import (
    Names,
    batch_of,
    comes,
    filled,
    fold_batch,
    stand_in,
    trigger_step,
)
from charter.migrate.steps.postgres_ddl import (
    Ddl,
    add_column,
    alter,
    drop_column,
    quote,
    rename_column,
    set_type,
    step,
)
from charter.migrate.steps.postgres_parts import added, columns_of, required
from charter.migrate.steps.postgres_triggers import Ways, twins
from charter.sql.naming import bounded
from charter.sql.postgres import POSTGRES
from charter.sql.schema import Table


@dataclass(slots=True)
class Grown:
    """Steps of one table's columns: those that add, those that swap names, and those that would
    add what goes, were it the other way round. `first` run before anything is renamed."""

    first: list[Step] = field(default_factory=list)
    adds: list[Step] = field(default_factory=list)
    swaps: list[Step] = field(default_factory=list)
    returns: list[Step] = field(default_factory=list)
    derived: list[Step] = field(default_factory=list)
    """Those that add what is worked out of other columns, once these are there."""
    derived_returns: list[Step] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Pair:
    """A column as it was and as it is to be, on a table that has its new name already."""

    table: Table
    before: Held
    after: Held
    fill: str | None
    second: bool = False
    """Whether another column takes the place of the first, under the same name."""

    @property
    def keeps_name(self) -> bool:
        return self.before.name == self.after.name

    @property
    def next(self) -> Names:
        """The new column."""
        name = self.after.name
        return Names(bounded(f"{name}_next") if self.keeps_name else name, name)

    @property
    def last(self) -> Names:
        """The old column, as somebody sees it who comes from the end: `early` is what it is
        called after the swap."""
        name = self.before.name
        return Names(bounded(f"{name}_prev") if self.keeps_name else name, name)

    @property
    def forward(self) -> Conversion | None:
        return conversion(self.before, self.after, POSTGRES.name)

    @property
    def back(self) -> Conversion | None:
        return conversion(self.after, self.before, POSTGRES.name)


def is_second(change: ColumnChange, rests: frozenset[str]) -> bool:
    """Whether a column changes so that it takes a second one under the same name. What others
    rest on (`rests`) does so whenever its type changes."""
    before, after = change.before, change.after
    if before is None or after is None or before.name != after.name:
        return False
    if conversion(before, after, POSTGRES.name) is None:
        return True
    if before.column.type == after.column.type:
        return False
    return after.name in rests or not _widens(before, after)


def _widens(before: Held, after: Held) -> bool:
    one, other = before.stored, after.stored
    if one is None or other is None or None in {one.digits, other.digits}:
        return False
    return one.places == other.places and (one.digits or 0) <= (other.digits or 0)


def grow(pair: Pair, was: Table, grown: Grown) -> None:
    """Adds the steps of one change. `was` is the table before it was renamed."""
    forward, back = pair.forward, pair.back
    if forward is None or back is None:
        _replace(pair, grown)
    elif not pair.keeps_name or pair.second:
        _shadow(pair, Ways(forward, back), grown)
    else:
        if pair.before.column.type != pair.after.column.type:
            grown.first += _widened(pair, was, back)
        alone(pair, grown)


def _replace(pair: Pair, grown: Grown) -> None:
    """Nothing goes over: a column that comes and one that goes, and their names swap."""
    old = pair.before
    instead = None if old.column.nullable else stand_in(old)
    grown.adds += comes(pair.table, pair.after, pair.next, pair.fill)
    grown.returns += comes(pair.table, old, pair.last, instead)
    if pair.keeps_name:
        grown.swaps.append(swap(pair, (), ()))


def _widened(pair: Pair, was: Table, back: Conversion) -> list[Step]:
    """More digits, where the column is. The server would read the table again for each check on
    it, under the lock: so they go before and come after."""
    name = pair.after.name
    misfits = back.misfits(quote(name)) or "false"
    widen = step(
        f"widen {was.name}.{name}",
        Phase.EXPAND,
        f"Lets {name} of {was.name} have more digits; no row is written.",
        was.name,
        (set_type(was.name, pair.after.column, Operation.WIDEN_DECIMAL),),
        (set_type(was.name, pair.before.column, Operation.NARROW_DECIMAL),),
        needs_down=(count_where(was.name, misfits, f"have a {name} of too many digits", POSTGRES),),
    )
    again = [
        found
        for check in was.checks
        if name in columns_of(check, was)
        for found in added(was, check, Phase.EXPAND)
    ]
    gone = [replace(found, phase=Phase.EXPAND) for found in mirrored(again)]
    return [*gone, widen, *again]


def alone(pair: Pair, grown: Grown) -> None:
    """The same column: whether it can be empty, and who numbers it."""
    before, after, name = pair.before.column, pair.after.column, pair.after.name
    if before.nullable and not after.nullable:
        grown.adds += _tightened(pair, name)
    elif after.nullable and not before.nullable:
        grown.returns += required(pair.table, name, Phase.CONTRACT)
    if after.identity and not before.identity:
        grown.adds.append(_numbered(pair.table, name))
    elif before.identity and not after.identity:
        grown.returns.append(_numbered(pair.table, name))


def _tightened(pair: Pair, name: str) -> list[Step]:
    """Values for rows that have none, and none without from then on."""
    source = fold_source(pair.after)
    found: list[Step] = []
    step_name = f"fill {pair.table.name}.{name}"
    if source is not None:
        batch = fold_batch(pair.table, name, source)
        found = [filled(step_name, batch, Phase.CONTRACT)]
    elif pair.fill is not None:
        batch = batch_of(pair.table, Fill(name, pair.fill), f"{quote(name)} IS NULL")
        needs = fits_filled(pair.table, name, pair.fill, POSTGRES)
        found = [filled(step_name, batch, Phase.CONTRACT, needs)]
    return [*found, *required(pair.table, name, Phase.CONTRACT)]


def _numbered(table: Table, name: str) -> Step:
    column = f"ALTER COLUMN {quote(name)}"
    text = f"{column} ADD GENERATED BY DEFAULT AS IDENTITY"
    sequence = f"pg_get_serial_sequence({_name(quote(table.name))}, {_name(name)})"
    last = f"SELECT setval({sequence}, coalesce(max({quote(name)}), 0) + 1, false)"
    return step(
        f"number {table.name}.{name}",
        Phase.EXPAND,
        f"Lets the database number the rows of {table.name}.",
        table.name,
        (
            alter(table.name, text, Operation.ADD_IDENTITY),
            Ddl(f"{last} FROM {quote(table.name)}", Operation.NOTE),
        ),
        (alter(table.name, f"{column} DROP IDENTITY", Operation.DROP_IDENTITY),),
    )


def _name(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _shadow(pair: Pair, ways: Ways, grown: Grown) -> None:
    """A second column, kept in step with the first from before it is filled."""
    table, label = pair.table, pair.after.name
    old, new = pair.before.name, pair.next.early
    prev, final = pair.last.early, pair.after.name
    early = twins(table, old, new, ways, label)
    late = twins(table, prev, final, ways, label)
    grown.adds += [
        _bare(table, pair.after, new),
        trigger_step(f"keep {table.name}.{old} and {new} in step", early),
        _follow(table, old, new, ways.forward),
    ]
    grown.returns += [
        _bare(table, pair.before, prev),
        trigger_step(f"keep {table.name}.{final} and {prev} in step", late),
        _follow(table, final, prev, ways.back),
    ]
    # A value that does not go over leaves the other column empty, until only one is written.
    if not pair.after.column.nullable:
        sure = not pair.before.column.nullable and ways.forward.fits is None
        grown.adds += required(table, new, Phase.BACKFILL) if sure else _tightened(pair, final)
    if not pair.before.column.nullable:
        sure = not pair.after.column.nullable and ways.back.fits is None
        at, name = (Phase.BACKFILL, prev) if sure else (Phase.CONTRACT, old)
        grown.returns += required(table, name, at)
    if pair.keeps_name:
        grown.swaps.append(swap(pair, (late.function,), (early.function,)))


def _bare(table: Table, held: Held, name: str) -> Step:
    return step(
        f"add {table.name}.{name}",
        Phase.EXPAND,
        f"Adds the column {name} to {table.name}; it holds what another one holds.",
        table.name,
        (add_column(table.name, name, held.column),),
        (drop_column(table.name, name),),
    )


def _follow(table: Table, source: str, name: str, way: Conversion) -> Step:
    value = way.of(quote(source))
    batch = batch_of(table, Fill(name, value), f"{quote(name)} IS DISTINCT FROM {value}")
    misfits = way.misfits(quote(source))
    needs: tuple[Need, ...] = ()
    if misfits is not None:
        says = f"have a {source} that {name} cannot take"
        needs = (count_where(table.name, misfits, says, POSTGRES),)
    return filled(f"fill {table.name}.{name}", batch, Phase.BACKFILL, needs)


def swap(pair: Pair, up: tuple[Ddl, ...], down: tuple[Ddl, ...]) -> Step:
    """Both columns are there and filled: they get their last names."""
    table, name = pair.table.name, pair.after.name
    second, first = pair.next.early, pair.last.early
    return step(
        f"swap {table}.{name}",
        Phase.BACKFILL,
        f"Gives the new column of {table} the name {name}, and the old one that of {first}.",
        table,
        (rename_column(table, name, first), rename_column(table, second, name), *up),
        (rename_column(table, name, second), rename_column(table, first, name), *down),
    )


def dropped(grown: Grown) -> list[Step]:
    """The steps by which goes what would come the other way round."""
    return mirrored([*grown.returns, *grown.derived_returns])
