"""Opens the database that a URL names, with the driver it needs and no other."""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import NamedTuple

from charter.core.signals import Listener
from charter.store.address import Dialect, dialect_of, mysql_parts, postgresql_dsn, sqlite_path
from charter.store.database import Database
from charter.store.errors import MissingDriver
from charter.store.settings import StoreSettings
from charter.store.sqlite import SqliteDatabase


class _Server(NamedTuple):
    """A kind of server: its driver, the extra that brings it, and the module that needs it."""

    name: str
    driver: str
    extra: str
    module: str
    check: Callable[[str], object]


_SERVERS: Mapping[Dialect, _Server] = MappingProxyType(
    {
        Dialect.POSTGRESQL: _Server(
            "PostgreSQL", "asyncpg", "postgres", "charter.store.postgres", postgresql_dsn
        ),
        Dialect.MYSQL: _Server("MySQL", "asyncmy", "mysql", "charter.store.mysql", mysql_parts),
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
    if find_spec(server.driver) is None:
        raise MissingDriver(
            f'{server.name} needs its driver: pip install "charter[{server.extra}]"'
        )
    database: Database = import_module(server.module).opened(url, settings, listener)
    return database
