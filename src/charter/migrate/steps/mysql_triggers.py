"""MySQL: triggers that hold while releases of before and after run beside each other, and those
that a contract asks for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from charter.migrate.locks_mysql import Operation
from charter.migrate.step import Phase, Step
from charter.migrate.steps.generated import is_generated
from charter.migrate.steps.kit import Sides, Twins, last_name, next_name
from charter.migrate.steps.letting import Standing, hold_does, hold_name, let_does, let_name
from charter.migrate.steps.mysql_ddl import Ddl, locked, quote, step, trigger_there
from charter.sql.ddl import trigger_texts
from charter.sql.mysql import MYSQL
from charter.sql.naming import bounded
from charter.sql.schema import Table, Trigger

_EACH = "FOR EACH ROW "


# -- while two releases run ----------------------------------------------------------------------
def twins(found: Twins) -> tuple[Trigger, Trigger]:
    """Two columns that hold one value: whichever is written, the other follows. They are called
    by both columns: when these swap their names, others come before those of before go."""
    before, after = f"NEW.{quote(found.old)}", f"NEW.{quote(found.new)}"
    was, now = f"OLD.{quote(found.old)}", f"OLD.{quote(found.new)}"
    there, here = found.ways.forward.of(before), found.ways.back.of(after)
    insert = f"""\
{_EACH}BEGIN
  IF {after} IS NULL THEN
    SET {after} = {there};
  ELSEIF {before} IS NULL THEN
    SET {before} = {here};
  END IF;
END"""
    update = f"""\
{_EACH}BEGIN
  IF NOT ({after} <=> {now}) THEN
    IF NOT ({after} <=> ({there})) THEN
      SET {before} = {here};
    END IF;
  ELSEIF NOT ({before} <=> {was}) THEN
    SET {after} = {there};
  END IF;
END"""
    name = f"charter_twins_{found.table.name}_{found.old}_{found.new}"
    return (
        Trigger(bounded(f"{name}_insert"), "BEFORE INSERT", insert),
        Trigger(bounded(f"{name}_update"), "BEFORE UPDATE", update),
    )


def stale(table: Table, column: str, source: str) -> Trigger:
    """A folded text that is emptied where its text is changed without it."""
    held, name = quote(column), quote(source)
    body = f"""\
{_EACH}BEGIN
  IF NOT (lower(NEW.{name}) <=> lower(OLD.{name})) AND NEW.{held} <=> OLD.{held} THEN
    SET NEW.{held} = NULL;
  END IF;
END"""
    return Trigger(bounded(f"charter_stale_{table.name}_{column}"), "BEFORE UPDATE", body)


def watching(name: str, says: str, triggers: Iterable[Trigger], table: Table) -> Step:
    """The step that makes some triggers."""
    found = list(triggers)
    up = [ddl for item in found for ddl in created(item, table)]
    return step(name, Phase.EXPAND, says, table.name, up, list(map(dropped, found)))


def created(trigger: Trigger, table: Table) -> tuple[Ddl, ...]:
    ran = trigger_there(trigger.name)
    texts = trigger_texts(trigger, table, MYSQL)
    return tuple(Ddl(text, Operation.CREATE_TRIGGER, ran) for text in texts)


def dropped(trigger: Trigger) -> Ddl:
    return Ddl(f"DROP TRIGGER IF EXISTS {quote(trigger.name)}", Operation.DROP_TRIGGER)


# -- those of the contract -----------------------------------------------------------------------
def comes(trigger: Trigger, table: Table, phase: Phase) -> Step:
    return step(
        f"trigger {trigger.name}",
        phase,
        f"Makes the trigger {trigger.name} of {table.name}.",
        table.name,
        created(trigger, table),
        (dropped(trigger),),
    )


def another(old: Trigger, new: Trigger, table: Table) -> Step:
    """A trigger in the place of another: it comes before that goes. Under the same name it cannot:
    then nobody else uses the table meanwhile."""
    up, down = (*created(new, table), dropped(old)), (*created(old, table), dropped(new))
    if old.name == new.name:
        up, down = locked(table.name, _again(new, table)), locked(table.name, _again(old, table))
    return step(
        f"trigger {new.name}",
        Phase.EXPAND,
        f"Makes the trigger {new.name} of {table.name} what it is to be.",
        table.name,
        up,
        down,
    )


def _again(trigger: Trigger, table: Table) -> tuple[Ddl, ...]:
    texts = trigger_texts(trigger, table, MYSQL)
    return dropped(trigger), *(Ddl(text, Operation.CREATE_TRIGGER) for text in texts)


@dataclass(frozen=True, slots=True)
class Letting:
    """Makes the steps around fills: triggers that let them through come before the others go, and
    the other way round, so that there is no moment in which none holds."""

    guarded: Standing
    sides: Mapping[str, Sides]

    def __call__(self, name: str, columns: frozenset[str], phase: Phase) -> tuple[Step, Step]:
        table = self.sides[name].after
        watched = sorted(_there(self.sides[name], phase) - columns)
        up: list[Ddl] = []
        down: list[Ddl] = []
        for trigger in self.guarded[name]:
            lets = _but(trigger, watched)
            up += [*created(lets, table), dropped(trigger)]
            down += [*created(trigger, table), dropped(lets)]
        first = step(let_name(name), phase, let_does(name, columns), name, up, down)
        return first, step(hold_name(name), phase, hold_does(name), name, down, up)


def _there(sides: Sides, phase: Phase) -> frozenset[str]:
    """The columns that somebody writes, as they are called while rows are filled in a phase."""
    late = phase is Phase.CONTRACT
    other = last_name if late else next_name
    plain, moved = (sides.after, sides.before) if late else (sides.before, sides.after)
    names = {item.name for item in plain.columns}
    names |= {other(i.name) if i.name in sides.seconds else i.name for i in moved.columns}
    for item in filter(is_generated, sides.change.columns):
        for held in filter(None, (item.before, item.after)):
            names -= {held.name, other(held.name)}
    worked = {i.name for table in (plain, moved) for i in table.columns if i.generated is not None}
    return frozenset(names - worked)


def _but(trigger: Trigger, columns: Iterable[str]) -> Trigger:
    """A trigger that sees to rows only where one of these columns is changed."""
    same = " AND ".join(f"NEW.{quote(name)} <=> OLD.{quote(name)}" for name in columns)
    body = trigger.body.removeprefix(_EACH)
    name = bounded(f"charter_let_{trigger.name}")
    return replace(trigger, name=name, body=f"{_EACH}IF NOT ({same}) THEN {body}; END IF")
