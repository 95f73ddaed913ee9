"""PostgreSQL: the triggers that a contract asks for, each with a function of its name."""

from collections.abc import Sequence
from dataclasses import dataclass

from charter.contract.types import TEXT
from charter.migrate.locks import Operation
from charter.migrate.step import Phase, Step
from charter.migrate.steps.letting import (
    Standing,
    hold_does,
    hold_name,
    let_does,
    let_name,
)
from charter.migrate.steps.postgres_ddl import Ddl, quote, step
from charter.sql.ddl import trigger_texts
from charter.sql.postgres import POSTGRES
from charter.sql.schema import Table, Trigger

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


def another(old: Trigger, new: Trigger, table: Table) -> Step:
    """A trigger in the place of another: there is no moment at which none holds."""
    return step(
        f"trigger {new.name}",
        Phase.EXPAND,
        f"Makes the trigger {new.name} of {table.name} what it is to be.",
        table.name,
        (*dropped(old, table), *_created(new, table)),
        (*dropped(new, table), *_created(old, table)),
    )


def comes(trigger: Trigger, table: Table, phase: Phase) -> Step:
    return step(
        f"trigger {trigger.name}",
        phase,
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
