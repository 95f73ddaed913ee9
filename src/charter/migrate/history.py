"""The history of a database: which migrations were applied to it, and how far."""

from collections.abc import Sequence
from datetime import UTC, datetime

from charter.migrate.faults import MigrationFault
from charter.migrate.migration import Migration
from charter.migrate.stops import HISTORY_CHANGED, HISTORY_UNKNOWN
from charter.sql import ddl
from charter.sql.dialect import Dialect
from charter.sql.own import history as statements
from charter.sql.own.history import Entry, Noted
from charter.sql.own.query import Query
from charter.sql.schema import Schema
from charter.store.session import Session


async def ensure(session: Session, dialect: Dialect) -> None:
    """Make the tables of the history where they are missing."""
    tables = Schema(statements.history_tables(dialect))
    async with session.transaction():
        for text in ddl.tables(tables, dialect):
            await session.run(text.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1))


async def entries(session: Session, dialect: Dialect) -> tuple[Entry, ...]:
    """The history, in the order in which it came about."""
    query = statements.entries(dialect)
    rows = query.decoded(await session.fetch(query.statement, query.arguments(())))
    return tuple(sorted(map(Entry.read, rows), key=lambda entry: entry.number))


async def add(session: Session, dialect: Dialect, entry: Entry) -> None:
    """Note a new entry."""
    await _run(session, statements.note_entry(dialect), *entry.values())


async def put(session: Session, dialect: Dialect, entry: Entry) -> None:
    """Note how far a migration is now."""
    await _run(session, statements.change_entry(dialect), *entry.values(), entry.name)


async def remove(session: Session, dialect: Dialect, name: str) -> None:
    """Forget a migration."""
    await _run(session, statements.remove_entry(dialect), name)


async def _run(session: Session, query: Query, *values: object) -> None:
    await session.change(query.statement, query.arguments(values))


def now() -> datetime:
    """For people to read. Nothing is ever decided by it: clocks jump."""
    return datetime.now(UTC)


def noted(migrations: Sequence[Migration]) -> tuple[Noted, ...]:
    """What a release tells of its migrations."""
    return tuple(Noted(item.name, item.fingerprint) for item in migrations)


def verified(found: Sequence[Entry], migrations: Sequence[Migration]) -> None:
    """Raises MigrationFault where the history has a migration that is another one in the folder,
    or is not there."""
    known = {item.name: item.fingerprint for item in migrations}
    for entry in found:
        if entry.name not in known:
            raise MigrationFault(HISTORY_UNKNOWN, f"{entry.name} was applied, its file is missing")
        if known[entry.name] != entry.fingerprint:
            message = f"{entry.name} was applied with the fingerprint {entry.fingerprint}"
            raise MigrationFault(HISTORY_CHANGED, f"{message}, its file has {known[entry.name]}")
