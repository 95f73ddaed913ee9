"""What any database does, whichever it is."""

import asyncio
import random
from decimal import Decimal

import pytest

from charter.core.signals import Committed, Queried, Signal
from charter.store.address import Dialect
from charter.store.database import Transaction
from charter.store.errors import BadValue, StoreError, TimedOut, Unavailable, Violated, Violation
from charter.store.settings import StoreSettings
from tests.store.conftest import Store, opened

KEY = "the key of author"


class Refused(Exception):
    """What a work raises of its own."""


async def test_a_write_is_there_for_the_next_read(store: Store) -> None:
    await store.add(1, "Ann")
    assert await store.names() == ["Ann"]


async def test_a_write_gives_what_its_work_gives(store: Store) -> None:
    insert = store.sql("INSERT INTO author (id, name) VALUES ($1, $2)")
    find = store.sql("SELECT id, name FROM author")

    async def work(unit: Transaction) -> tuple[int, str]:
        await unit.execute(insert, (7, "Bo"))
        [(key, name)] = await unit.fetch(find, ())
        return key, name

    assert await store.database.write(work) == (7, "Bo")


async def test_execute_counts_the_rows_it_changed(store: Store) -> None:
    for key in range(3):
        await store.add(key)
    update = store.sql("UPDATE author SET books = 2 WHERE id > $1")
    assert await store.database.write(lambda unit: unit.execute(update, (0,))) == 2


@pytest.mark.parametrize("rows", [0, 3, 500])
async def test_execute_many_runs_for_each(store: Store, rows: int) -> None:
    insert = store.sql("INSERT INTO author (id, name) VALUES ($1, $2)")
    arguments = [(key, f"name {key}") for key in range(rows)]
    await store.database.write(lambda unit: unit.execute_many(insert, arguments))
    assert await store.count() == rows


async def test_nothing_stays_of_a_work_that_raises(store: Store) -> None:
    insert = store.sql("INSERT INTO author (id, name) VALUES (1, 'Ann')")

    async def work(unit: Transaction) -> None:
        await unit.execute(insert, ())
        raise Refused

    with pytest.raises(Refused):
        await store.database.write(work)
    assert await store.count() == 0
    await store.add(1)


async def test_a_savepoint_undoes_only_its_part(store: Store) -> None:
    insert = store.sql("INSERT INTO author (id, name) VALUES ($1, $2)")

    async def both(unit: Transaction) -> None:
        async with unit.savepoint():
            await unit.execute(insert, (2, "undone"))
            await unit.execute(insert, (3, "kept"))

    async def work(unit: Transaction) -> None:
        await unit.execute(insert, (1, "kept"))
        with pytest.raises(Violated):
            await both(unit)
        async with unit.savepoint(), unit.savepoint():
            await unit.execute(insert, (4, "after"))

    await store.database.write(work)
    assert await store.names() == ["kept", "after"]


async def test_a_failed_statement_that_is_ignored_keeps_the_rest_from_being_committed(
    store: Store,
) -> None:
    insert = store.sql("INSERT INTO author (id, name) VALUES ($1, $2)")

    async def work(unit: Transaction) -> None:
        await unit.execute(insert, (1, "same"))
        with pytest.raises(Violated):
            await unit.execute(insert, (2, "same"))
        with pytest.raises(StoreError):
            await unit.execute(insert, (3, "other"))

    with pytest.raises(Violated):
        await store.database.write(work)
    assert await store.count() == 0


async def test_a_transaction_is_of_no_use_after_its_end(store: Store) -> None:
    insert = store.sql("INSERT INTO author (id, name) VALUES (1, 'late')")
    kept: list[Transaction] = []

    async def work(unit: Transaction) -> None:
        kept.append(unit)

    await store.database.write(work)
    with pytest.raises(StoreError, match="ended"):
        await kept[0].execute(insert, ())
    assert await store.count() == 0


