"""Start-up: the database has the schema of the contract, or gets it, or the service refuses."""

from collections.abc import Sequence
from datetime import UTC, datetime

from charter.contract.contract import Contract
from charter.contract.faults import ContractFaulty
from charter.sql import ddl
from charter.sql.derive import schema_of
from charter.sql.dialect import Dialect
from charter.sql.differences import Difference, absent, differences
from charter.sql.existing.differences import mapped_differences
from charter.sql.existing.fitting import fitted
from charter.sql.existing.stubs import with_stubs, without_stubs
from charter.sql.existing.told import told_tables
from charter.sql.existing.views import unread_views, with_columns
from charter.sql.feasible import infeasible
from charter.sql.own import history
from charter.sql.own.history import Entry, Noted, State
from charter.sql.schema import Schema, Table
from charter.sql.statement import Statement
from charter.store.database import Database, Transaction
from charter.store.errors import StoreError
from charter.store.schema import found_schema, spelt_schema

FIRST_START = "the first start"
"""Who is noted for the migrations that a new database has from the beginning."""
FIT_BY_HAND = "Change the contract or the tables: Charter does not change tables that it maps."


class SchemaDiffers(Exception):
    """The database has another schema than the contract, which nobody changes unasked.

    `remedy` says what to do about it.
    """

    def __init__(self, found: tuple[Difference, ...], remedy: str) -> None:
        super().__init__("\n".join([*(str(item) for item in found), remedy]))
        self.differences = found
        self.remedy = remedy


def require_feasible(contract: Contract, dialect: Dialect) -> None:
    """Raises `ContractFaulty` where the database cannot do what the contract promises."""
    faults = infeasible(contract, dialect)
    if faults:
        raise ContractFaulty(faults)


async def prepare(
    contract: Contract, dialect: Dialect, database: Database, noted: Sequence[Noted] = ()
) -> Schema:
    """Create the schema where none of its tables is there; else make sure that the database
    serves this one. Raises `SchemaDiffers`.

    `noted` are the migrations that the release knows: a new database has them all. One that is
    between two schemas serves the releases of both. Existing tables that the contract names are
    compared first, and never changed; the schema that is given back has them too, as far as their
    constraints are told of.
    """
    wanted = schema_of(contract, dialect)
    found = await found_schema(dialect, database.read)
    existing = await _existing(contract, dialect, database, found)
    used = history.fingerprint_of(wanted)
    wanted = fitted(contract, dialect, wanted, found)
    if absent(history.without_history(wanted), found):
        try:
            entries = history.noted(noted, used, datetime.now(UTC), FIRST_START)
            await _create(wanted, found, database, dialect, entries)
        except StoreError:
            # Another process may have created it at the same moment: then it is there now.
            now = await found_schema(dialect, database.read)
            if absent(history.without_history(wanted), now):
                raise
        found = await found_schema(dialect, database.read)
    # Tables of Charter's own may refer to mapped ones, which stand-ins are for.
    tried = await spelt_schema(with_stubs(contract, dialect, wanted), dialect, database)
    spelt = without_stubs(wanted, tried)
    differing = tuple(item for item in differences(spelt, found) if not item.harmless)
    if differing:
        entries = await _entries(found, dialect, database)
        if not _between(entries, used, spelt, found, differing):
            raise SchemaDiffers(differing, remedy(entries, used, noted))
    return Schema((*wanted.tables, *existing)) if existing else wanted


async def _existing(
    contract: Contract, dialect: Dialect, database: Database, found: Schema
) -> tuple[Table, ...]:
    """The tables that the contract maps, as they are. Raises `SchemaDiffers` where they do not
    fit."""
    for name, statement in unread_views(contract, dialect, found):
        found = with_columns(found, name, await database.read(statement, ()))
    unfit = mapped_differences(contract, dialect, found)
    if unfit:
        raise SchemaDiffers(unfit, FIT_BY_HAND)
    return tuple(told_tables(contract, dialect, found))


async def _create(
    wanted: Schema,
    found: Schema,
    database: Database,
    dialect: Dialect,
    entries: Sequence[Entry],
) -> None:
    missing = Schema(tuple(t for t in wanted.tables if t.name not in found.table_named))
    query = history.note_entry(dialect)

    async def work(transaction: Transaction) -> None:
        for text in ddl.statements(missing, dialect):
            await transaction.execute(Statement(text, label="create schema", heavy=True), ())
        for entry in entries:
            await transaction.execute(query.statement, query.arguments(entry.values()))

    await database.write(work)


async def _entries(found: Schema, dialect: Dialect, database: Database) -> list[Entry]:
    if history.MIGRATIONS.name not in found.table_named:
        return []
    query = history.entries(dialect)
    rows = query.decoded(await database.read(query.statement, query.arguments(())))
    return [Entry.read(row) for row in rows]


def _between(
    entries: Sequence[Entry],
    used: str,
    wanted: Schema,
    found: Schema,
    differing: Sequence[Difference],
) -> bool:
    """Whether a migration that is under way explains all that differs, and leaves this schema
    all its columns."""
    if used not in history.accepted(entries):
        return False
    touched = {
        table for entry in entries if entry.state is not State.APPLIED for table in entry.touches
    }
    there = history.uses_of(found)
    complete = all(
        columns <= there.get(table, frozenset())
        for table, columns in history.uses_of(wanted).items()
    )
    return complete and all(item.table in touched for item in differing)


def remedy(entries: Sequence[Entry], used: str, noted: Sequence[Noted]) -> str:
    """What helps where a database does not serve a schema."""
    under_way = [entry for entry in entries if entry.state is not State.APPLIED]
    pending = [item.name for item in noted if item.name not in {entry.name for entry in entries}]
    if pending:
        count = f"{len(pending)} migrations are" if len(pending) > 1 else f"{pending[0]} is"
        return f"{count} pending: `charter migrate apply` brings the database in step."
    if under_way and used == under_way[-1].after:
        name = under_way[-1].name
        return f"{name} is under way: `charter migrate apply` goes on with it."
    if under_way:
        name = under_way[-1].name
        return f"{name} has taken the database beyond this release: run the one that came after."
    if entries and used == max(entries, key=lambda entry: entry.number).after:
        return "Somebody changed the database: `charter migrate check` says what differs."
    return (
        "The contract has changed: `charter migrate plan` writes a migration, and "
        "`charter migrate apply` applies it."
    )
