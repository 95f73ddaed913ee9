"""Servers: changes to steps that releases of before and after both survive.

Adding and loosening come first, beside running releases. What was added is filled, and what
rests on it is built. What older releases use, or still write as it was, goes and is refused at
the end, when none of them runs any more. No step reads or writes a whole table under a lock that
keeps others out, but for those that say so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from charter.migrate.changes import Changes, ColumnChange, Part, PartChange, TableChange
from charter.migrate.faults import CHANGE_UNSUPPORTED, MigrationFault
from charter.migrate.step import Phase, Step
from charter.migrate.steps.building import fold_source, in_phases, mirrored
from charter.migrate.steps.fills import folded, stand_in
from charter.migrate.steps.generated import complete, is_generated, seconds
from charter.migrate.steps.kit import Grown, Kit, Names, Pair, Placed, Sides, last_name, next_name
from charter.migrate.steps.letting import let_through, standing
from charter.migrate.steps.parts import columns_of, is_built, placed
from charter.migrate.steps.shadows import dropped, grow
from charter.sql.schema import ForeignKey, Table, TableIndex, Trigger
from charter.sql.triggers import refuses


def server_steps(changes: Changes, kit: Kit) -> tuple[Step, ...]:
    """The steps, in the order in which they run."""
    moved = {change.was: change.name for change in changes if change.before and change.after}
    stays = [
        _changed(kit, change, change.before, change.after, moved)
        for change in changes
        if change.before is not None and change.after is not None
    ]
    new = [item.after for item in changes if item.before is None and item.after is not None]
    gone = [item.before for item in changes if item.after is None and item.before is not None]
    steps = [*kit.begin(changes), *(found for one in stays for found in one.firsts())]
    steps += map(kit.create, new)
    steps += [found for one in stays for found in one.rest()]
    steps += [found for table in new for found in _referring(kit, table, {})]
    back = [*map(kit.create, gone)]
    back += [found for table in gone for found in _referring(kit, table, moved)]
    guarded = {one.sides.after.name: seeing_updates(one.sides.change) for one in stays}
    letting = kit.letting(guarded, {one.sides.after.name: one.sides for one in stays})
    return in_phases(let_through([*steps, *mirrored(back)], guarded, letting))


def seeing_updates(change: TableChange) -> tuple[Trigger, ...]:
    """The triggers that are there when rows are filled, going up or back."""
    after = change.after.triggers if change.after else ()
    come = {item.after for item in change.triggers if item.before is None}
    goes = [item.before for item in change.triggers if item.after is None]
    found = [item for item in after if item not in come or not refuses(item)]
    return standing([*found, *(item for item in goes if item and not refuses(item))])


def _referring(kit: Kit, table: Table, moved: Mapping[str, str]) -> list[Step]:
    parts = [(_target_moved(part, moved), Phase.EXPAND) for part in table.foreign_keys]
    return kit.added(table, parts)


def _target_moved(part: ForeignKey, moved: Mapping[str, str]) -> ForeignKey:
    return replace(part, target=moved.get(part.target, part.target))


def _changed(
    kit: Kit, change: TableChange, before: Table, after: Table, moved: Mapping[str, str]
) -> "_Changed":
    again = seconds(kit, change, before, after)
    for name in again.intersection(before.key.columns if before.key else ()):
        message = f"{change.name}.{name} is its key, and of another type now"
        raise MigrationFault(CHANGE_UNSUPPORTED, message)
    sides = Sides(complete(change, again, after), before, after, again)
    return _Changed(kit, sides, moved)


@dataclass(frozen=True, slots=True)
class _Changed:
    """The steps of one table that stays. `moved` has the new names of all tables."""

    kit: Kit
    sides: Sides
    moved: Mapping[str, str]

    # -- columns ---------------------------------------------------------------------------
    @property
    def native(self) -> dict[str, str]:
        """Columns of a key that get another name: a table of pairs."""
        before = self.sides.before
        key = before.key.columns if before.key else ()
        return {
            item.before.name: item.after.name
            for item in self.sides.change.columns
            if item.before and item.after and item.before.name in key
            if item.before.name != item.after.name
        }

    @property
    def fresh(self) -> frozenset[str]:
        """Columns that releases of before do not know."""
        items = self.sides.change.columns
        names = (item.after.name for item in items if item.after and _fresh(item))
        return frozenset(names) - set(self.native.values())

    @property
    def leaving(self) -> frozenset[str]:
        """Columns that releases of after do not know."""
        turned = (replace(i, before=i.after, after=i.before) for i in self.sides.change.columns)
        names = (item.after.name for item in turned if item.after and _fresh(item))
        return frozenset(names) - set(self.native)

    def _grown(self) -> Grown:
        grown, kit, sides = Grown(), self.kit, self.sides
        for item in sides.change.columns:
            if is_generated(item):
                kit.derived(item, sides, grown)
            elif item.before and item.after:
                if item.before.name not in self.native:
                    second = item.before.name in sides.seconds
                    names = (item.before, item.after, item.fill, kit.dialect.name, second)
                    grow(kit, Pair(sides.after, *names), sides.before, grown)
            elif item.after:
                grown.adds += self._comes(item, new=True)
            elif item.before:
                grown.returns += self._comes(item, new=False)
        return grown

    def _comes(self, item: ColumnChange, *, new: bool) -> list[Step]:
        """The steps of a column that comes, or that would come the other way round."""
        held = item.after if new else item.before
        if held is None:
            return []
        table, names, source = self.sides.after, Names(held.name, held.name), fold_source(held)
        if source is not None:
            other = next_name(source) if new else last_name(source)
            early = other if source in self.sides.seconds else source
            return folded(self.kit, table, held, names, Names(early, source))
        fill = item.fill if new else None if held.column.nullable else stand_in(held)
        return self.kit.comes(table, held, names, fill)

    # -- steps -----------------------------------------------------------------------------
    def firsts(self) -> Iterator[Step]:
        """What runs before any other table is touched: it is called by its new name then."""
        return map(self._when, self._firsts())

    def rest(self) -> Iterator[Step]:
        return map(self._when, self._rest())

    def _when(self, found: Step) -> Step:
        """Where both releases cannot share the table, all is done once the older one has ended."""
        late = self.native and not self.kit.renames_keys
        return replace(found, phase=Phase.CONTRACT, apart=True) if late else found

    def _firsts(self) -> Iterator[Step]:
        sides, kit = self.sides, self.kit
        yield from self._grown().first
        keys, view = self.native, not self.native or kit.renames_keys
        if sides.change.renamed or keys:
            yield kit.rename(sides.before, sides.after, keys, view=view and sides.change.renamed)
        if sides.change.renamed and view:
            yield kit.view_goes(sides, keys)
        pairs = [
            (part.after, part.before.name, part.after.name)
            for part in self._parts()
            if part.renamed and part.before and part.after
        ]
        yield from kit.renamed_parts(sides.after, pairs, Phase.EXPAND)
        for item in sides.change.triggers:
            if item.before is not None and item.after is not None:
                yield kit.another_trigger(item.before, item.after, sides.after)
        # Before anything is filled, and on the way back after it.
        yield from self._triggers(Phase.EXPAND)

    def _rest(self) -> Iterator[Step]:
        kit, grown = self.kit, self._grown()
        adds: list[Placed] = []
        drops: list[Placed] = []
        names: list[tuple[Part, str, str]] = []
        changed = [part for part in self._parts() if not part.renamed]
        for part in sorted(changed, key=lambda item: kit.order(_either(item))):
            self._part(part, adds, drops, names)
        columns = [*grown.adds, *grown.derived]
        # A value for rows without one goes to the column of before too, whose rules are gone then.
        late = [step for step in columns if step.phase is Phase.CONTRACT]
        columns = [step for step in columns if step.phase is not Phase.CONTRACT]
        if kit.leans:
            # What a reference leans on comes before what it has leaned on goes.
            refers = [item for item in drops if isinstance(item[0], ForeignKey)]
            early = [item for item in adds if is_built(item[0])]
            yield from [*self._gone(refers), *columns, *self._added(early)]
            drops = [item for item in drops if item not in refers]
            adds = [item for item in adds if item not in early]
        else:
            yield from columns
        yield from self._gone(drops)
        yield from late
        yield from kit.renamed_parts(self.sides.after, names, Phase.CONTRACT)
        yield from self._added(adds)
        yield from kit.swaps(self.sides, grown.swaps)
        yield from dropped(grown)
        yield from self._triggers(Phase.CONTRACT)

    def _added(self, parts: Sequence[Placed]) -> list[Step]:
        return self.kit.added(self.sides.after, parts)

    def _gone(self, parts: Sequence[Placed]) -> list[Step]:
        return mirrored(self._added(parts))

    def _triggers(self, phase: Phase) -> list[Step]:
        """The triggers that come or go in a phase. What refuses writes does so when no older
        release runs, or, where it goes, before newer ones do; others hold for both."""
        found: list[Step] = []
        for item in self.sides.change.triggers:
            if item.after is None and item.before is not None:
                found += mirrored([self._trigger(item.before)])
            elif item.before is None and item.after is not None:
                found.append(self._trigger(item.after))
        return [item for item in found if item.phase is phase]

    def _trigger(self, trigger: Trigger) -> Step:
        phase = Phase.CONTRACT if refuses(trigger) else Phase.EXPAND
        return self.kit.trigger(trigger, self.sides.after, phase)

    # -- constraints and indexes -----------------------------------------------------------
    def _parts(self) -> Iterator[PartChange]:
        """What changes of them, and what has to be built again since its columns are others."""
        changed = set()
        after, again = self.sides.after, self.sides.seconds
        for part in self.sides.change.parts:
            before = self._moved(part.before)
            changed.add(part.after)
            if before is not None and part.after is not None:
                same = replace(before, name=part.after.name) == part.after
                anew = same and columns_of(part.after, after) & again
                if same and not anew:
                    if before.name != part.after.name:
                        yield PartChange(before, part.after, renamed=True)
                    continue
            yield PartChange(before, part.after)
        for old in (*after.constraints, *after.indexes):
            if old not in changed and columns_of(old, after) & again:
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
        adds: list[Placed],
        drops: list[Placed],
        names: list[tuple[Part, str, str]],
    ) -> None:
        before, after = part.before, part.after
        sides = self.sides
        # One that stays is built beside the old one, and takes its name in the end.
        again = before is not None and after is not None and is_built(after)
        if after is not None and not self.kit.apart(after, sides):
            phase = self._phase(after, sides.after, self.fresh, again=again)
            # At the end the columns have their names.
            over = {} if phase is Phase.CONTRACT else {n: next_name(n) for n in sides.seconds}
            name = after.name
            if before is not None and again and not self.kit.apart(before, sides):
                name = next_name(after.name)
                names.append((after, name, after.name))
            adds.append((placed(after, over, name), phase))
        if before is not None and not self.kit.apart(before, sides):
            phase = self._phase(before, sides.before, self.leaving, again=again)
            if isinstance(before, ForeignKey) and isinstance(after, ForeignKey):
                phase = Phase.EXPAND
            over = {} if phase is Phase.CONTRACT else {n: last_name(n) for n in sides.seconds}
            drops.append((placed(before, over), phase))

    def _phase(self, part: Part, of: Table, known: frozenset[str], *, again: bool) -> Phase:
        """When a part may come, where `known` are the columns that older releases do not have."""
        columns = columns_of(part, of)
        if isinstance(part, TableIndex) or again:
            fresh = columns & (known | self.sides.seconds)
            return Phase.BACKFILL if fresh else Phase.EXPAND
        return Phase.BACKFILL if columns and columns <= known else Phase.CONTRACT


def _either(part: PartChange) -> Part:
    found = part.after or part.before
    if found is None:
        raise ValueError("a change of nothing")
    return found


def _fresh(item: ColumnChange) -> bool:
    before, after = item.before, item.after
    return after is not None and (before is None or before.name != after.name)
