"""MySQL: how its servers, and those of MariaDB, do what the builder of steps asks for."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from charter.migrate.changes import Changes, ColumnChange, Held, Part, TableChange
from charter.migrate.conversions import Conversion
from charter.migrate.faults import CHANGE_UNSUPPORTED, MigrationFault
from charter.migrate.locks_mysql import Operation
from charter.migrate.step import Phase, Step
from charter.migrate.steps import mysql_columns as columns
from charter.migrate.steps import mysql_parts as parts
from charter.migrate.steps import mysql_triggers as triggers
from charter.migrate.steps.beside import server_steps
from charter.migrate.steps.building import ROWS_OF, count_where
from charter.migrate.steps.generated import resting
from charter.migrate.steps.kit import Grown, Names, Pair, Placed, Sides, Swap, Twins
from charter.migrate.steps.letting import Bracket, Standing
from charter.migrate.steps.mysql_ddl import (
    CHECKS_OFF,
    CHECKS_ON,
    Ddl,
    add_column,
    alter,
    drop_column,
    gone,
    locked,
    modify,
    note,
    quote,
    rename_columns,
    session,
    step,
    table_there,
    there,
)
from charter.sql.ddl import tables
from charter.sql.dialect import Dialect
from charter.sql.mysql import MYSQL
from charter.sql.naming import bounded
from charter.sql.schema import (
    CheckRule,
    Column,
    ForeignKey,
    Schema,
    Table,
    TableIndex,
    Trigger,
    UniqueKey,
)

_BYTES = 4
"""Of a character. The length of a text takes one byte up to 255 of them, else two."""
_TEXT = re.compile(r"varchar\((\d+)\)")
_ORDER = (TableIndex, UniqueKey, CheckRule, ForeignKey)


def mysql_steps(changes: Changes) -> tuple[Step, ...]:
    """The steps, in the order in which they run."""
    tables = {
        change.name: [table for table in (change.before, change.after) if table]
        for change in changes
    }
    for change in changes:
        _refuse_followed(change)
    stores = (name for name, sides in tables.items() if any(map(resting, sides)))
    return server_steps(changes, MysqlKit(frozenset(stores)))


def _refuse_followed(change: TableChange) -> None:
    """Raises MigrationFault where a value would be stored of a column while a reference changes
    that: between the two, neither is as it is to be."""
    if change.before is None or change.after is None:
        return
    for one, other in ((change.before, change.after), (change.after, change.before)):
        keys = (key for key in one.foreign_keys if key.on_delete != "no action")
        follows = {name for key in keys for name in key.columns}
        for name in sorted(resting(other) & follows):
            message = f"{change.name}.{name}: what happens when the row goes that it names, and a "
            message += "stored value of it, change one after the other: plan two migrations"
            raise MigrationFault(CHANGE_UNSUPPORTED, message)


@dataclass(frozen=True, slots=True)
class MysqlKit:
    """Each statement that changes a table says how, so that the server refuses to keep others
    waiting. Checks, columns that the database works out and a few others write a table anew while
    nobody else writes; these steps say so."""

    stores: frozenset[str]
    """The tables, by their new names, that store what the database works out, before or after."""
    dialect: Dialect = MYSQL
    renames_keys: bool = False
    trusts_triggers: bool = False
    leans: bool = True

    # -- tables ----------------------------------------------------------------------------
    def begin(self, changes: Changes) -> list[Step]:
        return []

    def create(self, table: Table) -> Step:
        bare = replace(table, foreign_keys=(), triggers=())
        (text,) = tables(Schema((bare,)), MYSQL)
        create = Ddl(text, Operation.CREATE_TABLE, table_there(table.name))
        own = [ddl for item in table.triggers for ddl in triggers.created(item, table)]
        drop = Ddl(f"DROP TABLE IF EXISTS {quote(table.name)}", Operation.DROP_TABLE)
        return step(
            f"create {table.name}",
            Phase.EXPAND,
            f"Creates the table {table.name}.",
            table.name,
            (create, *own, note(come=table.name)),
            (drop, note(gone=table.name)),
            loses_down=ROWS_OF.format(table.name),
        )

    def rename(self, before: Table, after: Table, keys: dict[str, str], *, view: bool) -> Step:
        old, new = before.name, after.name
        if view:
            does = f"Renames {old} to {new}; a view has the name of before."
            up, down = _with_view(before, new), _without_view(old, new)
            return step(f"rename {old}", Phase.EXPAND, does, old, up, down)
        up, down = _renamed(old, new, keys), _renamed(new, old, {b: a for a, b in keys.items()})
        return step(f"rename {old}", Phase.EXPAND, f"Renames columns of {old}.", old, up, down)

    def view_goes(self, sides: Sides, keys: dict[str, str]) -> Step:
        old, new = sides.before.name, sides.after.name
        drop = Ddl(f"DROP VIEW IF EXISTS {quote(old)}", Operation.DROP_VIEW)
        does = f"Drops the view that has the name of before of {new}."
        view = _view(old, sides.before, new)
        return step(f"drop view {old}", Phase.CONTRACT, does, new, (drop,), (view,))

    # -- columns ---------------------------------------------------------------------------
    def bare(self, table: Table, held: Held, name: str, does: str) -> Step:
        up, down = add_column(table.name, name, held.column), drop_column(table.name, name)
        label = f"add {table.name}.{name}"
        return step(label, Phase.EXPAND, does, table.name, (up,), (down,))

    def comes(self, table: Table, held: Held, names: Names, fill: str | None) -> list[Step]:
        return columns.comes(table, held, names, fill, table.name in self.stores)

    def keep(self, name: str, twins: Twins) -> Step:
        return triggers.watching(name, twins.says, triggers.twins(twins), twins.table)

    def watch(self, table: Table, column: str, source: str) -> Step:
        says = f"Notices where a release of before changes what {column} of {table.name} "
        says += "is made of."
        name = f"watch {table.name}.{column}"
        return triggers.watching(name, says, [triggers.stale(table, column, source)], table)

    def differ(self, one: str, other: str) -> str:
        return f"NOT ({one} <=> {other})"

    def required(self, table: Table, column: Column, name: str, phase: Phase) -> list[Step]:
        return parts.required(table, column, name, phase, table.name in self.stores)

    def numbered(self, table: Table, column: Column) -> Step:
        plain = replace(column, identity=False)
        up = modify(table.name, column.name, column, Operation.NUMBER)
        down = modify(table.name, column.name, plain, Operation.STOP_NUMBERING)
        return step(
            f"number {table.name}.{column.name}",
            Phase.EXPAND,
            f"Lets the database number the rows of {table.name}.",
            table.name,
            _unchecked(up),
            _unchecked(down),
        )

    def widens(self, before: Held, after: Held) -> bool:
        one, other = (_TEXT.fullmatch(held.column.type) for held in (before, after))
        if one is None or other is None or int(one[1]) > int(other[1]):
            return False
        return (int(one[1]) * _BYTES > 255) == (int(other[1]) * _BYTES > 255)

    def widened(self, pair: Pair, was: Table, back: Conversion) -> list[Step]:
        before, name = pair.before.column, pair.after.name
        wide = replace(before, type=pair.after.column.type)
        misfits = back.misfits(quote(name)) or "FALSE"
        says = f"have a {name} of too many characters"
        return [
            step(
                f"widen {was.name}.{name}",
                Phase.EXPAND,
                f"Lets {name} of {was.name} have more characters; no row is written.",
                was.name,
                _unchecked(modify(was.name, name, wide, Operation.WIDEN_TEXT)),
                _unchecked(modify(was.name, name, before, Operation.NARROW_TEXT)),
                needs_down=(count_where(was.name, misfits, says, MYSQL),),
            )
        ]

    def swaps(self, sides: Sides, found: Sequence[Swap]) -> list[Step]:
        recast = columns.recast(sides, found)
        if recast is None:
            return [_swap(item) for item in found]
        table = sides.after
        up, down = (item.ddl(table.name) for item in (recast, recast.turned()))
        names = ", ".join(dict.fromkeys([*(swap.pair.after.name for swap in found), *recast.adds]))
        return [
            step(
                f"swap {table.name}.{names}",
                Phase.BACKFILL,
                f"Works out {', '.join(sorted(recast.names))} of {table.name} anew, for every row.",
                table.name,
                _kept_in_step(found, up, table),
                _kept_in_step(found, down, table, back=True),
            )
        ]

    def derived(self, item: ColumnChange, sides: Sides, grown: Grown) -> None:
        columns.derived(item, sides, grown)

    # -- constraints, indexes and triggers ---------------------------------------------------
    def order(self, part: Part) -> int:
        return next(place for place, kind in enumerate(_ORDER) if isinstance(part, kind))

    def apart(self, part: Part, sides: Sides) -> bool:
        return columns.with_swaps(part, sides)

    def added(self, table: Table, found: Sequence[Placed]) -> list[Step]:
        return parts.added(table, found)

    def renamed_parts(
        self, table: Table, pairs: Iterable[tuple[Part, str, str]], phase: Phase
    ) -> list[Step]:
        return parts.renamed_parts(table, pairs, phase)

    def trigger(self, trigger: Trigger, table: Table, phase: Phase) -> Step:
        return triggers.comes(trigger, table, phase)

    def another_trigger(self, old: Trigger, new: Trigger, table: Table) -> Step:
        return triggers.another(old, new, table)

    def letting(self, guarded: Standing, sides: Mapping[str, Sides]) -> Bracket:
        return triggers.Letting(guarded, sides)


def _unchecked(statement: Ddl) -> tuple[Ddl, ...]:
    """References do not keep a column that they use from being changed."""
    return session(CHECKS_OFF), statement, session(CHECKS_ON)


def _swap(found: Swap) -> Step:
    """Both columns are there and filled: they get their last names."""
    pair = found.pair
    table, name = pair.table, pair.after.name
    second, first = pair.next.early, pair.last.early
    up = rename_columns(table.name, [(name, first), (second, name)])
    down = rename_columns(table.name, [(name, second), (first, name)])
    return step(
        f"swap {table.name}.{name}",
        Phase.BACKFILL,
        f"Gives the new column of {table.name} the name {name}, and the old one that of {first}.",
        table.name,
        _kept_in_step([found], up, table),
        _kept_in_step([found], down, table, back=True),
    )


def _kept_in_step(
    swaps: Sequence[Swap], statement: Ddl, table: Table, *, back: bool = False
) -> tuple[Ddl, ...]:
    """A statement after which what keeps columns in step calls them by their names then. Nobody
    else uses the table meanwhile. What did so before goes last: until then it refuses all that is
    written, so that nothing is out of step, whatever interrupts this."""
    now, then = (
        [item for twins in some if twins for item in triggers.twins(twins)]
        for some in ([found.early for found in swaps], [found.late for found in swaps])
    )
    if not now:
        return (statement,)
    come, goes = (now, then) if back else (then, now)
    made = [ddl for item in come for ddl in triggers.created(item, table)]
    return locked(table.name, (statement, *made, *map(triggers.dropped, goes)))


# -- another name for a table --------------------------------------------------------------------
def _view(name: str, table: Table, source: str, ran: str = "") -> Ddl:
    listed = ", ".join(quote(column.name) for column in table.columns)
    text = f"CREATE OR REPLACE SQL SECURITY INVOKER VIEW {quote(name)} AS "
    text += f"SELECT {listed} FROM {quote(source)}"  # noqa: S608
    return Ddl(text, Operation.CREATE_VIEW, ran)


def _with_view(before: Table, new: str) -> tuple[Ddl, ...]:
    """The table and a view on it swap their names at one moment. The view on the table of after
    needs something of that name before: another view."""
    old = before.name
    waiting, passing = _passing_names(old)
    ran = f"{table_there(old)} AND table_type = 'VIEW'"
    swap = (
        f"RENAME TABLE {quote(new)} TO {quote(passing)}, {quote(old)} TO {quote(new)}, "
        f"{quote(waiting)} TO {quote(old)}"
    )
    return (
        _view(new, before, old, ran),
        _view(waiting, before, new, ran),
        Ddl(swap, Operation.RENAME_TABLE, ran),
        Ddl(f"DROP VIEW IF EXISTS {quote(passing)}", Operation.DROP_VIEW),
        note(come=new, gone=old),
    )


def _without_view(old: str, new: str) -> tuple[Ddl, ...]:
    waiting, passing = _passing_names(old)
    ran = f"{table_there(old)} AND table_type <> 'VIEW'"
    swap = f"RENAME TABLE {quote(old)} TO {quote(waiting)}, {quote(new)} TO {quote(old)}"
    left = ", ".join(map(quote, (waiting, passing, new)))
    return (
        Ddl(swap, Operation.RENAME_TABLE, ran),
        Ddl(f"DROP VIEW IF EXISTS {left}", Operation.DROP_VIEW),
        note(come=old, gone=new),
    )


def _passing_names(old: str) -> tuple[str, str]:
    return bounded(f"charter_view_{old}"), bounded(f"charter_was_{old}")


def _renamed(old: str, new: str, keys: Mapping[str, str]) -> tuple[Ddl, ...]:
    """A table of pairs, whose releases cannot share it: its columns are its key."""
    clauses = [f"RENAME COLUMN {quote(was)} TO {quote(now)}" for was, now in keys.items()]
    if old == new:
        ran = there("column", new, next(iter(keys.values())))
        return (alter(old, clauses, Operation.RENAME_COLUMN, ran),)
    moved = alter(
        old, [*clauses, f"RENAME TO {quote(new)}"], Operation.RENAME_COLUMN, gone(table_there(old))
    )
    return moved, note(come=new, gone=old)