async def test_a_work_may_ask_for_several_things_at_once(store: Store) -> None:
    insert = store.sql("INSERT INTO author (id, name) VALUES ($1, $2)")
    heavy = store.sql("INSERT INTO author (id, name) VALUES ($1, $2)", heavy=True)

    async def work(unit: Transaction) -> None:
        await asyncio.gather(
            unit.execute(heavy, (1, "a")),
            unit.execute(insert, (2, "b")),
            unit.execute(heavy, (3, "c")),
        )

    await store.database.write(work)
    assert await store.count() == 3


@pytest.mark.parametrize("heavy", [False, True])
@pytest.mark.parametrize(
    ("text", "violation", "constraint", "columns"),
    [
        ("INSERT INTO author (id, name) VALUES (2, 'Ann')", "unique", "named", ("name",)),
        ("INSERT INTO author (id, name) VALUES (1, 'Bo')", "unique", KEY, ("id",)),
        ("INSERT INTO author (id, name) VALUES (2, NULL)", "not_null", None, ("name",)),
        ("UPDATE author SET books = -1", "check", "few", ()),
        ("INSERT INTO book (id, author) VALUES (2, 9)", "reference", "written_by", ()),
        ("UPDATE book SET author = 9", "reference", "written_by", ()),
        ("DELETE FROM author", "referenced", "written_by", ()),
        ("DELETE FROM author WHERE name <> 'INSERT'", "referenced", "written_by", ()),
    ],
)
async def test_a_violation_says_what_the_database_knows(
    store: Store,
    text: str,
    violation: str,
    constraint: str | None,
    columns: tuple[str, ...],
    heavy: bool,
) -> None:
    await store.add(1, "Ann")
    insert = store.sql("INSERT INTO book (id, author) VALUES (1, 1)")
    await store.database.write(lambda unit: unit.execute(insert, ()))
    statement = store.sql(text, heavy=heavy)
    with pytest.raises(Violated) as caught:
        await store.database.write(lambda unit: unit.execute(statement, ()))
    found = caught.value
    assert found.violation is Violation(violation)
    # SQLite names the columns, the others the constraint, MySQL all keys alike.
    keys = {"author_pkey", "PRIMARY"} if constraint == KEY else {constraint}
    assert found.constraint in keys or found.columns == columns
    assert await store.names() == ["Ann"]


@pytest.mark.parametrize("value", [2**31, 2**70, -(2**70)])
async def test_a_number_out_of_range_is_a_bad_value(store: Store, value: int) -> None:
    if value == 2**31 and store.dialect is Dialect.SQLITE:
        pytest.skip("SQLite's integers have 64 bits")
    with pytest.raises(BadValue):
        await store.add(value)


async def test_a_lone_surrogate_is_a_bad_value(store: Store) -> None:
    with pytest.raises(BadValue):
        await store.add(1, "\ud800")
    find = store.sql("SELECT id FROM author WHERE name = $1")
    with pytest.raises(BadValue):
        await store.database.read(find, ("\ud800",))
    assert await store.count() == 0


async def test_no_message_shows_a_value(store: Store) -> None:
    with pytest.raises(BadValue) as caught:
        await store.add(10**30)
    assert "000000" not in str(caught.value)


@pytest.mark.parametrize("heavy", [False, True])
async def test_a_read_cannot_write(store: Store, heavy: bool) -> None:
    await store.add(1)
    delete = store.sql("DELETE FROM author", heavy=heavy)
    with pytest.raises(StoreError):
        await store.database.read(delete, ())
    with pytest.raises(StoreError):
        await anext(store.database.stream(delete, ()))
    assert await store.count() == 1


async def test_wrong_sql_is_an_error_of_the_store(store: Store) -> None:
    with pytest.raises(StoreError):
        await store.database.read(store.sql("SELECT nothing FROM nowhere"), ())
    assert await store.count() == 0


async def test_a_script_is_one_transaction(store: Store) -> None:
    if store.dialect is Dialect.MYSQL:
        pytest.skip("what makes a table is a transaction of its own there")
    with pytest.raises(StoreError):
        await store.database.script("CREATE TABLE one (id int); CREATE TABLE author (id int);")
    with pytest.raises(StoreError):
        await store.count("one")


