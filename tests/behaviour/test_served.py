"""The same, served by the real server: one walk through the studio over a socket."""

from pathlib import Path

import httpx2
import pytest

from tests.behaviour.actors import ADA, BOB
from tests.behaviour.clients.base import Has, Refused, Within
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.databases import DATABASES
from tests.behaviour.serving import SECRET, token
from tests.support.charter import running

CONTRACT = Path(__file__).with_name("contract.py")


@pytest.mark.parametrize("kind", DATABASES)
async def test_the_studio_is_served(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with (
        DATABASES[kind](request) as url,
        running(CONTRACT, tmp_path, database=url, auth_secret=SECRET) as service,
    ):
        async with httpx2.AsyncClient(base_url=service.url, timeout=20) as http:
            await walk(RestClient(http, token))
        assert service.stop() == 0


async def walk(client: RestClient) -> None:
    """A little of everything."""
    tasks = [{"title": "Zoë's", "hours": 1, "steps": [{"text": "s"}]}]
    made = await client.create("Project", {"name": "p", "code": "p", "tasks": tasks}, ADA)
    started = await client.call("start", ADA, resource="Project", key=made["id"])
    assert started["status"] == "active"
    within = Within("Project", made["id"], "tasks")
    page = await client.page("Task", ADA, within=within, where=Has("title", "eq", "Zoë's"))
    assert len(page.items) == 1
    with pytest.raises(Refused) as refused:
        await client.read("Project", made["id"], BOB)
    assert refused.value.code == "not_found"
    rows = [{"name": f"{index:03}"} for index in range(300)]
    await client.create_all("Sample", rows)
    names = [row["name"] for row in await client.export("Sample", sort="-name")]
    assert names == [row["name"] for row in reversed(rows)]
    answer = await client.send("GET", "/v1/samples?name=%00")
    assert answer.status_code == 400
    alive = await client.send("GET", "/health/live")
    assert alive.status_code == 200
