"""The stores of spending: exact under load, bounded in memory, honest about failures."""

import asyncio
import multiprocessing
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.access.rates.limit import SECOND, Limit
from charter.access.rates.memory import MemoryStore, SharedStore, shared_file
from charter.access.rates.open import open_store, shared_spending
from charter.access.rates.settings import Failing, RatesSettings, limits_of
from charter.access.rates.store import Store, taken
from charter.access.rates.table import SET_WORDS, WAYS, Table
from charter.access.rates.verdict import Verdict
from charter.core.problems import Problem
from charter.core.signals import Failed, Signal
from tests.support.valkey import ValkeyServer, valkey

HITS = 300
QUOTA = 100
LIMIT = Limit("actor", QUOTA, 3600)
START = 5_000 * SECOND


async def hits(store: Store, count: int, key: str = "ann", cost: int = 1) -> int:
    """How many of so many requests at once pass."""
    verdicts = await asyncio.gather(*(taken(store, LIMIT, key, cost) for _ in range(count)))
    return sum(verdict.allowed for verdict in verdicts)


async def test_in_memory_exactly_the_limit_passes() -> None:
    store = MemoryStore([LIMIT], 64)
    assert await hits(store, HITS) == QUOTA
    assert await hits(store, HITS, "bob", cost=3) == QUOTA // 3
    await store.close()


def _worker(path: Path, limit: Limit, count: int, passed: "multiprocessing.Queue[int]") -> None:
    store = SharedStore(path, [limit])
    passed.put(sum(store.take(limit, "ann", 1).allowed for _ in range(count)))
    asyncio.run(store.close())


def test_four_processes_that_share_memory_let_exactly_the_limit_pass() -> None:
    context = multiprocessing.get_context("spawn")
    limit = Limit("actor", 5000, 86_400)
    passed: multiprocessing.Queue[int] = context.Queue()
    with shared_file([limit], 64) as path:
        workers = [
            context.Process(target=_worker, args=(path, limit, 2000, passed)) for _ in range(4)
        ]
        for worker in workers:
            worker.start()
        counts = [passed.get(timeout=60) for _ in workers]
        for worker in workers:
            worker.join(60)
    assert sum(counts) == limit.quota


async def test_the_shared_file_is_private_and_gone_in_the_end() -> None:
    with shared_file([LIMIT], 64) as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        store = SharedStore(path, [LIMIT])
        assert await hits(store, HITS) == QUOTA
        other = SharedStore(path, [LIMIT])
        assert await hits(other, 1) == 0
        await store.close()
        await other.close()
    assert not path.exists()


async def test_a_shared_file_of_other_limits_is_refused(tmp_path: Path) -> None:
    with shared_file([LIMIT], 64) as path, pytest.raises(ValueError, match="or others"):
        SharedStore(path, [LIMIT, Limit("more", 1, 1)])
    strange = tmp_path / "strange"
    strange.write_bytes(b"x" * 4096)
    with pytest.raises(ValueError, match="holds no rate limits"):
        SharedStore(strange, [LIMIT])


def test_memory_is_shared_where_there_are_several_workers_and_no_server() -> None:
    with shared_spending(RatesSettings(), 4) as path:
        assert path is not None
        size = path.stat().st_size
        assert size < 8 * 1024 * 1024
        assert path.stat().st_blocks * 512 < size
    for settings, workers in (
        (RatesSettings(), 1),
        (RatesSettings(enabled=False), 4),
        (RatesSettings(store="redis://localhost"), 4),
    ):
        with shared_spending(settings, workers) as path:
            assert path is None


async def test_limits_do_not_know_each_other() -> None:
    limits = limits_of(RatesSettings(address="1/1h", actor="2/1h", key="3/1h", sign_in="off"))
    store = MemoryStore(limits.all, 64)
    passed = {
        limit.name: sum(store.take(limit, "same", 1).allowed for _ in range(9))
        for limit in limits.all
    }
    assert passed == {"address": 1, "actor": 2, "key": 3}
    await store.close()


SMALL = Limit("small", 3, 60)
KEYS = st.integers(0, 40)


@given(st.lists(st.tuples(KEYS, st.integers(0, 5 * SECOND)), max_size=300))
def test_a_table_that_overflows_gives_nobody_more_than_the_limit(
    asks: list[tuple[int, int]],
) -> None:
    """One set of eight, and five times as many keys: each still passes at most as often as it
    would with a table of its own that forgets nothing."""
    crowded = Table(memoryview(bytearray(8 * SET_WORDS)).cast("Q"), b"secret")
    now, passed = START, dict[int, list[int]]()
    for key, later in asks:
        now += later
        if crowded.take(SMALL, crowded.fingerprint(str(key)), 1, now).allowed:
            passed.setdefault(key, []).append(now)
    for times in passed.values():
        for first in range(len(times)):
            for last in range(first, len(times)):
                elapsed = times[last] - times[first]
                assert last - first + 1 <= SMALL.quota + elapsed / SMALL.interval


@given(st.lists(st.tuples(st.integers(0, WAYS - 1), st.integers(0, 30 * SECOND)), max_size=200))
def test_a_table_with_room_decides_as_if_each_key_had_one_of_its_own(
    asks: list[tuple[int, int]],
) -> None:
    shared = Table(memoryview(bytearray(8 * SET_WORDS)).cast("Q"), b"secret")
    alone: dict[int, Table] = {}
    now = START
    for key, later in asks:
        now += later
        fingerprint = shared.fingerprint(str(key))
        own = alone.setdefault(key, Table(memoryview(bytearray(8 * SET_WORDS)).cast("Q"), b"x"))
        expected = own.take(SMALL, fingerprint, 1, now)
        assert shared.take(SMALL, fingerprint, 1, now) == expected


