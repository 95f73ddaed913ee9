"""Two server processes on one PostgreSQL: who follows one hears of what the other writes.

The log is looked at unasked only every hour: what arrives was told of, unless a test wants it
looked at.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from tests.behaviour.serving import SECRET
from tests.store.test_bell import PRESENT
from tests.support.charter import Running, running
from tests.support.postgres import PostgresServer
from tests.support.websocket import WebSocket, connected

CONTRACT = Path(__file__).parents[1] / "behaviour" / "contract.py"
SECONDS = 20.0
LOOKS = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND query LIKE '%charter_outbox%' AND now() - query_start < interval '0.8 s'
    AND pid <> pg_backend_pid()
"""
"""Who has just looked into the log: whoever is not told does so every 0.1 s."""


@contextmanager
def pair(url: str, folder: Path, **settings: str) -> Iterator[tuple[Running, Running]]:
    common = {"database": url, "auth_secret": SECRET, "access_log": "false", "live_poll": "3600"}
    with ExitStack() as stack:
        found = []
        for name in ("one", "two"):
            (folder / name).mkdir()
            service = running(CONTRACT, folder / name, **(common | settings))
            found.append(stack.enter_context(service))
        yield found[0], found[1]


@dataclass
class Samples:
    """Follows the samples at one service, and writes them at any."""

    socket: WebSocket
    rows: dict[str, Any] = field(default_factory=dict)

    async def take(self) -> None:
        message = await self.socket.receive()
        for change in message.get("changes", ()):
            if change["kind"] == "removed":
                del self.rows[change["key"]]
            else:
                self.rows[change["key"]] = change["row"]

    async def told(self, names: list[str]) -> None:
        """Wait until there are rows of these names, and no others."""
        while sorted(row["name"] for row in self.rows.values()) != sorted(names):
            await self.take()


@asynccontextmanager
async def following(service: Running) -> AsyncIterator[Samples]:
    async with connected(service.port) as socket:
        await socket.send({"type": "connect"})
        await socket.send({"type": "subscribe", "id": "x", "path": "/v1/samples"})
        while (await socket.receive())["type"] != "ready":
            pass
        yield Samples(socket)


async def write(service: Running, *names: str) -> None:
    async with httpx2.AsyncClient(base_url=service.url, timeout=20) as http:
        for name in names:
            answer = await http.post("/v1/samples", json={"name": name})
            assert answer.status_code == 201, answer.text


@dataclass
class Look:
    """What the database knows of its sessions."""

    connection: "asyncpg.Connection[asyncpg.Record]"

    async def listening(self, count: int) -> list[int]:
        """The sessions that listen, once there are so many."""
        async with asyncio.timeout(SECONDS):
            while len(found := [row[0] for row in await self.connection.fetch(PRESENT)]) != count:  # noqa: ASYNC110 - it is no event
                await asyncio.sleep(0.02)
        return found

    async def quiet(self) -> None:
        """Wait until nobody looks unasked."""
        async with asyncio.timeout(SECONDS):
            while (await self.connection.fetchval(LOOKS)) != 0:  # noqa: ASYNC110 - nor is this
                await asyncio.sleep(0.05)

    async def end(self, pid: int) -> None:
        assert await self.connection.fetchval("SELECT pg_terminate_backend($1)", pid)


@pytest.fixture
async def look(postgres_url: str) -> AsyncIterator[Look]:
    connection = await asyncpg.connect(postgres_url)
    yield Look(connection)
    await connection.close()


async def test_what_one_process_writes_reaches_who_follows_the_other(
    postgres_url: str, look: Look, tmp_path: Path
) -> None:
    with pair(postgres_url, tmp_path) as (one, two):
        await look.listening(0)
        async with following(one) as here:
            await look.listening(1)
            await look.quiet()
            await write(two, "a", "b")
            await here.told(["a", "b"])
            async with following(two) as there:
                await look.listening(2)
                await look.quiet()
                there.rows |= here.rows
                names = [f"n{number}" for number in range(60)]
                await asyncio.gather(write(one, *names[:30]), write(two, *names[30:]))
                await here.told(["a", "b", *names])
                await there.told(["a", "b", *names])
                await look.quiet()
            await write(one, "own")
            await here.told(["a", "b", *names, "own"])


async def test_a_process_that_is_killed_says_nothing_and_is_heard_all_the_same(
    postgres_url: str, look: Look, tmp_path: Path
) -> None:
    """As do those who cannot ring at all: the log is looked at now and then."""
    with pair(postgres_url, tmp_path, live_poll="0.5") as (one, _):
        async with following(one) as here:
            await look.listening(1)
            await write(one, "said")
            await here.told(["said"])
            await look.connection.execute("""
                BEGIN;
                UPDATE samples SET name = 'silent', version = version + 1;
                INSERT INTO charter_outbox (id, event, resource, key, occurred_at, payload)
                SELECT id, 'Sample.updated', 'Sample', id::text, now(), '{}' FROM samples;
                COMMIT;
            """)
            await here.told(["silent"])


async def test_nothing_is_lost_with_the_connection_that_listens(
    postgres_url: str, look: Look, tmp_path: Path
) -> None:
    with pair(postgres_url, tmp_path) as (one, two):
        async with following(one) as here:
            (first,) = await look.listening(1)
            await look.quiet()
            names = [f"n{number}" for number in range(40)]
            writing = asyncio.ensure_future(write(two, *names))
            await here.take()
            await look.end(first)
            await writing
            await here.told(names)
            (second,) = await look.listening(1)
            assert second != first
            await look.quiet()
            await write(two, "after")
            await here.told([*names, "after"])


async def test_where_nobody_can_be_told_the_log_is_looked_at(
    postgres_url: str, postgres_server: PostgresServer, look: Look, tmp_path: Path
) -> None:
    """The server refuses notifications to the role of the service."""
    role = "told_nothing"
    database = postgres_url.rpartition("/")[2]
    for text in (
        f"CREATE ROLE {role} LOGIN PASSWORD 'x'",
        f"GRANT ALL ON SCHEMA public TO {role}",
        f"GRANT ALL ON DATABASE {database} TO {role}",
        "REVOKE EXECUTE ON FUNCTION pg_notify(text, text) FROM PUBLIC",
    ):
        await look.connection.execute(text)
    try:
        url = f"postgresql://{role}:x@127.0.0.1:{postgres_server.port}/{database}"
        with pair(url, tmp_path) as (one, two):
            async with following(one) as here:
                await write(two, "a")
                await here.told(["a"])
                await write(two, *"bcd")
                await here.told([*"abcd"])
                assert await look.listening(0) == []
            for service in (one, two):
                log = service.log.read_text()
                assert "Traceback" not in log, json.dumps(log)
    finally:
        await look.connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
