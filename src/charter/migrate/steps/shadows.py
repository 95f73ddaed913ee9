"""Columns that change, by a second column that is kept in step with the first.

A renamed column has its new name from the beginning. One whose type changes has a name of its
own until both are filled; then the two swap their names.
"""

from charter.migrate.changes import ColumnChange
from charter.migrate.conversions import Conversion, conversion
from charter.migrate.step import Fill, Need, Phase, Step
from charter.migrate.steps.building import count_where, mirrored
from charter.migrate.steps.fills import batch_of, filled, stand_in, tightened
from charter.migrate.steps.kit import Grown, Kit, Pair, Swap, Twins, Ways
from charter.sql.schema import Table


def is_second(kit: Kit, change: ColumnChange, rests: frozenset[str]) -> bool:
    """Whether a column changes so that it takes a second one under the same name. What others
    rest on (`rests`) does so whenever its type changes."""
    before, after = change.before, change.after
    if before is None or after is None or before.name != after.name:
        return False
    if conversion(before, after, kit.dialect.name) is None:
        return True
    if before.column.type == after.column.type:
        return False
    return after.name in rests or not kit.widens(before, after)


def grow(kit: Kit, pair: Pair, was: Table, grown: Grown) -> None:
    """Adds the steps of one change. `was` is the table before it was renamed."""
    forward, back = pair.forward, pair.back
    if forward is None or back is None:
        _replace(kit, pair, grown)
    elif not pair.keeps_name or pair.second:
        _shadow(kit, pair, Ways(forward, back), grown)
    else:
        if pair.before.column.type != pair.after.column.type:
            grown.first += kit.widened(pair, was, back)
        alone(kit, pair, grown)


def _replace(kit: Kit, pair: Pair, grown: Grown) -> None:
    """Nothing goes over: a column that comes and one that goes, and their names swap."""
    old = pair.before
    instead = None if old.column.nullable else stand_in(old)
    grown.adds += kit.comes(pair.table, pair.after, pair.next, pair.fill)
    grown.returns += kit.comes(pair.table, old, pair.last, instead)
    if pair.keeps_name:
        grown.swaps.append(Swap(pair))


def alone(kit: Kit, pair: Pair, grown: Grown) -> None:
    """The same column: whether it can be empty, and who numbers it."""
    before, after, name = pair.before.column, pair.after.column, pair.after.name
    if before.nullable and not after.nullable:
        grown.adds += tightened(kit, pair, name)
    elif after.nullable and not before.nullable:
        grown.returns += kit.required(pair.table, after, name, Phase.CONTRACT)
    if after.identity and not before.identity:
        grown.adds.append(kit.numbered(pair.table, after))
    elif before.identity and not after.identity:
        grown.returns.append(kit.numbered(pair.table, before))


def _shadow(kit: Kit, pair: Pair, ways: Ways, grown: Grown) -> None:
    """A second column, kept in step with the first from before it is filled."""
    table, label = pair.table, pair.after.name
    old, new = pair.before.name, pair.next.early
    prev, final = pair.last.early, pair.after.name
    early = Twins(table, old, new, ways, label)
    late = Twins(table, prev, final, ways, label)
    grown.adds += [
        kit.bare(table, pair.after, new, _does(table, new)),
        kit.keep(f"keep {table.name}.{old} and {new} in step", early),
        _follow(kit, table, old, new, ways.forward),
    ]
    grown.returns += [
        kit.bare(table, pair.before, prev, _does(table, prev)),
        kit.keep(f"keep {table.name}.{final} and {prev} in step", late),
        _follow(kit, table, final, prev, ways.back),
    ]
    one, two = pair.before.column, pair.after.column
    # A value that does not go over leaves the other column empty, until only one is written.
    if not two.nullable:
        sure = kit.trusts_triggers and not one.nullable and ways.forward.fits is None
        if sure:
            grown.adds += kit.required(table, two, new, Phase.BACKFILL)
        else:
            grown.adds += tightened(kit, pair, final)
    if not one.nullable:
        sure = kit.trusts_triggers and not two.nullable and ways.back.fits is None
        at, name = (Phase.BACKFILL, prev) if sure else (Phase.CONTRACT, old)
        grown.returns += kit.required(table, one, name, at)
    if pair.keeps_name:
        grown.swaps.append(Swap(pair, early, late))


def _does(table: Table, name: str) -> str:
    return f"Adds the column {name} to {table.name}; it holds what another one holds."


def _follow(kit: Kit, table: Table, source: str, name: str, way: Conversion) -> Step:
    quote = kit.dialect.quote
    value = way.of(quote(source))
    batch = batch_of(table, Fill(name, value), kit.differ(quote(name), value))
    misfits = way.misfits(quote(source))
    needs: tuple[Need, ...] = ()
    if misfits is not None:
        says = f"have a {source} that {name} cannot take"
        needs = (count_where(table.name, misfits, says, kit.dialect),)
    return filled(f"fill {table.name}.{name}", batch, Phase.BACKFILL, needs)


def dropped(grown: Grown) -> list[Step]:
    """The steps by which goes what would come the other way round. Columns go once nothing is
    filled any more."""
    steps = mirrored([*grown.returns, *grown.derived_returns])
    return sorted(steps, key=lambda step: step.batch_down is None)
