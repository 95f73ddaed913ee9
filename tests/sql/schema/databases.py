"""Live databases, spoken to through their plain drivers."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType
from typing import Any, Protocol, Self

import apsw
import asyncpg
from asyncmy.errors import MySQLError

from charter.sql.catalog import catalog_of
from charter.sql.ddl import create, statements, temporary
from charter.sql.dialect import Dialect
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.schema import Schema
from charter.sql.sqlite import SQLITE
from charter.store.address import mysql_parts
from charter.store.mysql_address import MysqlAddress
from charter.store.mysql_connection import connect as mysql_link
from charter.store.settings import StoreSettings

REFUSALS = (apsw.Error, sqlite3.Error, asyncpg.PostgresError, MySQLError)
"""What a driver raises where a database refuses a statement."""


class LiveDatabase(Protocol):
    """What the tests ask of a database."""

    dialect: Dialect

    def script(self, text: str) -> None:
        """Run statements; all of them or, where one is refused, none."""

    def rows(self, text: str) -> list[tuple[Any, ...]]: ...

    def wanted(self, schema: Schema) -> Schema:
        """The schema as this database spells it, made in a scratch place and read back."""

    def emptied(self) -> Any:
        """A context in which the database is empty, and after which all done in it is gone."""


def found(database: LiveDatabase) -> Schema:
    """The schema of a live database."""
    catalog = catalog_of(database.dialect)
    first = database.rows(catalog.statements[0].text)
    return catalog.read([first, *(database.rows(item.text) for item in catalog.further(first))])


class SqliteDatabase:
    """SQLite as Charter ships it."""

    dialect: Dialect = SQLITE

    def __init__(self) -> None:
        self._connection = apsw.Connection(":memory:")
        self.script("PRAGMA foreign_keys = ON")

    def script(self, text: str) -> None:
        if text.startswith("PRAGMA"):
            self._connection.execute(text)
            return
        with self._connection:
            self._connection.execute(text)

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        return list(self._connection.execute(text))

    def wanted(self, schema: Schema) -> Schema:
        scratch = SqliteDatabase()
        scratch.script(create(schema, self.dialect))
        return found(scratch)

    @contextmanager
    def emptied(self) -> Iterator[None]:
        before = self._connection
        self._connection = apsw.Connection(":memory:")
        yield
        self._connection = before


class StandardSqliteDatabase:
    """SQLite as Python brings it: the oldest that Charter supports."""

    dialect: Dialect = SQLITE

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        self._connection.execute("PRAGMA foreign_keys = ON")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def script(self, text: str) -> None:
        try:
            self._connection.executescript(f"BEGIN; {text}; COMMIT")
        except sqlite3.Error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(text).fetchall()

    def wanted(self, schema: Schema) -> Schema:
        with StandardSqliteDatabase() as scratch:
            scratch.script(create(schema, self.dialect))
            return found(scratch)

    @contextmanager
    def emptied(self) -> Iterator[None]:
        before = self._connection
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        yield
        self._connection.close()
        self._connection = before


class MysqlDatabase:
    """A database of a MariaDB or MySQL server. What makes tables is a transaction of its own."""

    dialect: Dialect = MYSQL

    def __init__(self, url: str) -> None:
        self._address = MysqlAddress(**mysql_parts(url))
        self._runner = asyncio.Runner()
        self._link: Any = None

    def __enter__(self) -> Self:
        opening = mysql_link(self._address, StoreSettings(), idle=600.0, writes=True)
        self._link = self._runner.run(opening)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._runner.run(self._link.close(5.0))
        self._runner.close()

    def script(self, text: str) -> None:
        self._runner.run(self._link.command(text))

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._runner.run(self._link.fetch(text, ()))]

    def wanted(self, schema: Schema) -> Schema:
        catalog = catalog_of(self.dialect)
        assert catalog.each is not None
        assert catalog.table_of is not None
        spelt = []
        for table in schema.tables:
            self.script(temporary(table, self.dialect))
            [(_, text)] = self.rows(catalog.each(table.name).text)
            self.script(f"DROP TEMPORARY TABLE {self.dialect.quote(table.name)}")
            found = catalog.table_of(table.name, text)
            spelt.append(replace(found, foreign_keys=table.foreign_keys))
        return Schema(tuple(spelt)).completed(schema)

    @contextmanager
    def emptied(self) -> Iterator[None]:
        name = self._address.database
        self.script(f'CREATE DATABASE "{name}_again"; USE "{name}_again"')
        try:
            yield
        finally:
            self.script(f'DROP DATABASE "{name}_again"; USE "{name}"')


class PostgresDatabase:
    """A database of a PostgreSQL server."""

    dialect: Dialect = POSTGRES

    def __init__(self, url: str) -> None:
        self._url = url
        self._runner = asyncio.Runner()
        self._connection: Any = None

    def __enter__(self) -> Self:
        self._connection = self._runner.run(self._open())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._runner.run(self._connection.close())
        self._runner.close()

    async def _open(self) -> Any:
        return await asyncpg.connect(self._url)

    def script(self, text: str) -> None:
        self._runner.run(self._connection.execute(text))

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._runner.run(self._connection.fetch(text))]

    def wanted(self, schema: Schema) -> Schema:
        return self._runner.run(self._wanted(schema))

    async def _wanted(self, schema: Schema) -> Schema:
        catalog = catalog_of(self.dialect)
        assert catalog.scratch is not None
        transaction = self._connection.transaction()
        await transaction.start()
        try:
            await self._connection.fetch(catalog.scratch.text)
            for text in statements(schema.spelt, self.dialect):
                await self._connection.execute(text)
            return catalog.read(
                [await self._connection.fetch(part.text) for part in catalog.statements]
            ).completed(schema)
        finally:
            await transaction.rollback()

    @contextmanager
    def emptied(self) -> Iterator[None]:
        self.script("CREATE SCHEMA again; SET search_path TO again")
        yield
        self.script("DROP SCHEMA again CASCADE; RESET search_path")
