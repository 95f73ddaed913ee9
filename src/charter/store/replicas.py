"""Read replicas of PostgreSQL: which of them can be read from, and by whom.

Every `replica_check` seconds the primary is asked how far its log goes, and each replica how far
it has replayed it. A replica that has replayed what the primary had at some moment shows all
that was committed before that moment: it is as *fresh* as that. A read goes to a replica only
where that is later than the reader's own last write, and at most `replica_lag` seconds ago. So
no write has to ask for its place in the log, and no read can miss its reader's own write.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from charter.core.tasks import ended
from charter.sql.statement import Statement
from charter.store.database import Database, Row
from charter.store.errors import Contended, Crowded, StoreError, Unavailable
from charter.store.settings import StoreSettings
from charter.store.usage import ReplicaUse
from charter.store.written import Written

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 30.0
LOOK_SECONDS = 2.0
"""The longest that the question how far a server is, or connecting to a replica, may take."""
NEVER = float("-inf")

# Where the log would be written next: never before any commit that somebody was told of. After
# the head of a segment (40 bytes) or of a page (24) alone, which are no records, nobody can be:
# a replica is at what comes before it, until something is written again.
PRIMARY = Statement(
    "SELECT next - CASE WHEN next % segment = 40 THEN 40 WHEN next % page = 24 THEN 24 ELSE 0 END, "
    "('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint "
    "FROM (SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS next, "
    "pg_size_bytes(current_setting('wal_segment_size')) AS segment, "
    "current_setting('wal_block_size')::bigint AS page) AS log",
    label="how far the primary is",
)
# A replica that has lost its way to another history than the primary's says nothing of value.
REPLICA = Statement(
    "SELECT pg_last_wal_replay_lsn() - '0/0'::pg_lsn, greatest("
    "(SELECT timeline_id FROM pg_control_checkpoint()), "
    "(SELECT min_recovery_end_timeline FROM pg_control_recovery()))::bigint, pg_is_in_recovery()",
    label="how far a replica is",
)


@dataclass(frozen=True, slots=True)
class _Round:
    """How far the primary was at least, before a moment."""

    before: float
    lsn: Decimal
    timeline: int


class Standby(Database, Protocol):
    """A database that others are there for when it falls silent."""

    def break_off(self) -> None:
        """Fail whatever runs on it now."""


@dataclass(slots=True)
class Replica:
    """One replica. All that was committed before `fresh` is in it."""

    name: str
    database: Standby
    fresh: float = NEVER
    up: bool = False
    pause: float = 0.0
    again: float = 0.0


class Replicas:
    """The replicas of one primary. `written` tells when their readers wrote last."""

    def __init__(
        self,
        primary: Database,
        replicas: Sequence[tuple[str, Standby]],
        settings: StoreSettings,
        written: Written,
    ) -> None:
        self._primary = primary
        self._replicas = [Replica(name, database) for name, database in replicas]
        self._settings = settings
        self._written = written
        self._rounds: deque[_Round] = deque()
        self._next = 0
        self._watching: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Look at all of them, and go on looking. One that is away does no harm."""
        await self.look()
        self._watching = asyncio.create_task(self._watch())

    async def close(self) -> None:
        watching, self._watching = self._watching, None
        await ended(watching)
        for replica in self._replicas:
            await replica.database.close()
        self._written.close()

    def wrote(self, key: str) -> None:
        """An actor's write is done, or may be."""
        self._written.note(key)

    def reader(self, key: str) -> Database | None:
        """What an actor can be read to from; None where that is the primary only."""
        now = time.monotonic()
        least = max(self._written.last(key), now - self._settings.replica_lag)
        count = len(self._replicas)
        for step in range(count):
            replica = self._replicas[(self._next + step) % count]
            if replica.up and replica.fresh > least:
                self._next = (self._next + step + 1) % count
                return _Followed(self, replica, self._primary)
        return None

    def lost(self, replica: Replica) -> None:
        """A replica does not answer: it is left alone for a while, longer each time."""
        replica.up, replica.fresh = False, NEVER
        replica.pause = min(max(2 * replica.pause, FIRST_PAUSE), LONGEST_PAUSE)
        wait = random.uniform(0.5, 1) * replica.pause  # noqa: S311 - jitter
        replica.again = time.monotonic() + wait
        replica.database.break_off()

    def usage(self) -> tuple[ReplicaUse, ...]:
        """How each of them is."""
        now = time.monotonic()
        return tuple(
            ReplicaUse(
                item.name, item.up, round(now - item.fresh, 3) if item.fresh > NEVER else None
            )
            for item in self._replicas
        )

    async def look(self) -> None:
        """Ask the primary how far it is, and then each replica."""
        await self._look_at_primary()
        now = time.monotonic()
        due = [item for item in self._replicas if item.up or now >= item.again]
        await asyncio.gather(*(self._look_at(item) for item in due))

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._settings.replica_check)
            await self.look()

    async def _look_at_primary(self) -> None:
        before = time.monotonic()
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                ((lsn, timeline),) = await self._primary.read(PRIMARY, ())
        except (StoreError, TimeoutError):
            return  # Nothing is known to be fresh from now on, so that all grow too old.
        if self._rounds and self._rounds[-1].timeline != timeline:
            self._forget()
        self._rounds.append(_Round(before, lsn, timeline))
        while self._rounds[0].before < before - self._settings.replica_lag:
            self._rounds.popleft()

    def _forget(self) -> None:
        """Another server is the primary now, whose log goes another way."""
        self._rounds.clear()
        for replica in self._replicas:
            replica.fresh = NEVER

    async def _look_at(self, replica: Replica) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await replica.database.open()
                ((lsn, timeline, follows),) = await replica.database.read(REPLICA, ())
        except (StoreError, TimeoutError):
            self.lost(replica)
            return
        replica.up, replica.pause = True, 0.0
        replayed = (
            item.before
            for item in self._rounds
            if follows and lsn is not None and timeline == item.timeline and item.lsn <= lsn
        )
        known = replica.fresh if follows and self._is_on(timeline) else NEVER
        replica.fresh = max(replayed, default=known)

    def _is_on(self, timeline: int) -> bool:
        return bool(self._rounds) and self._rounds[-1].timeline == timeline


class _Followed:
    """A Database of database.py that reads from a replica, and from the primary where that one
    fails. What writes, and what takes long, is for the primary."""

    def __init__(self, replicas: Replicas, replica: Replica, primary: Database) -> None:
        self._replicas = replicas
        self._replica = replica
        self._primary = primary
        self.open = primary.open
        self.close = primary.close
        self.write = primary.write
        self.write_at_once = primary.write_at_once
        self.script = primary.script

    async def read(self, statement: Statement, arguments: Sequence[Any]) -> Sequence[Row]:
        try:
            return await self._replica.database.read(statement, arguments)
        except (Crowded, Contended):
            pass  # Too many readers, or replaying took away rows that were being read.
        except Unavailable:
            self._replicas.lost(self._replica)
        return await self._primary.read(statement, arguments)

    def stream(
        self, statement: Statement, arguments: Sequence[Any]
    ) -> AsyncGenerator[list[Row], None]:
        return self._primary.stream(statement, arguments)
