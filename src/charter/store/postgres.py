"""PostgreSQL, through asyncpg."""

from typing import ClassVar

from charter.core.signals import Listener
from charter.store import postgres_errors as errors
from charter.store.driver import Driver
from charter.store.errors import StoreError
from charter.store.postgres_connection import PostgresLink, connect
from charter.store.server import ServerDatabase
from charter.store.settings import StoreSettings


class PostgresDriver(Driver):
    """A PostgreSQL server and a database of it, by its DSN."""

    name: ClassVar[str] = "PostgreSQL"
    failures = errors.FAILURES
    nothing = "SELECT"

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    async def connect(self, settings: StoreSettings, *, idle: float, writes: bool) -> PostgresLink:
        return await connect(self._dsn, settings, idle=idle, writes=writes)

    def begin(self, isolation: str) -> str:
        return f"BEGIN ISOLATION LEVEL {isolation.upper()} READ WRITE"

    def translated(self, error: Exception, text: str = "") -> StoreError:
        return errors.translated(error, text)

    def breaks_connection(self, error: BaseException) -> bool:
        return errors.breaks_connection(error)

    def leaves_in_doubt(self, error: BaseException) -> bool:
        return errors.leaves_in_doubt(error)

    def may_connect_later(self, error: BaseException) -> bool:
        return errors.may_connect_later(error)

    def lost_to_others(self, error: BaseException | None) -> bool:
        return errors.sqlstate(error) in errors.SERIALIZATION

    def stale(self, error: BaseException) -> bool:
        return isinstance(error, errors.STALE)


def opened(
    url: str,
    settings: StoreSettings,
    listener: Listener | None = None,
    patience: float | None = None,
) -> ServerDatabase:
    """A database by its DSN, not yet connected. `patience` is as that of `ServerDatabase`."""
    return ServerDatabase(PostgresDriver(url), settings, listener, patience)
