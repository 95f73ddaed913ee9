"""SQLite: changes to steps.

What is added comes with ALTER TABLE, and what newer releases no longer keep to is let go, beside
releases that run. The rest is done to a table at once, by writing it anew when no older release
runs any more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from charter.migrate.changes import Changes, ColumnChange, Part, TableChange
from charter.migrate.step import Batch, Fill, Maker, Need, Phase, Step, Work
from charter.migrate.steps.building import fold_source, in_phases, mirrored, more_than
from charter.migrate.steps.letting import let_through
from charter.migrate.steps.notes import noted
from charter.migrate.steps.sqlite_columns import (
    added_text,
    carried,
    default_of,
    drops,
    given,
    is_made,
    loose,
    renamed_table,
    said_lost,
    same_columns,
    stand_in,
    tightens,
    told,
)
from charter.migrate.steps.sqlite_loosening import is_other_form, loosened, loosening
from charter.migrate.steps.sqlite_own import (
    Letting,
    alone,
    created,
    dropped,
    goes_first,
    kept,
    moved,
    seeing_updates,
)
from charter.migrate.steps.sqlite_rebuild import Carried, Rebuild, needs, rebuilt
from charter.migrate.steps.sqlite_steps import (
    LOCK,
    create_step,
    fill_back_step,
    fill_step,
    index_step,
    together,
    watch_step,
)
from charter.sql.schema import CheckRule, ForeignKey, Table, TableIndex, Trigger
from charter.sql.sqlite import SQLITE

quote = SQLITE.quote


def sqlite_steps(changes: Changes) -> tuple[Step, ...]:
    """The steps, in the order in which they run."""
    names = {change.was: change.name for change in changes if change.before and change.after}
    steps = [create_step([item.after]) for item in changes if item.after and not item.before]
    stays: list[_Changed] = []
    for change in changes:
        if change.before is None or change.after is None:
            continue
        steps += goes_first(change, change.before)
        before, left = kept(change, _pointing(change.before, names)), change
        looser = None if is_other_form(change) else loosened(change, before)
        if looser is not None:
            loose = given(looser.before)
            steps += loosening(change, before, loose)
            before, left = loose, looser
        stays.append(_Changed(left, before, change.after))
    steps += [step for one in stays for step in one.first()]
    # While tables are written anew, all have their new names: references follow a name.
    steps += [one.rename() for one in stays if one.change.renamed]
    steps += [one.rebuild() for one in stays if not one.is_light()]
    gone = [_pointing(item.before, names) for item in changes if item.before and not item.after]
    steps += mirrored(map(create_step, together(gone)))
    tables = {one.before.name: one.before for one in stays}
    guarded = {name: seeing_updates(table) for name, table in tables.items()}
    return in_phases(let_through(steps, guarded, Letting(guarded, tables)))


def _pointing(table: Table, moved: Mapping[str, str]) -> Table:
    """A table of before, whose references lead to the tables of after."""
    references = tuple(
        replace(part, target=moved.get(part.target, part.target)) for part in table.foreign_keys
    )
    return replace(table, foreign_keys=references)


@dataclass(frozen=True, slots=True)
class _Changed:
    """The steps of one table that stays."""

    change: TableChange
    before: Table
    after: Table

    @property
    def adds(self) -> list[ColumnChange]:
        return [
            item
            for item in self.change.columns
            if item.before is None and item.after and item.after.column.generated is None
        ]

    def first(self) -> Iterator[Step]:
        """All that leaves the table what it is."""
        light = self.is_light()
        for add in self.adds:
            yield from self._add(add, inline=self._inline(add) if light else ())
        yield from self._indexes() if light else self._filled()
        if light:
            yield from alone(self.change, self.before)

    # -- what ALTER TABLE can do -----------------------------------------------------------
    def is_light(self) -> bool:
        """Whether all of it is nullable columns, indexes and triggers that come or go."""
        inline = [part for add in self.adds for part in self._inline(add)]
        columns = all(
            item in self.adds and given(item.after).column.nullable for item in self.change.columns
        )
        parts = all(
            isinstance(item.after or item.before, TableIndex)
            or (item.before is None and item.after in inline)
            for item in self.change.parts
        )
        return columns and parts and not self.change.renamed

    def _inline(self, add: ColumnChange) -> tuple[Part, ...]:
        """The constraints that are about the new column alone."""
        return tuple(
            item.after
            for item in self.change.parts
            if add.after
            and item.before is None
            and isinstance(item.after, CheckRule | ForeignKey)
            and item.after.columns == (add.after.name,)
            and getattr(item.after, "rule", None) is None
        )

    def _add(self, add: ColumnChange, inline: Sequence[Part]) -> Iterator[Step]:
        held = given(add.after)
        table, name = self.before.name, held.name
        text = added_text(add, inline)
        up = f"ALTER TABLE {quote(table)} ADD COLUMN {text}"
        down: tuple[str, ...] = (f"ALTER TABLE {quote(table)} DROP COLUMN {quote(name)}",)
        if inline:
            down = rebuilt(Rebuild(self.before, self.before, same_columns(self.before.columns)))
        yield Step(
            f"add {table}.{name}",
            Phase.EXPAND,
            f"Adds the column {name} to {table}.",
            (up,),
            down,
            LOCK,
            Work.CATALOG,
            table,
            loses_down=None if is_made(held) else f"what {table}.{name} holds is lost",
            lock_down=LOCK,
            work_down=Work.REWRITE,
        )
        source = fold_source(held)
        if source is not None:
            yield from self._folded(name, source)
        elif add.fill is not None and default_of(add) is None:
            batch = self._batch(Fill(name, add.fill), f"{quote(name)} IS NULL")
            yield fill_step(f"fill {table}.{name}", batch, Phase.BACKFILL)

    def _folded(self, name: str, source: str) -> Iterator[Step]:
        """Releases of before write the text and not its folded form: that is emptied then, and
        filled once they are gone."""
        table = self.before.name
        value = self._source(source)
        batch = self._batch(
            Fill(name, maker=Maker.FOLD, source=value),
            f"{quote(name)} IS NULL AND {value} IS NOT NULL",
        )
        first = fill_step(f"fill {table}.{name}", replace(batch, leaves=True), Phase.BACKFILL)
        plain = [c.name for c in self.before.columns if quote(c.name) == value]
        watched = [watch_step(self.before, name, column) for column in plain]
        yield from (*watched, first, *mirrored(watched))
        yield fill_step(f"fill {table}.{name} again", batch, Phase.CONTRACT)

    def _source(self, name: str) -> str:
        return self._carried_up()[name].value

    def _batch(self, fill: Fill, where: str) -> Batch:
        key = self.before.key
        return Batch(self.before.name, key.columns if key else (), (fill,), where)

    def _indexes(self) -> Iterator[Step]:
        drops = [item.before for item in self.change.parts if isinstance(item.before, TableIndex)]
        names = {index.name for index in drops}
        # What goes is gone before another of its name comes.
        yield from mirrored(index_step(index, self.before, Phase.EXPAND) for index in drops)
        for part in self.change.parts:
            if isinstance(part.after, TableIndex):
                phase = Phase.CONTRACT if part.after.name in names else Phase.EXPAND
                yield index_step(part.after, self.before, phase)

    # -- what is written anew --------------------------------------------------------------
    def _filled(self) -> Iterator[Step]:
        """Folded texts that come back going back, or become required with their texts."""
        for item in self.change.columns:
            before, after = item.before, item.after
            source = fold_source(before) if before else None
            if before is None or source is None:
                continue
            name, place = quote(before.name), f"{self.before.name}.{before.name}"
            if after is None:
                text, empty = quote(source), f"{name} = ''"
                empty = f"{name} IS NULL" if before.column.nullable else empty
                there = f"{text} IS NOT NULL AND {text} <> ''"
                fill = Fill(before.name, maker=Maker.FOLD, source=text)
                yield fill_back_step(
                    f"fill {place} back", self._batch(fill, f"{empty} AND {there}")
                )
            elif tightens(item):
                text = self._source(fold_source(after) or source)
                fill = Fill(before.name, maker=Maker.FOLD, source=text)
                batch = self._batch(fill, f"{name} IS NULL AND {text} IS NOT NULL")
                yield fill_step(f"fill {place}", batch, Phase.CONTRACT)

    @property
    def _through(self) -> tuple[Trigger, ...]:
        """The triggers that there are once the table has its new name."""
        renamed = self.change.renamed
        return moved(self.change, self.before) if renamed else self.before.triggers

    def rename(self) -> Step:
        old, new = self.before.name, self.after.name
        before, after = self.before.triggers, self._through
        return Step(
            f"rename {old}",
            Phase.CONTRACT,
            f"Renames the table {old} to {new}.",
            (
                *dropped(before),
                f"ALTER TABLE {quote(old)} RENAME TO {quote(new)}",
                noted(SQLITE, come=new, gone=old),
                *created(after, self.after),
            ),
            (
                *dropped(after),
                f"ALTER TABLE {quote(new)} RENAME TO {quote(old)}",
                noted(SQLITE, come=old, gone=new),
                *created(before, self.before),
            ),
            LOCK,
            Work.CATALOG,
            old,
            lock_down=LOCK,
        )

    def rebuild(self) -> Step:
        table = self.after.name
        up = Rebuild(self._middle(), self.after, self._carried_up())
        added = [added_text(add, ()) for add in self.adds]
        was = replace(renamed_table(self.before, table), triggers=self._through)
        back = Rebuild(self.after, was, self._carried_down(), added)
        lost, lost_down = self._lost()
        return Step(
            f"rebuild {table}",
            Phase.CONTRACT,
            f"Writes {table} anew: {self._said()}.",
            rebuilt(up),
            rebuilt(back),
            LOCK,
            Work.REWRITE,
            table,
            loses=lost,
            loses_down=lost_down,
            needs=needs(up),
            needs_down=(*needs(back), *self._unfilled()),
            lock_down=LOCK,
            work_down=Work.REWRITE,
            apart=is_other_form(self.change),
        )

    def _middle(self) -> Table:
        """The table as it is between the phases."""
        columns = (*self.before.columns, *map(loose, self.adds))
        return renamed_table(self.before, self.after.name, columns)

    def _carried_up(self) -> Mapping[str, Carried]:
        changed = {given(c.after).name: c for c in self.change.columns if c.after}
        return {
            column.name: carried(changed[column.name], up=True)
            if column.name in changed
            else Carried(quote(column.name))
            for column in self.after.columns
            if column.generated is None
        }

    def _carried_down(self) -> Mapping[str, Carried]:
        changed = {given(c.before).name: c for c in self.change.columns if c.before}
        found = {
            column.name: carried(changed[column.name], up=False)
            if column.name in changed
            else Carried(quote(column.name))
            for column in self.before.columns
            if column.generated is None
        }
        for add in self.adds:
            name = given(add.after).name
            found.setdefault(name, Carried(quote(name)))
        return found

    def _lost(self) -> tuple[str | None, str | None]:
        """What is lost going up, and back (what is added is lost with a step of its own)."""
        lost = [item for item in self.change.columns if drops(item)]
        old = [item.before.name for item in lost if item.before and not is_made(item.before)]
        new = [item.after.name for item in lost if item.after and not is_made(item.after)]
        return said_lost(self.before, old), said_lost(self.after, new)

    def _unfilled(self) -> Iterator[Need]:
        """Columns that come back required, and for which no value can stand in."""
        for item in self.change.columns:
            held = item.before
            if held is None or held.column.generated is not None or not drops(item):
                continue
            if not held.column.nullable and stand_in(held) is None:
                says = f"would have no {held.name}, which is required again"
                yield more_than(self.after.name, 0, says, SQLITE)

    def _said(self) -> str:
        columns = map(told, self.change.columns)
        parts: list[Part | Trigger | None] = [
            *(item.after or item.before for item in self.change.parts),
            *(item.after or item.before for item in self.change.triggers),
        ]
        return "; ".join([*columns, *(part.name for part in parts if part)])
