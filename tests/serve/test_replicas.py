"""A service with read replicas: who reads where, and what is never asked of a replica."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from charter.plan.actor import Actor
from charter.serve.engine import reads
from charter.serve.process import Process, Shared
from charter.serve.settings.options import OPTIONS
from charter.store.server import ServerDatabase
from charter.store.settings import StoreSettings
from charter.store.written import shared_table
from tests.identity.people import Person, Place, code_of, opened, settings_for
from tests.identity.shop import shop
from tests.support.postgres import PostgresServer
from tests.support.replication import Cluster

STORE = StoreSettings(replica_lag=60.0, replica_check=0.05)
ANN = "ann@example.com"
BOB = "bob@example.com"


@pytest_asyncio.fixture
async def place(
    replicated: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Place]:
    """The shop on a primary with one replica, from which also those read who just signed in."""
    monkeypatch.setattr(reads, "SIGN_IN_SECONDS", 0.0)
    standby = replicated.add_standby()
    settings = settings_for(replicated.primary.url(), tmp_path / "mail")
    serve = replace(settings.serve, database_replicas=standby.url())
    settings = replace(settings, serve=serve, store=STORE)
    async with opened(shop.build(), settings, tmp_path / "mail") as found:
        yield found
        standby.execute("SELECT pg_wal_replay_resume()")


async def is_away(place: Place, person: Person) -> None:
    """Wait until somebody's reads come from the replica."""
    replicas = place.process.service.replicas
    assert replicas is not None
    deadline = time.monotonic() + 30
    while replicas.reader(reads.key_of(Actor(person.id))) is None:
        assert time.monotonic() < deadline, replicas.usage()
        await asyncio.sleep(0.02)


async def titles(person: Person) -> list[str]:
    answer = await person.get("notes")
    assert answer.status_code == 200, answer.text
    return [item["text"] for item in answer.json()["items"]]


async def test_people_read_their_own_writes_and_are_signed_out_at_once(
    place: Place, replicated: Cluster
) -> None:
    standby: PostgresServer = replicated.standbys[0]
    ann, bob = await place.person(ANN), await place.person(BOB)
    assert (await ann.post("notes", {"text": "first"})).status_code == 201
    await is_away(place, ann)
    await is_away(place, bob)
    standby.execute("SELECT pg_wal_replay_pause()")

    # Changed past the service, so that nobody has written: what shows is the replica.
    await place.sql("UPDATE notes SET text = 'changed'")
    assert await titles(ann) == ["first"]

    # Whoever writes reads from the primary.
    key = {"Idempotency-Key": "one"}
    for _ in range(2):
        made = await ann.post("notes", {"text": "second"}, headers=key)
        assert made.status_code == 201, made.text
    assert sorted(await titles(ann)) == ["changed", "second"]

    # The replica still knows this session; the primary is asked.
    assert (await bob.get("notes")).status_code == 200
    replicas = place.process.service.replicas
    assert replicas is not None
    ended = await bob.post("auth/sign-out")
    assert ended.status_code == 204
    assert code_of(await bob.get("notes")) == "session_ended"
    await place.sql("DELETE FROM charter_sessions")
    assert code_of(await ann.get("notes")) == "session_ended"

    standby.execute("SELECT pg_wal_replay_resume()")


async def test_a_write_at_one_worker_is_known_to_the_others(
    replicated: Cluster, tmp_path: Path
) -> None:
    standby = replicated.add_standby()
    settings = settings_for(replicated.primary.url(), tmp_path / "mail")
    serve = replace(settings.serve, database_replicas=standby.url())
    settings = replace(settings, serve=serve, store=STORE)
    with shared_table() as table:
        workers = [Process(shop.build(), settings, shared=Shared(written=table)) for _ in range(2)]
        for worker in workers:
            await worker.start()
        known = [worker.service.replicas for worker in workers]
        one, other = (item for item in known if item is not None)
        deadline = time.monotonic() + 30
        while other.reader("id ann") is None:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        standby.execute("SELECT pg_wal_replay_pause()")
        one.wrote("id ann")
        assert other.reader("id ann") is None
        assert other.reader("id bob") is not None
        standby.execute("SELECT pg_wal_replay_resume()")
        for worker in workers:
            await worker.stop()


