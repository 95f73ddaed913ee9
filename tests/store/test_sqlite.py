"""What is SQLite's own: the event loop stays free, and writes are committed in groups."""

import asyncio
import resource
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import apsw
import pytest

from charter import store as package
from charter.core.signals import Committed, Signal
from charter.store.database import Transaction
from charter.store.errors import Contended, StoreError, TimedOut, Unavailable, Violated
from charter.store.settings import StoreSettings
from tests.store.conftest import TABLES, Store, opened

COUNT_TO = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < $1)"
LONG = 2_000_000


class Heart:
    """Counts how often the event loop came round."""

    def __init__(self) -> None:
        self.beats = 0

    async def beat(self) -> None:
        while True:
            self.beats += 1
            await asyncio.sleep(0)

    async def came_round(self, times: int) -> None:
        """Return when the event loop has come round so often."""
        for _ in range(times):
            await asyncio.sleep(0)


@asynccontextmanager
async def beating() -> AsyncIterator[Heart]:
    heart = Heart()
    task = asyncio.create_task(heart.beat())
    await asyncio.sleep(0)
    heart.beats = 0
    try:
        yield heart
    finally:
        task.cancel()


@contextmanager
def statements() -> Iterator[Counter[str]]:
    """Counts the statements of every connection that is opened meanwhile."""
    seen: Counter[str] = Counter()

    def note(event: dict[str, object]) -> None:
        seen[str(event["sql"])] += 1

    def follow(connection: apsw.Connection) -> None:
        connection.trace_v2(apsw.SQLITE_TRACE_STMT, note)

    apsw.connection_hooks.append(follow)
    try:
        yield seen
    finally:
        apsw.connection_hooks.remove(follow)


def file_of(store: Store) -> Path:
    return Path(store.url.removeprefix("sqlite:///"))


def log_size(store: Store) -> int:
    """How long the write-ahead log is, in bytes."""
    return Path(f"{file_of(store)}-wal").stat().st_size


@contextmanager
def somebody_else(store: Store) -> Iterator[apsw.Connection]:
    """Another connection to the same file, which locks as one of another process does."""
    with closing(apsw.Connection(str(file_of(store)))) as connection:
        yield connection


async def test_waiting_writes_are_committed_together(sqlite_url: str) -> None:
    with statements() as seen:
        store = await opened(sqlite_url, StoreSettings())
        await store.database.script(TABLES)
        seen.clear()
        await asyncio.gather(*[store.add(key) for key in range(200)])
    assert await store.count() == 200
    assert seen["SAVEPOINT work"] == 200
    assert seen["COMMIT"] < 20
    await store.database.close()


async def test_a_failing_work_leaves_the_others_of_its_group(sqlite: Store) -> None:
    async def failing(unit: Transaction) -> None:
        insert = sqlite.sql("INSERT INTO author (id, name) VALUES (500, 'x')")
        await unit.execute(insert, ())
        raise ZeroDivisionError

    answers = await asyncio.gather(
        *[sqlite.add(key) for key in range(5)],
        sqlite.database.write(failing),
        sqlite.add(3),
        *[sqlite.add(key) for key in range(10, 15)],
        return_exceptions=True,
    )
    kinds = [type(answer) for answer in answers if answer is not None]
    assert kinds == [ZeroDivisionError, Violated]
    assert await sqlite.count() == 10


async def test_writes_come_in_the_order_they_were_asked_for(sqlite: Store) -> None:
    append = sqlite.sql(
        "INSERT INTO author (id, name) SELECT coalesce(max(id), 0) + 1, $1 FROM author"
    )
    names = [f"n{number}" for number in range(50)]
    await asyncio.gather(
        *[
            sqlite.database.write(lambda unit, name=name: unit.execute(append, (name,)))  # type: ignore[misc]
            for name in names
        ]
    )
    assert await sqlite.names() == names


