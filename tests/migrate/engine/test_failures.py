"""What goes wrong while a migration is applied: it says so, leaves what was, and goes on later."""

import asyncio
import contextlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from charter.migrate.events import Event, Filled, Paused, Reconnecting, Retrying, StepDone
from charter.migrate.faults import MigrationFault
from charter.migrate.step import Work
from charter.sql.own.history import State
from charter.sql.schema import TableIndex, UniqueKey
from tests.migrate.engine.databases import (
    ADD,
    BESIDE,
    FILL,
    FOLD,
    INDEX,
    NEEDY,
    ROWS,
    Place,
    first,
    grown,
    transaction,
    until,
)
from tests.support.mysql import MysqlServer
from tests.support.postgres import PostgresServer

ROOT = Path(__file__).parents[3]
BUSY = {
    "sqlite": "UPDATE items SET name = name WHERE id = 1",
    "postgresql": "LOCK TABLE items IN ROW EXCLUSIVE MODE",
    "mysql": "SELECT 1 FROM items",
}


async def test_a_lock_that_is_not_had_is_a_clear_failure_that_changes_nothing(place: Place) -> None:
    async with transaction(place, BUSY[place.dialect.name]):
        if place.dialect.name == "sqlite":
            # The one writer: not even the beginning can be noted.
            with pytest.raises(MigrationFault) as caught:
                await place.apply(first(), grown(ADD))
        else:
            with pytest.raises(MigrationFault) as caught:
                await place.apply(first(), grown(ADD))
            assert "has been in a transaction for" in str(caught.value)
    assert caught.value.code.name == "lock_timeout"
    assert [event.attempt for event in place.events if isinstance(event, Retrying)] == [1, 2]
    assert await place.columns() == {"id", "name"}
    await place.apply(first(), grown(ADD))
    assert await place.columns() == {"id", "name", "note"}


async def test_a_lock_that_comes_free_is_had_at_the_next_try(place: Place) -> None:
    patient = Place(place.url, replace(place.pace, tries=50))
    async with transaction(place, BUSY[place.dialect.name]):
        task = asyncio.create_task(patient.apply(first(), grown(ADD)))
        while not any(isinstance(event, Retrying) for event in patient.events):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await task
    assert await place.columns() == {"id", "name", "note"}


WAITING = {
    "postgresql": "SELECT 1 FROM pg_locks WHERE NOT granted",
    "mysql": "SELECT 1 FROM information_schema.processlist WHERE state LIKE 'Waiting for table%'",
}


async def test_others_never_wait_behind_it_for_longer_than_the_lock_timeout(server: Place) -> None:
    """The queue behind a lock that is waited for dissolves: a read comes through while another
    transaction keeps the table."""
    patient = Place(server.url, replace(server.pace, tries=50))
    async with transaction(server, BUSY[server.dialect.name]):
        task = asyncio.create_task(patient.apply(first(), grown(ADD)))
        await until(server, WAITING[server.dialect.name])
        assert await server.rows("SELECT count(*) FROM items") == [(ROWS,)]
    await task


async def test_rows_that_break_a_constraint_stop_the_step_and_can_be_mended(place: Place) -> None:
    unique = replace(
        INDEX, up=("CREATE UNIQUE INDEX items_note_idx ON items (note)",), name="unique note"
    )
    await place.run("UPDATE items SET name = 'Item 1' WHERE id = 2")
    with pytest.raises(MigrationFault) as caught:
        await place.apply(first(), grown(ADD, FILL, unique))
    assert caught.value.code.name == "rows_unfit"
    entry = (await place.entries())[-1]
    assert (entry.state, entry.done, entry.step) == (State.EXPANDING, 2, None)
    await place.run("UPDATE items SET note = 'another' WHERE id = 2")
    await place.apply(first(), grown(ADD, FILL, unique))
    assert (await place.entries())[-1].state is State.APPLIED


async def test_an_index_that_could_not_be_built_is_not_left_behind(server: Place) -> None:
    unique = "CREATE UNIQUE INDEX items_note_idx ON items (note)"
    beside = BESIDE if server.dialect.name == "postgresql" else replace(INDEX, up=(unique,))
    await server.run("UPDATE items SET name = 'Item 1' WHERE id = 2")
    with pytest.raises(MigrationFault) as caught:
        await server.apply(first(), grown(ADD, FILL, beside))
    assert caught.value.code.name == "rows_unfit"
    assert (await server.there()).table_named["items"].indexes == ()
    await server.run("UPDATE items SET note = 'another' WHERE id = 2")
    await server.apply(first(), grown(ADD, FILL, beside))
    (table,) = (item for item in (await server.there()).tables if item.name == "items")
    parts: tuple[TableIndex | UniqueKey, ...] = (*table.indexes, *table.uniques)
    assert [(item.name, item.modifiers) for item in parts] == [("items_note_idx", "")]


