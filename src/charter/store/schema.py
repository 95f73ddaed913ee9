"""The schema of a live database, and that of a contract in the database's own spelling."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from charter.sql import ddl
from charter.sql.catalog import catalog_of
from charter.sql.catalog_reading import Catalog
from charter.sql.dialect import Dialect
from charter.sql.schema import Schema, Table
from charter.sql.statement import Statement
from charter.store.database import Database, Row, Transaction
from charter.store.open import open_database
from charter.store.session import Session

MEMORY = "sqlite:///:memory:"
Read = Callable[[Statement, Sequence[Any]], Awaitable[Sequence[Row]]]
"""Runs a reading statement: what databases, transactions and sessions can all do."""


class _Undo(Exception):
    """Leaves a transaction without committing it."""


async def found_schema(dialect: Dialect, read: Read) -> Schema:
    """What is in a database."""
    catalog = catalog_of(dialect)
    first = await read(catalog.statements[0], ())
    others = [await read(item, ()) for item in catalog.further(first)]
    return catalog.read([first, *others])


async def spelt_schema(wanted: Schema, dialect: Dialect, database: Database) -> Schema:
    """A schema in the database's own spelling: created in a scratch place, read back. What
    databases keep as it was written has no scratch place."""
    catalog = catalog_of(dialect)
    if catalog.table_of is not None:
        return await _one_by_one(wanted, catalog, dialect, database)
    if catalog.scratch is None:
        return await _in_memory(wanted, dialect)
    spelt: list[Schema] = []

    async def work(transaction: Transaction) -> None:
        spelt[:] = [await _in_scratch(wanted, dialect, transaction.fetch)]
        raise _Undo

    with suppress(_Undo):
        await database.write(work)
    return spelt[0]


async def spelt_in_session(wanted: Schema, dialect: Dialect, session: Session) -> Schema:
    """The same, by a session."""
    catalog = catalog_of(dialect)
    if catalog.table_of is not None:
        return await _each_by_itself(wanted, catalog, dialect, session.fetch)
    if catalog.scratch is None:
        return await _in_memory(wanted, dialect)
    spelt: list[Schema] = []
    with suppress(_Undo):
        async with session.transaction():
            spelt.append(await _in_scratch(wanted, dialect, session.fetch))
            raise _Undo
    return spelt[0]


async def _one_by_one(
    wanted: Schema, catalog: Catalog, dialect: Dialect, database: Database
) -> Schema:
    spelt: list[Schema] = []

    async def work(transaction: Transaction) -> None:
        spelt[:] = [await _each_by_itself(wanted, catalog, dialect, transaction.fetch)]

    await database.write(work)
    return spelt[0]


async def _each_by_itself(wanted: Schema, catalog: Catalog, dialect: Dialect, read: Read) -> Schema:
    spelt: list[Table] = []
    for table in wanted.spelt.tables:
        await read(Statement(ddl.temporary(table, dialect), label="create scratch"), ())
        try:
            spelt.append(await _shown(table, catalog, read))
        finally:
            gone = f"DROP TEMPORARY TABLE {dialect.quote(table.name)}"
            await read(Statement(gone, label="drop scratch"), ())
    return Schema(tuple(spelt)).completed(wanted)


async def _shown(table: Table, catalog: Catalog, read: Read) -> Table:
    if catalog.each is None or catalog.table_of is None:
        raise TypeError("the catalog does not tell of single tables")
    [(_, text)] = await read(catalog.each(table.name), ())
    return replace(catalog.table_of(table.name, text), foreign_keys=table.foreign_keys)


async def _in_scratch(wanted: Schema, dialect: Dialect, read: Read) -> Schema:
    scratch = catalog_of(dialect).scratch
    if scratch is not None:
        await read(scratch, ())
    for text in ddl.tables(wanted.spelt, dialect):
        await read(Statement(text, label="create scratch"), ())
    return (await found_schema(dialect, read)).completed(wanted)


async def _in_memory(wanted: Schema, dialect: Dialect) -> Schema:
    scratch = open_database(MEMORY)
    await scratch.open()
    try:
        texts = ddl.tables(wanted.spelt, dialect)
        await scratch.script("".join(f"{text};\n" for text in texts))
        return (await found_schema(dialect, scratch.read)).completed(wanted)
    finally:
        await scratch.close()
