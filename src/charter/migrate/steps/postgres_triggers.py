"""PostgreSQL: triggers that hold while releases of before and after run beside each other."""

from dataclasses import dataclass
from textwrap import dedent, indent

from charter.migrate.locks import Operation
from charter.migrate.step import Phase, Step
from charter.migrate.steps.kit import Twins
from charter.migrate.steps.postgres_ddl import Ddl, quote, step
from charter.sql.naming import bounded
from charter.sql.schema import Table


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger with its function: how both come, and how they go."""

    table: str
    says: str
    function: Ddl
    create: tuple[Ddl, ...]
    drop: tuple[Ddl, ...]


def twins(found: Twins) -> Trigger:
    """Two columns that hold one value: whichever is written, the other follows."""
    table, old, new, ways = found.table, found.old, found.new, found.ways
    before, after = f"NEW.{quote(old)}", f"NEW.{quote(new)}"
    was, now = f"OLD.{quote(old)}", f"OLD.{quote(new)}"
    there, here = ways.forward.of(before), ways.back.of(after)
    body = f"""\
        IF TG_OP = 'INSERT' THEN
          IF {after} IS NULL THEN
            {after} := {there};
          ELSIF {before} IS NULL THEN
            {before} := {here};
          END IF;
        ELSIF {after} IS DISTINCT FROM {now} THEN
          IF {after} IS DISTINCT FROM ({there}) THEN
            {before} := {here};
          END IF;
        ELSIF {before} IS DISTINCT FROM {was} THEN
          {after} := {there};
        END IF;
        RETURN NEW;
    """
    return _made(table, bounded(f"charter_twins_{table.name}_{found.label}"), body, found.says)


def stale(table: Table, column: str, source: str) -> Trigger:
    """A folded text that is emptied where its text is changed without it."""
    held = quote(column)
    name = quote(source)
    text = f"lower(NEW.{name}) IS DISTINCT FROM lower(OLD.{name})"
    body = f"""\
        IF TG_OP = 'UPDATE' AND {text}
           AND NEW.{held} IS NOT DISTINCT FROM OLD.{held} THEN
          NEW.{held} := NULL;
        END IF;
        RETURN NEW;
    """
    says = f"Notices where a release of before changes what {column} of {table.name} is made of."
    return _made(table, bounded(f"charter_stale_{table.name}_{column}"), body, says)


def _made(table: Table, name: str, body: str, says: str) -> Trigger:
    quoted, of = quote(name), quote(table.name)
    text = indent(dedent(body), "  ")
    function = Ddl(
        f"CREATE OR REPLACE FUNCTION {quoted}() RETURNS trigger LANGUAGE plpgsql AS $body$\n"
        f"BEGIN\n{text}END\n$body$",
        Operation.FUNCTION,
    )
    trigger = Ddl(
        f"CREATE TRIGGER {quoted} BEFORE INSERT OR UPDATE ON {of}"
        f" FOR EACH ROW EXECUTE FUNCTION {quoted}()",
        Operation.CREATE_TRIGGER,
    )
    drops = (
        Ddl(f"DROP TRIGGER {quoted} ON {of}", Operation.DROP_TRIGGER),
        Ddl(f"DROP FUNCTION {quoted}()", Operation.FUNCTION),
    )
    return Trigger(table.name, says, function, (function, trigger), drops)


def trigger_step(name: str, trigger: Trigger) -> Step:
    return step(name, Phase.EXPAND, trigger.says, trigger.table, trigger.create, trigger.drop)