@pytest.mark.parametrize("rows", [0, 1, 499, 500, 501, 1700])
async def test_a_stream_gives_every_row_in_batches(store: Store, rows: int) -> None:
    insert = store.sql("INSERT INTO author (id, name) VALUES ($1, $2)")
    arguments = [(key, f"name {key}") for key in range(rows)]
    await store.database.write(lambda unit: unit.execute_many(insert, arguments))
    select = store.sql("SELECT id FROM author WHERE id >= $1 ORDER BY id")
    sizes, found = [], []
    async for batch in store.database.stream(select, (0,)):
        sizes.append(len(batch))
        found += [row[0] for row in batch]
    assert found == list(range(rows))
    assert max(sizes, default=0) <= 500


async def test_a_stream_shows_one_moment(store: Store) -> None:
    insert = store.sql("INSERT INTO author (id, name) VALUES ($1, $2)")
    arguments = [(key, f"name {key}") for key in range(1000)]
    await store.database.write(lambda unit: unit.execute_many(insert, arguments))
    found = 0
    async for batch in store.database.stream(store.sql("SELECT id FROM author"), ()):
        if not found:
            await store.add(5000)
        found += len(batch)
    assert found == 1000
    assert await store.count() == 1001


async def test_a_bad_stream_is_an_error_of_the_store(store: Store) -> None:
    with pytest.raises(StoreError):
        async for _ in store.database.stream(store.sql("SELECT nothing FROM nowhere"), ()):
            pass


async def test_concurrent_increments_are_all_counted(store: Store) -> None:
    await store.add(1)
    select = store.sql(
        "SELECT books FROM author WHERE id = 1"
        + ("" if store.dialect is Dialect.SQLITE else " FOR UPDATE")
    )
    update = store.sql("UPDATE author SET books = $1 WHERE id = 1")

    async def work(unit: Transaction) -> None:
        [(books,)] = await unit.fetch(select, ())
        await asyncio.sleep(0)
        await unit.execute(update, (books + 1,))

    await asyncio.gather(*[store.database.write(work) for _ in range(40)])
    [(books,)] = await store.database.read(store.sql("SELECT books FROM author"), ())
    assert books == 40


async def test_a_cancelled_work_leaves_nothing_and_harms_nobody(store: Store) -> None:
    insert = store.sql("INSERT INTO author (id, name) VALUES (1, 'half')")
    written, never = asyncio.Event(), asyncio.Event()

    async def half(unit: Transaction) -> None:
        await unit.execute(insert, ())
        written.set()
        await never.wait()

    victim = asyncio.create_task(store.database.write(half))
    await written.wait()
    others = [asyncio.create_task(store.add(key)) for key in range(10, 20)]
    await asyncio.sleep(0)
    victim.cancel()
    with pytest.raises(asyncio.CancelledError):
        await victim
    await asyncio.gather(*others)
    assert await store.count() == 10
    await store.add(1)


@pytest.mark.parametrize("ticks", range(12))
async def test_cancelling_at_any_moment_leaves_all_or_nothing(store: Store, ticks: int) -> None:
    insert = store.sql("INSERT INTO author (id, name) VALUES ($1, $2)")
    book = store.sql("INSERT INTO book (id, author) VALUES ($1, $2)", heavy=True)

    async def work(unit: Transaction) -> None:
        await unit.execute(insert, (1, "one"))
        async with unit.savepoint():
            await unit.execute(book, (1, 1))

    before = asyncio.create_task(store.add(50))
    victim = asyncio.create_task(store.database.write(work))
    after = asyncio.create_task(store.add(60))
    for _ in range(ticks):
        await asyncio.sleep(0.0002)
    victim.cancel()
    await asyncio.wait({victim})
    await asyncio.gather(before, after)
    assert (await store.count(), await store.count("book")) in {(2, 0), (3, 1)}
    await store.add(70)


