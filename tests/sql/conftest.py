"""Each database with the rows of the shop, once for all tests of a module."""

import asyncio
import secrets
from collections.abc import Iterator

import pytest

from tests.sql import shop
from tests.sql.databases import Database, Mysql, Postgres, Sqlite, create, fill
from tests.support.mysql import MysqlServer
from tests.support.postgres import PostgresServer


@pytest.fixture(scope="module", params=["sqlite", "postgres", "mysql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database with all rows of the shop."""
    if request.param == "sqlite":
        sqlite = Sqlite()
        prepare(sqlite)
        yield sqlite
        sqlite.connection.close()
        return
    if request.param == "mysql":
        yield from on_mysql(request.getfixturevalue("mysql_server"))
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    server.start()
    name = f"sql_{secrets.token_hex(8)}"
    server.create_database(name)
    with asyncio.Runner() as runner:
        postgres = Postgres(server.url(name), runner)
        prepare(postgres)
        yield postgres
        runner.run(postgres.connection.close())
    server.drop_database(name)


def on_mysql(server: MysqlServer) -> Iterator[Database]:
    server.start()
    name = f"sql_{secrets.token_hex(8)}"
    server.create_database(name)
    with asyncio.Runner() as runner:
        mysql = Mysql(server.url(name), runner)
        prepare(mysql)
        yield mysql
        mysql.close()
    server.drop_database(name)


def prepare(database: Database) -> None:
    create(database, shop.CONTRACT)
    fill(database, shop.store())
