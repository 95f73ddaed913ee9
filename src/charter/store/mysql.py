"""MySQL and MariaDB, through asyncmy."""

from typing import ClassVar

from charter.core.signals import Listener
from charter.store import mysql_errors as errors
from charter.store.address import mysql_parts
from charter.store.driver import Driver
from charter.store.errors import StoreError
from charter.store.mysql_address import MysqlAddress
from charter.store.mysql_connection import MysqlLink, connect
from charter.store.server import ServerDatabase
from charter.store.settings import StoreSettings

SESSION_ISOLATION = "read committed"


class MysqlDriver(Driver):
    """A MySQL or MariaDB server and a database of it."""

    name: ClassVar[str] = "MySQL"
    failures = errors.FAILURES
    nothing = "DO 0"

    def __init__(self, address: MysqlAddress) -> None:
        self._address = address

    async def connect(self, settings: StoreSettings, *, idle: float, writes: bool) -> MysqlLink:
        return await connect(self._address, settings, idle=idle, writes=writes)

    def begin(self, isolation: str) -> str:
        begin = "START TRANSACTION READ WRITE"
        if isolation == SESSION_ISOLATION:
            return begin
        return f"SET TRANSACTION ISOLATION LEVEL {isolation.upper()}; {begin}"

    def translated(self, error: Exception, text: str = "") -> StoreError:
        return errors.translated(error, text)

    def breaks_connection(self, error: BaseException) -> bool:
        return errors.breaks_connection(error)

    def leaves_in_doubt(self, error: BaseException) -> bool:
        return errors.leaves_in_doubt(error)

    def may_connect_later(self, error: BaseException) -> bool:
        return errors.may_connect_later(error)

    def lost_to_others(self, error: BaseException | None) -> bool:
        return errors.number_of(error) in errors.SERIALIZATION

    def stale(self, error: BaseException) -> bool:
        return errors.number_of(error) in errors.STALE


def opened(url: str, settings: StoreSettings, listener: Listener | None = None) -> ServerDatabase:
    """A database by its URL, not yet connected. Raises ValueError."""
    return ServerDatabase(MysqlDriver(MysqlAddress(**mysql_parts(url))), settings, listener)
