"""Events: what happened stands in the outbox if, and only if, it happened."""

import asyncio
import json
from collections.abc import Awaitable
from typing import Any

import pytest

from charter.sql.statement import Statement
from tests.behaviour.actors import ADA
from tests.behaviour.clients.base import Client, How, Refused, Step
from tests.behaviour.serving import Served

TELL = 'SELECT event, resource, "key", actor, payload, request_id FROM charter_outbox'


async def told(served: Served) -> list[dict[str, Any]]:
    """The outbox in its order."""
    statement = Statement(f"{TELL} ORDER BY sequence", label="test")
    names = ("event", "resource", "key", "actor", "payload", "request_id")
    rows = await served.service.database.read(statement, ())
    found = [dict(zip(names, row, strict=True)) for row in rows]
    for item in found:
        item["payload"] = json.loads(item["payload"])
    return found


async def events(served: Served) -> list[str]:
    return [item["event"] for item in await told(served)]


async def test_each_change_of_a_row_is_told(client: Client, served: Served) -> None:
    made = await client.create("Sample", {"name": "a", "price": "1.5", "secret": "hush"})
    await client.update("Sample", made["id"], {"name": "b"})
    await client.delete("Sample", made["id"])
    created, updated, deleted = await told(served)
    assert [item["event"] for item in (created, updated, deleted)] == [
        "Sample.created", "Sample.updated", "Sample.deleted",
    ]  # fmt: skip
    assert {item["key"] for item in (created, updated, deleted)} == {made["id"]}
    assert created["payload"]["name"] == "a"
    assert created["payload"]["price"] == "1.50"
    assert (created["payload"]["version"], updated["payload"]["version"]) == (1, 2)
    assert updated["payload"]["name"] == "b"
    assert "hush" not in json.dumps([created, updated, deleted])
    assert all(item["request_id"] for item in (created, updated, deleted))


SAMPLES: list[dict[str, Any]] = [
    {"name": "bare"},
    {"name": 'say "hi"\\\n\t\u0001\u2028 \U0001f600', "notes": "", "flag": False,
     "words": ["ä", '"']},
    {"name": "null", "number": None, "ratio": None, "moment": None, "extra": None, "level": None},
    {"name": "wide", "number": 2**53, "ratio": 1e22, "price": "9999999999.99", "day": "9999-12-31",
     "moment": "0001-01-01T00:00:00Z", "extra": {"a": [1, 1.0, 1e-7, None, {}], "b": "\\u0000"}},
    {"name": "fine", "ratio": -0.0000001, "price": "-0.00", "moment": "2026-01-02T03:04:05.1+02:00",
     "link": "0199E0A0-0000-7000-8000-0000000000AB", "email": "A@x.org", "counts": [-1, 0]},
    {"name": "even", "ratio": 3.0, "price": 2, "flag": True, "kind": "blue", "level": "high",
     "origin": "here", "since": "2030-01-01T00:00:00+00:00", "counts": [], "small": -10},
]  # fmt: skip


@pytest.mark.parametrize("values", SAMPLES, ids=[row["name"][:4] for row in SAMPLES])
async def test_an_event_tells_the_same_however_its_row_is_made(
    client: Client, served: Served, values: dict[str, Any]
) -> None:
    """A row that one statement makes, and one that a transaction of several makes."""
    await client.create("Sample", values)
    await client.create("Sample", values, how=How(once="k"))
    statement = Statement("SELECT payload FROM charter_outbox ORDER BY sequence", label="test")
    rows = await served.service.database.read(statement, ())
    # Numbers as texts: 1 is not 1.0.
    alone, kept = (json.loads(row[0], parse_float=str, parse_int=str) for row in rows)
    for name in ("id", "created_at", "updated_at"):
        assert alone.pop(name)
        assert kept.pop(name)
    assert alone == kept
    assert list(alone) == list(kept)


async def test_an_event_is_told_with_the_command_that_emits_it(
    client: Client, served: Served
) -> None:
    made = await client.create("Project", {"name": "p", "code": "p"}, ADA)
    inputs = {"note": "now"}
    await client.call("start", ADA, resource="Project", key=made["id"], inputs=inputs)
    found = [item for item in await told(served) if item["resource"] != "User"]
    assert sorted(item["event"] for item in found) == [
        "Project.created", "Project.updated", "ProjectStarted",
    ]  # fmt: skip
    (started,) = [item for item in found if item["event"] == "ProjectStarted"]
    assert started["payload"] == {"project_id": made["id"], "note": "now"}
    assert started["actor"] == "ada"


async def test_what_did_not_happen_is_not_told(client: Client, served: Served) -> None:
    made = await client.create("Project", {"name": "p", "code": "p"}, ADA)
    sample = await client.create("Sample", {"name": "a", "code": "AB1"})
    before = await told(served)
    broken: list[Awaitable[Any]] = [
        client.create("Sample", {"name": "a", "code": "AB1"}),
        client.create("Sample", {"name": "a" * 81}),
        client.update("Sample", sample["id"], {"name": "x"}, version=9),
        client.call("break_it", ADA, resource="Project", key=made["id"]),
        client.call("copy", ADA, resource="Project", key=made["id"], inputs={"code": "p"}),
        client.batch([
            Step("create", "Sample", values={"name": "y"}),
            Step("create", "Sample", values={"name": "z", "code": "AB1"}),
        ]),
    ]  # fmt: skip
    for attempt in broken:
        with pytest.raises(Refused):
            await attempt
    await client.create("Sample", {"name": "trial"}, how=How(dry_run=True))
    await client.update("Sample", sample["id"], {})
    assert await told(served) == before


async def test_a_replay_tells_nothing_again(client: Client, served: Served) -> None:
    for _ in range(3):
        await client.create("Sample", {"name": "a"}, how=How(once="k"))
    assert await events(served) == ["Sample.created"]


async def test_parts_are_told_with_their_owner(client: Client, served: Served) -> None:
    tasks = [{"title": "a", "steps": [{"text": "s"}]}]
    made = await client.create("Project", {"name": "p", "code": "p", "tasks": tasks}, ADA)
    found = [name for name in await events(served) if not name.startswith("User")]
    assert sorted(found) == ["Project.created", "Step.created", "Task.created"]
    await client.update("Project", made["id"], {"tasks": []}, ADA)
    later = (await events(served))[len(found) :]
    assert {"Task.deleted", "Project.updated"} <= set(later)


async def test_the_outbox_has_the_order_of_the_writes_of_a_row(
    client: Client, served: Served
) -> None:
    made = await client.create("Sample", {"name": "a"})

    async def change(number: int) -> None:
        await client.update("Sample", made["id"], {"number": number})

    await asyncio.gather(*map(change, range(10)))
    versions = [item["payload"]["version"] for item in await told(served)]
    assert versions == list(range(1, 12))
