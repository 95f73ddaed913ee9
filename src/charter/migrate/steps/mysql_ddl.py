"""MySQL: single statements, each with what it does and how it tells that it was done."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from charter.contract.types import TEXT
from charter.migrate.locks import hardest
from charter.migrate.locks_mysql import Operation, claim, strongest
from charter.migrate.step import Phase, Step
from charter.migrate.steps.notes import noted
from charter.sql.ddl import constraint_text
from charter.sql.mysql import MYSQL
from charter.sql.schema import CheckRule, Column, Constraint, ForeignKey, TableIndex

quote = MYSQL.quote
CHECKS_OFF, CHECKS_ON = "SET foreign_key_checks = 0", "SET foreign_key_checks = 1"


@dataclass(frozen=True, slots=True)
class Ddl:
    """A statement, what it does, and the query that is true once it was run. What has none can be
    run again."""

    text: str
    does: Operation
    ran: str = ""


def step(
    name: str,
    phase: Phase,
    does: str,
    table: str,
    up: Sequence[Ddl],
    down: Sequence[Ddl],
    **more: Any,
) -> Step:
    """A step of statements; its locks and its work are theirs. None has a transaction, since each
    statement that changes a schema is one of its own."""
    return Step(
        name=name,
        phase=phase,
        does=does,
        up=tuple(item.text for item in up),
        down=tuple(item.text for item in down),
        lock=strongest(claim(item.does).lock for item in up),
        work=hardest(claim(item.does).work for item in up),
        table=table,
        lock_down=strongest(claim(item.does).lock for item in down),
        work_down=hardest(claim(item.does).work for item in down),
        transaction=False,
        ran=_told(up),
        ran_down=_told(down),
        **more,
    )


def _told(statements: Sequence[Ddl]) -> tuple[str, ...]:
    """The queries, of which none stands for nothing."""
    found = tuple(item.ran for item in statements)
    return found if any(found) else ()


def alter(table: str, clauses: str | Iterable[str], does: Operation, ran: str = "") -> Ddl:
    """An ALTER TABLE that says how it is done."""
    text = clauses if isinstance(clauses, str) else ", ".join(clauses)
    return Ddl(f"ALTER TABLE {quote(table)} {text}{claim(does).algorithm}", does, ran)


def note(*, come: str | None = None, gone: str | None = None) -> Ddl:
    return Ddl(noted(MYSQL, come=come, gone=gone), Operation.NOTE)


def session(text: str) -> Ddl:
    return Ddl(text, Operation.SESSION)


def locked(table: str, statements: Sequence[Ddl]) -> tuple[Ddl, ...]:
    """Statements between which nobody else uses the table."""
    lock = Ddl(f"LOCK TABLES {quote(table)} WRITE", Operation.LOCK_TABLE)
    return lock, *statements, session("UNLOCK TABLES")


# -- what is there -----------------------------------------------------------------------------
_PLACES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "column": ("columns", "column_name"),
        "index": ("statistics", "index_name"),
        "constraint": ("table_constraints", "constraint_name"),
    }
)


def there(kind: str, table: str, name: str) -> str:
    """The query that is true where a table has a column, index or constraint."""
    where, column = _PLACES[kind]
    return (
        f"SELECT count(*) FROM information_schema.{where} WHERE table_schema = database()"  # noqa: S608
        f" AND table_name = {text_of(table)} AND {column} = {text_of(name)}"
    )


def table_there(name: str) -> str:
    """The same of a table or view."""
    return (
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = database()"  # noqa: S608
        f" AND table_name = {text_of(name)}"
    )


def trigger_there(name: str) -> str:
    """The same of a trigger."""
    return (
        "SELECT count(*) FROM information_schema.triggers WHERE trigger_schema = database()"  # noqa: S608
        f" AND trigger_name = {text_of(name)}"
    )


def gone(query: str) -> str:
    """The query that is true where the other one is not."""
    return query.replace("count(*)", "count(*) = 0", 1)


def text_of(name: str) -> str:
    return MYSQL.literal(name, TEXT)


# -- columns ---------------------------------------------------------------------------------
def add_column(table: str, name: str, column: Column, default: str | None = None) -> Ddl:
    """A column; with a default it is required at once, else it may be empty."""
    text = f"ADD COLUMN {quote(name)} {column.type}"
    text = text if default is None else f"{text} DEFAULT {default} NOT NULL"
    return alter(table, text, Operation.ADD_COLUMN, there("column", table, name))


def generated_text(name: str, column: Column) -> str:
    kind = f"{quote(name)} {column.type}"
    return f"ADD COLUMN {kind} GENERATED ALWAYS AS ({column.generated}) STORED"


def add_generated(table: str, name: str, column: Column) -> Ddl:
    """A column that the database works out for every row."""
    ran = there("column", table, name)
    return alter(table, generated_text(name, column), Operation.ADD_GENERATED_COLUMN, ran)


def drop_column(table: str, name: str, does: Operation = Operation.DROP_COLUMN) -> Ddl:
    ran = gone(there("column", table, name))
    return alter(table, f"DROP COLUMN {quote(name)}", does, ran)


def rename_columns(table: str, pairs: Sequence[tuple[str, str]]) -> Ddl:
    """Columns that get other names at once, of which none was there before the first did."""
    texts = (f"RENAME COLUMN {quote(old)} TO {quote(new)}" for old, new in pairs)
    return alter(table, texts, Operation.RENAME_COLUMN, there("column", table, pairs[0][1]))


def set_default(table: str, name: str, default: str | None) -> Ddl:
    column = f"ALTER COLUMN {quote(name)}"
    if default is None:
        return alter(table, f"{column} DROP DEFAULT", Operation.DROP_DEFAULT)
    return alter(table, f"{column} SET DEFAULT {default}", Operation.SET_DEFAULT)


def modify(table: str, name: str, column: Column, does: Operation) -> Ddl:
    """A column as it is to be."""
    text = f"MODIFY COLUMN {quote(name)} {column.type}"
    text = text if column.nullable else f"{text} NOT NULL"
    return alter(table, f"{text} AUTO_INCREMENT" if column.identity else text, does)


# -- constraints and indexes -----------------------------------------------------------------
def add_constraint(part: Constraint) -> str:
    return f"ADD {constraint_text(part, MYSQL)}"


def drop_constraint(part: Constraint) -> str:
    kind = "FOREIGN KEY" if isinstance(part, ForeignKey) else "CONSTRAINT"
    return f"DROP {kind} {quote(part.name)}"


def add_checks(table: str, checks: Sequence[CheckRule]) -> Ddl:
    """All of them at once, since the table is written anew."""
    ran = there("constraint", table, checks[0].name)
    return alter(table, map(add_constraint, checks), Operation.ADD_CHECK, ran)


def drop_checks(table: str, checks: Sequence[CheckRule]) -> Ddl:
    ran = gone(there("constraint", table, checks[0].name))
    return alter(table, map(drop_constraint, checks), Operation.DROP_CHECK, ran)


def add_reference(table: str, part: ForeignKey) -> tuple[Ddl, ...]:
    """Rows that are there are not looked at, so that nobody waits."""
    ran = there("constraint", table, part.name)
    add = alter(table, add_constraint(part), Operation.ADD_REFERENCE, ran)
    return session(CHECKS_OFF), add, session(CHECKS_ON)


def drop_reference(table: str, part: ForeignKey) -> Ddl:
    ran = gone(there("constraint", table, part.name))
    return alter(table, drop_constraint(part), Operation.DROP_REFERENCE, ran)


def index_clause(index: TableIndex) -> str:
    columns = ", ".join(
        quote(column.name) + (" DESC" if column.descending else "") for column in index.columns
    )
    word = "UNIQUE INDEX" if index.unique else "INDEX"
    return f"ADD {word} {quote(index.name)} ({columns})"


def build_index(table: str, index: TableIndex) -> Ddl:
    ran = there("index", table, index.name)
    return alter(table, index_clause(index), Operation.BUILD_INDEX, ran)


def drop_index(table: str, name: str) -> Ddl:
    ran = gone(there("index", table, name))
    return alter(table, f"DROP INDEX {quote(name)}", Operation.DROP_INDEX, ran)
