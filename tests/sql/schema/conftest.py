"""The databases on which every test of the schema runs: both SQLite libraries, PostgreSQL, and
MariaDB or MySQL."""

from collections.abc import Iterator

import pytest

from tests.sql.schema.databases import (
    LiveDatabase,
    MysqlDatabase,
    PostgresDatabase,
    SqliteDatabase,
    StandardSqliteDatabase,
)


@pytest.fixture(params=["sqlite", "sqlite 3.40", "postgres", "mysql"])
def database(request: pytest.FixtureRequest) -> Iterator[LiveDatabase]:
    """An empty database."""
    match request.param:
        case "sqlite":
            yield SqliteDatabase()
        case "sqlite 3.40":
            with StandardSqliteDatabase() as standard:
                yield standard
        case "mysql":
            with MysqlDatabase(request.getfixturevalue("mysql_url")) as mysql:
                yield mysql
        case _:
            with PostgresDatabase(request.getfixturevalue("postgres_url")) as postgres:
                yield postgres


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[PostgresDatabase]:
    """An empty PostgreSQL database."""
    with PostgresDatabase(postgres_url) as found:
        yield found


@pytest.fixture
def mysql(mysql_url: str) -> Iterator[MysqlDatabase]:
    """An empty database of MariaDB or MySQL."""
    with MysqlDatabase(mysql_url) as found:
        yield found
