"""Replicas and failover, on PostgreSQL that is really replicated."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from charter.sql.statement import Statement
from charter.store.database import Database, Transaction
from charter.store.errors import StoreError, Unavailable
from charter.store.open import open_database, open_replicas
from charter.store.replicas import Replicas
from charter.store.settings import StoreSettings
from charter.store.written import Written, shared_table
from tests.support.postgres import PostgresServer
from tests.support.processes import children
from tests.support.replication import Cluster

SETTINGS = StoreSettings(replica_lag=60.0, replica_check=0.05, pool_timeout=20.0)
ADD = Statement("INSERT INTO note (id) VALUES ($1)", label="add")
COUNT = Statement("SELECT count(*)::int FROM note", label="count")
STANDBY = Statement("SELECT pg_is_in_recovery()", label="where")
PATIENCE = 60.0


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not await holds():
        assert time.monotonic() < deadline, "it never came to that"
        await asyncio.sleep(0.02)


async def add(database: Database, key: int) -> None:
    async def work(transaction: Transaction) -> None:
        await transaction.execute(ADD, (key,))

    await database.write(work)


class Served:
    """A primary with its replicas, as one actor sees them."""

    def __init__(self, primary: Database, replicas: Replicas) -> None:
        self.primary = primary
        self.replicas = replicas

    async def write(self, key: int, actor: str = "ann") -> None:
        await add(self.primary, key)
        self.replicas.wrote(actor)

    async def count(self, actor: str = "ann") -> int:
        rows = await (self.replicas.reader(actor) or self.primary).read(COUNT, ())
        return int(rows[0][0])

    async def is_away(self, actor: str = "ann") -> bool:
        """Whether reads of the actor come from a replica."""
        rows = await (self.replicas.reader(actor) or self.primary).read(STANDBY, ())
        return bool(rows[0][0])


@asynccontextmanager
async def served(
    cluster: Cluster, settings: StoreSettings = SETTINGS, written: Path | None = None
) -> AsyncIterator[Served]:
    primary = open_database(cluster.primary.url(), settings)
    await primary.open()
    urls = [standby.url() for standby in cluster.standbys]
    replicas = open_replicas(primary, urls, settings, written)
    await replicas.open()
    try:
        yield Served(primary, replicas)
    finally:
        await replicas.close()
        await primary.close()


@pytest.fixture
def followed(replicated: Cluster) -> Cluster:
    """A primary with a table, and one standby."""
    replicated.primary.execute("CREATE TABLE note (id integer PRIMARY KEY)")
    replicated.add_standby()
    return replicated


async def test_reads_go_to_a_replica(followed: Cluster) -> None:
    async with served(followed) as here:
        await until(here.is_away)
        (use,) = here.replicas.usage()
        assert use.up
        assert use.behind is not None
        assert "postgres@127.0.0.1" in use.name
        assert followed.primary.password not in use.name


async def test_a_replica_of_an_idle_primary_is_up_to_date(followed: Cluster) -> None:
    """The place of the next entry is past the head of a new segment, where no replica is yet."""
    async with served(followed) as here:
        await until(here.is_away)
        followed.primary.execute("SELECT pg_switch_wal()")
        switched = time.monotonic()

        async def fresh() -> bool:
            behind = here.replicas.usage()[0].behind
            return behind is not None and time.monotonic() - behind > switched

        async with asyncio.timeout(5):  # By itself an idle server writes every 15 s.
            await until(fresh)


async def test_an_actor_reads_its_own_writes_and_others_a_bounded_past(followed: Cluster) -> None:
    standby = followed.standbys[0]
    async with served(followed) as here:
        await until(here.is_away)
        standby.execute("SELECT pg_wal_replay_pause()")
        await here.write(1)
        assert await here.count() == 1
        assert here.replicas.reader("ann") is None
        assert await here.is_away("bob")
        assert await here.count("bob") == 0
        await asyncio.sleep(0.3)  # Several looks: the replica has not moved.
        assert await here.count() == 1
        standby.execute("SELECT pg_wal_replay_resume()")
        await until(here.is_away)
        assert await here.count() == 1


async def test_many_writers_never_miss_what_they_wrote(followed: Cluster) -> None:
    async with served(followed) as here:
        await until(here.is_away)
        away = 0

        async def client(actor: str, first: int) -> None:
            nonlocal away
            for key in range(first, first + 25):
                await here.write(key, actor)
                for pause in (0.0, 0.03, 0.06):
                    await asyncio.sleep(pause)
                    reader = here.replicas.reader(actor)
                    away += reader is not None
                    question = Statement(
                        f"SELECT count(*)::int FROM note WHERE id BETWEEN {first} AND {key}",
                        label="own",
                    )
                    rows = await (reader or here.primary).read(question, ())
                    assert rows[0][0] == key - first + 1

        await asyncio.gather(*(client(f"actor {n}", 1000 * n) for n in range(1, 7)))
        assert away, "no read came from the replica: nothing was tried"


async def test_a_replica_that_is_too_far_behind_is_not_read(followed: Cluster) -> None:
    settings = StoreSettings(replica_lag=0.5, replica_check=0.05)
    async with served(followed, settings) as here:
        await until(lambda: here.is_away("bob"))
        followed.standbys[0].execute("SELECT pg_wal_replay_pause()")
        await here.write(1)

        async def is_home() -> bool:
            return here.replicas.reader("bob") is None

        await until(is_home)
        assert await here.count("bob") == 1
        followed.standbys[0].execute("SELECT pg_wal_replay_resume()")
        await until(lambda: here.is_away("bob"))


async def test_a_replica_that_is_gone_costs_no_read_and_comes_back(followed: Cluster) -> None:
    async with served(followed) as here:
        await until(here.is_away)
        followed.standbys[0].kill9()
        for _ in range(20):
            assert await here.count() == 0
        (use,) = here.replicas.usage()
        assert not use.up
        followed.standbys[0].start()
        await until(here.is_away)


async def test_a_replica_that_falls_silent_keeps_no_read(followed: Cluster) -> None:
    standby = followed.standbys[0]
    assert standby.process is not None
    async with served(followed) as here:
        await until(here.is_away)
        processes = [*children(standby.process.pid), standby.process.pid]
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        try:
            assert await asyncio.gather(*(here.count() for _ in range(4))) == [0] * 4
            (use,) = here.replicas.usage()
            assert not use.up
        finally:
            for pid in processes:
                os.kill(pid, signal.SIGCONT)
        await until(here.is_away)


async def test_a_replica_that_is_away_at_the_start_harms_nobody(followed: Cluster) -> None:
    followed.standbys[0].stop()
    async with served(followed) as here:
        assert await here.count() == 0
        followed.standbys[0].start()
        await until(here.is_away)


async def test_a_role_without_privileges_is_enough(followed: Cluster) -> None:
    followed.primary.execute("CREATE ROLE plain LOGIN PASSWORD 'plain'")
    followed.primary.execute("GRANT SELECT ON note TO plain")
    followed.caught_up(followed.standbys[0])

    def url(server: PostgresServer) -> str:
        return f"postgresql://plain:plain@127.0.0.1:{server.port}/postgres"

    primary = open_database(url(followed.primary), SETTINGS)
    await primary.open()
    replicas = open_replicas(primary, [url(followed.standbys[0])], SETTINGS)
    await replicas.open()
    await until(Served(primary, replicas).is_away)
    await replicas.close()
    await primary.close()


async def test_several_replicas_share_the_reads(followed: Cluster) -> None:
    followed.add_standby()
    port = Statement("SELECT inet_server_port()", label="port")
    async with served(followed) as here:
        found: set[int] = set()

        async def both() -> bool:
            rows = await (here.replicas.reader("ann") or here.primary).read(port, ())
            found.add(rows[0][0])
            return {standby.port for standby in followed.standbys} <= found

        await until(both)


async def test_a_promoted_replica_is_read_from_no_more(followed: Cluster) -> None:
    async with served(followed) as here:
        await until(here.is_away)
        followed.standbys[0].execute("SELECT pg_promote()")

        async def is_home() -> bool:
            return here.replicas.reader("ann") is None

        await until(is_home)
        followed.standbys[0].execute("INSERT INTO note VALUES (99)")
        assert await here.count() == 0


# -- failover ----------------------------------------------------------------------------------
def both_hosts(cluster: Cluster) -> str:
    """One URL for the primary and its first standby."""
    start, _, end = cluster.primary.url().partition(f":{cluster.primary.port}")
    ports = f":{cluster.primary.port},127.0.0.1:{cluster.standbys[0].port}"
    return f"{start}{ports}{end}?target_session_attrs=read-write"


async def test_writes_survive_the_death_of_the_primary(replicated: Cluster) -> None:
    replicated.primary.execute("CREATE TABLE note (id integer PRIMARY KEY)")
    standby = replicated.add_standby(synchronous=True)
    database = open_database(both_hosts(replicated), SETTINGS)
    await database.open()
    done: list[int] = []
    unsure: list[int] = []
    stopping = asyncio.Event()

    async def client(first: int) -> None:
        key = first
        while not stopping.is_set():
            key += 1
            try:
                await add(database, key)
            except Unavailable:
                unsure.append(key)
            else:
                done.append(key)

    clients = [asyncio.create_task(client(100_000 * n)) for n in range(1, 5)]
    try:
        await asyncio.sleep(0.5)
        before = len(done)
        replicated.primary.kill9()
        await asyncio.sleep(0.5)
        await asyncio.to_thread(standby.execute, "SELECT pg_promote()")
        after = len(done)

        async def goes_on() -> bool:
            return len(done) > after + 20

        await until(goes_on)
    finally:
        stopping.set()
        await asyncio.gather(*clients)
    assert before
    kept = {int(line) for line in standby.execute("SELECT id FROM note").split()}
    assert set(done) <= kept
    assert kept <= set(done) | set(unsure)
    rows = await database.read(STANDBY, ())
    assert rows[0][0] is False
    await database.close()


async def test_without_a_primary_nothing_is_written_and_that_is_said(
    followed: Cluster,
) -> None:
    settings = StoreSettings(pool_timeout=0.5)
    database = open_database(both_hosts(followed), settings)
    await database.open()
    await add(database, 1)
    followed.primary.stop()
    with pytest.raises(Unavailable):
        await add(database, 2)
    with pytest.raises(StoreError):
        await database.read(COUNT, ())
    await database.close()


# -- who wrote when ----------------------------------------------------------------------------
@pytest.fixture
def table() -> Iterator[Path]:
    with shared_table() as path:
        yield path


def test_workers_know_of_each_others_writes(table: Path) -> None:
    one, other = Written(table), Written(table)
    assert other.last("ann") == 0
    before = time.monotonic()
    one.note("ann")
    assert before <= other.last("ann") <= time.monotonic()
    assert other.last("bob") == 0


def test_a_table_of_one_process_is_nobody_elses() -> None:
    one, other = Written(), Written()
    one.note("ann")
    assert one.last("ann")
    assert not other.last("ann")
