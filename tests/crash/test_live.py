"""Subscribers of a service that is killed again and again: nobody loses anything."""

import asyncio
import json
import os
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import httpx2
import pytest

from charter.serve.live.log import Log
from charter.sql.statement import Statement
from tests.behaviour import contract
from tests.behaviour.actors import ADA, AUDITOR, BOB
from tests.behaviour.clients import rest
from tests.behaviour.clients.base import Someone
from tests.behaviour.databases import DATABASES
from tests.behaviour.serving import serving, token
from tests.crash.test_kill9 import cut, studio
from tests.support.charter import Running
from tests.support.postgres import PostgresServer
from tests.support.websocket import Closed, Declined, connected

pytestmark = pytest.mark.crash

FULL = os.environ.get("CHARTER_TEST_LIVE") == "full"
"""With two hundred subscribers, for a minute or so."""
SUBSCRIBERS, WRITERS, KILLS = (200, 8, 12) if FULL else (24, 4, 2)
SHORTEST, LONGEST = 0.5, (3.0 if FULL else 1.2)
"""Seconds of writing before a kill."""
ROWS = 40
PATHS: list[tuple[str, Someone | None]] = [
    ("/v1/samples", None),
    ("/v1/samples?number[gte]=50&fields=id,number,version", ADA),
    ("/v1/projects", ADA),
    ("/v1/projects?fields=id,name,version", BOB),
    ("/v1/projects?visibility=public&include=owner", None),
    ("/v1/projects?include=tasks", AUDITOR),
]

NEWEST = Statement("SELECT max(xid) FROM charter_outbox", label="test")


@dataclass
class Follower:
    """Follows a path whatever happens, and refuses what makes no sense."""

    port: int
    path: str
    who: Someone | None
    rows: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    changes: int = 0
    connections: int = 0

    async def follow(self) -> None:
        async with connected(self.port) as socket:
            first = {"type": "connect"} | ({"token": token(self.who)} if self.who else {})
            await socket.send(first)
            await socket.send(
                {"type": "subscribe", "id": "x", "path": self.path, "have": self.tags}
            )
            self.connections += 1
            while True:
                message = await socket.receive()
                assert message["type"] in {"connected", "changes", "ready", "closing"}, message
                for change in message.get("changes", ()):
                    self._take(change)

    def _take(self, change: dict[str, Any]) -> None:
        key, kind = change["key"], change["kind"]
        self.changes += 1
        assert (key in self.rows) == (kind != "created"), change
        if kind == "removed":
            del self.rows[key], self.tags[key]
            return
        row = change["row"]
        if kind == "updated":
            assert change["tag"] != self.tags[key]
            before = self.rows[key]
            # Whatever is included in a row can change without it.
            assert row["version"] > before["version"] or row.keys() & {"tasks", "owner"}, change
        self.rows[key], self.tags[key] = row, change["tag"]


@dataclass
class Writer:
    """Writes one thing after the other, whatever becomes of the service."""

    http: httpx2.AsyncClient
    random: Random
    samples: list[str] = field(default_factory=list)
    projects: list[str] = field(default_factory=list)
    writes: int = 0

    async def run(self, over: asyncio.Event) -> None:
        while not over.is_set():
            work = self.random.choice([self.sample, self.sample, self.sample, self.project])
            try:
                answer = await work()
            except (httpx2.TransportError, httpx2.TimeoutException):
                await asyncio.sleep(0.05)
                continue
            assert answer.status_code < 300 or answer.status_code in {404, 503}, answer.text
            self.writes += answer.status_code < 300

    async def sample(self) -> httpx2.Response:
        number = {"number": self.random.randrange(100)}
        if len(self.samples) < ROWS // 2 or self.random.random() < 0.1:
            answer = await self.http.post("/v1/samples", json={"name": "s", **number})
            if answer.status_code == 201:
                self.samples.append(answer.json()["id"])
            return answer
        place = self.random.randrange(len(self.samples))
        if len(self.samples) > ROWS:
            return await self.http.delete(f"/v1/samples/{self.samples.pop(place)}")
        return await self._patch(f"/v1/samples/{self.samples[place]}", number)

    async def project(self) -> httpx2.Response:
        values: dict[str, Any] = {"visibility": self.random.choice(["public", "private"])}
        if len(self.projects) < ROWS // 4:
            body = {"name": "p", "code": uuid.uuid4().hex[:12], **values}
            answer = await self.http.post("/v1/projects", json=body)
            if answer.status_code == 201:
                self.projects.append(answer.json()["id"])
            return answer
        if self.random.random() < 0.3:
            values = {"tasks": [{"title": "t"}] * self.random.randrange(3)}
        return await self._patch(f"/v1/projects/{self.random.choice(self.projects)}", values)

    async def _patch(self, path: str, values: dict[str, Any]) -> httpx2.Response:
        headers = {"content-type": "application/merge-patch+json"}
        return await self.http.patch(path, content=json.dumps(values), headers=headers)


async def again_and_again(follow: Callable[[], Awaitable[None]]) -> None:
    """Follow, and connect anew whenever the connection is lost."""
    while True:
        with suppress(Closed, Declined, OSError, asyncio.IncompleteReadError, TimeoutError):
            await follow()
        await asyncio.sleep(0.05)


