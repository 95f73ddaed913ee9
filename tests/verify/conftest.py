"""Scratch databases for the tests of this folder: a file, and a database on a real server."""

from collections.abc import Iterator

import pytest

from tests.support.mysql import MysqlServer
from tests.support.postgres import PostgresServer

DATABASES = ("sqlite", "postgresql", "mysql")


@pytest.fixture(params=DATABASES)
def beside(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The URL beside which scratch databases are made; None for temporary files."""
    if request.param == "sqlite":
        yield None
        return
    if request.param == "mysql":
        on_mysql: MysqlServer = request.getfixturevalue("mysql_server")
        on_mysql.start()
        yield on_mysql.url("mysql")
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    server.start()
    yield server.url("postgres")
