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
from charter.store.database import Database, Row
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
    """A schema in the database's own spelling: created in a scratch place, read back. Databases
    that keep what was written as it was need none."""

    async def perform(work: Work) -> None:
        await database.write(lambda transaction: work(transaction.fetch))

    return await _spelt(wanted, dialect, perform)


async def spelt_in_session(wanted: Schema, dialect: Dialect, session: Session) -> Schema:
    """The same, by a session."""

    async def perform(work: Work) -> None:
        async with session.transaction():
            await work(session.fetch)

    return await _spelt(wanted, dialect, perform)


Work = Callable[[Read], Awaitable[None]]
"""What is done in one transaction."""


async def _spelt(
    wanted: Schema, dialect: Dialect, perform: Callable[[Work], Awaitable[None]]
) -> Schema:
    catalog = catalog_of(dialect)
    if catalog.table_of is None and catalog.scratch is None:
        return await _in_memory(wanted, dialect)
    spelt: list[Schema] = []

    async def work(read: Read) -> None:
        # A transaction may be tried again.
        spelt[:] = [await _in_scratch(wanted, catalog, dialect, read)]
        raise _Undo

    with suppress(_Undo):
        await perform(work)
    return spelt[0]


async def _in_scratch(wanted: Schema, catalog: Catalog, dialect: Dialect, read: Read) -> Schema:
    if catalog.scratch is None:
        tables = [await _temporary(table, catalog, dialect, read) for table in wanted.spelt.tables]
        return Schema(tuple(tables)).completed(wanted)
    await read(catalog.scratch, ())
    for text in ddl.tables(wanted.spelt, dialect):
        await read(Statement(text, label="create scratch"), ())
    return (await found_schema(dialect, read)).completed(wanted)


async def _temporary(table: Table, catalog: Catalog, dialect: Dialect, read: Read) -> Table:
    """A table that stands in the way of the one of its name for so long."""
    await read(Statement(ddl.temporary(table, dialect), label="create scratch"), ())
    try:
        return await _shown(table, catalog, read)
    finally:
        gone = f"DROP TEMPORARY TABLE {dialect.quote(table.name)}"
        await read(Statement(gone, label="drop scratch"), ())


async def _shown(table: Table, catalog: Catalog, read: Read) -> Table:
    if catalog.each is None or catalog.table_of is None:
        raise TypeError("the catalog does not tell of single tables")
    [(_, text)] = await read(catalog.each(table.name), ())
    return replace(catalog.table_of(table.name, text), foreign_keys=table.foreign_keys)


async def _in_memory(wanted: Schema, dialect: Dialect) -> Schema:
    scratch = open_database(MEMORY)
    await scratch.open()
    try:
        texts = ddl.tables(wanted.spelt, dialect)
        await scratch.script("".join(f"{text};\n" for text in texts))
        return (await found_schema(dialect, scratch.read)).completed(wanted)
    finally:
        await scratch.close()
