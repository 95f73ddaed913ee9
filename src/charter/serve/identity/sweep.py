"""Sweeping: what has expired is deleted, now and then."""

import asyncio
from datetime import UTC, datetime, timedelta

from charter.core.signals import Failed, Listener
from charter.core.tasks import ended
from charter.serve.identity.attempts import milliseconds
from charter.serve.identity.running import run
from charter.sql.dialect import Dialect
from charter.sql.identity.attempts import FORGET_AFTER
from charter.sql.identity.tables import (
    API_KEYS,
    ATTEMPTS,
    FAMILIAR,
    ONE_TIME_TOKENS,
    REFRESH_TOKENS,
    SESSIONS,
)
from charter.sql.own import query
from charter.store.database import Database, Transaction

EVERY = 3600.0
"""Seconds."""
FAMILIAR_FOR = timedelta(days=90)
"""For how long a place stays familiar that nobody signs in from."""
_EXPIRING = (SESSIONS, REFRESH_TOKENS, ONE_TIME_TOKENS, API_KEYS)


async def sweep(database: Database, dialect: Dialect, now: datetime) -> None:
    """Delete what has expired. Nothing depends on it but the size of the database: what has
    expired counts for nothing while it is still there."""

    async def work(transaction: Transaction) -> None:
        for table in _EXPIRING:
            await run(transaction, query.expire(dialect, table, "expires_at"), now)
        old = milliseconds(now) - FORGET_AFTER
        await run(transaction, query.expire(dialect, ATTEMPTS, "last_at"), old)
        unseen = now - FAMILIAR_FOR
        await run(transaction, query.expire(dialect, FAMILIAR, "seen_at"), unseen)

    await database.write(work)


class Sweeper:
    """Sweeps every hour, in one task."""

    def __init__(self, database: Database, dialect: Dialect, listener: Listener | None) -> None:
        self._database = database
        self._dialect = dialect
        self._listener = listener
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        task, self._task = self._task, None
        await ended(task)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            try:
                await sweep(self._database, self._dialect, datetime.now(UTC))
            except Exception as error:
                if self._listener is not None:
                    self._listener(Failed(None, error))
