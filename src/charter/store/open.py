"""Opens the database that a URL names, with the driver it needs and no other."""

from importlib import import_module
from importlib.util import find_spec

from charter.core.signals import Listener
from charter.store.address import Dialect, dialect_of, postgresql_dsn, sqlite_path
from charter.store.database import Database
from charter.store.errors import MissingDriver
from charter.store.settings import StoreSettings
from charter.store.sqlite import SqliteDatabase


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
    if find_spec("asyncpg") is None:
        raise MissingDriver('PostgreSQL needs its driver: pip install "charter[postgres]"')
    module = import_module("charter.store.postgres")
    database: Database = module.PostgresDatabase(dsn, settings, listener)
    return database
