"""The bell of PostgreSQL: who is told, how often, and what becomes of it without a connection."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
import pytest

from charter.store import postgres_bell, postgres_connection
from charter.store.open import open_bell
from charter.store.postgres_bell import CHANNEL, TOGETHER_SECONDS, PostgresBell
from charter.store.settings import StoreSettings
from tests.store.conftest import Store, opened
from tests.support.pgbouncer import pooled
from tests.support.postgres import PostgresServer

SECONDS = 20.0
PRESENT = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted"


@dataclass
class Process:
    """What one process has of the bell."""

    bell: PostgresBell
    heard: int = 0

    def listen(self) -> None:
        self.bell.listen(self.note)

    def note(self) -> None:
        self.heard += 1


@dataclass
class Outsider:
    """A connection that hears everything, and that nobody knows of."""

    connection: "asyncpg.Connection[asyncpg.Record]"
    heard: list[str] = field(default_factory=list)

    async def ask(self, text: str) -> list[int]:
        return [row[0] for row in await self.connection.fetch(text)]

    async def rings(self) -> int:
        """How often was rung so far: what came before an answer is known with it."""
        await self.connection.fetch("SELECT 1")
        await asyncio.sleep(0)
        return self.heard.count("")


@asynccontextmanager
async def processes(url: str, count: int) -> AsyncIterator[list[Process]]:
    async with AsyncExitStack() as stack:
        found = []
        for _ in range(count):
            store: Store = await opened(url, StoreSettings())
            stack.push_async_callback(store.database.close)
            bell = PostgresBell(url, StoreSettings(), store.database)
            stack.push_async_callback(bell.close)
            found.append(Process(bell))
        yield found


@pytest.fixture
async def outsider(postgres_url: str) -> AsyncIterator[Outsider]:
    connection = await asyncpg.connect(postgres_url)
    found = Outsider(connection)
    await connection.add_listener(CHANNEL, lambda *told: found.heard.append(str(told[3])))
    yield found
    await connection.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_bell, "NOBODY_SECONDS", 0.05)
    monkeypatch.setattr(postgres_bell, "SETTLING_SECONDS", 0.1)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110 - it is no event
            await asyncio.sleep(0.005)


async def test_who_listens_hears_the_others(postgres_url: str) -> None:
    async with processes(postgres_url, 3) as (one, two, silent):
        one.listen()
        two.listen()
        await until(lambda: one.bell.hears and two.bell.hears)
        for ringing, hearing in ((one, two), (two, one), (silent, one), (silent, two)):
            before = hearing.heard
            ringing.bell.ring()
            await until(lambda hearing=hearing, before=before: hearing.heard > before)  # type: ignore[misc]
        assert silent.heard == 0


async def test_nobody_is_told_where_nobody_listens(postgres_url: str, outsider: Outsider) -> None:
    async with processes(postgres_url, 2) as (one, two):
        for _ in range(10):
            one.bell.ring()
            await asyncio.sleep(0.02)
        two.listen()
        await until(lambda: two.bell.hears)
        for _ in range(10):
            two.bell.ring()
            await asyncio.sleep(0.02)
        assert await outsider.rings() == 0
        one.bell.ring()
        await until(lambda: two.heard > 0)
        await two.bell.rest()
        await asyncio.sleep(0.1)
        before = await outsider.rings()
        one.bell.ring()
        await asyncio.sleep(0.1)
        assert await outsider.rings() == before > 0


async def test_what_is_written_together_is_told_together(
    postgres_url: str, outsider: Outsider
) -> None:
    async with processes(postgres_url, 2) as (one, two):
        two.listen()
        await until(lambda: two.bell.hears)
        started = time.monotonic()
        for number in range(400):
            one.bell.ring()
            await asyncio.sleep(0 if number % 4 else 0.001)
        await until(lambda: one.bell._ringing is None)
        elapsed = time.monotonic() - started
        assert 2 <= await outsider.rings() <= elapsed / TOGETHER_SECONDS + 1


async def test_a_ring_that_comes_while_one_is_under_way_is_not_forgotten(
    postgres_url: str,
) -> None:
    async with processes(postgres_url, 2) as (one, two):
        two.listen()
        await until(lambda: two.bell.hears)
        one.bell.ring()
        await asyncio.sleep(0)
        before = two.heard
        one.bell.ring()
        await until(lambda: two.heard > before + 1)


async def test_a_killed_connection_is_told_and_made_again(
    postgres_url: str, outsider: Outsider
) -> None:
    async with processes(postgres_url, 2) as (one, two):
        two.listen()
        await until(lambda: two.bell.hears)
        (first,) = await outsider.ask(PRESENT)
        before = two.heard
        await outsider.ask(f"SELECT pg_terminate_backend({first})::int")
        await until(lambda: not two.bell.hears)
        await until(lambda: two.heard > before)
        await until(lambda: two.bell.hears)
        assert await outsider.ask(PRESENT) not in ([], [first])
        before = two.heard
        one.bell.ring()
        await until(lambda: two.heard > before)


async def test_it_outlives_the_server(postgres_url: str, postgres_server: PostgresServer) -> None:
    async with processes(postgres_url, 2) as (one, two):
        two.listen()
        await until(lambda: two.bell.hears)
        await asyncio.to_thread(postgres_server.stop)
        await until(lambda: not two.bell.hears)
        one.bell.ring()
        await asyncio.to_thread(postgres_server.start)
        await until(lambda: two.bell.hears)
        before = two.heard
        one.bell.ring()
        await until(lambda: two.heard > before)


async def test_nothing_is_left_behind(postgres_url: str, outsider: Outsider) -> None:
    async with processes(postgres_url, 1) as (one,):
        one.listen()
        await until(lambda: one.bell.hears)
        one.bell.ring()
        await one.bell.close()
        async with asyncio.timeout(SECONDS):
            while await outsider.ask(PRESENT):  # noqa: ASYNC110 - nor is this
                await asyncio.sleep(0.01)
        one.listen()
        await until(lambda: one.bell.hears)


@pytest.mark.parametrize("mode", ["session", "transaction"])
async def test_a_pooler_is_no_hindrance_where_sessions_are_kept(
    mode: str, postgres: Store, postgres_server: PostgresServer, outsider: Outsider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """In transaction mode nothing arrives: that is found out, no lock is left on a connection
    of others, and it is tried again only after a while."""
    tries = 0

    async def connect(*arguments: object, **named: object) -> object:
        nonlocal tries
        tries += 1
        return await postgres_connection.connect(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(postgres_bell, "connect", connect)
    monkeypatch.setattr(postgres_bell, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(postgres_bell, "LONGEST_PAUSE", 0.05)
    with pooled(postgres_server, mode) as through:
        url = through(postgres.url.rpartition("/")[2])
        two = Process(PostgresBell(url, StoreSettings(), postgres.database))
        two.listen()
        if mode == "session":
            await until(lambda: two.bell.hears)
            assert len(await outsider.ask(PRESENT)) == tries == 1
            async with processes(postgres.url, 1) as (one,):
                one.bell.ring()
                await until(lambda: two.heard > 0)
        else:
            await until(lambda: tries > 2)
            assert await outsider.ask(PRESENT) == []
            assert not two.bell.hears
        await two.bell.close()


async def test_other_databases_have_none(sqlite: Store, mysql: Store) -> None:
    for store in (sqlite, mysql):
        assert open_bell(store.url, StoreSettings(), store.database) is None
