"""Killed again and again in the midst of writes: what was acknowledged is there, all of it.

Each round starts the service, writes with several clients at once, kills it (or the database)
without warning, starts it again and compares the database with what the clients were told.
"""

import asyncio
import json
import os
import sqlite3
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest

from tests.behaviour.actors import ADA
from tests.behaviour.databases import DATABASES
from tests.behaviour.serving import SECRET, token
from tests.support.charter import Running, running
from tests.support.mysql import MysqlServer
from tests.support.postgres import PostgresServer

pytestmark = pytest.mark.crash

CONTRACT = Path(__file__).parents[1] / "behaviour" / "contract.py"
ROUNDS = int(os.environ.get("CHARTER_TEST_CRASHES", "5"))
CLIENTS = 8
SHORTEST, LONGEST = 0.15, 0.6
"""Seconds of writing before the kill."""


@dataclass
class Told:
    """What clients were told: answers by idempotency key, and the last version of each row."""

    answers: dict[str, tuple[str, str, Any, int, bytes]] = field(default_factory=dict)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    """Rows whose last write had no answer: it may have happened or not."""


@dataclass
class Writer:
    """A client that writes one thing after the other, and notes what it is told."""

    http: httpx2.AsyncClient
    told: Told
    random: Random
    mine: list[str] = field(default_factory=list)

    async def write(self) -> None:
        """One write of some kind."""
        kind = self.random.choice(["create", "create", "nested", "update", "delete", "batch"])
        if kind in {"update", "delete"} and not self.mine:
            kind = "create"
        await {
            "create": self.create, "nested": self.nested, "update": self.update,
            "delete": self.delete, "batch": self.batch,
        }[kind]()  # fmt: skip

    async def create(self) -> None:
        answer = await self.send("POST", "/v1/samples", {"name": "x", "number": 1})
        self.note(answer.json())

    async def nested(self) -> None:
        code = uuid.uuid4().hex[:12]
        tasks = [{"title": "a", "steps": [{"text": "s"}]}, {"title": "b"}]
        body = {"name": "p", "code": code, "tasks": tasks}
        answer = await self.send("POST", "/v1/projects?include=tasks.steps", body)
        self.told.rows[answer.json()["id"]] = answer.json()

    async def batch(self) -> None:
        operations = [
            {"id": "a", "method": "POST", "path": "/v1/samples", "body": {"name": "a"}},
            {"method": "PATCH", "path": "/v1/samples/{a.id}", "body": {"number": 7}},
            {"method": "POST", "path": "/v1/samples", "body": {"name": "b"}},
        ]
        answer = await self.send("POST", "/v1/batch", {"operations": operations})
        _, first, second = (item["body"] for item in answer.json()["items"])
        self.note(first)
        self.note(second)

    async def update(self) -> None:
        key = self.random.choice(self.mine)
        self.told.unsure.add(key)
        body = {"number": self.random.randrange(1000)}
        answer = await self.send("PATCH", f"/v1/samples/{key}", body)
        self.told.rows[key] = answer.json()
        self.told.unsure.discard(key)

    async def delete(self) -> None:
        key = self.mine.pop(self.random.randrange(len(self.mine)))
        self.told.unsure.add(key)
        sure(await self.http.request("DELETE", f"/v1/samples/{key}"))
        self.told.unsure.discard(key)
        self.told.deleted.add(key)
        del self.told.rows[key]

    def note(self, row: dict[str, Any]) -> None:
        self.told.rows[row["id"]] = row
        self.mine.append(row["id"])

    async def send(self, method: str, path: str, body: Any) -> httpx2.Response:
        key = uuid.uuid4().hex
        headers = {"idempotency-key": key}
        answer = await self.http.request(method, path, json=body, headers=headers)
        sure(answer)
        self.told.answers[key] = (method, path, body, answer.status_code, answer.content)
        return answer


def sure(answer: httpx2.Response) -> None:
    """Raises TransportError where the database went first: nothing was acknowledged then."""
    if answer.status_code == 503:
        raise httpx2.RemoteProtocolError(answer.text)
    assert answer.status_code < 300, answer.text


async def work(service: Running, told: Told, seed: int, kill: Callable[[], None]) -> None:
    """Write with several clients until the kill, which comes at a random moment."""
    random = Random(seed)
    killed = asyncio.Event()
    async with client(service) as http:

        async def one(number: int) -> None:
            writer = Writer(http, told, Random(seed * 100 + number))
            while not killed.is_set():
                try:
                    await writer.write()
                except httpx2.TransportError:
                    return

        tasks = [asyncio.create_task(one(number)) for number in range(CLIENTS)]
        await asyncio.sleep(random.uniform(SHORTEST, LONGEST))
        await asyncio.to_thread(kill)
        killed.set()
        await asyncio.gather(*tasks)


