"""One connection to PostgreSQL, with its prepared statements."""

from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import asyncpg
from asyncpg.connect_utils import SessionAttribute

from charter.store.address import each_host
from charter.store.database import Row
from charter.store.driver import Link
from charter.store.postgres_errors import FAILURES
from charter.store.postgres_times import keep_times
from charter.store.settings import StoreSettings

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
    Prepared = asyncpg.prepared_stmt.PreparedStatement[asyncpg.Record]

COMMON = {
    "application_name": "charter",
    # What the SQL turns into text must not lean on how somebody has set up the server.
    "bytea_output": "hex",
    "DateStyle": "ISO, MDY",
    # A statement that is a transaction of its own has no word to say which isolation it wants.
    "default_transaction_isolation": "read committed",
    "extra_float_digits": "1",
    "IntervalStyle": "iso_8601",
    "TimeZone": "UTC",
    # Compiling a statement costs more than the short ones that a service runs.
    "jit": "off",
}


class PostgresLink(Link):
    """A connection and its prepared statements, the last used at the end."""

    __slots__ = ("_capacity", "_prepared", "connection")

    def __init__(self, connection: "Connection", capacity: int) -> None:
        super().__init__()
        self.connection = connection
        self._capacity = capacity
        self._prepared: OrderedDict[str, Prepared] = OrderedDict()

    async def prepared(self, text: str) -> "Prepared":
        """The statement of a text, prepared now or before."""
        return self._kept(text) or await self._prepare(text)

    def _kept(self, text: str) -> "Prepared | None":
        found = self._prepared.get(text)
        if found is not None:
            self._prepared.move_to_end(text)
        return found

    async def _prepare(self, text: str) -> "Prepared":
        found = self._prepared[text] = await self.connection.prepare(text)
        if len(self._prepared) > self._capacity:
            self._prepared.popitem(last=False)
        return found

    async def fetch(self, text: str, arguments: Sequence[Any]) -> list[Row]:
        # Every read comes here: one coroutine less where the statement is there already.
        prepared = self._kept(text) or await self._prepare(text)
        # A Record is read by position like any Sequence, but does not say that it is one.
        return await prepared.fetch(*arguments)  # type: ignore[return-value]

    async def execute(self, text: str, arguments: Sequence[Any]) -> int:
        prepared = await self.prepared(text)
        await prepared.fetch(*arguments)
        tag = prepared.get_statusmsg() or ""
        count = tag.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def execute_many(self, text: str, arguments: Sequence[Sequence[Any]]) -> None:
        await (await self.prepared(text)).executemany(arguments)

    async def command(self, text: str) -> None:
        await self.connection.execute(text)

    async def stream(
        self, text: str, arguments: Sequence[Any], rows: int, seconds: float
    ) -> AsyncGenerator[Sequence[Row], None]:
        await self.connection.execute("BEGIN READ ONLY")
        cursor = await (await self.prepared(text)).cursor(*arguments)
        while found := await cursor.fetch(rows, timeout=seconds):
            yield found  # type: ignore[misc]

    def forget(self) -> None:
        self._prepared.clear()

    def drop(self) -> None:
        self.connection.terminate()

    async def close(self, seconds: float) -> None:
        await self.connection.close(timeout=seconds)

    @property
    def closed(self) -> bool:
        return self.connection.is_closed()

    @property
    def sound(self) -> bool:
        return not self.connection.is_closed() and not self.connection.is_in_transaction()


async def connect(dsn: str, settings: StoreSettings, *, idle: float, writes: bool) -> PostgresLink:
    """Connect to the first of the hosts that is up and in the wanted role.

    `idle` is how long (seconds) a transaction may do nothing; without `writes`, the server
    refuses every change. Raises what is in FAILURES of postgres_errors.py, and ValueError for a
    DSN that asyncpg refuses.
    """
    role = _role_of(dsn, writes=writes)
    *others, last = each_host(dsn)
    for one in others:
        # One after the other here, so that a host that keeps silent takes its own time only.
        try:
            return await _connect(one, settings, role, idle=idle, writes=writes)
        except FAILURES:
            continue
    return await _connect(last, settings, role, idle=idle, writes=writes)


async def _connect(
    dsn: str, settings: StoreSettings, role: SessionAttribute | None, *, idle: float, writes: bool
) -> PostgresLink:
    common = COMMON | {"default_transaction_read_only": "off" if writes else "on"}
    limits = {
        "statement_timeout": settings.statement_timeout,
        "lock_timeout": settings.lock_timeout,
        "idle_in_transaction_session_timeout": idle,
    }
    connection = await asyncpg.connect(
        dsn,
        target_session_attrs=role,
        timeout=settings.connect_timeout,
        # Its own cache is not used; but without one, asyncpg parses statements at every run.
        statement_cache_size=1,
        server_settings=common | {name: f"{value * 1000:.0f}" for name, value in limits.items()},
    )
    try:
        await keep_times(connection)
    except BaseException:
        connection.terminate()
        raise
    return PostgresLink(connection, settings.cached_statements)


def _role_of(dsn: str, *, writes: bool) -> SessionAttribute | None:
    """Which of several hosts is meant (`target_session_attrs`); None for what the URL says.

    Where the URL says nothing it is the primary. A session of ours that only reads is no
    `read-write` one, but has to be on the same server as those that write.
    """
    parts = urlsplit(dsn)
    said = dict(parse_qsl(parts.query)).get("target_session_attrs")
    if said is None:
        return SessionAttribute.primary if "," in parts.netloc else None
    return SessionAttribute.primary if said == "read-write" and not writes else None