async def test_a_long_read_does_not_hold_up_the_loop(sqlite: Store) -> None:
    long = sqlite.sql(f"{COUNT_TO} SELECT count(*) FROM c")
    order: list[str] = []

    async def read_long() -> None:
        assert (await sqlite.database.read(long, (LONG,)))[0][0] == LONG
        order.append("long")

    async def read_short() -> None:
        await sqlite.count()
        order.append("short")

    async with beating() as heart:
        await asyncio.gather(read_long(), read_short())
    assert order == ["short", "long"]
    assert heart.beats > 50


async def test_a_statement_that_overran_goes_to_a_thread_straight_away(sqlite_url: str) -> None:
    with statements() as seen:
        store = await opened(sqlite_url, StoreSettings())
        long = store.sql(f"{COUNT_TO} SELECT count(*) FROM c")
        seen.clear()
        for _ in range(3):
            await store.database.read(long, (LONG // 4,))
    # Once on the loop, where it was interrupted, and three times in a thread.
    assert sum(seen.values()) == 4
    await store.database.close()


async def test_short_reads_are_never_interrupted_however_many(sqlite_url: str) -> None:
    with statements() as seen:
        store = await opened(sqlite_url, StoreSettings(inline_budget=0.05))
        short = store.sql(f"{COUNT_TO} SELECT count(*) FROM c")
        seen.clear()
        for _ in range(2000):
            await store.database.read(short, (20,))
    assert sum(seen.values()) == 2000
    await store.database.close()


@pytest.mark.parametrize("heavy", [False, True])
async def test_a_long_write_holds_up_neither_the_loop_nor_its_group(
    sqlite: Store, heavy: bool
) -> None:
    long = sqlite.sql(
        f"INSERT INTO author (id, name) {COUNT_TO} SELECT 1000, 'n' || max(x) FROM c", heavy=heavy
    )
    async with beating() as heart:
        # The first is committed while the others come: those are the group.
        await asyncio.gather(
            sqlite.add(0),
            sqlite.add(1),
            sqlite.database.write(lambda unit: unit.execute(long, (LONG,))),
            sqlite.add(2),
        )
    assert heart.beats > 50
    assert await sqlite.names() == ["author 0", "author 1", "author 2", f"n{LONG}"]


async def test_a_long_read_within_a_write_runs_in_the_thread(sqlite_url: str) -> None:
    told: list[Signal] = []
    store = await opened(sqlite_url, StoreSettings(), told.append)
    await store.database.script(TABLES)
    told.clear()
    long = store.sql(f"{COUNT_TO} SELECT count(*) FROM c")
    insert = store.sql("INSERT INTO author (id, name) VALUES (1, $1)")

    async def work(unit: Transaction) -> None:
        await unit.execute(insert, ("kept",))
        [(found,)] = await unit.fetch(long, (LONG,))
        assert found == LONG

    async with beating() as heart:
        await store.database.write(work)
    assert heart.beats > 50
    assert await store.names() == ["kept"]
    # An interrupted SELECT undoes nothing: the work ran just once.
    assert [signal.attempts for signal in told if isinstance(signal, Committed)] == [1]
    await store.database.close()


async def test_a_work_that_swallows_an_interruption_runs_again_whole(sqlite: Store) -> None:
    insert = sqlite.sql("INSERT INTO author (id, name) VALUES (1, 'first')")
    long = sqlite.sql(f"INSERT INTO author (id, name) {COUNT_TO} SELECT 2, max(x) FROM c")
    runs = 0

    async def work(unit: Transaction) -> None:
        nonlocal runs
        runs += 1
        await unit.execute(insert, ())
        try:
            await unit.execute(long, (LONG,))
        except StoreError:
            return

    await sqlite.database.write(work)
    assert runs == 2
    assert await sqlite.names() == ["first", str(LONG)]


async def test_a_work_of_many_long_writes_runs_just_twice(sqlite: Store) -> None:
    runs = 0

    async def work(unit: Transaction) -> None:
        nonlocal runs
        runs += 1
        for key in range(5):
            # Another text each time, so that each is new to the event loop.
            text = f"INSERT INTO author (id, name) {COUNT_TO} SELECT {key}, {key} + max(x) FROM c"
            await unit.execute(sqlite.sql(text), (LONG // 5,))

    await sqlite.database.write(work)
    assert runs == 2
    assert await sqlite.count() == 5


async def test_who_is_undone_with_others_too_often_is_told(
    sqlite: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("charter.store.sqlite_writer.ATTEMPTS", 1)
    long = sqlite.sql(f"INSERT INTO author (id, name) {COUNT_TO} SELECT 9, max(x) FROM c")
    answers = await asyncio.gather(
        sqlite.add(0),
        sqlite.add(1),
        sqlite.database.write(lambda unit: unit.execute(long, (LONG,))),
        sqlite.add(2),
        return_exceptions=True,
    )
    # The first was committed while the others came. The third took the second with it.
    assert [type(answer) for answer in answers] == [type(None), Contended, Contended, type(None)]
    assert await sqlite.names() == ["author 0", "author 2"]


async def test_cancelling_a_long_write_leaves_its_group_whole(sqlite: Store) -> None:
    long = sqlite.sql(
        f"INSERT INTO author (id, name) {COUNT_TO} SELECT 99, max(x) FROM c", heavy=True
    )
    begun = asyncio.Event()

    async def work(unit: Transaction) -> None:
        begun.set()
        await unit.execute(long, (1_000_000_000,))

    alone = asyncio.create_task(sqlite.add(0))
    first = asyncio.create_task(sqlite.add(1))
    victim = asyncio.create_task(sqlite.database.write(work))
    last = asyncio.create_task(sqlite.add(2))
    await begun.wait()
    await asyncio.sleep(0.01)
    victim.cancel()
    with pytest.raises(asyncio.CancelledError):
        await victim
    await asyncio.gather(alone, first, last)
    assert await sqlite.names() == ["author 0", "author 1", "author 2"]


async def test_the_lock_of_another_process_does_not_hold_up_the_loop(sqlite: Store) -> None:
    with somebody_else(sqlite) as other:
        other.execute("BEGIN IMMEDIATE")
        async with beating() as heart:
            waiting = asyncio.create_task(sqlite.add(1))
            await heart.came_round(500)
            assert await sqlite.count() == 0
            assert not waiting.done()
            other.execute("COMMIT")
            await waiting
    assert await sqlite.count() == 1


async def test_the_wait_for_another_process_ends(sqlite_url: str) -> None:
    store = await opened(sqlite_url, StoreSettings(lock_timeout=0.2))
    await store.database.script(TABLES)
    with somebody_else(store) as other:
        other.execute("BEGIN IMMEDIATE")
        answers = await asyncio.gather(
            *[store.add(key) for key in range(3)], return_exceptions=True
        )
        assert [type(answer) for answer in answers] == [TimedOut] * 3
        other.execute("COMMIT")
    await store.add(1)
    assert await store.count() == 1
    await store.database.close()


async def test_those_who_wait_to_write_are_bounded(sqlite_url: str) -> None:
    store = await opened(sqlite_url, StoreSettings(queue_size=3))
    await store.database.script(TABLES)
    free = asyncio.Event()

    async def slow(unit: Transaction) -> None:
        await free.wait()

    holding = asyncio.create_task(store.database.write(slow))
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(store.add(key)) for key in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await store.add(9)
    free.set()
    await asyncio.gather(holding, *waiting)
    assert await store.count() == 3
    await store.database.close()


async def test_a_full_disk_is_unavailable_and_passes(sqlite: Store) -> None:
    await sqlite.add(1)
    pages = (await sqlite.database.read(sqlite.sql("PRAGMA page_count"), ()))[0][0]
    await sqlite.database.script(f"PRAGMA max_page_count = {pages + 4}")
    answers = await asyncio.gather(
        sqlite.add(0),
        sqlite.add(2),
        sqlite.add(3, "x" * 100_000),
        sqlite.add(4),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [type(None), type(None), Unavailable, type(None)]
    assert await sqlite.count() == 4
    await sqlite.database.script("PRAGMA max_page_count = 1000000")
    await sqlite.add(3, "x" * 100_000)
    assert await sqlite.count() == 5


async def test_where_the_commit_fails_all_of_the_group_are_told_and_nothing_stays(
    sqlite: Store,
) -> None:
    await sqlite.add(1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The disk takes no more than one page more of the log: the COMMIT is what meets that.
    resource.setrlimit(resource.RLIMIT_FSIZE, (log_size(sqlite) + 4096, before[1]))
    try:
        answers = await asyncio.gather(
            *[sqlite.add(key, str(key) * 5000) for key in range(2, 6)], return_exceptions=True
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [type(answer) for answer in answers] == [Unavailable] * 4
    assert await sqlite.names() == ["author 1"]
    await asyncio.gather(*[sqlite.add(key) for key in range(2, 6)])
    assert await sqlite.count() == 5


async def test_the_log_does_not_grow_without_end_under_constant_readers(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("charter.store.sqlite_commits.CHECKPOINT_PAGES", 50)
    monkeypatch.setattr("charter.store.sqlite_commits.RESET_PAGES", 400)
    monkeypatch.setattr("charter.store.sqlite_commits.RESET_PAUSE", 0.0)
    sqlite = await opened(sqlite_url, StoreSettings())
    await sqlite.database.script(TABLES)
    slow = sqlite.sql(f"{COUNT_TO} SELECT count(*) FROM author, c", heavy=True)
    done = asyncio.Event()

    async def read_on() -> None:
        while not done.is_set():
            await sqlite.database.read(slow, (2000,))

    await sqlite.add(0)
    readers = [asyncio.create_task(read_on()) for _ in range(3)]
    written = largest = 0
    for key in range(1, 301):
        await sqlite.add(key, f"{key}" + "x" * 20_000)
        written += 20_000
        largest = max(largest, log_size(sqlite))
    done.set()
    await asyncio.gather(*readers)
    assert largest < written / 2
    await sqlite.database.close()


async def test_several_processes_write_one_file(sqlite: Store) -> None:
    script = """
import asyncio, sys
from charter.sql.statement import Statement
from charter.store.open import open_database

async def main(url, first):
    database = open_database(url)
    await database.open()
    insert = Statement("INSERT INTO author (id, name) VALUES (?1, ?2)")
    for key in range(first, first + 100, 4):
        await asyncio.gather(*[
            database.write(lambda unit, key=key: unit.execute(insert, (key, str(key))))
            for key in range(key, key + 4)
        ])
    await database.close()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""
    source = str(Path(package.__path__[0]).parents[1])
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, sqlite.url, str(first), env={"PYTHONPATH": source}
        )
        for first in (1000, 2000)
    ]
    for key in range(100):
        await sqlite.add(key)
    assert [await process.wait() for process in processes] == [0, 0]
    assert await sqlite.count() == 300


async def test_a_read_sees_the_last_commit_of_ansomebody_else(sqlite: Store) -> None:
    assert await sqlite.count() == 0
    with somebody_else(sqlite) as other:
        other.execute("INSERT INTO author (id, name) VALUES (1, 'theirs')")
    assert await sqlite.names() == ["theirs"]


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("foreign_keys", 1), ("synchronous", 2), ("journal_mode", "wal"), ("trusted_schema", 0)],
)
@pytest.mark.parametrize("heavy", [False, True])
async def test_it_keeps_what_it_acknowledges(
    sqlite: Store, pragma: str, value: object, heavy: bool
) -> None:
    statement = sqlite.sql(f"PRAGMA {pragma}", heavy=heavy)
    assert (await sqlite.database.read(statement, ()))[0][0] == value
    found = await sqlite.database.write(lambda unit: unit.fetch(statement, ()))
    assert found[0][0] == value