async def test_rows_that_are_in_the_way_are_counted_before_a_step(place: Place) -> None:
    await place.run("UPDATE items SET name = '' WHERE id < 4")
    with pytest.raises(MigrationFault) as caught:
        await place.apply(first(), grown(replace(ADD, needs=(NEEDY,))))
    assert caught.value.code.name == "rows_unfit"
    assert "3 rows of items have no name" in str(caught.value)
    assert await place.columns() == {"id", "name"}


async def test_references_that_lead_nowhere_undo_a_table_that_was_written_anew(
    tmp_path: Path,
) -> None:
    place = Place(f"sqlite:///{tmp_path / 'items.db'}")
    await place.apply(first())
    await place.fill(3)
    await place.run("CREATE TABLE parts (item integer REFERENCES items (id)) STRICT")
    await place.run("INSERT INTO parts VALUES (3)")
    rebuild = replace(
        ADD,
        up=(*ADD.up, "DELETE FROM items WHERE id = 3"),
        work=Work.REWRITE,
    )
    with pytest.raises(MigrationFault) as caught:
        await place.apply(first(), grown(rebuild))
    assert caught.value.code.name == "rows_unfit"
    assert "parts refers to a missing items" in str(caught.value)
    assert await place.columns() == {"id", "name"}
    assert await place.rows("SELECT count(*) FROM items") == [(3,)]


async def test_a_statement_that_the_database_refuses_is_undone_whole(place: Place) -> None:
    broken = replace(ADD, up=(*ADD.up, "ALTER TABLE nowhere ADD COLUMN x text"))
    with pytest.raises(MigrationFault) as caught:
        await place.apply(first(), grown(broken))
    assert caught.value.code.name == "step_failed"
    assert "nowhere" in str(caught.value)
    assert await place.columns() == {"id", "name"}


async def test_a_database_that_is_gone_half_way_is_waited_for(
    server: Place, process: PostgresServer | MysqlServer
) -> None:
    gone = asyncio.Event()

    class Told(list[Event]):
        def append(self, event: Event) -> None:
            super().append(event)
            if isinstance(event, StepDone) and event.number == 1 and not gone.is_set():
                gone.set()
                process.kill9()

    server.events = Told()

    async def restart() -> None:
        await gone.wait()
        await asyncio.to_thread(process.start)

    again = asyncio.create_task(restart())
    try:
        await server.apply(first(), grown(ADD, FILL, INDEX))
    finally:
        await again
    assert any(isinstance(event, Reconnecting) for event in server.events)
    assert (await server.entries())[-1].state is State.APPLIED
    assert await server.rows("SELECT count(*) FROM items WHERE note IS NULL") == [(0,)]


async def test_a_database_that_does_not_come_back_is_a_clear_failure(
    server: Place, process: PostgresServer | MysqlServer
) -> None:
    hasty = Place(server.url, replace(server.pace, reconnect=0.5))
    process.stop()
    try:
        with pytest.raises(MigrationFault) as caught:
            await hasty.apply(first(), grown(ADD))
    finally:
        process.start()
    assert caught.value.code.name == "database_gone"
    await server.apply(first(), grown(ADD))
    assert await server.columns() == {"id", "name", "note"}


async def test_a_server_without_room_fails_the_step_and_leaves_what_was(postgres: Place) -> None:
    (name,) = (await postgres.rows("SELECT current_database()"))[0]
    await postgres.run(
        "INSERT INTO items SELECT i, (SELECT string_agg(md5(i::text || j), '')"
        " FROM generate_series(1, 30) j) FROM generate_series(1000, 4000) i"
    )
    for setting in ("temp_file_limit = '64kB'", "maintenance_work_mem = '1MB'"):
        await postgres.run(f'ALTER DATABASE "{name}" SET {setting}')
    index = replace(INDEX, up=("CREATE INDEX items_note_idx ON items (name)",))
    with pytest.raises(MigrationFault) as caught:
        await postgres.apply(first(), grown(ADD, index))
    assert caught.value.code.name == "step_failed"
    assert "temporary file size" in str(caught.value)
    assert (await postgres.entries())[-1].done == 1
    await postgres.run(f'ALTER DATABASE "{name}" RESET ALL')
    await postgres.apply(first(), grown(ADD, index))
    assert (await postgres.entries())[-1].state is State.APPLIED


FULL = """
import asyncio, resource, signal, sys
from tests.migrate.engine.databases import ADD, FILL, Place, first, grown
from charter.migrate.faults import MigrationFault

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    asyncio.run(Place(sys.argv[1]).apply(first(), grown(ADD, FILL)))
except MigrationFault as fault:
    print(fault)
"""


