"""One database of each kind, with the first migration applied and some rows."""

from pathlib import Path

import pytest

from tests.migrate.engine.databases import Place, first
from tests.support.mysql import MysqlServer
from tests.support.postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A database without anything in it."""
    if request.param == "sqlite":
        return Place(f"sqlite:///{tmp_path / 'items.db'}")
    if request.param == "mysql":
        return Place(request.getfixturevalue("mysql_url"))
    return Place(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def place(empty: Place) -> Place:
    """A database with items, and a history of one migration."""
    await empty.apply(first())
    await empty.fill()
    empty.events.clear()
    return empty


@pytest.fixture
async def postgres(postgres_url: str, postgres_server: PostgresServer) -> Place:
    """The same on PostgreSQL alone."""
    found = Place(postgres_url)
    await found.apply(first())
    await found.fill()
    found.events.clear()
    return found


@pytest.fixture(params=["postgresql", "mysql"])
async def server(request: pytest.FixtureRequest) -> Place:
    """The same on each kind of server."""
    name = {"postgresql": "postgres_url", "mysql": "mysql_url"}[request.param]
    found = Place(request.getfixturevalue(name))
    await found.apply(first())
    await found.fill()
    found.events.clear()
    return found


@pytest.fixture
def process(server: Place, request: pytest.FixtureRequest) -> PostgresServer | MysqlServer:
    """The server that this place is on."""
    on_mysql = server.dialect.name == "mysql"
    found: PostgresServer | MysqlServer = request.getfixturevalue(
        "mysql_server" if on_mysql else "postgres_server"
    )
    return found
