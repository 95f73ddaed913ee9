"""The bell of PostgreSQL: LISTEN and NOTIFY, outside of the transactions that write.

A transaction that notifies takes, when it commits, a lock that all notifying transactions of the
server share, and keeps it until it is on the disk: writes that notified would be committed one
after the other. So a process notifies after its commits, in a transaction that has nothing else
in it and waits for no disk, once for all that was written within some milliseconds.

Whoever listens holds an advisory lock, shared with all others who do. Who would notify tries to
take it alone, in the same statement: where that works, nobody else listens, nothing is notified,
and the next try is a second later. What a listener writes it tells by the connection on which it
listens, whose own hold is no hindrance to itself: so one that is alone tells nobody.
"""

import asyncio
import random
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from charter.core.tasks import ended
from charter.sql.statement import Statement
from charter.store.bell import BELL
from charter.store.database import Database
from charter.store.errors import StoreError
from charter.store.postgres_connection import PostgresLink, connect
from charter.store.postgres_errors import FAILURES
from charter.store.settings import StoreSettings

CHANNEL = "charter_changes"
PRESENCE = 0x63686172_74657231
"""The advisory lock of those who listen, of each database."""
TOGETHER_SECONDS = 0.025
"""Between two notifications of one process."""
NOBODY_SECONDS = 1.0
"""After which it is asked again whether somebody listens."""
SETTLING_SECONDS = NOBODY_SECONDS + 0.5
"""After which all others know that there is a new listener."""
ANSWER_SECONDS = 5.0
"""The longest that the server may take for anything asked here."""
CHECK_SECONDS = 10.0
"""Between two looks whether the connection is still there: a dead one can be silent."""
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 30.0

RING = Statement(
    f"SELECT pg_notify('{CHANNEL}', '') WHERE NOT pg_try_advisory_xact_lock({PRESENCE})",
    label=BELL,
)
ECHO = Statement(f"SELECT pg_notify('{CHANNEL}', $1)", label=BELL)
_BE_PRESENT = f"SELECT pg_advisory_lock_shared({PRESENCE})"


class _Unheard(Exception):
    """The connection is one on which notifications do not arrive: that of a pooler which gives
    each transaction another session."""


class PostgresBell:
    """A Bell of bell.py. `database` is the one that the process writes to."""

    def __init__(self, dsn: str, settings: StoreSettings, database: Database) -> None:
        self.hears = False
        self._dsn = dsn
        self._settings = settings
        self._database = database
        self._link: PostgresLink | None = None
        """The connection that listens, and holds the lock."""
        self._one = asyncio.Lock()
        self._rung = False
        self._ringing: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None

    def ring(self) -> None:
        self._rung = True
        if self._ringing is None:
            self._ringing = asyncio.get_running_loop().create_task(self._ring())

    def listen(self, heard: Callable[[], None]) -> None:
        if self._listening is None:
            self._listening = asyncio.get_running_loop().create_task(self._listen(heard))

    async def rest(self) -> None:
        task, self._listening = self._listening, None
        await ended(task)

    async def close(self) -> None:
        await self.rest()
        task, self._ringing = self._ringing, None
        await ended(task)

    # -- telling -------------------------------------------------------------------------------
    async def _ring(self) -> None:
        try:
            while self._rung:
                self._rung = False
                listened = await self._tell()
                await asyncio.sleep(TOGETHER_SECONDS if listened else NOBODY_SECONDS)
        finally:
            self._ringing = None

    async def _tell(self) -> bool:
        """Whether there was somebody to be told. What fails is not tried again: those who listen
        look for themselves."""
        link = self._link
        try:
            if link is None:
                return bool(await self._database.read(RING, ()))
            return bool(await self._asked(link, RING.text))
        except (*FAILURES, StoreError):
            return False

    # -- hearing -------------------------------------------------------------------------------
    async def _listen(self, heard: Callable[[], None]) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                link = await connect(
                    self._dsn, self._settings, idle=self._settings.idle_timeout, writes=True
                )
                try:
                    await self._hear(link, heard)
                    pause = FIRST_PAUSE
                finally:
                    await _bye(link)
            except _Unheard:
                pause = LONGEST_PAUSE
            except (*FAILURES, StoreError):
                pass
            await asyncio.sleep(random.uniform(0.5, 1) * pause)  # noqa: S311 - jitter
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _hear(self, link: PostgresLink, heard: Callable[[], None]) -> None:
        """Hear until the connection is lost. Raises what is in FAILURES, StoreError, _Unheard."""
        connection, lost = link.connection, asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        await self._subscribe(link, heard)
        async with self._one, asyncio.timeout(ANSWER_SECONDS):
            await link.fetch(_BE_PRESENT, ())
        self._link = link
        try:
            await _within(SETTLING_SECONDS, lost)
            self.hears = not lost.is_set()
            with suppress(*FAILURES):
                while not await _within(CHECK_SECONDS, lost):
                    await self._asked(link, "SELECT 1")
        finally:
            self.hears, self._link = False, None
            heard()

    async def _subscribe(self, link: PostgresLink, heard: Callable[[], None]) -> None:
        """Listen, and see whether that is of any use: what another session notifies has to come
        in here."""
        connection, token, echoed = link.connection, secrets.token_hex(8), asyncio.Event()
        own = connection.get_server_pid()

        def told(_: Any, pid: int, __: str, payload: object) -> None:
            if payload == token:
                echoed.set()
            elif payload == "" and pid != own:
                heard()

        async with asyncio.timeout(ANSWER_SECONDS):
            await connection.add_listener(CHANNEL, told)
            await self._database.read(ECHO, (token,))
        if not await _within(ANSWER_SECONDS, echoed):
            with suppress(*FAILURES):
                await connection.remove_listener(CHANNEL, told)
            raise _Unheard

    async def _asked(self, link: PostgresLink, text: str) -> Any:
        """The rows of a short statement. A connection that does not answer is given up."""
        try:
            async with self._one, asyncio.timeout(ANSWER_SECONDS):
                return await link.fetch(text, ())
        except TimeoutError:
            link.drop()
            raise


async def _bye(link: PostgresLink) -> None:
    """Close a connection politely, or else abruptly."""
    try:
        await link.close(ANSWER_SECONDS)
    except FAILURES:
        link.drop()


async def _within(seconds: float, event: asyncio.Event) -> bool:
    """Whether something happened before the time was over."""
    with suppress(TimeoutError):
        # `wait_for` may miss that it is cancelled, before Python 3.12.
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


def opened(dsn: str, settings: StoreSettings, database: Database) -> PostgresBell:
    """The bell of a database, not listening."""
    return PostgresBell(dsn, settings, database)
