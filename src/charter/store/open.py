"""Opens the database that a URL names, with the driver it needs and no other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import NamedTuple

from charter.core.signals import Listener
from charter.store.address import (
    Dialect,
    dialect_of,
    mysql_parts,
    postgresql_dsn,
    shown,
    sqlite_path,
)
from charter.store.bell import Bell
from charter.store.database import Database
from charter.store.errors import MissingDriver
from charter.store.replicas import LOOK_SECONDS, Replicas
from charter.store.session import Session
from charter.store.settings import StoreSettings
from charter.store.sqlite import SqliteDatabase
from charter.store.sqlite_session import open_session as open_sqlite_session
from charter.store.written import Written


class _Server(NamedTuple):
    """A kind of server: its driver, the extra that brings it, and the modules that need it."""

    name: str
    driver: str
    extra: str
    module: str
    check: Callable[[str], object]
    session: str


_SERVERS: Mapping[Dialect, _Server] = MappingProxyType(
    {
        Dialect.POSTGRESQL: _Server(
            "PostgreSQL",
            "asyncpg",
            "postgres",
            "charter.store.postgres",
            postgresql_dsn,
            "charter.store.postgres_session",
        ),
        Dialect.MYSQL: _Server(
            "MySQL",
            "asyncmy",
            "mysql",
            "charter.store.mysql",
            mysql_parts,
            "charter.store.mysql_session",
        ),
    }
)


def open_database(
    url: str, settings: StoreSettings | None = None, listener: Listener | None = None
) -> Database:
    """A database by its URL, not yet connected: `await database.open()` does that.

    `sqlite:///file.db` (relative), `sqlite:////var/lib/file.db` (absolute), `sqlite:///:memory:`
    (a temporary file), `postgresql://user:password@host:port/name` or
    `mysql://user:password@host:port/name`. The listener is told of each statement and commit.
    Raises ValueError for a bad URL and MissingDriver.
    """
    settings = settings or StoreSettings()
    dialect = dialect_of(url)
    if dialect is Dialect.SQLITE:
        return SqliteDatabase(sqlite_path(url), settings, listener)
    server = _SERVERS[dialect]
    server.check(url)
    database: Database = _driven(server).opened(url, settings, listener)
    return database


async def open_session(url: str, settings: StoreSettings | None = None) -> Session:
    """A connection of one's own to the same databases, connected; but to no temporary one.

    Raises ValueError for a bad URL, MissingDriver and StoreError.
    """
    settings = settings or StoreSettings()
    dialect = dialect_of(url)
    if dialect is Dialect.SQLITE:
        path = sqlite_path(url)
        if path is None:
            raise ValueError("a temporary database is nobody else's to open")
        return await open_sqlite_session(path, settings)
    server = _SERVERS[dialect]
    server.check(url)
    session: Session = await _driven(server, server.session).open_session(url, settings)
    return session


def open_bell(url: str, settings: StoreSettings, database: Database) -> Bell | None:
    """What the processes on a database tell each other by that something was written; None where
    a database has nothing of the kind. Raises MissingDriver."""
    if dialect_of(url) is not Dialect.POSTGRESQL:
        return None
    module = _driven(_SERVERS[Dialect.POSTGRESQL], "charter.store.postgres_bell")
    bell: Bell = module.opened(postgresql_dsn(url), settings, database)
    return bell


def _driven(server: _Server, module: str | None = None) -> ModuleType:
    """A module that needs the server's driver: that of its databases, if no other is named."""
    if find_spec(server.driver) is None:
        raise MissingDriver(
            f'{server.name} needs its driver: pip install "charter[{server.extra}]"'
        )
    return import_module(module or server.module)


def open_replicas(
    primary: Database,
    urls: Sequence[str],
    settings: StoreSettings,
    written: Path | None = None,
    listener: Listener | None = None,
) -> Replicas:
    """The read replicas of a primary on PostgreSQL, not yet connected.

    `written` is the table that the workers of this machine share. A replica that is away is not
    waited for. Raises ValueError for the URL of another kind of database.
    """
    if any(dialect_of(url) is not Dialect.POSTGRESQL for url in urls):
        raise ValueError("database_replicas: only PostgreSQL has replicas")
    module = _driven(_SERVERS[Dialect.POSTGRESQL])
    impatient = replace(settings, connect_timeout=min(settings.connect_timeout, LOOK_SECONDS))
    opened = [
        (shown(url), module.opened(postgresql_dsn(url), impatient, listener, 0.0)) for url in urls
    ]
    return Replicas(primary, opened, settings, Written(written))
