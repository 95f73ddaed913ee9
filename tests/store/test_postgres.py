"""What is PostgreSQL's own: the pool, its recovery, and what a transaction goes through."""

import asyncio
import contextlib
import os
import signal

import asyncpg
import pytest

from charter.core.signals import Committed, Signal
from charter.store.database import Transaction
from charter.store.errors import Contended, NotAtOnce, StoreError, TimedOut, Unavailable, Violated
from charter.store.settings import StoreSettings
from tests.store.conftest import TABLES, Store, opened
from tests.support.postgres import PostgresServer

SLEEP = "SELECT pg_sleep(30)"
BACKENDS = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'charter'
"""


async def kill_connections(url: str) -> int:
    """End all connections of Charter's to a database; how many there were."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(f"SELECT pg_terminate_backend(pid) FROM ({BACKENDS}) AS backend")
    await connection.close()
    return len(rows)


async def gone(url: str, condition: str) -> None:
    """Wait until no connection of Charter's is in some state."""
    connection = await asyncpg.connect(url)
    for _ in range(2000):
        if not await connection.fetch(f"{BACKENDS} AND {condition}"):
            break
        await asyncio.sleep(0.01)
    else:
        pytest.fail(f"a connection stays: {condition}")
    await connection.close()


@pytest.fixture
def settings() -> StoreSettings:
    return StoreSettings(pool_size=3, pool_timeout=20)


async def test_reads_and_writes_outlive_killed_connections(postgres: Store) -> None:
    for key in range(5):
        await asyncio.gather(*[postgres.add(10 * key + number) for number in range(3)])
        assert await kill_connections(postgres.url) > 0
        assert await postgres.count() == 3 * (key + 1)


async def test_a_read_that_is_killed_under_way_is_read_again(postgres: Store) -> None:
    await postgres.database.script("CREATE TABLE seen (id int)")
    slow = postgres.sql("SELECT pg_sleep(0.5), 'answer'")
    reading = asyncio.create_task(postgres.database.read(slow, ()))
    await asyncio.sleep(0.1)
    assert await kill_connections(postgres.url) > 0
    [(_, answer)] = await reading
    assert answer == "answer"


async def test_a_connection_that_says_nothing_is_given_up(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("charter.store.server_pool.ANSWER_SECONDS", 0.2)
    monkeypatch.setattr("charter.store.server_pool.WATCH_SECONDS", 0.1)
    store = await opened(postgres_url, StoreSettings(statement_timeout=0.5, pool_size=1))
    backend = store.sql("SELECT pg_backend_pid()")
    [(stuck,)] = await store.database.read(backend, ())
    os.kill(stuck, signal.SIGSTOP)
    try:
        [(other,)] = await store.database.read(backend, ())
    finally:
        os.kill(stuck, signal.SIGCONT)
    assert other != stuck
    await store.database.close()


async def test_a_work_whose_connection_is_killed_runs_again(postgres: Store) -> None:
    insert = postgres.sql("INSERT INTO author (id, name) VALUES (1, 'once')")
    runs = 0

    async def work(unit: Transaction) -> None:
        nonlocal runs
        runs += 1
        await unit.execute(insert, ())
        if runs == 1:
            await kill_connections(postgres.url)
        await unit.execute(postgres.sql("UPDATE author SET books = 1"), ())

    await postgres.database.write(work)
    assert runs == 2
    assert await postgres.names() == ["once"]


async def test_a_commit_that_is_lost_is_not_tried_again(postgres: Store) -> None:
    insert = postgres.sql("INSERT INTO author (id, name) VALUES (1, 'once')")
    runs = 0

    async def work(unit: Transaction) -> None:
        nonlocal runs
        runs += 1
        await unit.execute(insert, ())
        await kill_connections(postgres.url)

    with pytest.raises(Unavailable, match="unknown"):
        await postgres.database.write(work)
    assert runs == 1
    assert await postgres.count() == 0


async def test_a_write_at_once_that_is_lost_is_not_tried_again(
    postgres: Store, postgres_server: PostgresServer
) -> None:
    await postgres.add(1)
    insert = postgres.sql("INSERT INTO author (id, name) SELECT 2, 'x' FROM pg_sleep(0.5)")
    writing = asyncio.create_task(postgres.database.write_at_once(insert, ()))
    await asyncio.sleep(0.1)
    [(backend,)] = await postgres.database.read(
        postgres.sql("SELECT pid FROM pg_stat_activity WHERE query LIKE '%FROM pg_sleep(0.5)%'"
                     " AND pid <> pg_backend_pid()"), ()
    )  # fmt: skip
    await asyncio.to_thread(postgres_server.kill_backend, backend)
    with pytest.raises(Unavailable, match="unknown"):
        await writing
    assert await postgres.count() == 1


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO author (id, name) VALUES (1, 'again')",
        "WITH made AS (INSERT INTO author (id, name) VALUES (2, 'x') RETURNING *)"
        " SELECT 1 / (CASE WHEN id > 2 THEN 1 ELSE 0 END) FROM made",
    ],
)
async def test_a_write_at_once_that_fails_leaves_nothing(postgres: Store, text: str) -> None:
    await postgres.add(1)
    with pytest.raises(NotAtOnce):
        await postgres.database.write_at_once(postgres.sql(text), ())
    assert await postgres.count() == 1


