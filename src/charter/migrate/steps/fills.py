"""Steps that fill columns by ranges of the key."""

from dataclasses import replace

from charter.migrate.changes import Held
from charter.migrate.step import Batch, Fill, Maker, Need, Phase, Step, Work
from charter.migrate.steps.building import fits_filled, fold_source, mirrored, more_than
from charter.migrate.steps.kit import Kit, Names, Pair
from charter.sql.dialect import Dialect
from charter.sql.schema import Table


def stand_in(held: Held) -> str | None:
    """A value for rows that have none."""
    return held.stored.stands_in if held.stored else None


def batch_of(table: Table, fill: Fill, where: str) -> Batch:
    return Batch(table.name, table.key.columns if table.key else (), (fill,), where)


def filled(name: str, batch: Batch, phase: Phase, needs: tuple[Need, ...] = ()) -> Step:
    columns = ", ".join(fill.column for fill in batch.fills)
    does = f"Fills {columns} of the rows of {batch.table} that have none."
    return Step(name, phase, does, (), (), "", Work.ROWS, batch.table, batch=batch, needs=needs)


def fold_batch(table: Table, name: str, source: str, dialect: Dialect) -> Batch:
    text, held = dialect.quote(source), dialect.quote(name)
    fold = Fill(name, maker=Maker.FOLD, source=text)
    return batch_of(table, fold, f"{held} IS NULL AND {text} IS NOT NULL")


def nothing_in(table: Table, held: Held, dialect: Dialect) -> Need:
    """That there is no row, which would have no value."""
    return more_than(table.name, 0, f"would have no {held.name}", dialect)


def folded(kit: Kit, table: Table, held: Held, names: Names, source: Names) -> list[Step]:
    """A folded text. Releases of before write the text and not its folded form: that is emptied
    then, and filled once they are gone."""
    name = names.early
    does = f"Adds the column {name} to {table.name}."
    add = kit.bare(table, held, name, does)
    early, last = (
        fold_batch(table, name, text, kit.dialect) for text in (source.early, source.late)
    )
    first = replace(early, leaves=True)
    again = filled(f"fill {table.name}.{name} again", last, Phase.CONTRACT)
    found = [add, filled(f"fill {table.name}.{name}", first, Phase.BACKFILL), again]
    if source.early == source.late:
        on = kit.watch(table, name, source.early)
        found = [add, on, found[1], *mirrored([on]), again]
    if held.column.nullable:
        return found
    return found + kit.required(table, held.column, name, Phase.CONTRACT)


def tightened(kit: Kit, pair: Pair, name: str) -> list[Step]:
    """Values for rows that have none, and none without from then on."""
    source = fold_source(pair.after)
    found: list[Step] = []
    step_name = f"fill {pair.table.name}.{name}"
    if source is not None:
        batch = fold_batch(pair.table, name, source, kit.dialect)
        found = [filled(step_name, batch, Phase.CONTRACT)]
    elif pair.fill is not None:
        where = f"{kit.dialect.quote(name)} IS NULL"
        batch = batch_of(pair.table, Fill(name, pair.fill), where)
        needs = fits_filled(pair.table, name, pair.fill, kit.dialect)
        found = [filled(step_name, batch, Phase.CONTRACT, needs)]
    return [*found, *kit.required(pair.table, pair.after.column, name, Phase.CONTRACT)]
