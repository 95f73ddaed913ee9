"""The cost of reads: one statement each, however deep, with policies, includes and counts."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from charter.sql.own.history import RELEASES
from tests.behaviour.actors import ADA, BOB
from tests.behaviour.clients import grpc
from tests.behaviour.clients.base import Both, Client, Has, Row, Within
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.serving import Served

Read = Callable[[Client, Row], Awaitable[Any]]

WHERE = Both((Has("tasks.title", "eq", "t"), Has("owner.name", "eq", "Ada")))
READS: dict[str, Read] = {
    "one row": lambda c, row: c.read("Project", row["id"], ADA),
    "one row, all around it": lambda c, row: c.read(
        "Project", row["id"], ADA, include="owner,tasks.steps,tags.projects,parent,children,notes"
    ),
    "a part": lambda c, row: c.read("Task", row["task"], ADA, within=within(row)),
    "the parts of a row": lambda c, row: c.page(
        "Task", ADA, within=within(row), include="steps", count="exact"
    ),
    "a list": lambda c, row: c.page("Project", ADA),
    "a list with everything": lambda c, row: c.page(
        "Project", ADA, where=WHERE, search="p", sort="-hours,name", limit=1, count="exact",
        include="owner,tasks.steps,tags,parent.owner,members.user",
    ),
    "a list, estimated": lambda c, row: c.page("Project", BOB, count="estimated"),
    "a list through relations": lambda c, row: c.page("Note", BOB, include="project.tasks,author"),
    "a summary": lambda c, row: c.summarize(
        "Project", "count,sum(hours)", ADA, group="status", where=WHERE
    ),
    "an export": lambda c, row: c.export("Project", ADA),
    "an empty list": lambda c, row: c.page("Project", None, where=Has("name", "eq", "none")),
}  # fmt: skip


def within(row: Row) -> Within:
    return Within("Project", row["id"], "tasks")


@pytest_asyncio.fixture(loop_scope="module")
async def row(client: Client) -> Row:
    tasks = [{"title": "t", "hours": 1, "steps": [{"text": "s"}]}]
    rows = [{"name": "p", "code": code, "tasks": tasks} for code in ("p", "q")]
    _, made = await client.create_all("Project", rows, ADA)
    read = await client.read("Project", made["id"], ADA, include="tasks")
    return {**made, "task": read["tasks"][0]["id"]}


@pytest.mark.parametrize("name", READS)
async def test_a_read_is_one_statement(client: Client, served: Served, row: Row, name: str) -> None:
    served.witness.statements.clear()
    await READS[name](client, row)
    assert len(served.witness.statements) == 1, served.witness.statements


async def test_grpc_sends_the_statements_of_rest(
    http: RestClient, served: Served, row: Row
) -> None:
    """The same texts: what is known of the plans of one holds for the other."""
    async with grpc.connect(served) as client:
        for read in READS.values():
            await read(http, row)
        known = set(served.service.statements.texts)
        for read in READS.values():
            await read(client, row)
        new = set(served.service.statements.texts) - known
    assert [text for text in new if RELEASES.name not in text] == []  # That is the heartbeat.


async def test_the_next_page_is_one_statement(client: Client, served: Served, row: Row) -> None:
    page = await client.page("Project", ADA, limit=1, sort="-name", count="exact")
    served.witness.statements.clear()
    await client.follow(page, ADA)
    assert len(served.witness.statements) == 1


async def test_a_refused_read_asks_the_database_nothing_or_once(
    client: Client, served: Served, row: Row
) -> None:
    with pytest.raises(Exception, match="unauthenticated"):
        await client.page("Page")
    with pytest.raises(Exception, match="unknown_field"):
        await client.page("Project", ADA, sort="rating")
    served.witness.statements.clear()
    with pytest.raises(Exception, match="not_found"):
        await client.read("Project", row["id"], BOB)
    assert len(served.witness.statements) == 1


async def test_a_write_costs_the_same_however_many_rows_there_are(
    client: Client, served: Served
) -> None:
    async def cost() -> int:
        served.witness.statements.clear()
        await client.create("Sample", {"name": "x"})
        return len(served.witness.statements)

    await cost()
    first = await cost()
    await client.create_all("Sample", [{"name": "x"}] * 200)
    assert await cost() == first