@pytest.mark.parametrize("seed", range(6))
async def test_what_was_acknowledged_is_there_and_what_failed_is_not(
    store: Store, seed: int
) -> None:
    """Writes that succeed, fail, take long or are cancelled at any moment, all at once."""
    chance = random.Random(seed)
    insert = store.sql("INSERT INTO author (id, name) VALUES ($1, $2)")
    book = store.sql("INSERT INTO book (id, author) VALUES ($1, $2)", heavy=True)
    # MySQL and MariaDB take 1,000 rounds.
    rounds = 900 if store.dialect is Dialect.MYSQL else 60_000
    long = store.sql(
        "INSERT INTO book (id, author) "
        f"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < {rounds}) "
        "SELECT $1, $2 FROM c WHERE x = 1"
    )

    async def work(unit: Transaction, key: int, kind: str) -> int:
        await unit.execute(insert, (key, f"author {key}"))
        if kind == "pause":
            await asyncio.sleep(chance.random() / 200)
        if kind == "fail":
            raise Refused
        await unit.execute(long if kind == "long" else book, (key, key))
        return key

    async def client(key: int) -> int:
        kind = chance.choice(["plain", "plain", "pause", "fail", "long"])
        await asyncio.sleep(chance.random() / 50)
        return await store.database.write(lambda unit: work(unit, key, kind))

    tasks = [asyncio.create_task(client(key)) for key in range(80)]
    for task in chance.sample(tasks, 20):
        await asyncio.sleep(chance.random() / 200)
        task.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    authors = await store.database.read(store.sql("SELECT id FROM author"), ())
    books = await store.database.read(store.sql("SELECT author FROM book"), ())
    found = {row[0] for row in authors}
    assert found == {row[0] for row in books}
    for key, answer in enumerate(answers):
        assert isinstance(answer, (int, Refused, asyncio.CancelledError))
        if isinstance(answer, int):
            assert key in found
        if isinstance(answer, Refused):
            assert key not in found
    await store.add(1000)


async def test_what_a_listener_is_told(url: str) -> None:
    told: list[Signal] = []
    store = await opened(url, StoreSettings(), told.append)
    await store.database.script("CREATE TABLE author (id int, name text)")
    told.clear()
    await store.add(1)
    await store.names()
    await store.database.close()
    kinds = [type(signal) for signal in told]
    assert kinds == [Queried, Committed, Queried]
    assert [signal.rows for signal in told if isinstance(signal, Queried)] == [0, 1]
    assert [signal.attempts for signal in told if isinstance(signal, Committed)] == [1]


async def test_a_closed_database_is_unavailable(url: str) -> None:
    store = await opened(url, StoreSettings())
    await store.database.close()
    with pytest.raises(Unavailable):
        await store.database.read(store.sql("SELECT 1"), ())
    with pytest.raises(Unavailable):
        await store.add(1)
    await store.database.close()
    await store.database.open()
    assert (await store.database.read(store.sql("SELECT 1"), ()))[0][0] == 1
    await store.database.close()


async def test_close_waits_for_what_is_under_way(url: str) -> None:
    store = await opened(url, StoreSettings())
    await store.database.script("CREATE TABLE author (id int, name text)")
    insert = store.sql("INSERT INTO author (id, name) VALUES (1, 'slow')")
    begun = asyncio.Event()

    async def slow(unit: Transaction) -> None:
        begun.set()
        await asyncio.sleep(0.05)
        await unit.execute(insert, ())

    writing = asyncio.create_task(store.database.write(slow))
    await begun.wait()
    await store.database.close()
    await writing
    await store.database.open()
    assert await store.count() == 1
    await store.database.close()


