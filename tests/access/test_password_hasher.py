"""Hashing leaves the event loop free, is bounded, and does the same work for everybody."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from charter.access.passwords import hasher as module
from charter.access.passwords.hasher import Hasher
from charter.access.passwords.hashing import Verified, hash_password
from charter.access.passwords.strength import StrengthRules
from charter.core.problems import Problem

PASSWORD = "korrekt Pferd Batterie"
STORED = hash_password(PASSWORD)


@pytest_asyncio.fixture
async def hasher() -> AsyncIterator[Hasher]:
    made = Hasher(at_once=2, waiting=3)
    yield made
    made.close()


class Gate:
    """Stands in for the hash function, and holds each call until it is opened."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.most = 0
        self._running = 0
        self._begun = threading.Semaphore(0)
        self._lock = threading.Lock()

    def __call__(self, password: str) -> str:
        with self._lock:
            self._running += 1
            self.most = max(self.most, self._running)
        self._begun.release()
        self.opened.wait(10)
        with self._lock:
            self._running -= 1
        return password

    async def begun(self, calls: int) -> None:
        """Comes back when so many more calls have begun."""
        for _ in range(calls):
            assert await asyncio.to_thread(self._begun.acquire, timeout=10)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    made = Gate()
    monkeypatch.setattr(module, "hash_password", made)
    return made


async def test_what_it_hashes_it_verifies(hasher: Hasher) -> None:
    stored = await hasher.hash(PASSWORD)
    assert await hasher.verify(stored, PASSWORD) == Verified(ok=True)
    assert await hasher.verify(stored, "another") == Verified(ok=False)


async def test_where_there_is_no_account_the_same_work_is_done(hasher: Hasher) -> None:
    for stored in (STORED, None):
        before = hasher.work.verified
        assert not (await hasher.verify(stored, "wrong")).ok
        assert hasher.work.verified - before == 1
    assert hasher.work.hashed == 0


async def test_the_work_for_no_account_is_an_argon2_hash_like_any_other(
    hasher: Hasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    against: list[str] = []

    def verify(stored: str, password: str) -> Verified:
        against.append(stored)
        return Verified(ok=True)

    monkeypatch.setattr(module, "verify", verify)
    assert await hasher.verify(None, PASSWORD) == Verified(ok=False)
    assert [stored.rsplit("$", 2)[0] for stored in against] == [STORED.rsplit("$", 2)[0]]


async def test_the_loop_goes_on_while_a_password_is_hashed(hasher: Hasher, gate: Gate) -> None:
    hashing = asyncio.create_task(hasher.hash("a"))
    await gate.begun(1)
    assert not hashing.done()
    gate.opened.set()
    assert await hashing == "a"


async def test_no_more_run_at_once_than_is_said(hasher: Hasher, gate: Gate) -> None:
    tasks = [asyncio.create_task(hasher.hash(str(number))) for number in range(5)]
    await gate.begun(2)
    gate.opened.set()
    assert await asyncio.gather(*tasks) == ["0", "1", "2", "3", "4"]
    assert gate.most == 2


async def test_beyond_those_that_may_wait_it_is_overloaded(hasher: Hasher, gate: Gate) -> None:
    tasks = [asyncio.create_task(hasher.hash("x")) for _ in range(5)]
    await asyncio.sleep(0)
    calls: list[Any] = [
        hasher.hash("x"),
        hasher.verify(STORED, "x"),
        hasher.verify(None, "x"),
        hasher.flaws("x", (), StrengthRules(), pointer="/password"),
    ]
    for call in calls:
        with pytest.raises(Problem) as raised:
            await call
        assert raised.value.code.name == "overloaded"
        assert raised.value.detail.retry_after
    assert hasher.work.verified == 0
    gate.opened.set()
    await asyncio.gather(*tasks)
    assert await hasher.hash("y") == "y"


async def test_who_goes_away_gives_the_place_back(hasher: Hasher, gate: Gate) -> None:
    tasks = [asyncio.create_task(hasher.hash("x")) for _ in range(5)]
    await gate.begun(2)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    # The two that run hold their places until their threads are done; three are free again.
    again = [asyncio.create_task(hasher.hash("y")) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Problem):
        await hasher.hash("z")
    gate.opened.set()
    assert await asyncio.gather(*again) == ["y", "y", "y"]


async def test_it_judges_passwords_off_the_loop_too(hasher: Hasher) -> None:
    rules = StrengthRules()
    found = await hasher.flaws("password1", (), rules, pointer="/new_password")
    assert [(flaw.code, flaw.pointer) for flaw in found] == [("common_password", "/new_password")]
    assert await hasher.flaws(PASSWORD, (), rules, pointer="/new_password") == ()
