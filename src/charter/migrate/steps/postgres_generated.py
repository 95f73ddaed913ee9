"""PostgreSQL: columns that the database works out. Another one comes beside one that changes, and
both swap their names."""

from charter.migrate.changes import ColumnChange
from charter.migrate.steps.fills import stand_in
from charter.migrate.steps.generated import over, sources
from charter.migrate.steps.kit import Grown, Kit, Names, Pair, Sides, Swap, last_name, next_name
from charter.migrate.steps.postgres_columns import comes, worked_out
from charter.migrate.steps.shadows import alone


def derived(kit: Kit, item: ColumnChange, sides: Sides, grown: Grown) -> None:
    """Adds the steps of one generated column of a table that changes."""
    old, new, table = item.before, item.after, sides.after
    pair = Pair(table, old, new, item.fill, kit.dialect.name) if old and new else None
    if pair is not None and pair.keeps_name and pair.before.name not in sides.seconds:
        alone(kit, pair, grown)
        return
    if new is not None:
        names = Names(new.name, new.name) if pair is None else pair.next
        if new.column.generated is not None:
            changed = {one.after.name for one in sides.change.columns if one.after}
            settled = not sources(new.column, sides.after) & changed
            column = over(new.column, {name: next_name(name) for name in sides.seconds})
            grown.derived += worked_out(table, column, names, settled=settled)
        else:
            grown.adds += comes(table, new, names, item.fill)
    if old is not None:
        names = Names(old.name, old.name) if pair is None else pair.last
        if old.column.generated is not None:
            changed = {one.before.name for one in sides.change.columns if one.before}
            settled = not sources(old.column, sides.before) & changed
            column = over(old.column, {name: last_name(name) for name in sides.seconds})
            grown.derived_returns += worked_out(table, column, names, settled=settled)
        else:
            value = None if old.column.nullable else stand_in(old)
            grown.returns += comes(table, old, names, value)
    if pair is not None and pair.keeps_name:
        grown.swaps.append(Swap(pair))