class TestShortLimits:
    """With limits that a test can wait for."""

    @pytest.fixture
    def settings(self) -> StoreSettings:
        return StoreSettings(
            statement_timeout=1.0,
            lock_timeout=1.0,
            transaction_timeout=1.0,
            idle_timeout=0.5,
            pool_size=2,
            batch_rows=10,
        )

    async def test_a_work_that_waits_too_long_is_undone(self, store: Store) -> None:
        insert = store.sql("INSERT INTO author (id, name) VALUES (1, 'waiting')")

        async def work(unit: Transaction) -> None:
            await unit.execute(insert, ())
            await asyncio.Event().wait()

        with pytest.raises(TimedOut):
            await store.database.write(work)
        assert await store.count() == 0
        await store.add(1)

    @pytest.mark.parametrize("heavy", [False, True])
    async def test_a_read_that_runs_too_long_times_out(self, store: Store, heavy: bool) -> None:
        endless = store.sql(
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 900) "
            "SELECT count(*) FROM c AS c1, c AS c2, c AS c3, c AS c4 WHERE c1.x < c4.x"
            if store.dialect is Dialect.MYSQL
            else "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x FROM c) "
            "SELECT count(*) FROM c WHERE x > 1",
            heavy=heavy,
        )
        with pytest.raises(TimedOut):
            await store.database.read(endless, ())
        assert await store.count() == 0

    @pytest.mark.parametrize("heavy", [False, True])
    async def test_a_write_that_runs_too_long_times_out_alone(
        self, store: Store, heavy: bool
    ) -> None:
        endless = store.sql(
            "INSERT INTO book (id, author) SELECT benchmark(1000000000000, md5('x')), 1"
            if store.dialect is Dialect.MYSQL
            else "INSERT INTO book (id, author) "
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x FROM c) "
            "SELECT x, x FROM c WHERE x > 1",
            heavy=heavy,
        )
        answers = await asyncio.gather(
            store.add(0),
            store.add(1),
            store.database.write(lambda unit: unit.execute(endless, ())),
            return_exceptions=True,
        )
        assert [type(answer) for answer in answers] == [type(None), type(None), TimedOut]
        assert await store.count() == 2
        await store.add(3)

    async def test_a_stream_that_nobody_reads_is_ended(self, store: Store) -> None:
        insert = store.sql("INSERT INTO author (id, name) VALUES ($1, $2)")
        arguments = [(key, f"name {key}") for key in range(100)]
        await store.database.write(lambda unit: unit.execute_many(insert, arguments))
        stream = store.database.stream(store.sql("SELECT id FROM author"), ())
        assert len(await anext(stream)) == 10
        await asyncio.sleep(1.5)
        with pytest.raises(StoreError):
            await anext(stream)
        total = 0
        async for batch in store.database.stream(store.sql("SELECT id FROM author"), ()):
            total += len(batch)
        assert total == 100


async def test_streams_are_bounded(url: str) -> None:
    store = await opened(url, StoreSettings(streams=1, pool_timeout=0.1, batch_rows=1))
    select = store.sql("SELECT 1 UNION ALL SELECT 2")
    first = store.database.stream(select, ())
    assert await anext(first)
    with pytest.raises(Unavailable):
        await anext(store.database.stream(select, ()))
    await first.aclose()
    assert len([batch async for batch in store.database.stream(select, ())]) == 2
    await store.database.close()


async def test_a_stream_left_early_frees_its_connection(url: str) -> None:
    store = await opened(url, StoreSettings(streams=1, batch_rows=2))
    endless = store.sql(
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
        "SELECT x FROM c LIMIT 900000"
    )
    for _ in range(5):
        stream = store.database.stream(endless, ())
        assert [row[0] for row in await anext(stream)] == [1, 2]
        await stream.aclose()
    reading = asyncio.ensure_future(anext(store.database.stream(endless, ())))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert [row[0] for row in await anext(store.database.stream(endless, ()))] == [1, 2]
    await store.database.close()


async def test_numbers_come_back_exact(store: Store) -> None:
    if store.dialect is Dialect.SQLITE:
        [(value,)] = await store.database.read(store.sql("SELECT 9007199254740993"), ())
        assert value == 2**53 + 1
    else:
        [(value,)] = await store.database.read(store.sql("SELECT CAST(0.10 AS decimal(9, 2))"), ())
        assert value == Decimal("0.10")
        assert str(value) == "0.10"
