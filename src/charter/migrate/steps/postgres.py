"""PostgreSQL: how its servers do what the builder of steps asks for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from charter.migrate.changes import Changes, ColumnChange, Held, Part
from charter.migrate.conversions import Conversion
from charter.migrate.locks import Operation
from charter.migrate.step import Phase, Step
from charter.migrate.steps import postgres_columns as columns
from charter.migrate.steps import postgres_own as own
from charter.migrate.steps import postgres_parts as parts
from charter.migrate.steps.beside import server_steps
from charter.migrate.steps.building import ROWS_OF, count_where, mirrored
from charter.migrate.steps.kit import Grown, Names, Pair, Placed, Sides, Swap, Twins, last_name
from charter.migrate.steps.letting import Bracket, Standing
from charter.migrate.steps.parts import columns_of
from charter.migrate.steps.postgres_ddl import (
    Ddl,
    add_column,
    alter,
    drop_column,
    note,
    quote,
    rename_column,
    set_type,
    step,
)
from charter.migrate.steps.postgres_generated import derived
from charter.migrate.steps.postgres_triggers import stale, trigger_step, twins
from charter.sql.ddl import TRIGRAMS, index_text, tables
from charter.sql.dialect import Dialect
from charter.sql.postgres import POSTGRES
from charter.sql.schema import Column, Schema, Table, Trigger


def postgres_steps(changes: Changes) -> tuple[Step, ...]:
    """The steps, in the order in which they run."""
    return server_steps(changes, PostgresKit())


class PostgresKit:
    """No step reads or writes a whole table under a lock that keeps others out, but for those
    that add what the database works out, which say so."""

    dialect: Dialect = POSTGRES
    renames_keys = True
    trusts_triggers = True
    leans = False

    # -- tables ----------------------------------------------------------------------------
    def begin(self, changes: Changes) -> list[Step]:
        """Indexes by trigrams want an extension. It stays on the way back: others may use it as
        well."""
        found = [
            change.name
            for change in changes
            if change.after is not None
            for index in change.after.indexes
            if index.trigrams and (change.before is None or index not in change.before.indexes)
        ]
        if not found:
            return []
        create = Ddl(f"CREATE EXTENSION IF NOT EXISTS {TRIGRAMS}", Operation.EXTENSION)
        does = (
            "Makes texts searchable by parts of words; who may not needs an administrator's help."
        )
        return [step(f"extension {TRIGRAMS}", Phase.EXPAND, does, found[0], (create,), ())]

    def create(self, table: Table) -> Step:
        texts = tables(Schema((replace(table, foreign_keys=(), indexes=()),)), POSTGRES)
        texts += tuple(index_text(index, table, POSTGRES) for index in table.indexes)
        create = [Ddl(text, Operation.CREATE_TABLE) for text in texts]
        drop = Ddl(f"DROP TABLE {quote(table.name)}", Operation.DROP_TABLE)
        return step(
            f"create {table.name}",
            Phase.EXPAND,
            f"Creates the table {table.name}.",
            table.name,
            (*create, note(come=table.name)),
            (drop, *map(own.function_goes, table.triggers), note(gone=table.name)),
            loses_down=ROWS_OF.format(table.name),
        )

    def rename(self, before: Table, after: Table, keys: dict[str, str], *, view: bool) -> Step:
        old, new = before.name, after.name
        up = [rename_column(old, was, now) for was, now in keys.items()]
        down = [rename_column(old, now, was) for was, now in keys.items()]
        does = f"Renames columns of {old}."
        if view:
            up += [_renamed(old, new), _view(before, after, keys), note(come=new, gone=old)]
            down = [_no_view(old), _renamed(new, old), note(come=old, gone=new), *down]
            does = f"Renames {old} to {new}; a view has the name of before."
        return step(f"rename {old}", Phase.EXPAND, does, old, up, down)

    def view_goes(self, sides: Sides, keys: dict[str, str]) -> Step:
        old, new = sides.before.name, sides.after.name
        names = {**keys, **{name: last_name(name) for name in sides.seconds}}
        return step(
            f"drop view {old}",
            Phase.CONTRACT,
            f"Drops the view that has the name of before of {new}.",
            new,
            (_no_view(old),),
            (_view(sides.before, sides.after, names),),
        )

    # -- columns ---------------------------------------------------------------------------
    def bare(
        self, table: Table, held: Held, name: str, does: str, loses: str | None = None
    ) -> Step:
        add = add_column(table.name, name, held.column)
        down = (drop_column(table.name, name),)
        label = f"add {table.name}.{name}"
        return step(label, Phase.EXPAND, does, table.name, (add,), down)

    def comes(self, table: Table, held: Held, names: Names, fill: str | None) -> list[Step]:
        return columns.comes(table, held, names, fill)

    def keep(self, name: str, found: Twins) -> Step:
        return trigger_step(name, twins(found))

    def watch(self, table: Table, column: str, source: str) -> Step:
        return trigger_step(f"watch {table.name}.{column}", stale(table, column, source))

    def differ(self, one: str, other: str) -> str:
        return f"{one} IS DISTINCT FROM {other}"

    def required(self, table: Table, column: Column, name: str, phase: Phase) -> list[Step]:
        return parts.required(table, name, phase)

    def numbered(self, table: Table, found: Column) -> Step:
        name = found.name
        column = f"ALTER COLUMN {quote(name)}"
        text = f"{column} ADD GENERATED BY DEFAULT AS IDENTITY"
        sequence = f"pg_get_serial_sequence({_literal(quote(table.name))}, {_literal(name)})"
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

    def widens(self, before: Held, after: Held) -> bool:
        one, other = before.stored, after.stored
        if one is None or other is None or None in {one.digits, other.digits}:
            return False
        return one.places == other.places and (one.digits or 0) <= (other.digits or 0)

    def widened(self, pair: Pair, was: Table, back: Conversion) -> list[Step]:
        """More digits, where the column is. The server would read the table again for each check on
        it, under the lock: so they go before and come after."""
        name = pair.after.name
        misfits = back.misfits(quote(name)) or "false"
        says = f"have a {name} of too many digits"
        widen = step(
            f"widen {was.name}.{name}",
            Phase.EXPAND,
            f"Lets {name} of {was.name} have more digits; no row is written.",
            was.name,
            (set_type(was.name, pair.after.column, Operation.WIDEN_DECIMAL),),
            (set_type(was.name, pair.before.column, Operation.NARROW_DECIMAL),),
            needs_down=(count_where(was.name, misfits, says, POSTGRES),),
        )
        again = [
            found
            for check in was.checks
            if name in columns_of(check, was)
            for found in parts.added(was, check, Phase.EXPAND)
        ]
        gone = [replace(found, phase=Phase.EXPAND) for found in mirrored(again)]
        return [*gone, widen, *again]

    def swaps(self, sides: Sides, found: Sequence[Swap]) -> list[Step]:
        return [_swap(item) for item in found]

    def derived(self, item: ColumnChange, sides: Sides, grown: Grown) -> None:
        derived(self, item, sides, grown)

    # -- constraints, indexes and triggers ---------------------------------------------------
    def order(self, part: Part) -> int:
        return 0

    def apart(self, part: Part, sides: Sides) -> bool:
        return False

    def added(self, table: Table, found: Sequence[Placed]) -> list[Step]:
        return [item for part, phase in found for item in parts.added(table, part, phase)]

    def renamed_parts(
        self, table: Table, pairs: Iterable[tuple[Part, str, str]], phase: Phase
    ) -> list[Step]:
        return parts.renamed_parts(table.name, pairs, phase)

    def trigger(self, trigger: Trigger, table: Table, phase: Phase) -> Step:
        return own.comes(trigger, table, phase)

    def another_trigger(self, old: Trigger, new: Trigger, table: Table) -> Step:
        return own.another(old, new, table)

    def letting(self, guarded: Standing, sides: Mapping[str, Sides]) -> Bracket:
        return own.Letting(guarded)


def _swap(found: Swap) -> Step:
    """Both columns are there and filled: they get their last names in one short transaction."""
    pair = found.pair
    table, name = pair.table.name, pair.after.name
    second, first = pair.next.early, pair.last.early
    late, early = ([twins(item).function] if item else [] for item in (found.late, found.early))
    return step(
        f"swap {table}.{name}",
        Phase.BACKFILL,
        f"Gives the new column of {table} the name {name}, and the old one that of {first}.",
        table,
        (rename_column(table, name, first), rename_column(table, second, name), *late),
        (rename_column(table, name, second), rename_column(table, first, name), *early),
    )


def _view(before: Table, after: Table, names: Mapping[str, str]) -> Ddl:
    columns = ", ".join(
        f"{quote(names.get(column.name, column.name))} AS {quote(column.name)}"
        for column in before.columns
    )
    text = f"CREATE VIEW {quote(before.name)} AS SELECT {columns} FROM {quote(after.name)}"  # noqa: S608
    return Ddl(text, Operation.CREATE_VIEW)


def _renamed(old: str, new: str) -> Ddl:
    return alter(old, f"RENAME TO {quote(new)}", Operation.RENAME_TABLE)


def _no_view(name: str) -> Ddl:
    return Ddl(f"DROP VIEW {quote(name)}", Operation.DROP_VIEW)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
