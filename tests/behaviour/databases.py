"""Databases for the tests of this folder: one of each kind for a module, emptied for each test."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from charter.sql.derive import schema_of
from charter.store.address import Dialect, dialect_of
from charter.store.open import open_database
from tests.behaviour.serving import Served
from tests.support.mysql import MysqlServer
from tests.support.postgres import PostgresServer

Fresh = Callable[[pytest.FixtureRequest], AbstractContextManager[str]]
"""Gives the address of an empty database."""


@contextmanager
def sqlite_file(request: pytest.FixtureRequest) -> Iterator[str]:
    folder: Path = request.getfixturevalue("tmp_path_factory").mktemp("studio")
    yield f"sqlite:///{folder / 'studio.db'}"


@contextmanager
def postgres_database(request: pytest.FixtureRequest) -> Iterator[str]:
    server: PostgresServer = request.getfixturevalue("postgres_server")
    server.start()
    name = f"studio_{secrets.token_hex(8)}"
    server.create_database(name)
    yield server.url(name)
    server.start()
    server.drop_database(name)


@contextmanager
def mysql_database(request: pytest.FixtureRequest) -> Iterator[str]:
    server: MysqlServer = request.getfixturevalue("mysql_server")
    server.start()
    name = f"studio_{secrets.token_hex(8)}"
    server.create_database(name)
    yield server.url(name)
    server.start()
    server.drop_database(name)


DATABASES: Mapping[str, Fresh] = {
    "sqlite": sqlite_file,
    "postgresql": postgres_database,
    "mysql": mysql_database,
}
"""Every kind of database that is tested."""

_UNCHECKED = {
    Dialect.SQLITE: "PRAGMA defer_foreign_keys = ON;",
    Dialect.POSTGRESQL: "SET LOCAL session_replication_role = replica;",
    Dialect.MYSQL: "SET foreign_key_checks = 0;",
}
_CHECKED_AGAIN = {Dialect.MYSQL: "SET foreign_key_checks = 1;"}


async def emptied(served: Served) -> None:
    """Delete all rows that the service has."""
    pipeline = served.service.pipeline
    contract = served.contract
    made = schema_of(contract, served.service.dialect).tables
    kept = {"charter_meta"}
    kind = dialect_of(served.url)
    if kind is Dialect.SQLITE and any(item.triggers for item in made):
        # Rows that stay do so for tests as well, and with them all that they lead to.
        kept |= {resource.table for resource in contract.resources}
    tables = {table.name for table in made}
    tables |= {resource.table_name for resource in contract.resources}
    links = (relation.link for resource in contract.resources for relation in resource.relations)
    tables |= {link.table for link in links if link is not None}
    # A truncation runs no triggers; but elsewhere it waits for files.
    staying = {item.name for item in made if item.triggers and kind is Dialect.MYSQL}
    deletes = [
        f'{"TRUNCATE" if name in staying else "DELETE FROM"} "{name}";'
        for name in sorted(tables - kept)
    ]
    script = [_UNCHECKED[kind], *deletes, _CHECKED_AGAIN.get(kind, "")]
    await served.service.database.script("\n".join(script))
    pipeline._users.clear()
    served.witness.statements.clear()
    served.witness.failures.clear()


async def run_script(url: str, text: str) -> None:
    """Run a script on a database, as another program would."""
    database = open_database(url)
    await database.open()
    try:
        await database.script(text)
    finally:
        await database.close()
