"""PostgreSQL: changes to steps that releases of before and after both survive.

Adding and loosening come first, beside running releases. What was added is filled, and what
rests on it is built. What older releases use, or still write as it was, goes and is refused at
the end, when none of them runs any more. No step reads or writes a whole table under a lock that
keeps others out, but for those that add what the database works out, which say so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from charter.migrate.changes import Changes, ColumnChange, Part, PartChange, TableChange
from charter.migrate.locks import Operation
from charter.migrate.step import Phase, Step
from charter.migrate.steps.building import ROWS_OF, fold_source, in_phases, mirrored
from charter.migrate.steps.letting import let_through
from charter.migrate.steps.postgres_columns import Names, comes, stand_in
from charter.migrate.steps.postgres_ddl import (
    Ddl,
    alter,
    note,
    quote,
    rename_column,
    step,
)
from charter.migrate.steps.postgres_generated import (
    Derived,
    complete,
    is_generated,
    seconds,
)
from charter.migrate.steps.postgres_own import (
    Letting,
    coming,
    function_goes,
    seeing_updates,
    swapped,
)
from charter.migrate.steps.postgres_parts import (
    added,
    columns_of,
    placed,
    renamed_parts,
)
from charter.migrate.steps.postgres_shadows import Grown, Pair, dropped, grow
from charter.sql.ddl import TRIGRAMS, index_text, tables
from charter.sql.naming import bounded
from charter.sql.postgres import POSTGRES
from charter.sql.schema import CheckRule, ForeignKey, Schema, Table, TableIndex


def postgres_steps(changes: Changes) -> tuple[Step, ...]:
    """The steps, in the order in which they run."""
    moved = {change.was: change.name for change in changes if change.before and change.after}
    stays = [
        _changed(change, change.before, change.after, moved)
        for change in changes
        if change.before is not None and change.after is not None
    ]
    new = [item.after for item in changes if item.before is None and item.after is not None]
    gone = [item.before for item in changes if item.after is None and item.before is not None]
    steps = [*_extension(changes), *(found for one in stays for found in one.firsts())]
    steps += map(_create, new)
    steps += [found for one in stays for found in one.rest()]
    steps += [found for table in new for found in _referring(table, {})]
    back = [*map(_create, gone), *(item for table in gone for item in _referring(table, moved))]
    guarded = {one.after.name: seeing_updates(one.change) for one in stays}
    return in_phases(let_through([*steps, *mirrored(back)], guarded, Letting(guarded)))


def _extension(changes: Changes) -> list[Step]:
    """Indexes by trigrams want it. It stays on the way back: others may use it as well."""
    tables = [
        change.name
        for change in changes
        if change.after is not None
        for index in change.after.indexes
        if index.trigrams and (change.before is None or index not in change.before.indexes)
    ]
    if not tables:
        return []
    create = Ddl(f"CREATE EXTENSION IF NOT EXISTS {TRIGRAMS}", Operation.EXTENSION)
    does = "Makes texts searchable by parts of words; who may not needs an administrator's help."
    return [step(f"extension {TRIGRAMS}", Phase.EXPAND, does, tables[0], (create,), ())]


def _create(table: Table) -> Step:
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
        (drop, *map(function_goes, table.triggers), note(gone=table.name)),
        loses_down=ROWS_OF.format(table.name),
    )


def _referring(table: Table, moved: Mapping[str, str]) -> Iterator[Step]:
    for part in table.foreign_keys:
        yield from added(table, _target_moved(part, moved), Phase.EXPAND)


def _target_moved(part: ForeignKey, moved: Mapping[str, str]) -> ForeignKey:
    return replace(part, target=moved.get(part.target, part.target))


def _changed(
    change: TableChange, before: Table, after: Table, moved: Mapping[str, str]
) -> "_Changed":
    again = seconds(change, before, after)
    return _Changed(complete(change, again, after), before, after, moved, again)


@dataclass(frozen=True, slots=True)
class _Changed:
    """The steps of one table that stays. `moved` has the new names of all tables; `seconds` are
    columns that another column takes the place of, under the same name."""

    change: TableChange
    before: Table
    after: Table
    moved: Mapping[str, str]
    seconds: frozenset[str]

    # -- columns ---------------------------------------------------------------------------
    @property
    def native(self) -> dict[str, str]:
        """Columns of a key that get another name: a table of pairs, whose view is enough."""
        key = self.before.key.columns if self.before.key else ()
        return {
            item.before.name: item.after.name
            for item in self.change.columns
            if item.before and item.after and item.before.name in key
            if item.before.name != item.after.name
        }

    @property
    def fresh(self) -> frozenset[str]:
        """Columns that releases of before do not know."""
        names = (item.after.name for item in self.change.columns if item.after and _fresh(item))
        return frozenset(names) - set(self.native.values())

    @property
    def leaving(self) -> frozenset[str]:
        """Columns that releases of after do not know."""
        turned = (replace(i, before=i.after, after=i.before) for i in self.change.columns)
        names = (item.after.name for item in turned if item.after and _fresh(item))
        return frozenset(names) - set(self.native)

    def _grown(self) -> Grown:
        grown = Grown()
        table = self.after
        derived = Derived(self.change, self.before, table, self.seconds)
        for item in self.change.columns:
            if is_generated(item):
                derived.grow(item, grown)
            elif item.before and item.after:
                if item.before.name not in self.native:
                    second = item.before.name in self.seconds
                    pair = Pair(table, item.before, item.after, item.fill, second)
                    grow(pair, self.before, grown)
            elif item.after:
                source = self._source(item, new=True)
                name = item.after.name
                grown.adds += comes(table, item.after, Names(name, name), item.fill, source)
            elif item.before:
                source = self._source(item, new=False)
                name, held = item.before.name, item.before
                value = None if held.column.nullable else stand_in(held)
                grown.returns += comes(table, held, Names(name, name), value, source)
        return grown

    def _source(self, item: ColumnChange, *, new: bool) -> Names | None:
        """The text that a folded one is made of: what it is called before the swap, and after."""
        held = item.after if new else item.before
        name = fold_source(held) if held else None
        if name is None or name not in self.seconds:
            return None if name is None else Names(name, name)
        other = bounded(f"{name}_next" if new else f"{name}_prev")
        return Names(other, name)

    # -- steps -----------------------------------------------------------------------------
    def firsts(self) -> Iterator[Step]:
        """What runs before any other table is touched: it is called by its new name then."""
        yield from self._grown().first
        if self.change.renamed or self.native:
            yield self._rename()
        if self.change.renamed:
            yield self._view_goes()
        pairs = [
            (part.after, part.before.name, part.after.name)
            for part in self._parts()
            if part.renamed and part.before and part.after
        ]
        yield from renamed_parts(self.after.name, pairs, Phase.EXPAND)
        yield from swapped(self.change, self.after)
        # Before anything is filled, and on the way back after it.
        yield from coming(self.change, self.after, Phase.EXPAND)

    def rest(self) -> Iterator[Step]:
        grown = self._grown()
        yield from grown.adds
        yield from grown.derived
        adds: list[Step] = []
        drops: list[Step] = []
        names: list[tuple[Part, str, str]] = []
        for part in self._parts():
            if not part.renamed:
                self._part(part, adds, drops, names)
        yield from mirrored(drops)
        yield from renamed_parts(self.after.name, names, Phase.CONTRACT)
        yield from adds
        yield from grown.swaps
        yield from dropped(grown)
        yield from coming(self.change, self.after, Phase.CONTRACT)

    def _rename(self) -> Step:
        old, new = self.before.name, self.after.name
        up = [rename_column(old, was, now) for was, now in self.native.items()]
        down = [rename_column(old, now, was) for was, now in self.native.items()]
        does = f"Renames columns of {old}."
        if self.change.renamed:
            up += [_renamed(old, new), self._view({}), note(come=new, gone=old)]
            down = [_no_view(old), _renamed(new, old), note(come=old, gone=new), *down]
            does = f"Renames {old} to {new}; a view has the name of before."
        return step(f"rename {old}", Phase.EXPAND, does, old, up, down)

    def _view_goes(self) -> Step:
        old = self.before.name
        prev = {name: bounded(f"{name}_prev") for name in self.seconds}
        return step(
            f"drop view {old}",
            Phase.CONTRACT,
            f"Drops the view that has the name of before of {self.after.name}.",
            self.after.name,
            (_no_view(old),),
            (self._view(prev),),
        )

    def _view(self, names: Mapping[str, str]) -> Ddl:
        known = {**self.native, **names}
        columns = ", ".join(
            f"{quote(known.get(column.name, column.name))} AS {quote(column.name)}"
            for column in self.before.columns
        )
        old, new = quote(self.before.name), quote(self.after.name)
        text = f"CREATE VIEW {old} AS SELECT {columns} FROM {new}"  # noqa: S608
        return Ddl(text, Operation.CREATE_VIEW)

    # -- constraints and indexes -----------------------------------------------------------
    def _parts(self) -> Iterator[PartChange]:
        """What changes of them, and what has to be built again since its columns are others."""
        changed = set()
        for part in self.change.parts:
            before = self._moved(part.before)
            changed.add(part.after)
            if before is not None and part.after is not None:
                same = replace(before, name=part.after.name) == part.after
                again = same and columns_of(part.after, self.after) & self.seconds
                if same and not again:
                    if before.name != part.after.name:
                        yield PartChange(before, part.after, renamed=True)
                    continue
            yield PartChange(before, part.after)
        for old in (*self.after.constraints, *self.after.indexes):
            if old not in changed and columns_of(old, self.after) & self.seconds:
                yield PartChange(old, old)

    def _moved(self, part: Part | None) -> Part | None:
        """A part of before, over tables and columns that have their new names already."""
        if part is None:
            return None
        found = placed(part, self.native)
        return _target_moved(found, self.moved) if isinstance(found, ForeignKey) else found

    def _part(
        self,
        part: PartChange,
        adds: list[Step],
        drops: list[Step],
        names: list[tuple[Part, str, str]],
    ) -> None:
        before, after = part.before, part.after
        early = {name: bounded(f"{name}_next") for name in self.seconds}
        prev = {name: bounded(f"{name}_prev") for name in self.seconds}
        # One that stays is built beside the old one, and takes its name in the end.
        again = before is not None and after is not None and _is_built(after)
        if after is not None:
            phase = self._phase(after, self.after, self.fresh, again=again)
            # At the end the columns have their names.
            over = early if phase is not Phase.CONTRACT else {}
            name = after.name
            if before is not None and again:
                name = bounded(f"{after.name}_next")
                names.append((after, name, after.name))
            adds += added(self.after, placed(after, over, name), phase)
        if before is not None:
            phase = self._phase(before, self.before, self.leaving, again=again)
            if isinstance(before, ForeignKey) and isinstance(after, ForeignKey):
                phase = Phase.EXPAND
            over = prev if phase is not Phase.CONTRACT else {}
            drops += added(self.after, placed(before, over), phase)

    def _phase(self, part: Part, of: Table, known: frozenset[str], *, again: bool) -> Phase:
        """When a part may come, where `known` are the columns that older releases do not have."""
        columns = columns_of(part, of)
        if isinstance(part, TableIndex) or again:
            return Phase.BACKFILL if columns & (known | self.seconds) else Phase.EXPAND
        return Phase.BACKFILL if columns and columns <= known else Phase.CONTRACT


def _fresh(item: ColumnChange) -> bool:
    before, after = item.before, item.after
    return after is not None and (before is None or before.name != after.name)


def _is_built(part: Part) -> bool:
    return not isinstance(part, CheckRule | ForeignKey)


def _renamed(old: str, new: str) -> Ddl:
    return alter(old, f"RENAME TO {quote(new)}", Operation.RENAME_TABLE)


def _no_view(name: str) -> Ddl:
    return Ddl(f"DROP VIEW {quote(name)}", Operation.DROP_VIEW)