async def test_a_restart_of_the_server_is_outlived(
    postgres: Store, postgres_server: PostgresServer
) -> None:
    await postgres.add(1)
    await asyncio.to_thread(postgres_server.stop)
    waiting = [asyncio.create_task(postgres.count()) for _ in range(6)]
    writing = asyncio.create_task(postgres.add(2))
    await asyncio.sleep(0.2)
    await asyncio.to_thread(postgres_server.start)
    assert set(await asyncio.gather(*waiting)) <= {1, 2}
    await writing
    assert await postgres.count() == 2


async def test_a_server_that_stays_away_is_unavailable_then_at_once(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    store = await opened(postgres_url, StoreSettings(pool_timeout=0.3, pool_size=1))
    await asyncio.to_thread(postgres_server.stop)
    with pytest.raises(Unavailable):
        await store.count("pg_class")
    for _ in range(50):
        with pytest.raises(Unavailable):
            await store.count("pg_class")
    await asyncio.to_thread(postgres_server.start)
    assert await store.count("pg_class") > 0
    await store.database.close()


async def test_both_sides_of_a_deadlock_get_through(postgres_url: str) -> None:
    told: list[Signal] = []
    store = await opened(postgres_url, StoreSettings(), told.append)
    await store.database.script(TABLES)
    await store.add(1)
    await store.add(2)
    told.clear()
    update = store.sql("UPDATE author SET books = books + 1 WHERE id = $1")
    barrier = asyncio.Barrier(2)

    def work(first: int, second: int) -> "asyncio.Future[None]":
        async def run(unit: Transaction) -> None:
            await unit.execute(update, (first,))
            # Only the first tries meet here.
            with contextlib.suppress(TimeoutError, asyncio.BrokenBarrierError):
                async with asyncio.timeout(0.5):
                    await barrier.wait()
            await unit.execute(update, (second,))

        return asyncio.ensure_future(store.database.write(run))

    await asyncio.gather(work(1, 2), work(2, 1))
    rows = await store.database.read(store.sql("SELECT books FROM author"), ())
    assert [row[0] for row in rows] == [2, 2]
    attempts = [signal.attempts for signal in told if isinstance(signal, Committed)]
    assert sorted(attempts) == [1, 2]
    await store.database.close()


async def test_a_serializable_transaction_that_loses_runs_again(postgres_url: str) -> None:
    store = await opened(postgres_url, StoreSettings(isolation="serializable"))
    await store.database.script(TABLES)
    count = store.sql("SELECT count(*) FROM author")
    insert = store.sql("INSERT INTO author (id, name) VALUES ($1, $2)")
    runs = 0

    async def work(unit: Transaction) -> None:
        nonlocal runs
        runs += 1
        [(found,)] = await unit.fetch(count, ())
        await asyncio.sleep(0.02)
        await unit.execute(insert, (found, f"number {found}"))

    await asyncio.gather(*[store.database.write(work) for _ in range(4)])
    # Each counted those before it: with less isolation two would have taken one number.
    assert await store.names() == [f"number {number}" for number in range(4)]
    assert runs > 4
    await store.database.close()


async def test_a_work_that_never_gets_through_is_contended(postgres: Store) -> None:
    conflict = postgres.sql(
        "DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = 'serialization_failure'; END $$"
    )
    with pytest.raises(Contended):
        await postgres.database.write(lambda unit: unit.execute(conflict, ()))
    await postgres.add(1)


async def test_a_lock_is_not_waited_for_too_long(postgres_url: str) -> None:
    store = await opened(postgres_url, StoreSettings(lock_timeout=0.2))
    await store.database.script(TABLES)
    await store.add(1)
    update = store.sql("UPDATE author SET books = 1")
    other = await asyncpg.connect(postgres_url)
    async with other.transaction():
        await other.execute("LOCK author")
        with pytest.raises(TimedOut):
            await store.database.write(lambda unit: unit.execute(update, ()))
    await other.close()
    assert await store.database.write(lambda unit: unit.execute(update, ())) == 1
    await store.database.close()


async def test_requests_beyond_the_pool_wait_and_too_many_are_refused(postgres_url: str) -> None:
    store = await opened(postgres_url, StoreSettings(pool_size=2, queue_size=3, pool_timeout=30))
    sleep = store.sql("SELECT pg_sleep(0.3)")
    running = [asyncio.create_task(store.database.read(sleep, ())) for _ in range(5)]
    await asyncio.sleep(0.05)
    with pytest.raises(Unavailable):
        await store.database.read(sleep, ())
    await asyncio.gather(*running)
    connection = await asyncpg.connect(postgres_url)
    assert len(await connection.fetch(BACKENDS)) == 2
    await connection.close()
    await store.database.close()


async def test_a_cancelled_read_stops_on_the_server_and_frees_its_connection(
    postgres_url: str,
) -> None:
    store = await opened(postgres_url, StoreSettings(pool_size=1))
    reading = asyncio.create_task(store.database.read(store.sql(SLEEP), ()))
    await asyncio.sleep(0.1)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await store.count("pg_class") > 0
    await gone(postgres_url, "state = 'active'")
    await store.database.close()


async def test_a_cancelled_write_leaves_no_transaction_open(postgres_url: str) -> None:
    store = await opened(postgres_url, StoreSettings(pool_size=1))
    await store.database.script(TABLES)
    insert = store.sql("INSERT INTO author (id, name) VALUES (1, 'half')")
    written = asyncio.Event()

    async def work(unit: Transaction) -> None:
        await unit.execute(insert, ())
        written.set()
        await unit.fetch(store.sql(SLEEP), ())

    writing = asyncio.create_task(store.database.write(work))
    await written.wait()
    await asyncio.sleep(0.05)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await store.add(1)
    await gone(postgres_url, "xact_start IS NOT NULL")
    assert await store.names() == ["author 1"]
    await store.database.close()


async def test_no_session_state_is_left_behind(postgres_url: str) -> None:
    """What stands for the reset that the pool does without."""
    store = await opened(postgres_url, StoreSettings(pool_size=1, cached_statements=8))
    await store.database.script(TABLES)
    before = await session(store)

    async def failing(unit: Transaction) -> None:
        async with unit.savepoint():
            await unit.execute(store.sql("INSERT INTO author (id, name) VALUES (300, 'x')"), ())
        raise ZeroDivisionError

    for key in range(30):
        await store.add(key)
        await store.database.read(store.sql(f"SELECT {key}"), ())
    with pytest.raises(ZeroDivisionError):
        await store.database.write(failing)
    with pytest.raises(Violated):
        await store.add(1)
    cancelled = asyncio.create_task(store.database.read(store.sql(SLEEP), ()))
    await asyncio.sleep(0.05)
    cancelled.cancel()
    await asyncio.wait({cancelled})
    async for _ in store.database.stream(store.sql("SELECT id FROM author"), ()):
        pass
    assert await session(store) == before
    [(prepared,)] = await store.database.read(
        store.sql("SELECT count(*) FROM pg_prepared_statements"), ()
    )
    # Those kept, the one that replaces the oldest, and this one.
    assert prepared <= 10
    await store.database.close()


async def session(store: Store) -> list[tuple[object, ...]]:
    """All that a connection could hand on to its next user."""
    rows = await store.database.read(
        store.sql(
            "SELECT 'setting', name || '=' || setting FROM pg_settings WHERE source = 'session'"
            " UNION ALL SELECT 'cursor', name FROM pg_cursors"
            " UNION ALL SELECT 'channel', pg_listening_channels()"
            " UNION ALL SELECT 'lock', objid::text FROM pg_locks"
            " WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            " UNION ALL SELECT 'table', relname FROM pg_class WHERE relpersistence = 't'"
            " UNION ALL SELECT 'role', current_user"
            " UNION ALL SELECT 'backend', pg_backend_pid()::text"
            " ORDER BY 1, 2"
        ),
        (),
    )
    return [tuple(row) for row in rows]


async def test_a_change_of_the_schema_is_followed(postgres: Store) -> None:
    await postgres.add(1)
    select = postgres.sql("SELECT * FROM author")
    assert len((await postgres.database.read(select, ()))[0]) == 3
    connection = await asyncpg.connect(postgres.url)
    await connection.execute("ALTER TABLE author ADD COLUMN more int")
    assert len((await postgres.database.read(select, ()))[0]) == 4
    found = await postgres.database.write(lambda unit: unit.fetch(select, ()))
    assert len(found[0]) == 4
    await connection.execute("ALTER TABLE author ADD COLUMN yet_more int")
    found = await postgres.database.write(lambda unit: unit.fetch(select, ()))
    assert len(found[0]) == 5
    await connection.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TimeZone", "UTC"),
        ("DateStyle", "ISO, MDY"),
        ("jit", "off"),
        ("application_name", "charter"),
        ("statement_timeout", "10s"),
        ("lock_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "15s"),
    ],
)
async def test_a_connection_is_set_up_whatever_the_server_says(
    postgres: Store, name: str, value: str
) -> None:
    [(found,)] = await postgres.database.read(postgres.sql("SELECT current_setting($1)"), (name,))
    assert found == value


async def test_a_nul_is_a_bad_value(postgres: Store) -> None:
    with pytest.raises(StoreError, match="cannot take a value"):
        await postgres.add(1, "a\0b")
    assert await postgres.count() == 0


async def test_json_comes_and_goes_as_text(postgres: Store) -> None:
    statement = postgres.sql("SELECT $1::jsonb, $2::json, $1::jsonb -> 'a'")
    [row] = await postgres.database.read(statement, ('{"a": 1}', '{"b" : 2}'))
    assert list(row) == ['{"a": 1}', '{"b" : 2}', "1"]