async def test_a_full_disk_fails_the_step_and_what_was_stays(tmp_path: Path) -> None:
    """A file may grow to so many bytes and no further: SQLite is told what a full disk tells."""
    file = tmp_path / "items.db"
    place = Place(f"sqlite:///{file}")
    await place.apply(first())
    await place.fill(5_000)
    await place.run("PRAGMA wal_checkpoint(TRUNCATE)")
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", FULL, place.url, str(file.stat().st_size + 40_000)],
        cwd=ROOT, env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PATH": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "step_failed: fill items.note: SQLite: " in done.stdout, done
    entry = (await place.entries())[-1]
    assert (entry.state, entry.done) == (State.EXPANDING, 1)
    assert await place.rows("SELECT count(*) FROM items") == [(5_000,)]
    assert await place.rows("PRAGMA integrity_check") == [("ok",)]
    await place.apply(first(), grown(ADD, FILL))
    assert await place.rows("SELECT count(*) FROM items WHERE note IS NULL") == [(0,)]


async def test_a_backfill_leaves_rows_that_others_have_for_later(server: Place) -> None:
    migrations = (first(), grown(ADD, FILL))
    await server.apply(first(), grown(ADD))
    await server.rollback(first(), grown(ADD))
    task = None
    await server.run("ALTER TABLE items ADD COLUMN held integer")
    async with transaction(server, "UPDATE items SET held = 1 WHERE id = 17"):
        early = Place(server.url, replace(server.pace, tries=200))
        task = asyncio.create_task(early.apply(*migrations))
        await asyncio.sleep(0.3)
    await task
    assert await server.rows("SELECT note FROM items WHERE id = 17") == [("note of Item 17",)]


HOLDS = {"postgresql": "LOCK TABLE other", "mysql": "SELECT * FROM other"}
WAITS = {"postgresql": "TABLE other", "mysql": "ALTER TABLE other ADD COLUMN note integer"}


async def test_a_backfill_pauses_while_sessions_wait_for_locks(server: Place) -> None:
    await server.apply(first(), grown(ADD, name="0002_column"))
    await server.run("CREATE TABLE other (id integer)")
    gentle = Place(server.url, replace(server.pace, most_waiting=0))
    fill = grown(FILL, name="0003_fill", after=("0002_column",))
    migrations = (first(), grown(ADD, name="0002_column"), fill)
    async with transaction(server, HOLDS[server.dialect.name]):
        waiting = asyncio.create_task(_wait_for_other(server))
        await until(server, WAITING[server.dialect.name])
        task = asyncio.create_task(gentle.apply(*migrations))
        while not any(isinstance(event, Paused) for event in gentle.events):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        nothing = "SELECT count(*) FROM items WHERE note IS NOT NULL"
        assert await server.rows(nothing) == [(0,)]
    await waiting
    await task
    paused = next(event for event in gentle.events if isinstance(event, Paused))
    assert paused.reason == "1 sessions wait for locks"


async def _wait_for_other(place: Place) -> None:
    with contextlib.suppress(Exception):
        await Place(place.url, replace(place.pace, lock_timeout=30)).run(WAITS[place.dialect.name])


async def test_values_that_are_made_outside_are_the_folded_texts(place: Place) -> None:
    await place.run("UPDATE items SET name = 'STRASSE Élan' WHERE id = 7")
    await place.apply(first(), grown(ADD, FOLD))
    assert await place.rows("SELECT note FROM items WHERE id = 7") == [("strasse élan",)]
    assert await place.rows("SELECT count(*) FROM items WHERE note IS NULL") == [(0,)]


async def test_rows_that_never_become_what_they_should_end_a_backfill(place: Place) -> None:
    fill = FILL.batch
    assert fill is not None
    stuck = replace(FILL, batch=replace(fill, where="id = 3"))
    quick = Place(place.url, replace(place.pace, rounds=3))
    with pytest.raises(MigrationFault) as caught:
        await quick.apply(first(), grown(ADD, stuck))
    assert caught.value.code.name == "step_failed"


async def test_rows_that_others_undo_can_be_left_to_a_later_step(place: Place) -> None:
    fill = FILL.batch
    assert fill is not None
    undone = replace(fill, where="note IS NULL OR id = 3")
    first_fill = replace(FILL, batch=replace(undone, leaves=True))
    quick = Place(place.url, replace(place.pace, rounds=3))
    await quick.apply(first(), grown(ADD, first_fill))
    filled = [event for event in quick.events if isinstance(event, Filled)]
    assert filled[-1].changed == ROWS
    assert await place.rows("SELECT count(*) FROM items WHERE note IS NULL") == [(0,)]
