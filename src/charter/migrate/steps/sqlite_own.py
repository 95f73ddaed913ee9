"""SQLite: the triggers that a contract asks for. They go with a table that is written anew."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from charter.migrate.changes import TableChange
from charter.migrate.step import Phase, Step, Work
from charter.migrate.steps.building import listed, mirrored
from charter.migrate.steps.letting import (
    Standing,
    hold_does,
    hold_name,
    let_does,
    let_name,
    standing,
)
from charter.migrate.steps.sqlite_steps import LOCK
from charter.sql.ddl import trigger_texts
from charter.sql.schema import Table, Trigger
from charter.sql.sqlite import SQLITE
from charter.sql.triggers import refuses


def kept(change: TableChange, before: Table) -> Table:
    """The table of before without the triggers that go while older releases run."""
    gone = {item.before for item in change.triggers if item.after is None}
    left = (item for item in before.triggers if not (item in gone and refuses(item)))
    return replace(before, triggers=tuple(left))


def moved(change: TableChange, before: Table) -> tuple[Trigger, ...]:
    """The triggers of before, as they are once the table has its new name."""
    now = {item.before: item.after for item in change.triggers}
    found = (now.get(item, item) for item in before.triggers)
    return tuple(item for item in found if item is not None)


def goes_first(change: TableChange, table: Table) -> list[Step]:
    """What refused writes and goes does so before releases of after are there."""
    gone = [item.before for item in change.triggers if item.before and item.after is None]
    return mirrored(_comes(item, table, Phase.CONTRACT) for item in gone if refuses(item))


def alone(change: TableChange, table: Table) -> Iterator[Step]:
    """The other triggers, of a table that is not written anew; where rows may be filled, after
    that."""
    soon = Phase.CONTRACT if change.columns else Phase.EXPAND
    for item in change.triggers:
        if item.before is not None and item.after is not None:
            yield _another(item.before, item.after, table, soon)
        elif item.after is not None:
            yield _comes(item.after, table, Phase.CONTRACT if refuses(item.after) else soon)
        elif item.before is not None and not refuses(item.before):
            yield from mirrored([_comes(item.before, table, Phase.EXPAND)])


def _comes(trigger: Trigger, table: Table, phase: Phase) -> Step:
    says = f"Makes the trigger {trigger.name} of {table.name}."
    up, down = created([trigger], table), dropped([trigger])
    return _step(f"trigger {trigger.name}", phase, says, table.name, up, down)


def _another(old: Trigger, new: Trigger, table: Table, phase: Phase) -> Step:
    says = f"Makes the trigger {new.name} of {table.name} what it is to be."
    up = (*dropped([old]), *created([new], table))
    down = (*dropped([new]), *created([old], table))
    return _step(f"trigger {new.name}", phase, says, table.name, up, down)


def _step(
    name: str, phase: Phase, does: str, table: str, up: tuple[str, ...], down: tuple[str, ...]
) -> Step:
    return Step(name, phase, does, up, down, LOCK, Work.CATALOG, table, lock_down=LOCK)


def created(triggers: Sequence[Trigger], table: Table) -> tuple[str, ...]:
    return tuple(text for item in triggers for text in trigger_texts(item, table, SQLITE))


def dropped(triggers: Sequence[Trigger]) -> tuple[str, ...]:
    return tuple(f"DROP TRIGGER {SQLITE.quote(item.name)}" for item in triggers)


# -- while rows are filled ---------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Letting:
    """Makes the steps around fills. `tables` are those of before, by their names."""

    guarded: Standing
    tables: dict[str, Table]

    def __call__(self, name: str, columns: frozenset[str], phase: Phase) -> tuple[Step, Step]:
        table, triggers = self.tables[name], self.guarded[name]
        others = [
            item.name
            for item in table.columns
            if item.name not in columns and item.generated is None
        ]
        of = f"UPDATE OF {listed(others, SQLITE)}"
        some = [replace(item, timing=item.timing.replace("UPDATE", of, 1)) for item in triggers]
        lets = (*dropped(triggers), *created(some, table))
        holds = (*dropped(triggers), *created(triggers, table))
        return (
            _step(let_name(name), phase, let_does(name, columns), name, lets, holds),
            _step(hold_name(name), phase, hold_does(name), name, holds, lets),
        )


def seeing_updates(table: Table) -> tuple[Trigger, ...]:
    """The triggers of a table that are there when its rows are filled."""
    return standing(table.triggers)