async def outlived(service: Running, random: Random) -> list[Writer]:
    """The writers of a service that is killed while they write at full speed."""
    headers = {"authorization": f"Bearer {token(ADA)}"}
    limits = httpx2.Limits(max_connections=WRITERS * 2)
    over = asyncio.Event()
    async with httpx2.AsyncClient(
        base_url=service.url, headers=headers, timeout=5, limits=limits
    ) as http:
        writers = [Writer(http, Random(number)) for number in range(WRITERS)]
        writing = [asyncio.ensure_future(one.run(over)) for one in writers]
        for _ in range(KILLS):
            await asyncio.sleep(random.uniform(SHORTEST, LONGEST))
            await asyncio.to_thread(service.kill9)
            await asyncio.to_thread(service.start)
        await asyncio.sleep(LONGEST)
        over.set()
        await asyncio.gather(*writing)
    return writers


async def given_up(following: Sequence[asyncio.Future[None]]) -> list[BaseException | None]:
    """End those who follow; what some had ended with before."""
    failed = [task.exception() for task in following if task.done()]
    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    return failed


async def undone_unseen_by_the_disk(url: str) -> int:
    """The number of a transaction that wrote nothing and was undone."""
    connection = await asyncpg.connect(url)
    try:
        # Else a process of the server puts it on the disk some milliseconds later.
        await connection.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        await connection.execute("SELECT pg_reload_conf()")
        await asyncio.sleep(0.5)
        await connection.execute("BEGIN")
        number = await connection.fetchval("SELECT pg_current_xact_id()::text::bigint")
        await connection.execute("ROLLBACK")
    finally:
        await connection.close()
    return int(number)


async def fresh(service: Running, path: str, who: Someone | None) -> dict[str, Any]:
    headers = {"accept": "application/x-ndjson"}
    if who is not None:
        headers["authorization"] = f"Bearer {token(who)}"
    async with httpx2.AsyncClient(base_url=service.url, headers=headers, timeout=20) as http:
        answer = await http.get(path)
    assert answer.status_code == 200, answer.text
    return {row["id"]: row for row in map(json.loads, answer.text.splitlines())}


async def until(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not condition() and loop.time() < end:  # noqa: ASYNC110 - it is no event
        await asyncio.sleep(0.05)
    return condition()


@pytest.mark.parametrize("kind", [name for name in DATABASES if FULL or name != "mysql"])
async def test_subscribers_of_a_killed_service_end_with_what_there_is(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with DATABASES[kind](request) as url, studio(tmp_path, url) as service:
        followers = [
            Follower(service.port, *PATHS[number % len(PATHS)]) for number in range(SUBSCRIBERS)
        ]
        following = [asyncio.ensure_future(again_and_again(one.follow)) for one in followers]
        writers = await outlived(service, Random(7))
        for place, (path, who) in enumerate(PATHS):
            there = await fresh(service, path, who)
            for one in followers[place :: len(PATHS)]:
                agrees = await until(lambda one=one, there=there: one.rows == there)  # type: ignore[misc]
                assert agrees, (path, len(one.rows), len(there))
        failed = await given_up(following)
    assert failed == []
    assert all(one.changes for one in followers)
    assert sum(one.writes for one in writers) > KILLS * WRITERS
    assert all(one.connections > 1 for one in followers)
    if FULL:
        written, told = sum(w.writes for w in writers), sum(one.changes for one in followers)
        print(f"{kind}: {written} writes, {told} changes told, {KILLS} kills")  # noqa: T201


async def test_who_follows_outlives_the_database(
    request: pytest.FixtureRequest, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    """The database goes and comes back: no connection of a client ends for that."""
    headers = {"authorization": f"Bearer {token(ADA)}"}
    with DATABASES["postgresql"](request) as url, studio(tmp_path, url) as service:
        follower = Follower(service.port, "/v1/samples", ADA)
        following = asyncio.ensure_future(again_and_again(follower.follow))
        async with httpx2.AsyncClient(base_url=service.url, headers=headers, timeout=20) as http:
            await http.post("/v1/samples", json={"name": "before"})
            assert await until(lambda: len(follower.rows) == 1)
            await asyncio.to_thread(cut, postgres_server)
            for _ in range(100):
                answer = await http.post("/v1/samples", json={"name": "after"})
                if answer.status_code == 201:
                    break
                await asyncio.sleep(0.1)
        there = await fresh(service, "/v1/samples", ADA)
        agrees = await until(lambda: follower.rows == there)
        await given_up([following])
    assert agrees
    assert follower.connections == 1


async def test_a_number_that_a_crashed_server_gives_out_again_hides_nothing(
    request: pytest.FixtureRequest, postgres_server: PostgresServer
) -> None:
    """A transaction that was undone before the crash has the number of the next write."""
    with DATABASES["postgresql"](request) as url:
        async with serving(contract.studio.build(), url) as served, rest.connect(served) as client:
            await client.create("Sample", {"name": "before"})
            log = Log(served.service.database, served.service.dialect, 60)
            seen = await log.head()
            undone = await undone_unseen_by_the_disk(url)
            behind = (await log.since(seen)).mark
            await asyncio.to_thread(cut, postgres_server)
            sample = await client.create("Sample", {"name": "after"})
            entries = (await log.since(behind)).entries
            assert [entry.key for entry in entries or ()] == [sample["id"]]
            ((newest,),) = await served.service.database.read(NEWEST, ())
            assert newest == undone
