"""The heartbeat of a process that serves: migrations take nothing away that it uses."""

import asyncio
import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from charter.core.ids import uuid7
from charter.core.signals import Failed, Listener
from charter.core.tasks import ended
from charter.serve.engine.asking import fetch
from charter.sql.dialect import Dialect
from charter.sql.own import history
from charter.sql.own.history import BEAT_SECONDS, Release
from charter.sql.own.query import Query
from charter.sql.schema import Schema
from charter.store.database import Database, Row, Transaction
from charter.store.errors import StoreError


def release_of(name: str, schema: Schema) -> Release:
    """What this process is to others: the contract that it serves, and where."""
    started = datetime.now(UTC)
    where = f"{name} at {socket.gethostname()}, process {os.getpid()}"
    return Release(
        str(uuid7()), where, history.fingerprint_of(schema), history.uses_of(schema), 1,
        started, started,
    )  # fmt: skip


TIDY_BEATS = 60
"""Every so many beats those are forgotten whose own has not changed since the last time."""


class Heartbeat:
    """Says every few seconds that a release is there, and at its end that it is not.

    Now and then it forgets the releases that were killed.
    """

    def __init__(
        self, database: Database, dialect: Dialect, release: Release, listener: Listener | None
    ) -> None:
        self._database = database
        self._dialect = dialect
        self._release = release
        self._listener = listener
        self._beat = release.beat
        self._others: Mapping[str, int] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Be known from now on: before the first request is served. Raises StoreError."""
        await self._run(history.note_release(self._dialect), self._release.values())
        self._task = asyncio.create_task(self._go_on())

    async def stop(self) -> None:
        """Be known no more."""
        task, self._task = self._task, None
        if task is None:
            return
        await ended(task)
        # Where the database is gone the release is taken for dead a little later.
        with suppress(StoreError):
            await self._run(history.remove_release(self._dialect), (self._release.id,))

    async def _go_on(self) -> None:
        failing = False
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self._say()
            except Exception as error:
                if self._listener is not None and not failing:
                    self._listener(Failed(None, error))
                failing = True
            else:
                failing = False

    async def _say(self) -> None:
        self._beat += 1
        now = datetime.now(UTC)
        values = (self._beat, now, self._release.id)
        if not await self._run(history.note_beat(self._dialect), values):
            # Somebody took it for dead.
            await self._run(history.note_release(self._dialect), self._release.values())
        if self._beat % TIDY_BEATS == 0:
            await self._tidy()

    async def _tidy(self) -> None:
        query = history.releases(self._dialect)
        rows = await self._database.read(query.statement, query.arguments(()))
        beats = {item.id: item.beat for item in map(Release.read, query.decoded(rows))}
        for key, beat in beats.items():
            if self._others.get(key) == beat and key != self._release.id:
                await self._run(history.remove_release(self._dialect), (key,))
        self._others = beats

    async def _run(self, query: Query, values: Sequence[object]) -> Sequence[Row]:
        async def work(transaction: Transaction) -> Sequence[Row]:
            return await fetch(transaction, query, values)

        return await self._database.write(work)
