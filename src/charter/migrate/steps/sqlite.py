"""SQLite: changes to steps.

What is added comes with ALTER TABLE, beside releases that run. All else is done to a table at
once, by writing it anew when no older release runs any more: one file is served by one machine.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from charter.migrate.changes import Changes, ColumnChange, Held, Part, TableChange
from charter.migrate.conversions import conversion
from charter.migrate.step import Batch, Fill, Maker, Need, Phase, Step, Work
from charter.migrate.steps.building import (
    ROWS_OF,
    fold_source,
    in_phases,
    listed,
    mirrored,
    more_than,
)
from charter.migrate.steps.notes import noted
from charter.migrate.steps.sqlite_rebuild import Carried, Rebuild, needs, rebuilt
from charter.migrate.wanted import NOW
from charter.sql.ddl import constraint_text, index_text, tables
from charter.sql.naming import bounded
from charter.sql.schema import CheckRule, Column, ForeignKey, Schema, Table, TableIndex
from charter.sql.sqlite import SQLITE

LOCK = "RESERVED"
"""Who writes waits; who reads does not (write-ahead log)."""
_NOW = "strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')"
quote = SQLITE.quote
V = TypeVar("V")


def sqlite_steps(changes: Changes) -> tuple[Step, ...]:
    """The steps, in the order in which they run."""
    steps: list[Step] = []
    for change in changes:
        match change:
            case TableChange(before=None, after=Table() as table):
                steps.append(_create(table))
            case TableChange(before=Table() as table, after=Table()):
                steps += _Changed(change).steps()
    gone = [item.before for item in changes if item.after is None and item.before is not None]
    steps += mirrored(_create(table) for table in gone)
    return in_phases(steps)


def _create(table: Table) -> Step:
    return Step(
        f"create {table.name}",
        Phase.EXPAND,
        f"Creates the table {table.name}.",
        (*tables(Schema((table,)), SQLITE), noted(SQLITE, come=table.name)),
        (f"DROP TABLE {quote(table.name)}", noted(SQLITE, gone=table.name)),
        LOCK,
        Work.CATALOG,
        table.name,
        loses_down=ROWS_OF.format(table.name),
        lock_down=LOCK,
    )


@dataclass(frozen=True, slots=True)
class _Changed:
    """The steps of one table that stays."""

    change: TableChange

    @property
    def before(self) -> Table:
        return _given(self.change.before)

    @property
    def after(self) -> Table:
        return _given(self.change.after)

    @property
    def adds(self) -> list[ColumnChange]:
        return [item for item in self.change.columns if item.before is None]

    def steps(self) -> Iterator[Step]:
        light = self._is_light()
        for add in self.adds:
            yield from self._add(add, inline=self._inline(add) if light else ())
        if light:
            yield from self._indexes()
            return
        yield from self._filled()
        if self.change.renamed:
            yield self._rename()
        yield self._rebuild()

    # -- what ALTER TABLE can do -----------------------------------------------------------
    def _is_light(self) -> bool:
        """Whether all of it is nullable columns and indexes that come or go."""
        inline = [part for add in self.adds for part in self._inline(add)]
        columns = all(
            item.before is None and item.after and item.after.column.nullable
            for item in self.change.columns
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
        held = _given(add.after)
        table, name = self.before.name, held.name
        text = _added(add, inline)
        up = f"ALTER TABLE {quote(table)} ADD COLUMN {text}"
        down: tuple[str, ...] = (f"ALTER TABLE {quote(table)} DROP COLUMN {quote(name)}",)
        if inline:
            down = rebuilt(Rebuild(self.before, self.before, _same(self.before.columns)))
        yield Step(
            f"add {table}.{name}",
            Phase.EXPAND,
            f"Adds the column {name} to {table}.",
            (up,),
            down,
            LOCK,
            Work.CATALOG,
            table,
            loses_down=f"what {table}.{name} holds is lost",
            lock_down=LOCK,
            work_down=Work.REWRITE,
        )
        source = fold_source(held)
        if source is not None:
            yield from self._folded(name, source)
        elif add.fill is not None and _default(add) is None:
            batch = self._batch(Fill(name, add.fill), f"{quote(name)} IS NULL")
            yield _fill(f"fill {table}.{name}", batch, Phase.BACKFILL)

    def _folded(self, name: str, source: str) -> Iterator[Step]:
        """Releases of before write the text and not its folded form: that is emptied then, and
        filled once they are gone."""
        table = self.before.name
        value = self._source(source)
        batch = self._batch(
            Fill(name, maker=Maker.FOLD, source=value),
            f"{quote(name)} IS NULL AND {value} IS NOT NULL",
        )
        names = [c.name for c in self.before.columns if quote(c.name) == value]
        if names:
            up, down = _watch(self.before, name, names[0])
            watch = Step(
                f"watch {table}.{name}",
                Phase.EXPAND,
                f"Notices where a release of before changes what {name} is made of.",
                (up,),
                (down,),
                LOCK,
                Work.CATALOG,
                table,
                lock_down=LOCK,
            )
            yield watch
            yield _fill(f"fill {table}.{name}", batch, Phase.BACKFILL)
            yield from mirrored([replace(watch, name=f"watch {table}.{name} no more")])
        else:
            yield _fill(f"fill {table}.{name}", batch, Phase.BACKFILL)
        yield _fill(f"fill {table}.{name} again", batch, Phase.CONTRACT)

    def _source(self, name: str) -> str:
        return self._carried_up()[name].value

    def _batch(self, fill: Fill, where: str) -> Batch:
        key = self.before.key
        return Batch(self.before.name, key.columns if key else (), (fill,), where)

    def _indexes(self) -> Iterator[Step]:
        drops = [item.before for item in self.change.parts if isinstance(item.before, TableIndex)]
        names = {index.name for index in drops}
        # What goes is gone before another of its name comes.
        yield from mirrored(_index(index, self.before, Phase.EXPAND) for index in drops)
        for part in self.change.parts:
            if isinstance(part.after, TableIndex):
                phase = Phase.CONTRACT if part.after.name in names else Phase.EXPAND
                yield _index(part.after, self.before, phase)

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
                yield _fill_back(f"fill {place} back", self._batch(fill, f"{empty} AND {there}"))
            elif _tightens(item):
                text = self._source(fold_source(after) or source)
                fill = Fill(before.name, maker=Maker.FOLD, source=text)
                batch = self._batch(fill, f"{name} IS NULL AND {text} IS NOT NULL")
                yield _fill(f"fill {place}", batch, Phase.CONTRACT)

    def _rename(self) -> Step:
        old, new = self.before.name, self.after.name
        return Step(
            f"rename {old}",
            Phase.CONTRACT,
            f"Renames the table {old} to {new}.",
            (f"ALTER TABLE {quote(old)} RENAME TO {quote(new)}", noted(SQLITE, come=new, gone=old)),
            (f"ALTER TABLE {quote(new)} RENAME TO {quote(old)}", noted(SQLITE, come=old, gone=new)),
            LOCK,
            Work.CATALOG,
            old,
            lock_down=LOCK,
        )

    def _rebuild(self) -> Step:
        table = self.after.name
        up = Rebuild(self._middle(), self.after, self._carried_up())
        added = [_added(add, ()) for add in self.adds]
        back = Rebuild(self.after, _renamed(self.before, table), self._carried_down(), added)
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
        )

    def _middle(self) -> Table:
        """The table as it is between the phases."""
        columns = (*self.before.columns, *map(_loose, self.adds))
        return _renamed(self.before, self.after.name, columns)

    def _carried_up(self) -> Mapping[str, Carried]:
        changed = {_given(c.after).name: c for c in self.change.columns if c.after}
        return {
            column.name: _carried(changed[column.name], up=True)
            if column.name in changed
            else Carried(quote(column.name))
            for column in self.after.columns
        }

    def _carried_down(self) -> Mapping[str, Carried]:
        changed = {_given(c.before).name: c for c in self.change.columns if c.before}
        found = {
            column.name: _carried(changed[column.name], up=False)
            if column.name in changed
            else Carried(quote(column.name))
            for column in self.before.columns
        }
        for add in self.adds:
            name = _given(add.after).name
            found.setdefault(name, Carried(quote(name)))
        return found

    def _lost(self) -> tuple[str | None, str | None]:
        """What is lost going up, and back (what is added is lost with a step of its own)."""
        lost = [item for item in self.change.columns if _drops(item)]
        old = [item.before.name for item in lost if item.before and not fold_source(item.before)]
        new = [item.after.name for item in lost if item.after]
        return _said_lost(self.before, old), _said_lost(self.after, new)

    def _unfilled(self) -> Iterator[Need]:
        """Columns that come back required, and for which no value can stand in."""
        for item in self.change.columns:
            held = item.before
            if held and _drops(item) and not held.column.nullable and _stand_in(held) is None:
                says = f"would have no {held.name}, which is required again"
                yield more_than(self.after.name, 0, says, SQLITE)

    def _said(self) -> str:
        columns = map(_told, self.change.columns)
        parts = ((item.after or item.before) for item in self.change.parts)
        return "; ".join([*columns, *(part.name for part in parts if part)])


def _index(index: TableIndex, table: Table, phase: Phase) -> Step:
    return Step(
        f"index {index.name}",
        phase,
        f"Builds the index {index.name} of {table.name}.",
        (index_text(index, table, SQLITE),),
        (f"DROP INDEX {quote(index.name)}",),
        LOCK,
        Work.SCAN,
        table.name,
        lock_down=LOCK,
    )


def _fill(name: str, batch: Batch, phase: Phase) -> Step:
    columns = ", ".join(fill.column for fill in batch.fills)
    says = f"Fills {columns} of the rows of {batch.table} that have none."
    return Step(name, phase, says, (), (), "", Work.ROWS, batch.table, batch=batch)


def _fill_back(name: str, batch: Batch) -> Step:
    says = f"Going back, fills {batch.fills[0].column} of {batch.table} again."
    return Step(
        name, Phase.CONTRACT, says, (), (), "", Work.CATALOG, batch.table,
        batch_down=batch, work_down=Work.ROWS,
    )  # fmt: skip


def _watch(table: Table, column: str, source: str) -> tuple[str, str]:
    """A trigger that empties a folded text when only its text is changed; and its end."""
    name = quote(bounded(f"charter_stale_{table.name}_{column}"))
    held, text = quote(column), quote(source)
    event = f"AFTER UPDATE OF {text} ON {quote(table.name)}"
    stale = f"NEW.{held} IS OLD.{held} AND lower(NEW.{text}) IS NOT lower(OLD.{text})"
    body = f"UPDATE {quote(table.name)} SET {held} = NULL WHERE rowid = NEW.rowid"  # noqa: S608
    create = f"CREATE TRIGGER {name} {event} WHEN {stale} BEGIN {body}; END"
    return create, f"DROP TRIGGER {name}"


# -- columns ---------------------------------------------------------------------------------
def _added(add: ColumnChange, inline: Sequence[Part]) -> str:
    """A new column, as ALTER TABLE … ADD has it."""
    column = _given(add.after).column
    default = _default(add)
    words = [quote(column.name), column.type]
    words += [] if default is None else ["NOT NULL DEFAULT", default]
    words += [_inlined(part) for part in inline]
    return " ".join(words)


def _inlined(part: Part) -> str:
    if isinstance(part, ForeignKey):
        text = constraint_text(part, SQLITE)
        return text.replace(f" FOREIGN KEY ({listed(part.columns, SQLITE)})", "", 1)
    return constraint_text(part, SQLITE) if isinstance(part, CheckRule) else ""


def _default(add: ColumnChange) -> str | None:
    """The default that a new column has until it is written anew."""
    return None if _given(add.after).column.nullable else add.fill


def _value(add: ColumnChange) -> str | None:
    """What rows that exist get, as an expression."""
    after = _given(add.after)
    if add.fill is None and after.stored and after.stored.made == NOW:
        return None if after.column.nullable else _NOW
    return add.fill


def _loose(add: ColumnChange) -> Column:
    return replace(_given(add.after).column, nullable=_default(add) is None)


def _carried(change: ColumnChange, *, up: bool) -> Carried:
    """Where the values of a column of `change` come from, going up or back."""
    old, new = (change.before, change.after) if up else (change.after, change.before)
    target = _given(new)
    instead = change.fill if up else _stand_in(target)
    if old is None:
        name = quote(target.name)
        if not up:
            return Carried(_or_null(target, instead))
        value = None if target.column.nullable or _default(change) else _value(change)
        return Carried(name if value is None else f"coalesce({name}, {value})")
    found = conversion(old, target, SQLITE.name)
    if found is None:
        return Carried(_or_null(target, instead))
    source = quote(old.name)
    value = found.of(source)
    if up and change.fill is not None and old.column.nullable and not target.column.nullable:
        value = f"coalesce({value}, {change.fill})"
    return Carried(value, found.misfits(source))


def _or_null(held: Held, value: str | None) -> str:
    return "NULL" if held.column.nullable or value is None else value


def _stand_in(held: Held) -> str | None:
    return held.stored.stands_in if held.stored else None


def _converts(change: ColumnChange) -> bool:
    before, after = _given(change.before), _given(change.after)
    return conversion(before, after, SQLITE.name) is not None


def _tightens(change: ColumnChange) -> bool:
    """Whether a column becomes required and keeps what it holds."""
    before, after = _given(change.before).column, _given(change.after).column
    return before.nullable and not after.nullable and _converts(change)


def _drops(change: ColumnChange) -> bool:
    """Whether what the column of before holds does not go over."""
    return change.before is not None and (change.after is None or not _converts(change))


def _same(columns: Sequence[Column]) -> Mapping[str, Carried]:
    return {column.name: Carried(quote(column.name)) for column in columns}


def _renamed(table: Table, name: str, columns: tuple[Column, ...] | None = None) -> Table:
    return replace(table, name=name, columns=table.columns if columns is None else columns)


# -- for people ------------------------------------------------------------------------------
def _told(item: ColumnChange) -> str:
    before, after = item.before, item.after
    if before is None:
        return f"{_given(after).name} as it is to be"
    if after is None:
        return f"without {before.name}"
    if before.name != after.name:
        return f"{before.name} is {after.name}"
    need = "" if before.column.nullable == after.column.nullable else (
        ", may be empty" if after.column.nullable else ", is required"
    )  # fmt: skip
    return f"{after.name} as {_kind(after)}{need}"


def _kind(held: Held) -> str:
    stored = held.stored
    if stored is None:
        return held.column.type
    digits = "" if stored.digits is None else f"({stored.digits}, {stored.places})"
    return f"{'list of ' if stored.many else ''}{stored.scalar}{digits}"


def _said_lost(table: Table, names: Sequence[str]) -> str | None:
    held = ", ".join(f"{table.name}.{name}" for name in names)
    return f"what {held} {'holds' if len(names) == 1 else 'hold'} is lost" if names else None


def _given(value: V | None) -> V:
    if value is None:
        raise ValueError("a part of the change is missing")
    return value
