"""Backfills: rows that exist get what the contract asks of them, some at a time.

Each batch is a short transaction over a range of the key, with the note of how far it got. A
batch takes about as long as is wanted, whatever that is in rows, and others go first: it rests
after each batch, and pauses while replicas lag or sessions wait for locks.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from charter.migrate.events import Filled, Paused
from charter.migrate.faults import MigrationFault
from charter.migrate.filling import Filler, filler_of
from charter.migrate.job import Job
from charter.migrate.keys import read_key, written_key
from charter.migrate.load import load, rows_of
from charter.migrate.ranges import Ranges
from charter.migrate.step import Batch, Step
from charter.migrate.stops import STEP_FAILED
from charter.sql.folding import folded
from charter.sql.own.history import Entry
from charter.store.database import Row

LEAST_ROWS = 20
_ROUND_PAUSE = 0.5
_LOOKS = 1.0
"""Seconds between two looks at how busy the database is."""


@dataclass(slots=True)
class _Walk:
    """How a backfill goes on. `seconds` is what the last batch took."""

    rows: int
    seconds: float = 0.0
    walked: int = 0
    changed: int = 0
    looked_at: float = 0.0


@dataclass(frozen=True, slots=True)
class _Way:
    """How the rows of a backfill are found and filled; by a filler where values are made here."""

    ranges: Ranges
    filler: Filler | None


@dataclass(frozen=True, slots=True)
class _Done:
    """What one batch was: where it ended (None at the end of the table), and its rows."""

    entry: Entry
    upper: Sequence[Any] | None
    changed: int


async def fill(job: Job, entry: Entry, step: Step, batch: Batch) -> Entry:
    """Fill the rows that are not done, from where the history says that it got; the entry then.
    All of them, if the batch does not leave some.

    Raises MigrationFault where rows are left that cannot be filled.
    """
    ranges = Ranges(batch, job.dialect)
    counted = partial(rows_of, job.session, job.dialect, batch.table)
    rows = await job.patiently(step.name, batch.table, counted)
    way = _Way(ranges, await filler_of(job.session, ranges) if ranges.made else None)
    walk = _Walk(job.pace.batch_rows)
    for _ in range(job.pace.rounds):
        before = walk.changed
        entry = await _round(job, entry, step, way, walk, rows)
        if batch.leaves:
            return entry
        left = partial(job.session.fetch, ranges.left())
        if not await job.patiently(step.name, batch.table, left):
            return entry
        if walk.changed == before:
            # Others have these rows.
            await asyncio.sleep(_ROUND_PAUSE)
    message = f"{step.name}: rows of {batch.table} are left that others hold, or that never change"
    raise MigrationFault(STEP_FAILED, message)


async def _round(job: Job, entry: Entry, step: Step, way: _Way, walk: _Walk, rows: int) -> Entry:
    """Once over the table, from where the entry says to its end."""
    while True:
        await _let_others_first(job, walk)
        started = time.monotonic()

        async def one(entry: Entry = entry) -> _Done:
            return await _one(job, entry, way, walk.rows)

        done = await job.patiently(step.name, step.table, one)
        walk.seconds = time.monotonic() - started
        walk.changed += done.changed
        walk.walked = min(walk.walked + walk.rows, rows) if done.upper is not None else rows
        job.tell(Filled(step, walk.walked, walk.changed, rows))
        walk.rows = _resized(walk, job)
        entry = done.entry
        if done.upper is None:
            return entry


def _resized(walk: _Walk, job: Job) -> int:
    """How many rows the next batch has, to take as long as it should."""
    factor = job.pace.batch_seconds / max(walk.seconds, 0.001)
    wanted = int(walk.rows * min(max(factor, 0.25), 2))
    return min(max(wanted, LEAST_ROWS), job.pace.most_rows)


async def _let_others_first(job: Job, walk: _Walk) -> None:
    await asyncio.sleep(walk.seconds * job.pace.rest)
    if time.monotonic() - walk.looked_at < _LOOKS:
        return
    while (reason := await load(job.session, job.dialect, job.pace)) is not None:
        job.tell(Paused(reason))
        await asyncio.sleep(_LOOKS)
    walk.looked_at = time.monotonic()


async def _one(job: Job, entry: Entry, way: _Way, rows: int) -> _Done:
    """One batch, in a transaction with the note of where it ended."""
    ranges = way.ranges
    lower = read_key(entry.reached) if entry.reached is not None else ()
    async with job.session.transaction():
        found = await job.session.fetch(ranges.upper(rows, lower=bool(lower)), lower)
        upper = tuple(found[0]) if found else None
        values = (*lower, *(upper or ()))
        reads = ranges.fill if way.filler is None else ranges.rows
        statement = reads(lower=bool(lower), upper=upper is not None)
        if way.filler is None:
            changed = await job.session.change(statement, values)
        else:
            made = _made(ranges, await job.session.fetch(statement, values))
            if made:
                await way.filler(made)
            changed = len(made)
        reached = None if upper is None else written_key(upper)
        return _Done(await job.noted(entry, reached=reached), upper, changed)


def _made(ranges: Ranges, found: Sequence[Row]) -> list[tuple[Any, ...]]:
    """The values for rows as they were found, each followed by the key of its row."""
    sources = {name: place for place, name in enumerate(ranges.sources, ranges.width)}
    encoders = ranges.encoders()
    changes = []
    for row in found:
        made = []
        for item, encode in zip(ranges.made, encoders, strict=True):
            value = folded(row[sources[item.source]] if item.source else None)
            made.append(value if encode is None or value is None else encode(value))
        changes.append((*made, *row[: ranges.width]))
    return changes
