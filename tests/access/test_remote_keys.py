"""Keys of an issuer elsewhere: fetched once for all, kept when it is away, never in a flood."""

import asyncio

import pytest

from charter.access.jwks import public_jwks
from charter.access.keys import Algorithm
from charter.access.outbound import Unreachable
from charter.access.remote_keys import Pace, RemoteKeys
from charter.core.codes import PROVIDER_UNAVAILABLE
from charter.core.problems import Problem
from charter.core.signals import Failed, Signal
from tests.access.forge import NOW, Clock, key

PACE = Pace(refresh=600, retry=15, longest=86_400)


class Published:
    """What an issuer publishes at the moment, and how often it was asked."""

    def __init__(self) -> None:
        self.document = public_jwks([key(Algorithm.ES256, "first")])
        self.away = False
        self.asked = 0
        self.gate: asyncio.Event | None = None

    async def __call__(self) -> bytes:
        self.asked += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.away:
            raise Unreachable("it does not answer")
        return self.document


class Issuer:
    """Keys under test, with all that stands around them."""

    def __init__(self) -> None:
        self.published, self.clock = Published(), Clock()
        self.heard: list[str] = []
        self.keys = RemoteKeys("test", self.published, self._hear, pace=PACE, clock=self.clock)

    def _hear(self, signal: Signal) -> None:
        assert isinstance(signal, Failed)
        self.heard.append(str(signal.error))

    def kids(self) -> list[str | None]:
        return [each.kid for each in self.keys.current(self.clock.now)]


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


def rotate(issuer: Issuer) -> None:
    issuer.published.document = public_jwks([key(Algorithm.ES256, "second", which=1)])


async def test_without_keys_nobody_can_tell(issuer: Issuer) -> None:
    with pytest.raises(Problem) as caught:
        issuer.kids()
    assert caught.value.code is PROVIDER_UNAVAILABLE
    assert caught.value.detail.retry_after == 15


async def test_a_fetch_replaces_all_keys(issuer: Issuer) -> None:
    assert await issuer.keys.refresh()
    assert issuer.kids() == ["first"]
    rotate(issuer)
    assert await issuer.keys.refresh()
    assert issuer.kids() == ["second"]


async def test_the_same_document_is_the_same_object(issuer: Issuer) -> None:
    await issuer.keys.refresh()
    before = issuer.keys.current(NOW)
    await issuer.keys.refresh()
    assert issuer.keys.current(NOW) is before


async def test_old_keys_stay_while_the_issuer_is_away(issuer: Issuer) -> None:
    await issuer.keys.refresh()
    issuer.published.away = True
    issuer.clock.now = NOW + 86_399
    assert not await issuer.keys.refresh()
    assert issuer.kids() == ["first"]
    assert issuer.heard == ["test: it does not answer"]
    issuer.clock.now = NOW + 86_400
    with pytest.raises(Problem):
        issuer.kids()


@pytest.mark.parametrize("document", [b"", b"<html>", b'{"keys":[]}'])
async def test_old_keys_stay_when_the_new_ones_are_no_keys(issuer: Issuer, document: bytes) -> None:
    await issuer.keys.refresh()
    issuer.published.document = document
    assert not await issuer.keys.refresh()
    assert issuer.kids() == ["first"]


async def test_a_failure_is_told_once(issuer: Issuer) -> None:
    issuer.published.away = True
    for _ in range(3):
        assert not await issuer.keys.refresh()
    assert len(issuer.heard) == 1
    issuer.published.away = False
    assert await issuer.keys.refresh()
    issuer.published.away = True
    assert not await issuer.keys.refresh()
    assert len(issuer.heard) == 2


async def test_unknown_keys_cause_one_fetch_in_a_while(issuer: Issuer) -> None:
    for _ in range(1000):
        await issuer.keys.look_again()
    assert issuer.published.asked == 1
    issuer.clock.now = NOW + 14
    await issuer.keys.look_again()
    assert issuer.published.asked == 1
    issuer.clock.now = NOW + 15
    await issuer.keys.look_again()
    assert issuer.published.asked == 2


async def test_a_failed_fetch_counts_as_well(issuer: Issuer) -> None:
    issuer.published.away = True
    for _ in range(10):
        await issuer.keys.look_again()
    assert issuer.published.asked == 1


async def test_all_who_wait_share_one_fetch(issuer: Issuer) -> None:
    issuer.published.gate = asyncio.Event()
    waiting = [asyncio.create_task(issuer.keys.look_again()) for _ in range(100)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    issuer.published.gate.set()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(ended[0], asyncio.CancelledError)
    assert ended[1:] == [None] * 99
    assert issuer.published.asked == 1
    assert issuer.kids() == ["first"]


async def test_at_the_end_no_fetch_is_left(issuer: Issuer) -> None:
    issuer.published.gate = asyncio.Event()
    waiting = asyncio.create_task(issuer.keys.look_again())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    before = asyncio.all_tasks()
    await issuer.keys.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert len(before) == 3
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await issuer.keys.close()


async def test_fresh_keys_are_not_fetched_again(issuer: Issuer) -> None:
    await issuer.keys.ensure()
    issuer.clock.now = NOW + 599
    await issuer.keys.ensure()
    assert issuer.published.asked == 1
    issuer.clock.now = NOW + 600
    await issuer.keys.ensure()
    assert issuer.published.asked == 2


async def test_in_the_background_keys_are_fetched_until_it_ends(issuer: Issuer) -> None:
    issuer.published.gate = asyncio.Event()
    running = asyncio.create_task(issuer.keys.run())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert issuer.published.asked == 1
    issuer.published.gate.set()
    await issuer.keys.refresh()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert issuer.kids() == ["first"]
