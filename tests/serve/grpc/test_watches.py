"""Calls that are told of changes: how each of them ends, and how many there may be."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from charter.access.issue import Grant, issue_token
from charter.access.keys import secret_key
from charter.access.rates.settings import RatesSettings
from charter.core.signals import Answered, Failed, Signal
from charter.language.load import load_contract
from charter.serve.process import Process
from charter.serve.settings.live import LiveSettings
from charter.wire.grpc.numbers import NO_NUMBERS
from charter.wire.grpc.settings import GrpcSettings
from charter.wire.grpc.shape import Verb
from tests.identity import people
from tests.identity.people import settings_for
from tests.identity.shop import shop
from tests.serve.apps import CONTRACT, SECRET, free_port, settings_in
from tests.serve.grpc.apps import NO_RATES, Opened, Status, opened
from tests.serve.grpc.test_accounts import bearer
from tests.serve.grpc.test_calls import _odd

Code = grpc.StatusCode
STUDIO = Path(__file__).parents[2] / "behaviour" / "contract.py"
QUICK = LiveSettings(recheck=0.05)


async def begun(service: Opened, name: str = "WatchNotes", **options: Any) -> Any:
    """A call that has been told what there is."""
    call = service.streaming(name, **options)
    while not (message := await call.read()).ready:
        assert message.changes
    return call


async def ended(call: Any, held: Any = None) -> Status:
    """The status that a call ends with, after all that comes before it; the rows that it tells
    of are added to those that are `held`."""
    async with asyncio.timeout(10):
        try:
            while (message := await call.read()) is not grpc.aio.EOF:
                for change in message.changes if held is not None else ():
                    held.add(key=change.key, tag=change.tag)
        except grpc.aio.AioRpcError as error:
            return Status.of(error)
    raise AssertionError("it ended well")


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - who watches is no event
            await asyncio.sleep(0.01)


async def unwatched(service: Opened) -> None:
    await until(lambda: service.process._hub.views == 0)


async def write(service: Opened, text: str) -> None:
    await service.ask("CreateNote", note={"text": text})


async def test_a_deadline_ends_it(tmp_path: Path) -> None:
    heard: list[Signal] = []
    async with opened(tmp_path, listener=heard.append) as service:
        call = await begun(service, timeout=0.5)
        assert (await ended(call)).code is Code.DEADLINE_EXCEEDED
        await unwatched(service)
        await until(
            lambda: any(isinstance(one, Answered) and one.method == "watch" for one in heard)
        )
    assert not [one for one in heard if isinstance(one, Failed)]


async def test_it_outlives_the_time_of_a_request(tmp_path: Path) -> None:
    async with opened(tmp_path, request_timeout=0.3, max_in_flight=1) as service:
        call = await begun(service)
        await asyncio.sleep(0.6)
        await write(service, "x")
        (change,) = (await call.read()).changes
        assert change.row.text == "x"
        call.cancel()


async def test_a_client_that_leaves_is_watched_for_no_more(tmp_path: Path) -> None:
    heard: list[Signal] = []
    async with opened(tmp_path, listener=heard.append) as service:
        call = await begun(service)
        assert service.process._hub.views == 1
        call.cancel()
        await unwatched(service)
        await until(
            lambda: any(isinstance(one, Answered) and one.method == "watch" for one in heard)
        )
    (told,) = (one for one in heard if isinstance(one, Answered) and one.method == "watch")
    assert (told.protocol, told.status, told.code) == ("grpc", 1, "cancelled")
    assert told.route == "/slow.v1.NoteService/WatchNotes"
    assert told.bytes_out > 0
    assert not [one for one in heard if isinstance(one, Failed)]


async def test_who_reads_too_slowly_is_let_go_and_loses_nothing(tmp_path: Path) -> None:
    slow = LiveSettings(max_buffer=65_536)
    heard: list[Signal] = []
    async with opened(tmp_path, live=slow, contract=STUDIO, listener=heard.append) as service:
        call = await begun(service, "WatchSamples")
        row = {"sample": {"name": "n", "notes": "x" * 9_000}}
        request = service.message("BatchCreateSamplesRequest", requests=[row] * 20)
        count = 0
        while service.process._hub.views and count < 20_000:
            await service.calling("BatchCreateSamples", request)
            count += 20
        have = service.message("charterapi.v1.Have")
        status = await ended(call, have.rows)
        assert (status.code, status.reason) == (Code.RESOURCE_EXHAUSTED, "TOO_SLOW")
        assert len(have.rows) < count
        again = service.streaming("WatchSamples", service.message("WatchSamplesRequest", have=have))
        created = 0
        while not (message := await again.read()).ready:
            created += len(message.changes)
        assert created == count - len(have.rows)
        again.cancel()
    assert not [one for one in heard if isinstance(one, Failed)]


async def test_it_ends_with_the_token(tmp_path: Path) -> None:
    async with opened(tmp_path, live=QUICK) as service:
        leeway = service.process.settings.auth.leeway
        grant, key = Grant("ann", lifetime=60), secret_key(SECRET.encode(), None, "test")
        token = issue_token(key, grant, now=time.time() - leeway - 58)
        call = await begun(service, metadata=bearer(token))
        status = await ended(call)
        assert (status.code, status.reason) == (Code.UNAUTHENTICATED, "INVALID_TOKEN")
        await unwatched(service)


async def test_it_ends_with_the_session(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    settings = replace(settings_for(url, tmp_path), live=QUICK)
    async with people.opened(shop.build(), settings, tmp_path) as place:
        ann = await place.person("ann@example.com")
        server: Any = place.process.grpc()
        await server.start()
        options = [("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}", options) as channel:
            service = Opened(place.process, server, channel, bearer(ann.tokens["access_token"]))
            call = await begun(service)
            await ann.post("notes", {"text": "a", "owner_id": ann.id})
            (change,) = (await call.read()).changes
            assert change.row.text == "a"
            await asyncio.sleep(0.3)
            assert (await ann.post("auth/sign-out")).status_code == 204
            status = await ended(call)
            assert (status.code, status.reason) == (Code.UNAUTHENTICATED, "SESSION_ENDED")
        await server.stop(0)


async def test_a_stop_ends_it_and_says_so(tmp_path: Path) -> None:
    port = free_port()
    settings = replace(
        settings_in(tmp_path), grpc=GrpcSettings(port=port, host="127.0.0.1"), rates=NO_RATES
    )
    process = Process(load_contract(CONTRACT), settings)
    await process.start()
    await process.serve_grpc(NO_NUMBERS)
    options = [("grpc.use_local_subchannel_pool", 1)]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options) as channel:
        service = Opened(process, process._grpc, channel)
        calls = [await begun(service) for _ in range(5)]
        ending = asyncio.gather(*map(ended, calls))
        await process.stop()
        for status in await ending:
            assert (status.code, status.reason) == (Code.UNAVAILABLE, "OVERLOADED")
            assert status.retry_after == 1
            assert status.message == "The service stops."


async def test_there_are_so_many_on_a_connection(tmp_path: Path) -> None:
    async with opened(tmp_path, live=LiveSettings(max_subscriptions=2)) as service:
        first, second = await begun(service), await begun(service)
        status = await ended(service.streaming("WatchNotes"))
        assert (status.code, status.reason) == (Code.RESOURCE_EXHAUSTED, "TOO_MANY_SUBSCRIPTIONS")
        assert status.retry_after == 5
        first.cancel()
        watches = service.server._watches
        await until(lambda: sum(map(len, watches._of_peer.values())) == 1)
        third = await begun(service)
        for call in (second, third):
            call.cancel()


async def test_there_are_so_many_connections(tmp_path: Path) -> None:
    async with opened(tmp_path, live=LiveSettings(max_connections=1)) as service:
        first = await begun(service)
        second = await begun(service)
        options = [("grpc.use_local_subchannel_pool", 1)]
        address = f"127.0.0.1:{service.server.port}"
        async with grpc.aio.insecure_channel(address, options) as channel:
            other = replace(service, channel=channel)
            status = await ended(other.streaming("WatchNotes"))
            assert status.reason == "TOO_MANY_SUBSCRIPTIONS"
            first.cancel()
            second.cancel()
            await unwatched(service)
            (await begun(other)).cancel()


async def test_it_is_charged_as_a_page_of_many_rows(tmp_path: Path) -> None:
    rates = RatesSettings(actor="4/1m")
    async with opened(tmp_path, rates=rates) as service:
        status = await ended(service.streaming("WatchNotes"))
        assert (status.code, status.reason) == (Code.RESOURCE_EXHAUSTED, "RATE_LIMITED")
        assert service.process._hub.views == 0


async def test_where_nobody_is_told_of_changes_there_is_no_such_method(tmp_path: Path) -> None:
    async with opened(tmp_path, live=LiveSettings(enabled=False)) as service:
        assert (await ended(service.streaming("WatchNotes"))).code is Code.UNIMPLEMENTED
        await write(service, "x")


async def test_a_list_that_grows_too_long_ends_it(tmp_path: Path) -> None:
    async with opened(tmp_path, live=LiveSettings(max_rows=2)) as service:
        call = await begun(service)
        for text in "abc":
            await write(service, text)
        status = await ended(call)
        assert (status.code, status.reason) == (Code.INVALID_ARGUMENT, "TOO_COMPLEX")
        again = await ended(service.streaming("WatchNotes"))
        assert again.reason == "TOO_COMPLEX"


@pytest.mark.parametrize("raw", [b"\xff\xff\xff", b"\x1a\x02\xc3\x28", b"\x3a\x01\x0a"])
async def test_what_is_no_request_is_refused(tmp_path: Path, raw: bytes) -> None:
    async with opened(tmp_path) as service:
        assert (await ended(service.streaming("WatchNotes", raw))).reason == "MALFORMED"


async def test_random_requests_make_no_failure_of_ours(tmp_path: Path) -> None:
    heard: list[Signal] = []
    chance = random.Random(5)
    codes: set[grpc.StatusCode] = set()
    async with opened(tmp_path, listener=heard.append, contract=STUDIO) as service:
        rpcs = service.parser.rpcs.values()
        names = [rpc.name for rpc in rpcs if rpc.verb is Verb.WATCH]
        for _ in range(150):
            name, raw = _odd(service, chance.choice(names), chance)
            call = service.streaming(name, raw)
            try:
                await call.read()
            except grpc.aio.AioRpcError as error:
                codes.add(error.code())
            call.cancel()
        await unwatched(service)
    assert not [signal for signal in heard if isinstance(signal, Failed)]
    assert {Code.INVALID_ARGUMENT, Code.NOT_FOUND} <= codes
    assert not codes & {Code.INTERNAL, Code.UNKNOWN}
