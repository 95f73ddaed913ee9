"""Opens the database that a URL names, with the driver it needs and no other."""

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from charter.core.signals import Listener
from charter.store.address import Dialect, dialect_of, postgresql_dsn, shown, sqlite_path
from charter.store.database import Database
from charter.store.errors import MissingDriver
from charter.store.replicas import LOOK_SECONDS, Replicas
from charter.store.session import Session
from charter.store.settings import StoreSettings
from charter.store.sqlite import SqliteDatabase
from charter.store.sqlite_session import open_session as open_sqlite_session
from charter.store.written import Written


def open_database(
    url: str, settings: StoreSettings | None = None, listener: Listener | None = None
) -> Database:
    """A database by its URL, not yet connected: `await database.open()` does that.

    `sqlite:///file.db` (relative), `sqlite:////var/lib/file.db` (absolute), `sqlite:///:memory:`
    (a temporary file) or `postgresql://user:password@host:port/name`. The listener is told of
    each statement and commit. Raises ValueError for a bad URL and MissingDriver.
    """
    settings = settings or StoreSettings()
    if dialect_of(url) is Dialect.SQLITE:
        return SqliteDatabase(sqlite_path(url), settings, listener)
    dsn = postgresql_dsn(url)
    database: Database = _postgres("postgres").PostgresDatabase(dsn, settings, listener)
    return database


async def open_session(url: str, settings: StoreSettings | None = None) -> Session:
    """A connection of one's own to the same databases, connected; but to no temporary one.

    Raises ValueError for a bad URL, MissingDriver, and StoreError.
    """
    settings = settings or StoreSettings()
    if dialect_of(url) is Dialect.SQLITE:
        path = sqlite_path(url)
        if path is None:
            raise ValueError("a temporary database is nobody else's to open")
        return await open_sqlite_session(path, settings)
    dsn = postgresql_dsn(url)
    session: Session = await _postgres("postgres_session").open_session(dsn, settings)
    return session


def _postgres(module: str) -> Any:
    if find_spec("asyncpg") is None:
        raise MissingDriver('PostgreSQL needs its driver: pip install "charter[postgres]"')
    return import_module(f"charter.store.{module}")


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
    module = _postgres("postgres")
    impatient = replace(settings, connect_timeout=min(settings.connect_timeout, LOOK_SECONDS))
    opened = [
        (shown(url), module.PostgresDatabase(postgresql_dsn(url), impatient, listener, 0.0))
        for url in urls
    ]
    return Replicas(primary, opened, settings, Written(written))
