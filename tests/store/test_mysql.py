"""What is MySQL's own: connections that are killed, locks, and what a session is set up with."""

import asyncio
import contextlib

import pytest

from charter.core.signals import Committed, Signal
from charter.sql.statement import Statement
from charter.store.database import Transaction
from charter.store.errors import BadValue, StoreError, TimedOut, Unavailable
from charter.store.settings import StoreSettings
from tests.store.conftest import Store, opened, tables_for
from tests.support.mysql import MysqlServer

SLEEP = "SELECT sleep(30)"
OURS = "SELECT id FROM information_schema.processlist WHERE db = database()"


async def kill_connections(server: MysqlServer, url: str) -> int:
    """End all connections of Charter's to a database; how many there were."""
    name = url.rpartition("/")[2]
    found = await server.asked(f"SELECT id FROM information_schema.processlist WHERE db = '{name}'")
    for (thread,) in found:
        await server.asked(f"KILL CONNECTION {thread}")
    return len(found)


@pytest.fixture
def settings() -> StoreSettings:
    return StoreSettings(pool_size=3, pool_timeout=20)


async def test_reads_and_writes_outlive_killed_connections(
    mysql: Store, mysql_server: MysqlServer
) -> None:
    for key in range(3):
        await asyncio.gather(*[mysql.add(10 * key + number) for number in range(3)])
        assert await kill_connections(mysql_server, mysql.url) > 0
        assert await mysql.count() == 3 * (key + 1)


async def test_a_work_whose_connection_is_killed_runs_again(
    mysql: Store, mysql_server: MysqlServer
) -> None:
    insert = mysql.sql("INSERT INTO author (id, name) VALUES (1, 'once')")
    runs = 0

    async def work(unit: Transaction) -> None:
        nonlocal runs
        runs += 1
        await unit.execute(insert, ())
        if runs == 1:
            await kill_connections(mysql_server, mysql.url)
        await unit.execute(mysql.sql("UPDATE author SET books = 1"), ())

    await mysql.database.write(work)
    assert runs == 2
    assert await mysql.names() == ["once"]


async def test_a_commit_that_is_lost_is_not_tried_again(
    mysql: Store, mysql_server: MysqlServer
) -> None:
    insert = mysql.sql("INSERT INTO author (id, name) VALUES (1, 'once')")
    runs = 0

    async def work(unit: Transaction) -> None:
        nonlocal runs
        runs += 1
        await unit.execute(insert, ())
        await kill_connections(mysql_server, mysql.url)

    with pytest.raises(Unavailable, match="unknown"):
        await mysql.database.write(work)
    assert runs == 1
    assert await mysql.count() == 0


async def test_a_restart_of_the_server_is_outlived(mysql: Store, mysql_server: MysqlServer) -> None:
    await mysql.add(1)
    await asyncio.to_thread(mysql_server.stop)
    waiting = [asyncio.create_task(mysql.count()) for _ in range(6)]
    writing = asyncio.create_task(mysql.add(2))
    await asyncio.sleep(0.2)
    await asyncio.to_thread(mysql_server.start)
    assert set(await asyncio.gather(*waiting)) <= {1, 2}
    await writing
    assert await mysql.count() == 2


async def test_what_was_acknowledged_outlives_a_power_cut(
    mysql: Store, mysql_server: MysqlServer
) -> None:
    for key in range(20):
        await mysql.add(key)
    await asyncio.to_thread(mysql_server.kill9)
    await asyncio.to_thread(mysql_server.start)
    assert await mysql.count() == 20


async def test_both_sides_of_a_deadlock_get_through(mysql_url: str) -> None:
    told: list[Signal] = []
    store = await opened(mysql_url, StoreSettings(), told.append)
    await store.database.script(tables_for(mysql_url))
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


async def test_a_lock_is_not_waited_for_too_long(mysql_url: str) -> None:
    store = await opened(mysql_url, StoreSettings(lock_timeout=1.0))
    await store.database.script(tables_for(mysql_url))
    await store.add(1)
    update = store.sql("UPDATE author SET books = 1")

    async def holding(unit: Transaction) -> None:
        await unit.execute(update, ())
        with pytest.raises(TimedOut):
            await store.database.write(lambda other: other.execute(update, ()))

    await store.database.write(holding)
    assert await store.database.write(lambda unit: unit.execute(update, ())) == 1
    await store.database.close()


