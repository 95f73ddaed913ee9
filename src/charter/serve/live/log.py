"""The log of all changes, read by one process."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any

from charter.sql.dialect import Dialect
from charter.sql.log import Mark, Snapshot, head, since, snapshot
from charter.sql.own.query import bound
from charter.store.database import Database, Row

MOST_ENTRIES = 5_000
"""Entries that are told of one by one; more are as good as all."""
MOST_GAPS = 1_000
"""Numbers of entries that may still come, where entries are committed in any order."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something happened to a row, or (without a key) to any rows of a resource."""

    resource: str
    key: str | None
    deleted: bool


@dataclass(frozen=True, slots=True)
class Read:
    """Entries in the order of the log, and how far they reach. None: there were too many, or the
    log is not the one that was read before (a server that took over knows less)."""

    entries: tuple[Entry, ...] | None
    mark: Mark


class Log:
    """Reads the log. `patience` is for how long, in seconds, an entry may still come whose number
    is lower than that of another that is there."""

    def __init__(self, database: Database, dialect: Dialect, patience: float) -> None:
        self._database = database
        self._dialect = dialect
        self._patience = patience
        self._head = head(dialect)
        self._since = since(dialect, MOST_ENTRIES + 1)
        self._gaps: dict[int, float] = {}

    async def head(self) -> Mark:
        """The mark of whoever knows all that is committed now."""
        last, seen = await self._newest()
        if seen is not None:
            return seen.mark(last)
        if self._dialect.numbers_in_order:
            return Mark(last + 1)
        lowest = max(1, last + 1 - MOST_GAPS)
        return self._after(Mark(lowest), [row[0] for row in await self._read(lowest)])

    async def reach(self) -> int:
        """No mark of this log is beyond this number."""
        last, seen = await self._newest()
        return last + 1 if seen is None else seen.upto

    async def since(self, mark: Mark) -> Read:
        """What was committed after a mark."""
        if self._dialect.tells_transactions:
            rows = await self._read(mark.upto, list(mark.missing))
            seen = snapshot(rows[0][-1])
            found = sorted((row for row in rows if row[0] is not None), key=itemgetter(0))
            after = seen.mark(max((mark.upto - 1, *(row[-2] for row in found))))
            known = seen.upto >= mark.upto
        else:
            rows = await self._read(min((mark.upto, *mark.missing)))
            missing = frozenset(mark.missing)
            found = [row for row in rows if row[0] >= mark.upto or row[0] in missing]
            after = self._after(mark, [row[0] for row in found])
            known = True
        if known and len(rows) <= MOST_ENTRIES:
            return Read(tuple(map(_entry, found)), after)
        return Read(None, await self.head())

    async def _newest(self) -> tuple[int, Snapshot | None]:
        """The number of the last entry, or that of its transaction and what was seen with it."""
        ((last, *seen),) = await self._database.read(self._head, ())
        return last, snapshot(seen[0]) if seen else None

    async def _read(self, *values: object) -> Sequence[Row]:
        return await self._database.read(self._since, bound(self._since, values))

    def _after(self, mark: Mark, numbers: Sequence[int]) -> Mark:
        upto = max(mark.upto, numbers[-1] + 1) if numbers else mark.upto
        if self._dialect.numbers_in_order:
            return Mark(upto)
        return Mark(upto, self._still_missing(mark, upto, frozenset(numbers)))

    def _still_missing(self, mark: Mark, upto: int, found: frozenset[int]) -> tuple[int, ...]:
        """The numbers that were given out to somebody who has neither committed nor been
        undone, as far as is known: those that are not there after a while never come."""
        now = time.monotonic()
        newer: Iterable[int] = range(max(mark.upto, upto - MOST_GAPS), upto)
        missing = [number for number in chain(mark.missing, newer) if number not in found]
        for number in missing:
            self._gaps.setdefault(number, now)
        kept = tuple(number for number in missing if now - self._gaps[number] < self._patience)
        if len(self._gaps) > 2 * MOST_GAPS:
            self._gaps = {number: self._gaps[number] for number in kept}
        return kept


def _entry(row: Row) -> Entry:
    _, resource, event, key = row[:4]
    told: Any = event
    return Entry(resource or "", key, told.endswith(".deleted"))
