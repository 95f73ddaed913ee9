"""Backfills beside replicas: they wait for one that falls behind, and go on once it is not."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest_asyncio

from charter.migrate.events import Event, Filled, Paused
from charter.migrate.load import load
from charter.migrate.turn import looking
from tests.migrate.engine.databases import ADD, FILL, QUICK, ROWS, Place, first, grown, until
from tests.support.replication import Cluster

GENTLE = replace(QUICK, batch_rows=20, most_rows=20, most_lag=0.3)
BEHIND = "SELECT 1 FROM pg_stat_replication WHERE replay_lag > interval '1 s'"
FILLED = "SELECT count(*) FROM items WHERE note IS NOT NULL"
MIGRATIONS = (first(), grown(ADD, FILL))


@pytest_asyncio.fixture
async def place(replicated: Cluster) -> AsyncIterator[Place]:
    """A primary with items, and one standby, which replays again at the end."""
    standby = replicated.add_standby()
    found = Place(replicated.primary.url(), GENTLE)
    await found.apply(first())
    await found.fill()
    replicated.caught_up(standby)
    found.events.clear()
    yield found
    standby.execute("SELECT pg_wal_replay_resume()")


async def seen(place: Place, kind: type[Event], times: int) -> list[Event]:
    """Wait until so many events of a kind were told; those."""
    deadline = time.monotonic() + 60
    while True:
        found: list[Event] = [event for event in place.events if isinstance(event, kind)]
        if len(found) >= times:
            return found
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_a_backfill_waits_for_a_replica_that_falls_behind(
    place: Place, replicated: Cluster
) -> None:
    (standby,) = replicated.standbys
    # Long rests, so that the table is not filled before the replica can be behind.
    task = asyncio.create_task(
        Place(place.url, replace(GENTLE, rest=60.0), place.events).apply(*MIGRATIONS)
    )
    await seen(place, Filled, 1)
    standby.execute("SELECT pg_wal_replay_pause()")
    reasons = [event.reason for event in await seen(place, Paused, 2) if isinstance(event, Paused)]
    assert all(reason.startswith("a replica is ") for reason in reasons)
    reached = await place.rows(FILLED)
    assert 0 < reached[0][0] < ROWS
    await seen(place, Paused, len(reasons) + 2)
    assert await place.rows(FILLED) == reached
    assert not task.done()

    standby.execute("SELECT pg_wal_replay_resume()")
    await task
    assert await place.rows(FILLED) == [(ROWS,)]


async def test_a_replica_that_has_caught_up_holds_nothing_up(
    place: Place, replicated: Cluster
) -> None:
    """The server goes on telling how far behind it was for a while."""
    (standby,) = replicated.standbys
    async with looking(place.target) as session:
        assert await load(session, place.dialect, place.pace) is None
        standby.execute("SELECT pg_wal_replay_pause()")
        await until(place, BEHIND, "UPDATE items SET name = name WHERE id = 1")
        found = await load(session, place.dialect, place.pace)
        assert found is not None
        assert found.endswith("s behind")
        standby.execute("SELECT pg_wal_replay_resume()")
        replicated.caught_up(standby)
        assert await load(session, place.dialect, place.pace) is None
