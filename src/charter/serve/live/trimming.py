"""Trimming: entries of the log that are older than it is kept go."""

import asyncio
from datetime import UTC, datetime, timedelta

from charter.contract.types import DATETIME
from charter.core.signals import Failed, Listener
from charter.core.tasks import ended
from charter.serve.engine.service import Service
from charter.sql.log import oldest, trim
from charter.sql.own.query import bound
from charter.store.database import Transaction

SHORTEST, LONGEST = 1.0, 60.0
"""Seconds between two looks, of which there are ten while an entry grows old."""
BATCH = 1_000
PAUSE_SECONDS = 0.02
"""After each batch: a log that nobody has trimmed for long goes bit by bit."""
SLACK_SECONDS = 60.0
"""So much longer entries stay, for clocks that differ and transactions that are long."""
CHANGES = ("created", "updated", "deleted", "loaded")


class Trimmer:
    """Deletes what is too old, in batches. For one event loop; in several processes at once it
    does no harm.

    Only entries about changes of rows go. Events that commands emit stay: there is nobody yet
    who would know that they have been delivered.
    """

    def __init__(self, service: Service, retention: float, listener: Listener | None) -> None:
        self._service = service
        self._retention = retention
        self._listener = listener
        self._task: asyncio.Task[None] | None = None
        names = (item.name for item in service.contract.resources)
        self._kinds = frozenset(f"{name}.{what}" for name in names for what in CHANGES)
        self._seen = 0

    def start(self) -> None:
        self._task = asyncio.create_task(self._go_on())

    async def stop(self) -> None:
        task, self._task = self._task, None
        await ended(task)

    async def trim(self, now: datetime) -> int:
        """Delete all that is too old now; how much that was."""
        until = now - timedelta(seconds=self._retention + SLACK_SECONDS)
        total = 0
        while (count := await self._batch(until)) is not None:
            total += count
            await asyncio.sleep(PAUSE_SECONDS)
        return total

    async def _batch(self, until: datetime) -> int | None:
        """Look at the next entries; None where they are young, or there are none."""
        dialect, database = self._service.dialect, self._service.aside
        asking, deleting = oldest(dialect, BATCH), trim(dialect)
        rows = await database.read(asking, bound(asking, (self._seen,)))
        decode = dialect.decoder(DATETIME)
        old, seen = [], self._seen
        for number, raw, event, _ in rows:
            if (raw if decode is None else decode(raw)) > until:
                break
            seen = number
            if event in self._kinds:
                old.append(number)
        if seen == self._seen:
            return None

        async def work(transaction: Transaction) -> int:
            return await transaction.execute(deleting, bound(deleting, (old,)))

        count = await database.write(work) if old else 0
        self._seen = seen
        return count

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(min(LONGEST, max(SHORTEST, self._retention / 10)))
            try:
                await self.trim(datetime.now(UTC))
            except Exception as error:
                if self._listener is not None:
                    self._listener(Failed(None, error))
