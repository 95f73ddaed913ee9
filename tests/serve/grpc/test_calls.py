"""What a client of gRPC gets where something is not as it should be."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf import struct_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from charter.access.rates.settings import RatesSettings
from charter.core.signals import Answered, Failed, Signal
from charter.language.load import load_contract
from charter.serve.process import Process
from charter.store.settings import StoreSettings
from charter.wire.grpc.numbers import NO_NUMBERS
from charter.wire.grpc.settings import GrpcSettings
from charter.wire.grpc.shape import STREAMING
from tests.serve.apps import CONTRACT, free_port, settings_in
from tests.serve.grpc.apps import NO_RATES, Opened, opened

Code = grpc.StatusCode
STUDIO = Path(__file__).parents[2] / "behaviour" / "contract.py"


async def notes(service: Opened) -> list[str]:
    return [note.text for note in (await service.ask("ListNotes")).items]


async def test_a_deadline_of_the_client_ends_the_work(tmp_path: Path) -> None:
    async with opened(tmp_path) as service:
        late = service.message("NoteSlowlyRequest", text="never", seconds=30.0)
        status = await service.refused("NoteSlowly", late, timeout=0.3)
        assert status.code is Code.DEADLINE_EXCEEDED
        await _until_idle(service)
        assert await notes(service) == []


async def test_a_client_that_leaves_ends_the_work(tmp_path: Path) -> None:
    async with opened(tmp_path) as service:
        call = service.calling(
            "NoteSlowly", service.message("NoteSlowlyRequest", text="never", seconds=30.0)
        )
        await _until(lambda: bool(service.process._in_flight))
        call.cancel()
        await _until_idle(service)
        assert await notes(service) == []


async def _until_idle(service: Opened) -> None:
    await _until(lambda: not service.process._in_flight)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - how many calls are under way is no event
            await asyncio.sleep(0.01)


async def test_what_takes_too_long_is_told_so(tmp_path: Path) -> None:
    async with opened(tmp_path, request_timeout=0.3) as service:
        late = service.message("NoteSlowlyRequest", text="never", seconds=30.0)
        status = await service.refused("NoteSlowly", late)
        assert (status.code, status.reason) == (Code.DEADLINE_EXCEEDED, "TIMED_OUT")
        assert status.retry_after == 1
        assert await notes(service) == []


async def test_more_than_can_be_done_at_once_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path, max_in_flight=1) as service:
        slow = service.calling(
            "NoteSlowly", service.message("NoteSlowlyRequest", text="x", seconds=30.0)
        )
        await _until(lambda: bool(service.process._in_flight))
        status = await service.refused("ListNotes")
        assert (status.code, status.reason) == (Code.UNAVAILABLE, "OVERLOADED")
        assert status.retry_after == 1
        slow.cancel()


async def test_rate_limits_are_those_of_http(tmp_path: Path) -> None:
    rates = RatesSettings(actor="2/1m")
    async with opened(tmp_path, rates=rates) as service:
        call = service.calling("ListNotes")
        await call
        trailer = dict(await call.trailing_metadata())
        assert trailer["ratelimit-policy"] == '"actor";q=2;w=60'
        await service.ask("ListNotes")
        status = await service.refused("ListNotes")
        assert (status.code, status.reason) == (Code.RESOURCE_EXHAUSTED, "RATE_LIMITED")
        assert status.retry_after == 30
        assert status.metadata["violated-policies"] == '["actor"]'


async def test_a_failure_of_ours_shows_nothing_of_the_inside(tmp_path: Path) -> None:
    heard: list[Signal] = []
    async with opened(tmp_path, listener=heard.append) as service:
        status = await service.refused("Fail")
        assert (status.code, status.reason) == (Code.INTERNAL, "INTERNAL")
        assert "secret" not in f"{status}"
        assert await notes(service) == []
    failed = next(signal for signal in heard if isinstance(signal, Failed))
    assert failed.request_id == status.trailer["x-request-id"]
    answered = next(signal for signal in heard if isinstance(signal, Answered))
    assert (answered.protocol, answered.status, answered.code) == ("grpc", 13, "internal")
    assert answered.route == "/slow.v1.SlowService/Fail"


async def test_who_calls_is_known_by_the_same_tokens(tmp_path: Path) -> None:
    async with opened(tmp_path) as service:
        nobody = await service.refused("ListNotes", metadata=[])
        assert (nobody.code, nobody.reason) == (Code.UNAUTHENTICATED, "UNAUTHENTICATED")
        assert nobody.domain == "slow"
        bad = await service.refused("ListNotes", metadata=[("authorization", "Bearer x.y.z")])
        assert (bad.code, bad.reason) == (Code.UNAUTHENTICATED, "INVALID_TOKEN")
        cookie = [("cookie", "charter_session=x"), ("client-cert", ":AAAA:")]
        assert (await service.refused("ListNotes", metadata=cookie)).reason == "UNAUTHENTICATED"
        named = await service.refused("ListNotes", metadata=[("x-request-id", "mine-7")])
        assert named.trailer["x-request-id"] == "mine-7"


async def test_a_key_makes_a_write_one_that_can_be_repeated(tmp_path: Path) -> None:
    async with opened(tmp_path) as service:
        once = [*service.metadata, ("idempotency-key", "a")]
        request = service.message("CreateNoteRequest", note={"text": "x"})
        first = await service.calling("CreateNote", request, metadata=once)
        assert await service.calling("CreateNote", request, metadata=once) == first
        other = service.message("CreateNoteRequest", note={"text": "y"})
        status = await service.refused("CreateNote", other, metadata=once)
        assert status.reason == "KEY_REUSED"
        assert await notes(service) == ["x"]


async def test_a_version_can_be_named_by_metadata(tmp_path: Path) -> None:
    async with opened(tmp_path, contract=STUDIO) as service:
        request = service.message("CreatePageRequest", page={"title": "a"})
        call = service.calling("CreatePage", request)
        made = await call
        assert dict(await call.trailing_metadata())["etag"] == '"1"'
        change = service.message("UpdatePageRequest", id=made.id, page={"title": "b"})
        status = await service.refused("UpdatePage", change)
        assert (status.code, status.reason) == (Code.FAILED_PRECONDITION, "VERSION_REQUIRED")
        match = [*service.metadata, ("if-match", '"1"')]
        changed = await service.calling("UpdatePage", change, metadata=match)
        assert changed.version == 2
        again = await service.refused("UpdatePage", change, metadata=match)
        assert (again.code, again.reason) == (Code.ABORTED, "VERSION_CONFLICT")
        assert again.metadata == {"current_version": "2"}


async def test_flaws_are_violations_of_fields(tmp_path: Path) -> None:
    async with opened(tmp_path, contract=STUDIO) as service:
        request = service.message(
            "BatchRequest",
            operations=[
                {"create_sample": {"sample": {"name": "x"}}},
                {"create_sample": {"sample": {"name": "y", "small": 99, "kind": 77}}},
                {"delete_sample": {"id": "no key"}},
                {},
            ],
        )
        status = await service.refused("Batch", request)
        assert set(status.fields) == {("operations[3]", "REQUIRED")}
        del request.operations[3]
        status = await service.refused("Batch", request)
        assert set(status.fields) == {
            ("operations[1].create_sample.sample.small", "OUT_OF_RANGE"),
            ("operations[1].create_sample.sample.kind", "NOT_A_CHOICE"),
            ("operations[2].delete_sample.id", "NOT_FOUND"),
        }


async def test_more_flaws_than_metadata_takes_are_counted(tmp_path: Path) -> None:
    async with opened(tmp_path, contract=STUDIO) as service:
        rows = [{"sample": {"name": "x" * 99, "small": 11, "words": ["y" * 30]}}] * 33
        request = service.message("BatchCreateSamplesRequest", requests=rows)
        status = await service.refused("BatchCreateSamples", request)
        assert status.code is Code.INVALID_ARGUMENT
        assert len(status.fields) + int(status.metadata["violations_left_out"]) == 99
        assert status.fields[0] == ("requests[0].sample.name", "WRONG_LENGTH")


def varint(number: int) -> bytes:
    """The numbers of the binary form (protobuf.dev/programming-guides/encoding)."""
    number &= (1 << 64) - 1
    found = bytearray()
    while number >= 0x80:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*found, number))


def delimited(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def text_field(number: int, text: str) -> bytes:
    return delimited(number, text.encode())


def integer_field(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def nested_filter(depth: int) -> bytes:
    data = delimited(1, text_field(1, "text") + text_field(3, "x"))
    for _ in range(depth):
        data = delimited(4, data)
    return delimited(3, data)


def nested_value(depth: int) -> bytes:
    data = b"\x08\x00"
    for _ in range(depth):
        data = delimited(6, delimited(1, data))
    return data


CONDITION = delimited(1, text_field(1, "text") + text_field(3, "x"))
HOSTILE: dict[str, tuple[str, bytes, str]] = {
    "no message": ("ListNotes", b"\xff\xff\xff\xff", "MALFORMED"),
    "cut off": ("ListNotes", b"\x22\x7f", "MALFORMED"),
    "no UTF-8": ("ListNotes", b"\x22\x02\xc3\x28", "MALFORMED"),
    "a filter 12 deep": ("ListNotes", nested_filter(12), "INVALID_PARAMETER"),
    "a filter 40 deep": ("ListNotes", nested_filter(40), "INVALID_PARAMETER"),
    "a filter 5000 deep": ("ListNotes", nested_filter(5000), "MALFORMED"),
    "a filter of nothing": ("ListNotes", delimited(3, b""), "INVALID_PARAMETER"),
    "all of nothing": ("ListNotes", delimited(3, delimited(2, b"")), "INVALID_PARAMETER"),
    "a comparator that there is not": (
        "ListNotes",
        delimited(3, delimited(1, text_field(1, "text") + b"\x10\x63" + text_field(3, "x"))),
        "INVALID_PARAMETER",
    ),
    "no value": (
        "ListNotes", delimited(3, delimited(1, text_field(1, "text"))), "INVALID_PARAMETER",
    ),
    "more conditions than there may be": (
        "ListNotes", delimited(3, delimited(2, delimited(1, CONDITION) * 51)), "TOO_COMPLEX",
    ),
    "more paths than there may be": (
        "ListNotes", delimited(6, text_field(1, "text") * 501), "TOO_COMPLEX",
    ),
    "a request for rows that is too long": (
        "ListNotes", text_field(4, "x" * 65_600), "TOO_COMPLEX",
    ),
    "more operations than there may be": ("Batch", delimited(1, b"") * 501, "INVALID_VALUES"),
    "more in a list than there may be": (
        "ListNotes",
        delimited(3, delimited(1, text_field(1, "text") + b"\x10\x09" + text_field(3, "x") * 501)),
        "TOO_COMPLEX",
    ),
    "a field that there is not": (
        "ListNotes",
        delimited(3, delimited(1, text_field(1, "no]=(x") + text_field(3, "x"))),
        "INVALID_PARAMETER",
    ),
    "a mask of nothing known": (
        "ListNotes", delimited(6, text_field(1, "a.b.c")), "INVALID_PARAMETER",
    ),
    "an empty path": ("ListNotes", delimited(6, text_field(1, "")), "INVALID_PARAMETER"),
    "a page of less than nothing": ("ListNotes", integer_field(1, -5), "INVALID_PARAMETER"),
    "counting in a way that there is not": ("ListNotes", integer_field(7, 99), "INVALID_PARAMETER"),
    "a token of nobody": ("ListNotes", text_field(2, "AAAA"), "INVALID_CURSOR"),
    "a token that is no ASCII": ("ListNotes", text_field(2, "ü"), "INVALID_CURSOR"),
    "no id": ("GetNote", b"", "NOT_FOUND"),
    "an id with a slash": ("GetNote", text_field(1, "../x"), "NOT_FOUND"),
    "a read-only field": ("CreateNote", delimited(1, text_field(1, "x")), "INVALID_VALUES"),
    "a mask of a field that there is not": (
        "UpdateNote",
        text_field(1, "0190b7a1-0000-7000-8000-000000000000")
        + delimited(3, text_field(1, "text.deep")),
        "INVALID_VALUES",
    ),
    "nothing to create": ("BatchCreateNotes", b"", "INVALID_VALUES"),
    "a trial inside a write": (
        "BatchCreateNotes",
        delimited(1, delimited(1, text_field(1, "x")) + integer_field(3, 1)),
        "INVALID_VALUES",
    ),
    "no operations": ("Batch", b"", "INVALID_VALUES"),
    "no measures": ("SummarizeNotes", b"", "INVALID_PARAMETER"),
    "a measure of nothing": ("SummarizeNotes", text_field(1, "sum(x"), "INVALID_PARAMETER"),
}  # fmt: skip


async def test_hostile_messages_are_refused_and_nothing_more(tmp_path: Path) -> None:
    heard: list[Signal] = []
    async with opened(tmp_path, listener=heard.append) as service:
        for what, (name, raw, reason) in HOSTILE.items():
            status = await service.refused(name, raw)
            assert (what, status.reason) == (what, reason)
        assert await notes(service) == []
    assert not [signal for signal in heard if isinstance(signal, Failed)]


async def test_random_bytes_make_no_failure_of_ours(tmp_path: Path) -> None:
    heard: list[Signal] = []
    chance = random.Random(7)
    codes: set[grpc.StatusCode] = set()
    async with opened(tmp_path, listener=heard.append, contract=STUDIO) as service:
        names = [rpc.name for rpc in service.parser.rpcs.values() if rpc.verb not in STREAMING]
        for _ in range(300):
            raw = _odd(service, chance.choice(names), chance)
            try:
                await service.calling(*raw)
            except grpc.aio.AioRpcError as error:
                codes.add(error.code())
    assert not [signal for signal in heard if isinstance(signal, Failed)]
    assert {Code.INVALID_ARGUMENT, Code.NOT_FOUND} <= codes
    assert not codes & {Code.INTERNAL, Code.UNKNOWN}


def _odd(service: Opened, name: str, chance: random.Random) -> tuple[str, bytes]:
    """A request whose fields are filled at random, some of whose bytes are others."""
    message = service.parser.messages.of(service.rpc(name).request)()
    _fill(message, chance, 3)
    raw = bytearray(message.SerializeToString())
    for _ in range(chance.choice([0, 0, 1, 5])):
        if raw:
            raw[chance.randrange(len(raw))] = chance.randrange(256)
    return name, bytes(raw)


TEXTS = ["", "*", "id", "name", "tasks.steps.*", "count", "sum(hours)", "x" * 300, "\0", "-name"]
TEXTS += ["0190b7a1-0000-7000-8000-000000000000", "12.50", "2026-01-01", "{a.id}", "🦆", "(,)"]


def _fill(message: Any, chance: random.Random, depth: int) -> None:
    made: dict[str, Callable[[], Any]] = {
        "string": lambda: chance.choice(TEXTS),
        "number": lambda: chance.choice([0, 1, -1, 7, 2**31 - 1]),
        "bool": lambda: chance.random() < 0.5,
        "double": lambda: chance.choice([0.0, -1.5, 1e300, float("nan"), float("inf")]),
    }
    for field in message.DESCRIPTOR.fields:
        if chance.random() < 0.6:
            continue
        at = getattr(message, field.name)
        if field.message_type is not None:
            if depth and not field.message_type.GetOptions().map_entry:
                one = at.add() if field.is_repeated else at
                one.SetInParent()
                _fill(one, chance, depth - 1)
            continue
        kind = {1: "double", 8: "bool", 9: "string"}.get(field.type, "number")
        if field.is_repeated:
            at.extend(made[kind]() for _ in range(chance.randrange(3)))
        else:
            setattr(message, field.name, made[kind]())


async def test_a_value_nested_too_deep_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path, contract=STUDIO) as service:
        number = service.server.parser.messages.descriptor("Sample").fields_by_name["extra"].number
        for depth, reason in ((31, ""), (33, "TOO_COMPLEX"), (200, "MALFORMED")):
            row = text_field(2, "") + delimited(number, nested_value(depth))
            request = service.message("CreateSampleRequest")
            if reason != "MALFORMED":
                request.sample.name = "x"
                value = struct_pb2.Value.FromString(nested_value(depth))
                request.sample.extra.MergeFromString(value.SerializeToString())
                row = request.sample.SerializeToString()
            raw = delimited(1, row)
            if reason:
                assert (await service.refused("CreateSample", raw)).reason == reason
            else:
                await service.calling("CreateSample", raw)


async def test_a_message_has_a_bound(tmp_path: Path) -> None:
    async with opened(tmp_path, GrpcSettings(max_request=2048)) as service:
        status = await service.refused("CreateNote", text_field(15, "x" * 3000))
        assert status.code is Code.RESOURCE_EXHAUSTED
        assert await notes(service) == []


async def test_a_message_is_no_smaller_for_being_compressed(tmp_path: Path) -> None:
    async with opened(tmp_path) as service:
        raw = text_field(15, "x" * 20_000_000)
        status = await service.refused("CreateNote", raw, compression=grpc.Compression.Gzip)
        assert status.code is Code.RESOURCE_EXHAUSTED


async def test_what_there_is_not_is_unimplemented(tmp_path: Path) -> None:
    async with opened(tmp_path) as service:
        call: Any = service.channel.unary_unary("/slow.v1.NoteService/Explode")
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await call(b"")
        assert error.value.code() is Code.UNIMPLEMENTED


@pytest.mark.parametrize(
    ("production", "reflection", "told"),
    [(False, None, True), (True, None, False), (True, True, True), (False, False, False)],
)
async def test_reflection_is_off_in_production(
    tmp_path: Path, production: bool, reflection: bool | None, told: bool
) -> None:
    found = GrpcSettings(reflection=reflection)
    async with opened(tmp_path, found, production=production) as service:
        channel: Any = service.channel
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        asked = reflection_pb2.ServerReflectionRequest(list_services="")
        try:
            answer = await anext(aiter(stub.ServerReflectionInfo(iter([asked]))))
            code, names = Code.OK, {item.name for item in answer.list_services_response.service}
        except grpc.aio.AioRpcError as error:
            code, names = error.code(), set()
    assert code is (Code.OK if told else Code.UNIMPLEMENTED)
    assert ("slow.v1.NoteService" in names) is told


async def test_health_tells_of_the_database(tmp_path: Path) -> None:
    async with opened(tmp_path) as service:
        stub: Any = health_pb2_grpc.HealthStub(service.channel)
        for name in ("", "slow.v1.NoteService"):
            found = await stub.Check(health_pb2.HealthCheckRequest(service=name))
            assert found.status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await stub.Check(health_pb2.HealthCheckRequest(service="nothing"))
        assert error.value.code() is Code.NOT_FOUND
        await service.process.service.database.close()
        found = await stub.Check(health_pb2.HealthCheckRequest())
        assert found.status == health_pb2.HealthCheckResponse.NOT_SERVING


async def test_streams_that_nobody_reads_end(tmp_path: Path) -> None:
    """Their readers take one row each; then the time is over, and what they read from is free."""
    async with opened(tmp_path, request_timeout=3.0) as service:
        for _ in range(8):
            rows = [{"note": {"text": "x" * 200}}] * 500
            await service.ask("BatchCreateNotes", requests=rows)
        stream: Any = service.channel.unary_stream(service.rpc("StreamNotes").path)
        calls = [stream(b"", metadata=service.metadata) for _ in range(StoreSettings().streams)]
        for call in calls:
            await call.read()
        await _until_idle(service)
        whole = [row async for row in stream(b"", metadata=service.metadata)]
        assert len(whole) == 4000
        for call in calls:
            call.cancel()


async def test_calls_under_way_end_well_when_the_service_stops(tmp_path: Path) -> None:
    settings = replace(settings_in(tmp_path), grpc=GrpcSettings(port=free_port()), rates=NO_RATES)
    process = Process(load_contract(CONTRACT), settings)
    await process.start()
    await process.serve_grpc(NO_NUMBERS)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{settings.grpc.port}") as channel:
        service = Opened(process, process._grpc, channel)
        request = service.message("NoteSlowlyRequest", text="x", seconds=0.5)
        slow = asyncio.ensure_future(_awaited(service.calling("NoteSlowly", request)))
        await _until(lambda: bool(process._in_flight))
        stopping = asyncio.create_task(process.stop())
        await asyncio.sleep(0)
        late = await service.refused("ListNotes")
        assert late.code in {Code.UNAVAILABLE, Code.CANCELLED}
        await slow
        await stopping
    assert not process._in_flight


async def _awaited(call: Any) -> Any:
    return await call