async def test_a_flood_of_keys_takes_no_more_memory_and_frees_nobody() -> None:
    store = MemoryStore([SMALL], 64)
    spent = [store.take(SMALL, "ann", 1).allowed for _ in range(4)]
    for number in range(20_000):
        store.take(SMALL, f"flood {number}", 1)
    again = [store.take(SMALL, "ann", 1).allowed for _ in range(4)]
    await store.close()
    assert spent == [True, True, True, False]
    assert sum(again) == 0


@pytest.mark.parametrize("key", ["", "x" * 100_000, "\ud800", "ключ", "a\0b", "a\r\nb"])
async def test_any_text_can_be_a_key(key: str) -> None:
    store = MemoryStore([LIMIT], 64)
    assert await hits(store, QUOTA + 1, key) == QUOTA
    await store.close()


# -- Redis and Valkey ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[ValkeyServer]:
    with valkey() as running:
        yield running


@asynccontextmanager
async def redis_store(
    url: str, failing: Failing = Failing.CLOSED, heard: list[Signal] | None = None
) -> AsyncIterator[Store]:
    settings = RatesSettings(
        store=url, failing=failing, timeout=2.0, actor=f"{QUOTA}/1h", address="off"
    )
    store = open_store(settings, listener=None if heard is None else heard.append)
    try:
        yield store
    finally:
        await store.close()


async def test_on_a_server_exactly_the_limit_passes(server: ValkeyServer) -> None:
    async with redis_store(server.url) as one, redis_store(server.url) as two:
        passed = await asyncio.gather(hits(one, HITS // 2, "busy"), hits(two, HITS // 2, "busy"))
        alone = await taken(two, LIMIT, "other", 7)
    assert sum(passed) == QUOTA
    assert (alone.allowed, alone.remaining) == (True, QUOTA - 7)


async def test_a_server_says_what_memory_says(server: ValkeyServer) -> None:
    memory = MemoryStore([LIMIT], 64, clock=lambda: START)
    async with redis_store(server.url) as store:
        for cost in (1, 5, 50, 60, 44, 1, 400):
            there = await taken(store, LIMIT, "same", cost)
            here = memory.take(LIMIT, "same", cost)
            assert isinstance(here, Verdict)
            # A little of what is spent comes back between two requests to the server.
            assert (there.allowed, there.cost) == (here.allowed, here.cost)
            assert 0 <= here.spent - there.spent < LIMIT.interval
    await memory.close()


async def test_the_server_forgets_who_has_everything_back(server: ValkeyServer) -> None:
    limit = Limit("actor", 20, 1)
    async with redis_store(server.url) as store:
        await taken(store, limit, "brief", 1)
        client = vars(store)["_client"]
        keys = await client.keys("charter:rates:actor:*")
        lifetimes = [await client.pttl(key) for key in keys]
    assert b"brief" not in b"".join(keys)
    assert all(0 <= left <= 3_600_000 for left in lifetimes)


async def test_arrival_times_from_the_future_count_as_all_spent(server: ValkeyServer) -> None:
    """What a server says whose clock was set back, or a key that somebody else has written."""
    async with redis_store(server.url) as store:
        await taken(store, LIMIT, "jumped", 1)
        client = vars(store)["_client"]
        for key in await client.keys("charter:rates:actor:*"):
            await client.set(key, "9007199254740991")
        refused = await taken(store, LIMIT, "jumped", 1)
        for key in await client.keys("charter:rates:actor:*"):
            await client.set(key, "nonsense")
        passed = await taken(store, LIMIT, "jumped", 1)
    assert (refused.allowed, refused.remaining) == (False, 0)
    assert refused.wait * SECOND <= LIMIT.horizon
    assert passed.allowed


async def test_without_its_server_a_closed_store_refuses_and_comes_back() -> None:
    heard: list[Signal] = []
    with valkey() as own:
        async with redis_store(own.url, Failing.CLOSED, heard) as store:
            assert await hits(store, 1) == 1
            own.kill9()
            for _ in range(5):
                with pytest.raises(Problem) as refused:
                    await taken(store, LIMIT, "ann", 1)
                assert refused.value.code.name == "limits_unavailable"
                assert refused.value.detail.retry_after == 1
            own.start()
            await _recovered(store)
    assert [type(signal) for signal in heard] == [Failed]


async def test_without_its_server_an_open_store_counts_for_itself() -> None:
    heard: list[Signal] = []
    with valkey() as own:
        async with redis_store(own.url, Failing.OPEN, heard) as store:
            # One after the other: a hundred at once take longer than a busy machine may.
            assert all([(await taken(store, LIMIT, "ann", 1)).allowed for _ in range(QUOTA)])
            own.kill9()
            assert await hits(store, HITS) == QUOTA
            own.start()
    assert [type(signal) for signal in heard] == [Failed]


async def test_a_server_that_hangs_is_not_waited_for() -> None:
    with valkey() as own:
        settings = RatesSettings(store=own.url, failing=Failing.OPEN, timeout=0.1)
        store = open_store(settings)
        limit = limits_of(settings).actor
        assert limit is not None
        await taken(store, limit, "ann", 1)
        own.pause()
        verdicts = [await taken(store, limit, "ann", 1) for _ in range(200)]
        own.resume()
        await store.close()
    assert all(verdict.allowed for verdict in verdicts)


async def _recovered(store: Store) -> None:
    for _ in range(100):
        try:
            await taken(store, LIMIT, "after", 1)
        except Problem:
            await asyncio.sleep(0.1)
        else:
            return
    raise AssertionError("the store did not come back")