async def test_who_just_signed_in_reads_from_the_primary(
    place: Place, replicated: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await place.person(ANN)
    await is_away(place, ann)
    replicated.standbys[0].execute("SELECT pg_wal_replay_pause()")
    monkeypatch.setattr(reads, "SIGN_IN_SECONDS", 60.0)
    await place.sql(
        "INSERT INTO notes (id, owner_id, text, created_at, updated_at, version) SELECT "
        f"gen_random_uuid(), '{ann.id}', 'there', now(), now(), 1"
    )
    assert await titles(ann) == ["there"]


async def test_a_replica_that_dies_is_nobodys_concern(place: Place, replicated: Cluster) -> None:
    ann = await place.person(ANN)
    await is_away(place, ann)
    replicated.standbys[0].kill9()
    for _ in range(10):
        assert await titles(ann) == []
    replicated.standbys[0].start()
    await is_away(place, ann)


async def test_readiness_shows_pools_and_replicas_in_development(place: Place) -> None:
    answer = await place.client.get("/health/ready")
    told = answer.json()
    assert told["status"] == "ok"
    assert {pool["name"] for pool in told["database"]["pools"]} == {
        "readers", "writers", "streams"
    }  # fmt: skip
    (replica,) = told["database"]["replicas"]
    assert replica["up"] is True
    assert "password" not in answer.text
    assert (await place.client.get("/health/live")).json() == {"status": "ok"}


async def test_readiness_shows_nothing_of_the_inside_in_production(
    postgres_url: str, tmp_path: Path
) -> None:
    settings = settings_for(postgres_url, tmp_path / "mail")
    settings = replace(settings, serve=replace(settings.serve, production=True))
    async with opened(shop.build(), settings, tmp_path / "mail") as place:
        assert (await place.client.get("/health/ready")).json() == {"status": "ok"}


async def test_beyond_the_queue_is_503_with_retry_after_and_counted(
    postgres_url: str, tmp_path: Path
) -> None:
    settings = settings_for(postgres_url, tmp_path / "mail")
    store = StoreSettings(pool_size=1, queue_size=1, pool_timeout=0.5)
    settings = replace(settings, store=store)
    async with opened(shop.build(), settings, tmp_path / "mail") as place:
        ann = await place.person(ANN)
        database = place.process.service._opened
        assert isinstance(database, ServerDatabase)
        pool = database._pools().readers
        link = await pool.acquire(30)
        answers = await asyncio.gather(*(ann.get("notes") for _ in range(3)))
        pool.release(link)
        for answer in answers:
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            assert code_of(answer) == "database_unavailable"
        use = {item.name: item for item in place.process.service.usage().pools}["readers"]
        assert (use.refused, use.waiting, use.in_use, use.idle) == (3, 0, 0, 1)
        assert use.longest_wait > 0
        assert (await ann.get("notes")).status_code == 200


def test_the_urls_of_replicas_are_secret() -> None:
    (option,) = (item for item in OPTIONS if item.name == "database_replicas")
    assert option.secret


def test_only_postgresql_has_replicas(tmp_path: Path) -> None:
    settings = settings_for(f"sqlite:///{tmp_path / 'shop.db'}", tmp_path / "mail")
    serve = replace(settings.serve, database_replicas="sqlite:///other.db")

    async def start() -> None:
        async with opened(shop.build(), replace(settings, serve=serve), tmp_path / "mail"):
            raise AssertionError("it started")

    with pytest.raises(ValueError, match="only PostgreSQL"):
        asyncio.run(start())
