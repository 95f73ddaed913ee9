"""The post: letters are written in the transaction that they tell of, and sent after it.

A letter waits in a table, sealed, until it has been handed over: a process that is killed loses
none. Each is taken by one process for a while; one that could not be handed over is tried again,
after a minute at first and twice as long each time, for a day.
"""

import asyncio
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from charter.access.sealing import BadSeal, Sealer
from charter.core.ids import uuid7
from charter.core.signals import Failed, Listener, Mailed
from charter.deliver.letter import Letter
from charter.deliver.mail import Mailer, MailRefused, MailUnavailable
from charter.serve.identity.running import fetch, run
from charter.sql.dialect import Dialect
from charter.sql.identity.mail import next_due, take_due
from charter.sql.identity.tables import MAIL
from charter.sql.own import query
from charter.store.database import Database, Transaction
from charter.store.errors import StoreError

HELD = 300.0
"""Seconds for which a process has a letter to itself."""
FIRST_DELAY = 60.0
LONGEST_TRYING = 86_400.0
_LOOK_AGAIN = 30.0
"""Seconds after which letters of other processes are looked for."""
_SECONDS_TO_STOP = 5.0
"""For a letter that is being handed over."""
_CONTEXT = "letter"


async def drop_in(
    sealer: Sealer, dialect: Dialect, transaction: Transaction, letter: Letter, now: datetime
) -> None:
    """Leave a letter to be sent when the transaction is committed."""
    sealed = sealer.seal(msgspec.json.encode(asdict(letter)), _CONTEXT)
    await run(transaction, query.insert(dialect, MAIL), str(uuid7()), sealed, now, now, 0)


class Post:
    """Sends what waits, in one task."""

    def __init__(
        self,
        database: Database,
        dialect: Dialect,
        sealer: Sealer,
        mailer: Mailer,
        listener: Listener | None,
    ) -> None:
        self._database = database
        self._dialect = dialect
        self._sealer = sealer
        self._mailer = mailer
        self._listener = listener
        self._dropped_in = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        self._stopping = False
        self._task = asyncio.create_task(self._run())

    def ring(self) -> None:
        """Letters were dropped in: they are sent now."""
        self._dropped_in.set()

    async def stop(self) -> None:
        """Send no more; what waits is sent when a process runs again."""
        task, self._task = self._task, None
        if task is None:
            return
        self._stopping = True
        self.ring()
        await asyncio.wait([task], timeout=_SECONDS_TO_STOP)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def _run(self) -> None:
        while not self._stopping:
            wait = await self._round()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._dropped_in.wait()
            self._dropped_in.clear()

    async def _round(self) -> float:
        """Send what is due; after how many seconds to look again."""
        try:
            while await self.send_due():
                if self._stopping:
                    return 0.0
            return await self._until_next()
        except StoreError:
            return _LOOK_AGAIN
        except Exception as error:
            self._tell(Failed(None, error))
            return _LOOK_AGAIN

    async def send_due(self) -> int:
        """Send letters that are due, a few of them; how many were taken."""

        async def take(transaction: Transaction) -> list[tuple[Any, ...]]:
            now = datetime.now(UTC)
            held = now + timedelta(seconds=HELD)
            return await fetch(transaction, take_due(self._dialect), held, now)

        if not await self._anything_due():
            return 0
        taken = await self._database.write(take)
        for name, sealed, tries, written in taken:
            await self._send(name, sealed, tries, written)
        return len(taken)

    async def _send(self, name: str, sealed: str, tries: int, written: datetime) -> None:
        try:
            letter = msgspec.json.decode(self._sealer.open(sealed, _CONTEXT), type=Letter)
            if letter.to:
                where = await self._mailer.send(letter, written)
                self._tell(Mailed(letter.subject, where))
        except MailUnavailable as error:
            self._tell(Failed(None, error))
            if datetime.now(UTC) - written < timedelta(seconds=LONGEST_TRYING):
                await self._put_off(name, tries)
                return
        except (MailRefused, BadSeal, msgspec.MsgspecError) as error:
            self._tell(Failed(None, error))
        await self._finished(name)

    async def _put_off(self, name: str, tries: int) -> None:
        delay = min(FIRST_DELAY * 2 ** (tries - 1), 3600.0)
        due = datetime.now(UTC) + timedelta(seconds=delay)

        async def later(transaction: Transaction) -> None:
            await run(
                transaction, query.change(self._dialect, MAIL, ("due_at",), ("id",)), due, name
            )

        await self._database.write(later)

    async def _finished(self, name: str) -> None:
        async def gone(transaction: Transaction) -> None:
            await run(transaction, query.remove(self._dialect, MAIL, ("id",)), name)

        await self._database.write(gone)

    async def _anything_due(self) -> bool:
        due = await self._next()
        return due is not None and due <= datetime.now(UTC)

    async def _until_next(self) -> float:
        due = await self._next()
        if due is None:
            return _LOOK_AGAIN
        return min(_LOOK_AGAIN, max(0.05, (due - datetime.now(UTC)).total_seconds()))

    async def _next(self) -> datetime | None:
        asked = next_due(self._dialect)
        rows = asked.decoded(await self._database.read(asked.statement, ()))
        found: datetime | None = rows[0][0]
        return found

    def _tell(self, signal: Failed | Mailed) -> None:
        if self._listener is not None:
            self._listener(signal)
