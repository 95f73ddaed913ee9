"""The databases as a test of statements wants them: fetch rows, and nothing else."""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

import apsw
import asyncpg

from charter.contract.contract import Contract
from charter.core.text import fold
from charter.sql.ddl import statements
from charter.sql.derive import schema_of
from charter.sql.dialect import Dialect
from charter.sql.mysql import MYSQL
from charter.sql.names import quote
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE
from charter.sql.statement import Sources, Statement
from charter.store.address import mysql_parts
from charter.store.mysql_address import MysqlAddress
from charter.store.mysql_connection import connect as mysql_link
from charter.store.settings import StoreSettings
from tests.support.evaluate import Store


class Database(Protocol):
    """A database that can be asked, with nothing in between."""

    dialect: Dialect

    def fetch(self, statement: Statement, sources: Sources) -> list[tuple[Any, ...]]: ...

    def run(self, text: str, arguments: Sequence[Any] = ()) -> list[tuple[Any, ...]]: ...


class Sqlite:
    dialect: Dialect = SQLITE

    def __init__(self) -> None:
        self.connection = apsw.Connection(":memory:")
        self.connection.execute("PRAGMA foreign_keys = ON")

    def fetch(self, statement: Statement, sources: Sources) -> list[tuple[Any, ...]]:
        return self.run(statement.text, statement.arguments(sources))

    def run(self, text: str, arguments: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return list(self.connection.execute(text, tuple(arguments)))


class Postgres:
    dialect: Dialect = POSTGRES

    def __init__(self, url: str, runner: asyncio.Runner) -> None:
        self.runner = runner
        self.connection = runner.run(connect(url))

    def fetch(self, statement: Statement, sources: Sources) -> list[tuple[Any, ...]]:
        return self.run(statement.text, statement.arguments(sources))

    def run(self, text: str, arguments: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        rows = self.runner.run(self.connection.fetch(text, *arguments))
        return [tuple(row) for row in rows]


class Mysql:
    """MariaDB or MySQL, in a session as the store makes it."""

    dialect: Dialect = MYSQL

    def __init__(self, url: str, runner: asyncio.Runner) -> None:
        self.runner = runner
        address = MysqlAddress(**mysql_parts(url))
        self.link = runner.run(mysql_link(address, StoreSettings(), idle=600.0, writes=True))

    def fetch(self, statement: Statement, sources: Sources) -> list[tuple[Any, ...]]:
        return self.run(statement.text, statement.arguments(sources))

    def run(self, text: str, arguments: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        rows = self.runner.run(self.link.fetch(text, arguments))
        return [tuple(row) for row in rows]

    def close(self) -> None:
        self.runner.run(self.link.close(5.0))


async def connect(url: str) -> "asyncpg.Connection[Any]":
    return await asyncpg.connect(url, server_settings={"timezone": "UTC"})


def create(database: Database, contract: Contract) -> None:
    """The tables of a contract, and Charter's own."""
    for text in statements(schema_of(contract, database.dialect), database.dialect):
        database.run(text)


def fill(database: Database, store: Store) -> None:
    """All rows of a store, put in without any help of what is to be tested."""
    order = ("User", "Product", "Label", "Order", "OrderLine")
    for resource in (store.contract.resource_named[name] for name in order):
        for row in store.rows[resource.name]:
            values: dict[str, Any] = {}
            for field in resource.fields:
                encode = database.dialect.encoder(field.type)
                values[field.name] = encode(row[field.name]) if encode else row[field.name]
                if field.search:
                    text = row[field.name]
                    values[field.name + "_folded"] = None if text is None else fold(text)
            insert(database, resource.table, values)
    key = database.dialect.encoder(store.contract.resource_named["Order"].key.type)
    for table, pairs in store.links.items():
        for near, far in pairs:
            insert(database, table, {"order_id": key(near) if key else near, "label_id": far})


def insert(database: Database, table: str, values: dict[str, Any]) -> None:
    columns = ", ".join(map(quote, values))
    places = ", ".join(database.dialect.placeholder(at + 1) for at in range(len(values)))
    database.run(f"INSERT INTO {table} ({columns}) VALUES ({places})", list(values.values()))
