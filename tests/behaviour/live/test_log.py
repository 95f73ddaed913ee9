"""The log: how far it reaches, what is kept of it, and what time alone changes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from charter.plan.actor import ANONYMOUS
from charter.plan.ask import Ask, Write
from charter.plan.standing import NOBODY
from charter.serve.engine.load import Loader
from charter.serve.engine.work import Work
from charter.serve.live.trimming import Trimmer
from charter.serve.live.view import Start
from charter.sql.log import Mark
from charter.sql.statement import Statement
from charter.store.database import Transaction
from tests.behaviour.actors import ADA
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.live.watching import Watcher, Watching, watching
from tests.behaviour.serving import Served

COUNT = Statement("SELECT event FROM charter_outbox ORDER BY sequence", label="test")


async def kept(served: Served) -> list[str]:
    return [row[0] for row in await served.service.database.read(COUNT, ())]


async def test_old_entries_go_and_events_of_commands_stay(http: RestClient, served: Served) -> None:
    made = await http.create("Project", {"name": "p", "code": "p"}, ADA)
    await http.call("start", ADA, resource="Project", key=made["id"])
    await http.create_all("Sample", [{"name": "x"}] * 30)
    before = await kept(served)
    now = datetime.now(UTC)
    trimmer = Trimmer(served.service, 3600, None)
    assert await trimmer.trim(now + timedelta(seconds=3600)) == 0
    assert await kept(served) == before
    assert await trimmer.trim(now + timedelta(seconds=3700)) == len(before) - 1
    assert await kept(served) == ["ProjectStarted"]
    assert await trimmer.trim(now + timedelta(days=9)) == 0


async def test_a_log_that_was_trimmed_goes_on(
    http: RestClient, served: Served, live: Watching
) -> None:
    watcher = await live.watch("/v1/samples")
    await http.create("Sample", {"name": "a"})
    await live.settled()
    trimmer = Trimmer(served.service, 1, None)
    assert await trimmer.trim(datetime.now(UTC) + timedelta(hours=1)) == 1
    position = watcher.position
    await http.create("Sample", {"name": "b"})
    await live.settled()
    assert len(watcher.rows) == 2
    again = await live.watch("/v1/samples", start=Start(after=position), watcher=Watcher())
    assert [code.name for code in again.resets] == ["position_expired"]


async def test_a_position_has_its_time(http: RestClient, served: Served) -> None:
    await http.create("Sample", {"name": "a"})
    async with watching(served, retention=1.0) as brief:
        watcher = await brief.watch("/v1/samples")
        start = Start(after=watcher.position)
        await asyncio.sleep(1.1)
        again = await brief.watch("/v1/samples", start=start, watcher=Watcher())
        assert [code.name for code in again.resets] == ["position_expired"]


async def test_a_log_that_knows_less_than_before_is_read_anew(
    http: RestClient, served: Served, live: Watching
) -> None:
    """The database was restored, or a server took over that had not seen everything."""
    await http.create("Sample", {"name": "a"})
    watcher = await live.watch("/v1/samples")
    mark = await live.hub.log.head()
    later = live.hub.sealed(Mark(mark.upto + 50))
    again = await live.watch("/v1/samples", start=Start(after=later), watcher=Watcher())
    assert [code.name for code in again.resets] == ["position_expired"]
    if served.service.dialect.tells_transactions:
        assert (await live.hub.log.since(Mark(mark.upto + 50))).entries is None
    assert len(watcher.rows) == 1


async def test_an_import_is_told(http: RestClient, served: Served, live: Watching) -> None:
    watcher = await live.watch("/v1/samples")
    projects = await live.watch("/v1/projects?include=tasks", ADA)

    async def lines() -> AsyncIterator[bytes]:
        for number in range(700):
            yield f'{{"name":"n{number}"}}'.encode()

    await Loader(served.service.pipeline).load("Sample", lines(), lambda _: None)
    await live.settled()
    assert len(watcher.rows) == 700
    assert projects.told == []
    assert await kept(served) == ["Sample.loaded", "Sample.loaded"]


async def test_more_than_is_told_one_by_one_is_told_all_the_same(
    http: RestClient, served: Served, live: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("charter.serve.live.log.MOST_ENTRIES", 5)
    watcher = await live.watch("/v1/samples")
    for _ in range(3):
        await http.create_all("Sample", [{"name": "x"}] * 40)
    await live.settled()
    await live.settled()
    assert len(watcher.rows) == 120


async def test_a_transaction_that_is_open_long_holds_up_nobody(
    http: RestClient, served: Served, live: Watching
) -> None:
    """Its entry has a lower number than those of others, and is told when it is committed."""
    if not served.service.dialect.remote:
        return  # Transactions that write come one after the other there.
    watcher = await live.watch("/v1/samples")
    first = await http.create("Sample", {"name": "first"})
    inside, over = asyncio.Event(), asyncio.Event()
    service = served.service
    update = service.pipeline.compiler.touch(served.contract.resource_named["Sample"])
    key = served.contract.resource_named["Sample"].key
    encode = service.dialect.encoder(key.type)

    async def long(transaction: Transaction) -> None:
        ask = Ask(Write(()), (), ANONYMOUS, datetime.now(UTC))
        work = Work(service.pipeline.compiler, transaction, ask, NOBODY)
        await work.execute(update, (first["id"] if encode is None else encode(first["id"]),))
        work.changed(served.contract.resource_named["Sample"], "updated", first["id"], 2, {})
        await work.finish()
        inside.set()
        await over.wait()

    writing = asyncio.ensure_future(service.database.write(long))
    await inside.wait()
    made = await http.create("Sample", {"name": "second"})
    await watcher.until(lambda: made["id"] in watcher.rows)
    assert watcher.rows[first["id"]]["version"] == 1
    over.set()
    await writing
    await watcher.until(lambda: watcher.rows[first["id"]]["version"] == 2)