async def test_a_cancelled_read_stops_on_the_server(
    mysql_url: str, mysql_server: MysqlServer
) -> None:
    store = await opened(mysql_url, StoreSettings(pool_size=1))
    reading = asyncio.create_task(store.database.read(store.sql(SLEEP), ()))
    await asyncio.sleep(0.2)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await store.database.read(store.sql("SELECT 1"), ()) == [(1,)]
    for _ in range(500):
        asked = f"{OURS.replace('database()', repr(mysql_url.rpartition('/')[2]))}"
        if not await mysql_server.asked(f"{asked} AND info LIKE '%sleep(30)%'"):
            break
        await asyncio.sleep(0.02)
    else:
        pytest.fail("the read goes on")
    await store.database.close()


async def test_a_named_lock_ends_with_its_transaction(mysql: Store) -> None:
    hold = Statement("SELECT GET_LOCK('a name of the tests', 0)", label="test", holds=True)

    async def alone(unit: Transaction) -> list[object]:
        return [row[0] for row in await unit.fetch(hold, ())]

    async def inside(unit: Transaction) -> None:
        assert await alone(unit) == [1]
        assert await mysql.database.write(alone) == [0]

    await mysql.database.write(inside)
    assert await mysql.database.write(alone) == [1]

    async def failing(unit: Transaction) -> None:
        await alone(unit)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await mysql.database.write(failing)
    assert await mysql.database.write(alone) == [1]


async def test_a_made_key_and_a_counted_value_are_given(mysql: Store) -> None:
    await mysql.database.script(
        "CREATE TABLE numbered (id bigint PRIMARY KEY AUTO_INCREMENT, version bigint NOT NULL)"
    )
    insert = mysql.sql("INSERT INTO numbered (version) VALUES (1), (7)")
    update = mysql.sql("UPDATE numbered SET version = LAST_INSERT_ID(version + 1) WHERE id = $1")

    async def work(unit: Transaction) -> None:
        assert await unit.fetch(insert, ()) == [(1,), (2,)]
        assert await unit.fetch(update, (2,)) == [(8,)]
        assert await unit.fetch(update, (3,)) == []

    await mysql.database.write(work)


async def test_a_text_that_is_cut_is_an_error(mysql: Store, mysql_server: MysqlServer) -> None:
    # More than the largest packet: the server would give null, and a warning.
    long = mysql.sql("SELECT concat(repeat('x', 30000000), repeat('y', 30000000)) AS body")
    with pytest.raises(BadValue):
        await mysql.database.read(long, ())
    assert await mysql.count() == 0


async def test_a_value_larger_than_a_packet_is_an_error_of_the_store(mysql: Store) -> None:
    find = mysql.sql("SELECT id FROM author WHERE name = $1")
    with pytest.raises(StoreError):
        await mysql.database.read(find, ("x" * 40_000_000,))
    assert await mysql.count() == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time_zone", "+00:00"),
        ("character_set_connection", "utf8mb4"),
        ("group_concat_max_len", 1073741824),
        ("innodb_lock_wait_timeout", 5),
        ("div_precision_increment", 30),
    ],
)
async def test_a_session_is_set_up_whatever_the_server_says(
    mysql: Store, name: str, value: object
) -> None:
    [(found,)] = await mysql.database.read(mysql.sql(f"SELECT @@{name}"), ())
    assert found == value


async def test_texts_compare_by_code_point_and_with_their_blanks(mysql: Store) -> None:
    [row] = await mysql.database.read(mysql.sql("SELECT 'a' = 'A', 'a' = 'a ', 'é' = 'e'"), ())
    assert tuple(row) == (0, 0, 0)


async def test_a_change_of_the_schema_is_followed(mysql: Store) -> None:
    await mysql.add(1)
    select = mysql.sql("SELECT * FROM author")
    assert len((await mysql.database.read(select, ()))[0]) == 3
    await mysql.database.script("ALTER TABLE author ADD COLUMN more int")
    assert len((await mysql.database.read(select, ()))[0]) == 4


async def test_what_the_server_prepares_for_nobody_runs_all_the_same(mysql: Store) -> None:
    """On MySQL that is what makes a trigger; everywhere what prepares a statement itself."""
    statement = Statement("PREPARE nothing FROM 'DO 0'", label="test")

    async def work(unit: Transaction) -> int:
        return await unit.execute(statement, ())

    assert await mysql.database.write(work) == 0
