"""SQLite: what newer releases no longer give or keep to is let go first, beside older ones."""

from collections.abc import Iterator
from dataclasses import replace

from charter.migrate.changes import ColumnChange, Held, TableChange
from charter.migrate.step import Batch, Fill, Maker, Phase, Step, Work
from charter.migrate.steps.building import fold_source
from charter.migrate.steps.sqlite_columns import given, same_columns, stand_in, tightened_only
from charter.migrate.steps.sqlite_rebuild import Carried, Rebuild, needs, rebuilt
from charter.migrate.steps.sqlite_steps import LOCK, fill_back_step
from charter.sql.schema import Column, PrimaryKey, Table, TableIndex
from charter.sql.sqlite import SQLITE

quote = SQLITE.quote


def is_other_form(change: TableChange) -> bool:
    """Whether something that is there gets another name or form: no two releases could share
    the table then."""
    kept = (item for item in change.columns if item.before and item.after)
    return change.renamed or any(not tightened_only(item) and not _frees(item) for item in kept)


def _frees(item: ColumnChange) -> bool:
    """Whether a column is what it was, and only may be empty from now on."""
    if item.before is None or item.after is None:
        return False
    back = ColumnChange(item.after, item.before)
    return item.after.column.nullable and tightened_only(back)


def loosened(change: TableChange, before: Table) -> TableChange | None:
    """The change that is left once the table was loosened; None where there is nothing to be.

    `before` is the table as it is, with the names that others have by now.
    """
    free = {given(i.before).name for i in change.columns if i.after is None or _frees(i)}
    gone = {
        part.before.name
        for part in change.parts
        if part.before and not isinstance(part.before, TableIndex | PrimaryKey)
    }
    columns = tuple(_freed(column) if column.name in free else column for column in before.columns)
    loose = replace(
        before,
        columns=columns,
        uniques=tuple(part for part in before.uniques if part.name not in gone),
        checks=tuple(part for part in before.checks if part.name not in gone),
        foreign_keys=tuple(part for part in before.foreign_keys if part.name not in gone),
    )
    if loose == before:
        return None
    parts = (
        replace(part, before=None) if part.before and part.before.name in gone else part
        for part in change.parts
    )
    return TableChange(
        loose,
        change.after,
        tuple(_left(item) for item in change.columns if not _frees(item)),
        tuple(part for part in parts if part.before or part.after),
        change.triggers,
    )


def _freed(column: Column) -> Column:
    return replace(column, nullable=True)


def _left(item: ColumnChange) -> ColumnChange:
    if item.before is None or item.after is not None:
        return item
    return replace(item, before=Held(_freed(item.before.column), item.before.stored))


def loosening(change: TableChange, before: Table, loose: Table) -> Iterator[Step]:
    """The steps from the table as it is to the looser one."""
    goes = [item.before for item in change.columns if item.before and item.after is None]
    were = {column.name: column for column in before.columns}
    back = same_columns(before.columns)
    for held in goes:
        value = stand_in(held)
        if not were[held.name].nullable and value is not None:
            back[held.name] = Carried(f"coalesce({quote(held.name)}, {value})")
    for held in goes:
        source = fold_source(held)
        if source is not None and not were[held.name].nullable:
            text, name = quote(source), quote(held.name)
            fill = Fill(held.name, maker=Maker.FOLD, source=text)
            where = f"{name} = '' AND {text} <> ''"
            key = before.key.columns if before.key else ()
            batch = Batch(before.name, key, (fill,), where)
            step = fill_back_step(f"fill {before.name}.{held.name} back", batch)
            yield replace(step, phase=Phase.EXPAND)
    names = [column.name for column in loose.columns if column != were[column.name]]
    names += sorted({p.name for p in before.constraints} - {p.name for p in loose.constraints})
    returning = Rebuild(loose, before, back)
    yield Step(
        f"loosen {before.name}",
        Phase.EXPAND,
        f"Writes {before.name} anew, looser: {', '.join(names)}.",
        rebuilt(Rebuild(before, loose, same_columns(before.columns))),
        rebuilt(returning),
        LOCK,
        Work.REWRITE,
        before.name,
        needs_down=needs(returning),
        lock_down=LOCK,
        work_down=Work.REWRITE,
    )
