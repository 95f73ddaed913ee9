"""Databases of each kind, filled by plain SQL."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.understand import schemas
from tests.understand.places import mysql_database, postgres_database, sqlite_file

Made = Callable[[str], str]


@pytest.fixture(params=["sqlite", "postgres", "mysql"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Made:
    """Makes a database with a script; its URL."""
    if request.param == "sqlite":
        return lambda script: sqlite_file(tmp_path, schemas.on_sqlite(script))
    if request.param == "mysql":
        address: str = request.getfixturevalue("mysql_url")
        return lambda script: mysql_database(address, schemas.on_mysql(script))
    server = request.getfixturevalue("postgres_server")
    url = request.getfixturevalue("postgres_url")
    return lambda script: postgres_database(server, url, schemas.on_postgres(script))
