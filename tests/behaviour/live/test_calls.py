"""The same over gRPC: who watches is told what a read shows, whatever is written meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from random import Random
from typing import Any

import pytest
import pytest_asyncio

from tests.behaviour.actors import ADA, AUDITOR, BOB, EVE
from tests.behaviour.clients import grpc
from tests.behaviour.clients.base import Has, Refused
from tests.behaviour.clients.grpc import GrpcClient
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.live.calls import Calling, Watched, begin, calling
from tests.behaviour.live.test_laws import Busy
from tests.behaviour.serving import Served

WATCHED = (
    Watched("Sample"),
    Watched("Sample", where=Has("number", "gte", 3), fields="id,number"),
    Watched("Project", ADA),
    Watched("Project", BOB),
    Watched("Project", where=Has("visibility", "eq", "public"), include="tags"),
    Watched("Project", ADA, where=Has("tasks.done", "eq", True), include="tasks"),
    Watched("Project", AUDITOR, include="members", fields="id,name,task_count"),
    Watched("Member", BOB),
    Watched("Note", EVE, include="project"),
    Watched("Tag", include="projects"),
)
WRITES = 24


@pytest_asyncio.fixture(loop_scope="module")
async def rpc(served: Served) -> AsyncIterator[GrpcClient]:
    async with grpc.connect(served) as found:
        yield found


async def test_who_watches_is_told_what_a_read_shows(http: RestClient, rpc: GrpcClient) -> None:
    busy = Busy(http, Random(3), [], [], [])
    for _ in range(WRITES // 2):
        await busy.write()
    async with AsyncExitStack() as calls:
        found = [await calls.enter_async_context(calling(rpc, one)) for one in WATCHED]
        for _ in range(3):
            await asyncio.gather(*(busy.write() for _ in range(WRITES)))
            for one in found:
                await one.agrees()
    await asyncio.gather(*(busy.write() for _ in range(WRITES)))
    for one in found:
        await comes_back(rpc, one)


async def comes_back(rpc: GrpcClient, before: Calling) -> None:
    """Only what is different from what it has is told, and nothing twice."""
    again = begin(rpc, before.watched, have=dict(before.watcher.tags))
    again.watcher = before.watcher
    again.watcher.ready = 0
    task = asyncio.create_task(again.take())
    await again.until_ready()
    assert again.watcher.rows == await before.watched.fresh(rpc), before.watched
    again.call.cancel()
    await task


async def test_a_row_is_watched_through_all_that_becomes_of_it(
    http: RestClient, rpc: GrpcClient
) -> None:
    made = await http.create("Project", {"name": "p", "code": "p", "visibility": "public"}, ADA)
    await http.create("Project", {"name": "x", "code": "x", "visibility": "public"}, ADA)
    row = Watched("Project", BOB, fields="id,name", key=made["id"])
    async with calling(rpc, row) as one:
        told = one.watcher.told
        assert one.watcher.rows == {made["id"]: {"id": made["id"], "name": "p"}}
        for changed in ({"name": "q"}, {"visibility": "private"}, {"visibility": "public"}):
            before = len(told)
            await http.update("Project", made["id"], changed, ADA)
            await one.watcher.until(lambda before=before: len(told) > before)  # type: ignore[misc]
        await http.delete("Project", made["id"], ADA)
        await one.watcher.until(lambda: len(told) == 4)
    assert [kind for kind, _ in told] == ["updated", "removed", "created", "removed"]
    with pytest.raises(Refused) as gone:
        async with calling(rpc, row):
            pass
    assert gone.value.code == "not_found"


async def test_all_that_one_write_did_comes_in_one_message(
    http: RestClient, rpc: GrpcClient
) -> None:
    async with calling(rpc, Watched("Sample")) as one:
        assert one.watcher.messages == 1
        rows = await http.create_all("Sample", [{"name": f"n{n}"} for n in range(40)])
        await one.watcher.until(lambda: len(one.watcher.told) == 40)
        assert one.watcher.messages == 2
        assert [key for _, key in one.watcher.told] == [row["id"] for row in rows]


async def test_a_position_is_enough_where_nothing_happened(
    http: RestClient, rpc: GrpcClient
) -> None:
    await http.create("Sample", {"name": "a"})
    async with calling(rpc, Watched("Sample")) as one:
        position = one.watcher.position
    await http.create("Project", {"name": "p", "code": "p"}, ADA)
    async with calling(rpc, Watched("Sample"), after=position) as same:
        assert (same.watcher.messages, same.resets) == (1, [])
    made = await http.create("Sample", {"name": "b"})
    for after in (position, "", "nothing", "x" * 20_000):
        async with calling(rpc, Watched("Sample"), after=after) as other:
            assert other.resets == ["POSITION_EXPIRED"]
            assert made["id"] in other.watcher.rows


async def test_a_resume_tells_nothing_of_rows_that_cannot_be_seen(
    http: RestClient, rpc: GrpcClient
) -> None:
    hidden = await http.create("Project", {"name": "p", "code": "p"}, ADA)
    missing = "0199e0a0-0000-7000-8000-000000000000"
    have: dict[str, str | None] = {hidden["id"]: None, missing: "x" * 12}
    one = begin(rpc, Watched("Project", BOB), have=have)
    one.watcher.rows, one.watcher.tags = {key: {} for key in have}, dict(have)
    task = asyncio.create_task(one.take())
    await one.until_ready()
    one.call.cancel()
    await task
    assert sorted(one.watcher.told) == sorted([("removed", hidden["id"]), ("removed", missing)])


async def test_a_client_that_has_nothing_is_told_all_as_new(
    http: RestClient, rpc: GrpcClient
) -> None:
    made = await http.create("Sample", {"name": "a"})
    async with calling(rpc, Watched("Sample"), have={}) as one:
        assert one.watcher.told == [("created", made["id"])]


async def test_rows_below_a_row_are_watched_as_long_as_that_is_seen(
    http: RestClient, rpc: GrpcClient
) -> None:
    made = await http.create("Project", {"name": "p", "code": "p", "visibility": "public"}, ADA)
    await http.update("Project", made["id"], {"tasks": [{"title": "a"}]}, ADA)
    method = rpc.rpc("WatchProjectTasks")
    answer = rpc.parser.messages.of(method.response).FromString

    def watch(**more: str) -> Calling:
        request = rpc.shapes.message(method.request, project_id=made["id"], **more)
        stream: Any = rpc.channel.unary_stream(method.path, None, answer)
        call = stream(request.SerializeToString(), metadata=rpc.metadata(BOB))
        return Calling(Watched("Task", BOB), rpc, method, call)

    whole = watch()
    task = asyncio.create_task(whole.take())
    await whole.until_ready()
    (key,) = whole.watcher.rows
    single = watch(id=key)
    other = asyncio.create_task(single.take())
    await single.until_ready()
    assert single.watcher.rows == whole.watcher.rows
    await http.update("Project", made["id"], {"visibility": "private"}, ADA)
    for one in (whole, single):
        await one.watcher.until(lambda one=one: one.watcher.rows == {})  # type: ignore[misc]
        one.call.cancel()
    await asyncio.gather(task, other)


async def test_what_cannot_be_read_cannot_be_watched(http: RestClient, rpc: GrpcClient) -> None:
    made = await http.create("Project", {"name": "p", "code": "p"}, ADA)
    for watched, code in (
        (Watched("Project", key=made["id"]), "not_found"),
        (Watched("Page"), "unauthenticated"),
        (Watched("Project", where=Has("rating", "eq", 3)), "unknown_field"),
        (Watched("Project", fields="nothing"), "unknown_field"),
        (Watched("Project", ADA, Has("name", "eq", "p"), key=made["id"]), "invalid_parameter"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            async with calling(rpc, watched):
                pass
        codes = {refused.value.code, *(flaw.code for flaw in refused.value.flaws)}
        assert code in codes, watched


async def test_what_is_hidden_is_named(http: RestClient, rpc: GrpcClient) -> None:
    await http.create("Project", {"name": "p", "code": "p", "visibility": "public"}, ADA)
    mine, others = Watched("Project", ADA), Watched("Project", EVE)
    async with calling(rpc, mine) as one, calling(rpc, others) as other:
        assert one.watcher.rows == await mine.fresh(rpc)
        assert other.watcher.rows == await others.fresh(rpc)
        assert one.watcher.rows != other.watcher.rows
