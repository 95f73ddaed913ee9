"""PostgreSQL: single statements, each with what it does, and steps of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from charter.migrate.locks import Operation, claim, hardest, strongest
from charter.migrate.step import Phase, Step, Work
from charter.migrate.steps.notes import noted
from charter.sql.ddl import constraint_text, index_text
from charter.sql.postgres import POSTGRES
from charter.sql.schema import CheckRule, Column, Constraint, ForeignKey, Table, TableIndex

quote = POSTGRES.quote


@dataclass(frozen=True, slots=True)
class Ddl:
    """A statement and what it does."""

    text: str
    does: Operation


def step(
    name: str,
    phase: Phase,
    does: str,
    table: str,
    up: Sequence[Ddl],
    down: Sequence[Ddl],
    **more: Any,
) -> Step:
    """A step of statements; its locks and its work are theirs."""
    return Step(
        name=name,
        phase=phase,
        does=does,
        up=tuple(item.text for item in up),
        down=tuple(item.text for item in down),
        lock=_lock(up),
        work=_work(up),
        table=table,
        lock_down=_lock(down),
        work_down=_work(down),
        **more,
    )


def _lock(statements: Iterable[Ddl]) -> str:
    return strongest(claim(item.does).lock for item in statements)


def _work(statements: Iterable[Ddl]) -> Work:
    return hardest(claim(item.does).work for item in statements)


def alter(table: str, text: str, does: Operation) -> Ddl:
    return Ddl(f"ALTER TABLE {quote(table)} {text}", does)


def note(*, come: str | None = None, gone: str | None = None) -> Ddl:
    return Ddl(noted(POSTGRES, come=come, gone=gone), Operation.NOTE)


# -- columns ---------------------------------------------------------------------------------
def add_column(table: str, name: str, column: Column, default: str | None = None) -> Ddl:
    """A column; with a default it is required at once, else it may be empty."""
    text = f"ADD COLUMN {quote(name)} {column.type}"
    if default is None:
        return alter(table, text, Operation.ADD_COLUMN)
    text = f"{text} DEFAULT {default} NOT NULL"
    return alter(table, text, Operation.ADD_COLUMN_WITH_DEFAULT)


def add_generated(table: str, name: str, column: Column, *, required: bool) -> Ddl:
    """A column that the database works out for every row."""
    text = f"ADD COLUMN {quote(name)} {column.type} GENERATED ALWAYS AS ({column.generated}) STORED"
    text = f"{text} NOT NULL" if required else text
    return alter(table, text, Operation.ADD_GENERATED_COLUMN)


def drop_column(table: str, name: str) -> Ddl:
    return alter(table, f"DROP COLUMN {quote(name)}", Operation.DROP_COLUMN)


def rename_column(table: str, old: str, new: str) -> Ddl:
    text = f"RENAME COLUMN {quote(old)} TO {quote(new)}"
    return alter(table, text, Operation.RENAME_COLUMN)


def set_default(table: str, name: str, default: str | None) -> Ddl:
    column = f"ALTER COLUMN {quote(name)}"
    if default is None:
        return alter(table, f"{column} DROP DEFAULT", Operation.DROP_DEFAULT)
    return alter(table, f"{column} SET DEFAULT {default}", Operation.SET_DEFAULT)


def set_type(table: str, column: Column, does: Operation) -> Ddl:
    return alter(table, f"ALTER COLUMN {quote(column.name)} TYPE {column.type}", does)


def set_not_null(table: str, name: str) -> Ddl:
    text = f"ALTER COLUMN {quote(name)} SET NOT NULL"
    return alter(table, text, Operation.SET_NOT_NULL_AFTER_CHECK)


def drop_not_null(table: str, name: str) -> Ddl:
    return alter(table, f"ALTER COLUMN {quote(name)} DROP NOT NULL", Operation.DROP_NOT_NULL)


# -- constraints and indexes -----------------------------------------------------------------
def add_not_valid(table: str, part: CheckRule | ForeignKey) -> Ddl:
    is_check = isinstance(part, CheckRule)
    does = Operation.ADD_CHECK_NOT_VALID if is_check else Operation.ADD_REFERENCE_NOT_VALID
    return alter(table, f"ADD {constraint_text(part, POSTGRES)} NOT VALID", does)


def validate(table: str, part: CheckRule | ForeignKey) -> Ddl:
    is_check = isinstance(part, CheckRule)
    does = Operation.VALIDATE_CHECK if is_check else Operation.VALIDATE_REFERENCE
    return alter(table, f"VALIDATE CONSTRAINT {quote(part.name)}", does)


def drop_constraint(table: str, part: Constraint, *, if_exists: bool = False) -> Ddl:
    is_reference = isinstance(part, ForeignKey)
    does = Operation.DROP_REFERENCE if is_reference else Operation.DROP_CONSTRAINT
    word = "IF EXISTS " if if_exists else ""
    return alter(table, f"DROP CONSTRAINT {word}{quote(part.name)}", does)


def rename_part(table: str, part: Constraint | TableIndex, old: str, new: str) -> Ddl:
    names = f"{quote(old)} TO {quote(new)}"
    if isinstance(part, TableIndex):
        old_name, _, new_name = names.partition(" TO ")
        return Ddl(f"ALTER INDEX {old_name} RENAME TO {new_name}", Operation.RENAME_INDEX)
    return alter(table, f"RENAME CONSTRAINT {names}", Operation.RENAME_CONSTRAINT)


def build_index(table: Table, index: TableIndex) -> tuple[Ddl, Ddl]:
    """One that an interrupted run left behind unfinished goes first."""
    text = index_text(index, table, POSTGRES)
    word = "CREATE UNIQUE INDEX CONCURRENTLY" if index.unique else "CREATE INDEX CONCURRENTLY"
    text = text.replace("CREATE INDEX", word, 1)
    return drop_index(index.name), Ddl(text, Operation.BUILD_INDEX)


def drop_index(name: str) -> Ddl:
    return Ddl(f"DROP INDEX CONCURRENTLY IF EXISTS {quote(name)}", Operation.DROP_INDEX)
