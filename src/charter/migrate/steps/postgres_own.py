"""PostgreSQL: the triggers that a contract asks for, each with a function of its name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from charter.contract.types import TEXT
from charter.migrate.changes import TableChange
from charter.migrate.locks import Operation
from charter.migrate.step import Phase, Step
from charter.migrate.steps.building import mirrored
from charter.migrate.steps.letting import (
    Standing,
    hold_does,
    hold_name,
    let_does,
    let_name,
    standing,
)
from charter.migrate.steps.postgres_ddl import Ddl, quote, step
from charter.sql.ddl import trigger_texts
from charter.sql.postgres import POSTGRES
from charter.sql.schema import Table, Trigger
from charter.sql.triggers import refuses

_LETS = """\
DECLARE
  filled text[] := ARRAY[{columns}] || ARRAY(
    SELECT attname::text FROM pg_attribute WHERE attrelid = TG_RELID AND attgenerated <> '');
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - filled = to_jsonb(OLD) - filled THEN
    RETURN NEW;
  END IF;
  {body};
END"""
"""What is another than before is filled, or worked out (which comes after these triggers)."""


def swapped(change: TableChange, table: Table) -> Iterator[Step]:
    """Triggers that are another than before: there is no moment at which none holds."""
    for item in change.triggers:
        if item.before is not None and item.after is not None:
            old, new = item.before, item.after
            yield step(
                f"trigger {new.name}",
                Phase.EXPAND,
                f"Makes the trigger {new.name} of {table.name} what it is to be.",
                table.name,
                (*dropped(old, table), *_created(new, table)),
                (*dropped(new, table), *_created(old, table)),
            )


def coming(change: TableChange, table: Table, phase: Phase) -> list[Step]:
    """The triggers that come or go in a phase. What refuses writes does so when no older release
    runs, or, where it goes, before newer ones do; others hold for both."""
    found: list[Step] = []
    for item in change.triggers:
        if item.after is None and item.before is not None:
            found += mirrored([_comes(item.before, table)])
        elif item.before is None and item.after is not None:
            found.append(_comes(item.after, table))
    return [item for item in found if item.phase is phase]


def _comes(trigger: Trigger, table: Table) -> Step:
    return step(
        f"trigger {trigger.name}",
        Phase.CONTRACT if refuses(trigger) else Phase.EXPAND,
        f"Makes the trigger {trigger.name} of {table.name}.",
        table.name,
        _created(trigger, table),
        dropped(trigger, table),
    )


def _created(trigger: Trigger, table: Table) -> tuple[Ddl, ...]:
    function, create = trigger_texts(trigger, table, POSTGRES)
    return Ddl(function, Operation.FUNCTION), Ddl(create, Operation.CREATE_TRIGGER)


def dropped(trigger: Trigger, table: Table) -> tuple[Ddl, ...]:
    text = f"DROP TRIGGER {quote(trigger.name)} ON {quote(table.name)}"
    return Ddl(text, Operation.DROP_TRIGGER), function_goes(trigger)


def function_goes(trigger: Trigger) -> Ddl:
    """A function stays when its table goes."""
    return Ddl(f"DROP FUNCTION {quote(trigger.name)}()", Operation.FUNCTION)


# -- while rows are filled ---------------------------------------------------------------------
def seeing_updates(change: TableChange) -> tuple[Trigger, ...]:
    """The triggers that are there when rows are filled, going up or back."""
    after = change.after.triggers if change.after else ()
    come = {item.after for item in change.triggers if item.before is None}
    goes = [item.before for item in change.triggers if item.after is None]
    found = [item for item in after if item not in come or not refuses(item)]
    return standing([*found, *(item for item in goes if item and not refuses(item))])


@dataclass(frozen=True, slots=True)
class Letting:
    """Makes the steps around fills: functions are replaced, so nobody waits."""

    guarded: Standing

    def __call__(self, table: str, columns: frozenset[str], phase: Phase) -> tuple[Step, Step]:
        triggers = self.guarded[table]
        lets = [_replaced(item, _letting(item, sorted(columns))) for item in triggers]
        holds = [_replaced(item, item.body) for item in triggers]
        first = step(let_name(table), phase, let_does(table, columns), table, lets, holds)
        return first, step(hold_name(table), phase, hold_does(table), table, holds, lets)


def _letting(trigger: Trigger, columns: Sequence[str]) -> str:
    names = ", ".join(POSTGRES.literal(name, TEXT) for name in columns)
    return _LETS.replace("{columns}", names).replace("{body}", trigger.body)


def _replaced(trigger: Trigger, body: str) -> Ddl:
    text = (
        f"CREATE OR REPLACE FUNCTION {quote(trigger.name)}() RETURNS trigger LANGUAGE plpgsql "
        f"AS $charter${body}$charter$"
    )
    return Ddl(text, Operation.FUNCTION)
