"""Start-up: the database has the schema of the contract, or gets it, or the service refuses."""

from collections.abc import Sequence
from contextlib import suppress

from charter.contract.contract import Contract
from charter.contract.faults import ContractFaulty
from charter.sql import ddl
from charter.sql.catalog import catalog_of
from charter.sql.catalog_reading import Catalog
from charter.sql.derive import schema_of
from charter.sql.dialect import Dialect
from charter.sql.differences import Difference, absent, differences
from charter.sql.existing.differences import mapped_differences
from charter.sql.existing.stubs import with_stubs, without_stubs
from charter.sql.existing.told import told_tables
from charter.sql.existing.views import unread_views, with_columns
from charter.sql.feasible import infeasible
from charter.sql.schema import Schema
from charter.sql.statement import Statement
from charter.store.database import Database, Row, Transaction
from charter.store.errors import StoreError
from charter.store.open import open_database

MEMORY = "sqlite:///:memory:"


class SchemaDiffers(Exception):
    """The database has another schema than the contract, which nobody changes unasked."""

    def __init__(self, found: tuple[Difference, ...]) -> None:
        super().__init__("\n".join(str(item) for item in found))
        self.differences = found


class _Undo(Exception):
    """Leaves a transaction without committing it."""


def require_feasible(contract: Contract, dialect: Dialect) -> None:
    """Raises `ContractFaulty` where the database cannot do what the contract promises."""
    faults = infeasible(contract, dialect)
    if faults:
        raise ContractFaulty(faults)


async def prepare(contract: Contract, dialect: Dialect, database: Database) -> Schema:
    """Create the schema where none of its tables is there; else compare. Raises `SchemaDiffers`.

    Existing tables that the contract names are compared first, and never changed; the schema that
    is given back has them too, as far as their constraints are told of.
    """
    wanted = schema_of(contract, dialect)
    catalog = catalog_of(dialect)
    found = await _found(catalog, database)
    for name, statement in unread_views(contract, dialect, found):
        found = with_columns(found, name, await database.read(statement, ()))
    unfit = mapped_differences(contract, dialect, found)
    if unfit:
        raise SchemaDiffers(unfit)
    existing = tuple(told_tables(contract, dialect, found))
    if absent(wanted, found):
        try:
            await database.script(ddl.create(wanted, dialect))
        except StoreError:
            # Another process may have created it at the same moment: then it is there now.
            if absent(wanted, await _found(catalog, database)):
                raise
        found = await _found(catalog, database)
    tried = with_stubs(contract, dialect, wanted)
    spelt = without_stubs(wanted, await _spelt(tried, catalog, dialect, database))
    differing = tuple(item for item in differences(spelt, found) if not item.harmless)
    if differing:
        raise SchemaDiffers(differing)
    return Schema((*wanted.tables, *existing)) if existing else wanted


async def _found(catalog: Catalog, database: Database) -> Schema:
    return catalog.read([await database.read(item, ()) for item in catalog.statements])


async def _spelt(wanted: Schema, catalog: Catalog, dialect: Dialect, database: Database) -> Schema:
    """The wanted schema in the database's own spelling: created in a scratch place, read back."""
    if catalog.scratch is None:
        scratch = open_database(MEMORY)
        await scratch.open()
        try:
            await scratch.script(ddl.create(wanted, dialect))
            return await _found(catalog, scratch)
        finally:
            await scratch.close()
    return await _spelt_in_transaction(wanted, catalog, dialect, database)


async def _spelt_in_transaction(
    wanted: Schema, catalog: Catalog, dialect: Dialect, database: Database
) -> Schema:
    results: list[Sequence[Row]] = []

    async def work(transaction: Transaction) -> None:
        results.clear()
        if catalog.scratch is not None:
            await transaction.execute(catalog.scratch, ())
        for statement in ddl.statements(wanted, dialect):
            await transaction.execute(Statement(statement, label="create scratch"), ())
        for item in catalog.statements:
            results.append(await transaction.fetch(item, ()))
        raise _Undo

    with suppress(_Undo):
        await database.write(work)
    return catalog.read(results)
