"""SQLite: steps that ALTER TABLE and its like can do, each by itself."""

from charter.migrate.step import Batch, Phase, Step, Work
from charter.migrate.steps.building import ROWS_OF
from charter.migrate.steps.notes import noted
from charter.sql.ddl import index_text, tables
from charter.sql.naming import bounded
from charter.sql.schema import Schema, Table, TableIndex
from charter.sql.sqlite import SQLITE

LOCK = "RESERVED"
"""Who writes waits; who reads does not (write-ahead log)."""
quote = SQLITE.quote


def together(gone: list[Table]) -> list[list[Table]]:
    """Tables that go one by one; all at once where one refers to another: a reference to a table
    that is gone already would not be let through."""
    names = {table.name for table in gone}
    met = any(part.target in names - {table.name} for table in gone for part in table.foreign_keys)
    return [gone] if met else [[table] for table in gone]


def create_step(made: list[Table]) -> Step:
    names = [table.name for table in made]
    listed_names = ", ".join(names)
    return Step(
        f"create {listed_names}",
        Phase.EXPAND,
        f"Creates {listed_names}.",
        (*tables(Schema(tuple(made)), SQLITE), *(noted(SQLITE, come=name) for name in names)),
        tuple(
            text
            for name in names
            for text in (f"DROP TABLE {quote(name)}", noted(SQLITE, gone=name))
        ),
        LOCK,
        Work.CATALOG,
        names[0],
        loses_down=ROWS_OF.format(listed_names),
        lock_down=LOCK,
    )


def index_step(index: TableIndex, table: Table, phase: Phase) -> Step:
    return Step(
        f"index {index.name}",
        phase,
        f"Builds the index {index.name} of {table.name}.",
        (index_text(index, table, SQLITE),),
        (f"DROP INDEX {quote(index.name)}",),
        LOCK,
        Work.SCAN,
        table.name,
        lock_down=LOCK,
    )


def fill_step(name: str, batch: Batch, phase: Phase) -> Step:
    columns = ", ".join(fill.column for fill in batch.fills)
    says = f"Fills {columns} of the rows of {batch.table} that have none."
    return Step(name, phase, says, (), (), "", Work.ROWS, batch.table, batch=batch)


def fill_back_step(name: str, batch: Batch) -> Step:
    says = f"Going back, fills {batch.fills[0].column} of {batch.table} again."
    return Step(
        name, Phase.CONTRACT, says, (), (), "", Work.CATALOG, batch.table,
        batch_down=batch, work_down=Work.ROWS,
    )  # fmt: skip


def watch_step(table: Table, column: str, source: str) -> Step:
    """A trigger that empties a folded text when only its text is changed."""
    name = quote(bounded(f"charter_stale_{table.name}_{column}"))
    held, text = quote(column), quote(source)
    event = f"AFTER UPDATE OF {text} ON {quote(table.name)}"
    stale = f"NEW.{held} IS OLD.{held} AND lower(NEW.{text}) IS NOT lower(OLD.{text})"
    body = f"UPDATE {quote(table.name)} SET {held} = NULL WHERE rowid = NEW.rowid"  # noqa: S608
    create = f"CREATE TRIGGER {name} {event} WHEN {stale} BEGIN {body}; END"
    return Step(
        f"watch {table.name}.{column}",
        Phase.EXPAND,
        f"Notices where a release of before changes what {column} is made of.",
        (create,),
        (f"DROP TRIGGER {name}",),
        LOCK,
        Work.CATALOG,
        table.name,
        lock_down=LOCK,
    )
