"""Databases that a whole module of tests shares: the examples' data is loaded once for each."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import PostgresServer


@pytest.fixture(scope="module")
def sqlite_database(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('example') / 'example.db'}"


@pytest.fixture(scope="module")
def postgres_database(postgres_server: PostgresServer) -> Iterator[str]:
    postgres_server.start()
    name = f"example_{secrets.token_hex(8)}"
    postgres_server.create_database(name)
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture(scope="module", params=["sqlite_database", "postgres_database"])
def database(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, one kind after the other."""
    found: str = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def examples() -> Path:
    """Where the examples are."""
    return Path(__file__).resolve().parents[2] / "examples"
