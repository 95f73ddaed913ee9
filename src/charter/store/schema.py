"""The schema of a live database, and that of a contract in the database's own spelling."""

from collections.abc import Sequence
from contextlib import suppress

from charter.sql import ddl
from charter.sql.catalog import catalog_of
from charter.sql.catalog_reading import Catalog
from charter.sql.dialect import Dialect
from charter.sql.schema import Schema
from charter.sql.statement import Statement
from charter.store.database import Database, Row, Transaction
from charter.store.open import open_database

MEMORY = "sqlite:///:memory:"


class _Undo(Exception):
    """Leaves a transaction without committing it."""


async def found_schema(dialect: Dialect, database: Database) -> Schema:
    """What is in a database."""
    return await _found(catalog_of(dialect), database)


async def spelt_schema(wanted: Schema, dialect: Dialect, database: Database) -> Schema:
    """A schema in the database's own spelling: created in a scratch place, read back."""
    catalog = catalog_of(dialect)
    if catalog.scratch is None:
        scratch = open_database(MEMORY)
        await scratch.open()
        try:
            await scratch.script("".join(f"{text};\n" for text in ddl.tables(wanted, dialect)))
            return await _found(catalog, scratch)
        finally:
            await scratch.close()
    return await _spelt_in_transaction(wanted, catalog, dialect, database)


async def _found(catalog: Catalog, database: Database) -> Schema:
    return catalog.read([await database.read(item, ()) for item in catalog.statements])


async def _spelt_in_transaction(
    wanted: Schema, catalog: Catalog, dialect: Dialect, database: Database
) -> Schema:
    results: list[Sequence[Row]] = []

    async def work(transaction: Transaction) -> None:
        results.clear()
        if catalog.scratch is not None:
            await transaction.execute(catalog.scratch, ())
        for statement in ddl.tables(wanted, dialect):
            await transaction.execute(Statement(statement, label="create scratch"), ())
        for item in catalog.statements:
            results.append(await transaction.fetch(item, ()))
        raise _Undo

    with suppress(_Undo):
        await database.write(work)
    return catalog.read(results)