def client(service: Running) -> httpx2.AsyncClient:
    headers = {"authorization": f"Bearer {token(ADA)}"}
    return httpx2.AsyncClient(base_url=service.url, headers=headers, timeout=20)


async def check(service: Running, told: Told) -> None:
    """Every acknowledged write is there, and every acknowledged request replays its answer."""
    async with client(service) as http:
        samples = await exported(http, "samples")
        projects = await exported(http, "projects", "tasks.steps")
        there = {row["id"]: row for row in samples + projects}
        for key, row in told.rows.items():
            if key not in told.unsure:
                assert there.get(key) == row
        assert not told.deleted & there.keys()
        for key, (method, path, body, status, content) in told.answers.items():
            headers = {"idempotency-key": key}
            again = await http.request(method, path, json=body, headers=headers)
            assert (again.status_code, again.content) == (status, content)


async def exported(http: httpx2.AsyncClient, path: str, include: str = "") -> list[Any]:
    params = {"include": include} if include else None
    headers = {"accept": "application/x-ndjson"}
    answer = await http.get(f"/v1/{path}", headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


EVENTS = 'SELECT event, "key" FROM charter_outbox'
VERSIONS = "SELECT id, version FROM samples UNION ALL SELECT id, version FROM projects"


def compare(events: list[tuple[str, str]], versions: dict[str, int]) -> None:
    """Each write of a row has one row in the outbox, and the other way round."""
    changes = Counter(
        key for event, key in events if event.partition(".")[0] in {"Sample", "Project"}
    )
    gone = {key for event, key in events if event.endswith(".deleted")}
    assert {key: changes[key] for key in versions} == versions
    assert changes.keys() - gone == versions.keys()
    assert not gone & versions.keys()


def sqlite_state(url: str) -> tuple[list[tuple[str, str]], dict[str, int]]:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return connection.execute(EVENTS).fetchall(), dict(connection.execute(VERSIONS).fetchall())
    finally:
        connection.close()


def postgres_state(
    server: PostgresServer, url: str
) -> tuple[list[tuple[str, str]], dict[str, int]]:
    database = url.rpartition("/")[2]

    def ask(sql: str) -> list[list[str]]:
        lines = server.execute(sql, database).splitlines()
        return [line.split("|") for line in lines]

    events = [(event, key) for event, key in ask(EVENTS)]
    return events, {key: int(version) for key, version in ask(VERSIONS)}


def mysql_state(server: MysqlServer, url: str) -> tuple[list[tuple[str, str]], dict[str, int]]:
    database = url.rpartition("/")[2]
    events = server.execute(EVENTS.replace('"', "`"), database)
    return [(event, key) for event, key in events], dict(server.execute(VERSIONS, database))


@contextmanager
def studio(folder: Path, url: str, **more: str) -> Iterator[Running]:
    settings = {"database": url, "auth_secret": SECRET, "access_log": "false", **more}
    with running(CONTRACT, folder, **settings, rest_max_cost="1000000") as service:
        yield service


@pytest.mark.parametrize("kind", DATABASES)
async def test_a_killed_service_keeps_what_it_acknowledged(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    told = Told()
    with DATABASES[kind](request) as url, studio(tmp_path, url) as service:
        for number in range(ROUNDS):
            await work(service, told, number, service.kill9)
            await asyncio.to_thread(service.start)
            await check(service, told)
            if kind == "sqlite":
                compare(*sqlite_state(url))
            elif kind == "mysql":
                compare(*mysql_state(request.getfixturevalue("mysql_server"), url))
            else:
                server: PostgresServer = request.getfixturevalue("postgres_server")
                compare(*postgres_state(server, url))
            told.answers.clear()
    assert len(told.rows) > CLIENTS


async def test_a_killed_postgresql_keeps_what_was_acknowledged(
    request: pytest.FixtureRequest, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    told = Told()
    with DATABASES["postgresql"](request) as url, studio(tmp_path, url) as service:
        for number in range(ROUNDS):
            await work(service, told, number, lambda: cut(postgres_server))
            await check(service, told)
            compare(*postgres_state(postgres_server, url))
            told.answers.clear()
    assert len(told.rows) > CLIENTS


def cut(server: PostgresServer) -> None:
    """The power goes, and comes back: the service has to find its way by itself."""
    server.kill9()
    server.start()


async def test_a_service_asked_to_stop_does_nothing_that_it_does_not_answer(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'studio.db'}"
    with studio(tmp_path, url) as service:
        told = Told()
        codes: list[int] = []
        await work(service, told, 1, lambda: codes.append(service.stop()))
        assert codes == [0]
        await asyncio.to_thread(service.start)
        told.unsure.clear()
        await check(service, told)
