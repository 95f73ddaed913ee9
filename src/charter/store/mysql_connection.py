"""One connection to MySQL or MariaDB, with its prepared statements."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import asyncmy
from asyncmy.connection import Connection, MySQLResult, PreparedStatement
from asyncmy.constants.CLIENT import FOUND_ROWS
from asyncmy.cursors import SSCursor
from asyncmy.errors import DataError, MySQLError

from charter.store.database import Row
from charter.store.driver import Link
from charter.store.mysql_address import MysqlAddress
from charter.store.mysql_errors import CUT, number_of
from charter.store.settings import StoreSettings

MODES = ",".join(
    (
        "ANSI_QUOTES",
        "STRICT_ALL_TABLES",
        "ERROR_FOR_DIVISION_BY_ZERO",
        "NO_AUTO_VALUE_ON_ZERO",
        "NO_ENGINE_SUBSTITUTION",
        "NO_ZERO_DATE",
        "NO_ZERO_IN_DATE",
    )
)
COMMON = {
    "sql_mode": f"'{MODES}'",
    "time_zone": "'+00:00'",
    "autocommit": "1",
    # Text is never cut silently: what is larger than a packet is a warning, which is an error here.
    "group_concat_max_len": "1073741824",
    # Averages are rounded once, to the places that the contract wants.
    "div_precision_increment": "30",
    # Texts are sorted by all of their characters, of which a field has no more than 100,000.
    "max_sort_length": "400008",
    "sort_buffer_size": "67108864",
}
COUNTED = "LAST_INSERT_ID("
LAST = "SELECT LAST_INSERT_ID()"
TOO_MANY_PREPARED = 1461
NOT_PREPARABLE = 1295
_PLACES = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"]|\"\")*\"|\?")


class MysqlLink(Link):
    """A connection and its prepared statements, the last used at the end."""

    __slots__ = ("_address", "_capacity", "_idle", "_prepared", "_running", "connection", "step")

    def __init__(
        self, connection: Connection, address: MysqlAddress, capacity: int, step: int, idle: float
    ) -> None:
        super().__init__()
        self._idle = idle
        self.connection = connection
        self.step = step
        """Between the keys that the server makes for the rows of one statement."""
        self._address = address
        self._capacity = capacity
        self._running = False
        self._prepared: OrderedDict[str, PreparedStatement] = OrderedDict()

    async def fetch(self, text: str, arguments: Sequence[Any]) -> Sequence[Row]:
        """The rows of a statement; of one that writes, the keys that the server made for its
        rows, or the number that it counted (`LAST_INSERT_ID`)."""
        result = await self._run(text, arguments)
        rows: Sequence[Row] | None = result.rows
        if rows is not None:
            if result.warning_count:
                await self._whole()
            return list(rows)
        first, count = int(result.insert_id), _count(result)
        if count and not first and COUNTED in text:
            # The answer to a statement that has set off a trigger does not tell it.
            first, count = int((await self._run(LAST, ())).rows[0][0]), 1
        return [(first + at * self.step,) for at in range(count)] if first else []

    async def execute(self, text: str, arguments: Sequence[Any]) -> int:
        try:
            return _count(await self._run(text, arguments))
        except MySQLError as error:
            if arguments or number_of(error) != NOT_PREPARABLE:
                raise
        # MySQL prepares no statement that makes a trigger.
        await self.command(text)
        return 0

    async def execute_many(self, text: str, arguments: Sequence[Sequence[Any]]) -> None:
        for some in arguments:
            await self._run(text, some)

    async def command(self, text: str) -> None:
        self._running = True
        try:
            cursor = self.connection.cursor()
            await cursor.execute(text)
            while await cursor.nextset():
                pass
        except MySQLError:
            self._running = False
            raise
        self._running = False

    async def stream(
        self, text: str, arguments: Sequence[Any], rows: int, seconds: float
    ) -> AsyncGenerator[Sequence[Row], None]:
        """Rows come one by one only where a statement is not prepared, so its arguments are set
        as variables of the session beforehand: the session is nobody else's."""
        await self.command("START TRANSACTION READ ONLY")
        places = iter(range(len(arguments)))
        named = _PLACES.sub(lambda m: f"@a{next(places)}" if m[0] == "?" else m[0], text)
        if arguments:
            settings = ", ".join(f"@a{place} = ?" for place in range(len(arguments)))
            await self.execute(f"SET {settings}", arguments)
        cursor = self.connection.cursor(SSCursor)
        async with asyncio.timeout(seconds):
            await cursor.execute(named)
        while True:
            async with asyncio.timeout(seconds):
                found = await cursor.fetchmany(rows)
            if not found:
                return
            # What is on its way already would be read however late its reader comes.
            leaving = asyncio.get_running_loop().call_later(self._idle, self.drop)
            try:
                yield found
            finally:
                leaving.cancel()
            if self.closed:
                raise TimeoutError

    def forget(self) -> None:
        self._prepared.clear()

    def drop(self) -> None:
        if self._running and self._address is not None:
            self._address.kill(self.connection.thread_id())
        self._running = False
        self.connection.close()

    async def close(self, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            await self.connection.ensure_closed()

    @property
    def closed(self) -> bool:
        return not self.connection.connected

    @property
    def sound(self) -> bool:
        return not self.closed and not self.connection.get_transaction_status()

    async def _run(self, text: str, arguments: Sequence[Any]) -> MySQLResult:
        self._running = True
        try:
            prepared = await self._statement(text)
            result: MySQLResult = await prepared.execute(tuple(arguments))
        except MySQLError:
            # Whatever the server has answered, it does nothing more.
            self._running = False
            raise
        except ValueError as error:
            # A number or text that has no form on the wire: nothing was sent.
            self._running = False
            raise DataError(0, f"{type(error).__name__} of an argument") from None
        self._running = False
        return result

    async def _statement(self, text: str) -> PreparedStatement:
        """The statement of a text, prepared now or before."""
        found = self._prepared.get(text)
        if found is not None:
            self._prepared.move_to_end(text)
            return found
        try:
            made: PreparedStatement = await self.connection.prepare(text)
        except MySQLError as error:
            if number_of(error) != TOO_MANY_PREPARED or not self._prepared:
                raise
            # The server has a limit for all its clients together.
            while self._prepared:
                await self._prepared.popitem()[1].close()
            made = await self.connection.prepare(text)
        self._prepared[text] = made
        if len(self._prepared) > self._capacity:
            await self._prepared.popitem(last=False)[1].close()
        return made

    async def _whole(self) -> None:
        """Raises where a warning says that something in the answer is not whole."""
        for _, number, message in await self.connection.show_warnings():
            if number in CUT:
                raise MySQLError(number, message)


def _count(result: MySQLResult) -> int:
    """How many rows a statement has changed."""
    return int(str(result.affected_rows or 0))


async def connect(
    address: MysqlAddress, settings: StoreSettings, *, idle: float, writes: bool
) -> MysqlLink:
    """Connect. `idle` is how long (seconds) a transaction may do nothing; without `writes`, the
    server refuses every change.

    Raises what is in FAILURES of mysql_errors.py.
    """
    connection = await asyncmy.connect(
        **address.arguments(),
        connect_timeout=settings.connect_timeout,
        client_flag=FOUND_ROWS,
        charset="utf8mb4",
        autocommit=None,
        program_name="charter",
    )
    try:
        mariadb = "mariadb" in connection.get_server_info().lower()
        await connection.query(_session(settings, idle=idle, mariadb=mariadb))
        access = "READ WRITE" if writes else "READ ONLY"
        await connection.query(f"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, {access}")
        cursor = connection.cursor()
        await cursor.execute("SELECT @@auto_increment_increment")
        (step,) = await cursor.fetchone()
    except BaseException:
        connection.close()
        raise
    return MysqlLink(connection, address, settings.cached_statements, int(step), idle)


def _session(settings: StoreSettings, *, idle: float, mariadb: bool) -> str:
    """What a session needs: nothing leans on how somebody has set up the server."""
    collation = "utf8mb4_nopad_bin" if mariadb else "utf8mb4_0900_bin"
    wanted = dict(COMMON)
    # The server takes whole seconds.
    wanted["innodb_lock_wait_timeout"] = str(max(1, round(settings.lock_timeout)))
    wanted["lock_wait_timeout"] = wanted["innodb_lock_wait_timeout"]
    if mariadb:
        wanted["max_statement_time"] = f"{settings.statement_timeout:.6f}"
        wanted["idle_transaction_timeout"] = str(max(1, round(idle)))
    else:
        wanted["max_execution_time"] = str(round(settings.statement_timeout * 1000))
    variables = ", ".join(f"SESSION {name} = {value}" for name, value in wanted.items())
    return f"SET NAMES utf8mb4 COLLATE {collation}, {variables}"
