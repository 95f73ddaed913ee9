"""The smallest example: fifteen lines, and everyone has tasks of their own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from charter.language.load import load_contract
from tests.behaviour.clients import rest
from tests.behaviour.clients.base import Has, How, Refused, Someone
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.serving import serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANN = Someone("ann", claims={"name": "Ann"})
BEN = Someone("ben")
NAMED = How(include="owner")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(database: str, examples: Path) -> AsyncIterator[RestClient]:
    contract = load_contract(examples / "todo" / "contract.py")
    async with serving(contract, database) as served, rest.connect(served) as found:
        yield found
        assert served.witness.failures == []


async def test_the_contract_has_at_most_fifteen_lines(examples: Path) -> None:
    text = (examples / "todo" / "contract.py").read_text(encoding="utf-8")
    assert 0 < len(text.splitlines()) <= 15


async def test_a_task_is_its_makers(client: RestClient) -> None:
    task = await client.create("Task", {"title": "Water the plants"}, ANN, how=NAMED)
    assert task["owner"]["name"] == "Ann"
    assert (task["owner_id"], task["done"], task["version"]) == ("ann", False, 1)
    assert await client.read("Task", task["id"], ANN, include="owner") == task
    done = await client.update("Task", task["id"], {"done": True}, ANN, version=1)
    assert (done["done"], done["version"]) == (True, 2)
    await client.delete("Task", task["id"], ANN)
    with pytest.raises(Refused, match="not_found"):
        await client.read("Task", task["id"], ANN)


async def test_everyone_sees_their_own_tasks_only(client: RestClient) -> None:
    for title in ("Buy bread", "Call home"):
        await client.create("Task", {"title": title}, ANN)
    other = await client.create("Task", {"title": "Buy milk"}, BEN)
    titles = [row["title"] for row in (await client.page("Task", ANN, sort="title")).items]
    assert titles == ["Buy bread", "Call home"]
    bought = await client.page("Task", BEN, where=Has("title", "like", "Buy*"), count="exact")
    assert (bought.items, bought.count) == ([other], 1)
    for refused in (
        client.read("Task", other["id"], ANN),
        client.update("Task", other["id"], {"done": True}, ANN),
        client.delete("Task", other["id"], ANN),
    ):
        with pytest.raises(Refused, match="not_found"):
            await refused


async def test_nobody_makes_tasks_for_others_or_gives_them_away(client: RestClient) -> None:
    await client.create("Task", {"title": "Exist"}, BEN)
    with pytest.raises(Refused, match="forbidden"):
        await client.create("Task", {"title": "A present", "owner_id": "ben"}, ANN)
    mine = await client.create("Task", {"title": "Mine"}, ANN)
    with pytest.raises(Refused, match="forbidden"):
        await client.update("Task", mine["id"], {"owner_id": "ben"}, ANN)
    assert await client.read("Task", mine["id"], ANN) == mine


async def test_strangers_get_nothing(client: RestClient) -> None:
    with pytest.raises(Refused, match="unauthenticated"):
        await client.page("Task")
    with pytest.raises(Refused, match="unauthenticated"):
        await client.create("Task", {"title": "Nobody's"})


async def test_a_mistake_is_named(client: RestClient) -> None:
    with pytest.raises(Refused) as caught:
        await client.create("Task", {"titel": "Typo", "done": "yes"}, ANN)
    assert caught.value.places == {"/titel", "/title", "/done"}
