"""Versions: an update says what it is based on, and none is lost."""

import asyncio
from typing import Any

import pytest

from tests.behaviour.actors import ADA
from tests.behaviour.clients.base import Client, Refused

ROUNDS = 6


async def test_a_change_of_an_old_version_is_refused(client: Client) -> None:
    made = await client.create("Sample", {"name": "a"})
    await client.update("Sample", made["id"], {"name": "b"}, version=1)
    for attempt in (
        client.update("Sample", made["id"], {"name": "c"}, version=1),
        client.update("Sample", made["id"], {"name": "c"}, version=1, whole=True),
        client.update("Sample", made["id"], {"name": "c"}, version=99),
        client.delete("Sample", made["id"], version=1),
    ):
        with pytest.raises(Refused) as refused:
            await attempt
        assert refused.value.code == "version_conflict"
        assert refused.value.members["current_version"] == 2
    assert (await client.read("Sample", made["id"]))["name"] == "b"
    await client.delete("Sample", made["id"], version=2)


async def test_the_contract_can_demand_a_version(client: Client) -> None:
    page = await client.create("Page", {"title": "a"}, ADA)
    for attempt in (
        client.update("Page", page["id"], {"title": "b"}, ADA),
        client.update("Page", page["id"], {"title": "b"}, ADA, whole=True),
        client.delete("Page", page["id"], ADA),
    ):
        with pytest.raises(Refused) as refused:
            await attempt
        assert refused.value.code == "version_required"
    changed = await client.update("Page", page["id"], {"title": "b"}, ADA, version=1)
    assert changed["version"] == 2
    await client.delete("Page", page["id"], ADA, version=2)


async def test_a_change_that_changes_nothing_keeps_the_version(client: Client) -> None:
    made = await client.create("Sample", {"name": "a"})
    same = await client.update("Sample", made["id"], {})
    assert same == made


@pytest.mark.parametrize("writers", [2, 5])
async def test_no_update_is_lost(client: Client, writers: int) -> None:
    """Each writer adds one to a number again and again, and tries anew when it was overtaken."""
    made = await client.create("Sample", {"name": "x", "number": 0})

    async def add() -> None:
        """Read, and write what was read plus one, until nobody came between the two."""
        code = "version_conflict"
        while code == "version_conflict":
            row = await client.read("Sample", made["id"])
            change = {"number": row["number"] + 1}
            try:
                await client.update("Sample", made["id"], change, version=row["version"])
            except Refused as refused:
                code = refused.code
            else:
                return
        pytest.fail(code)

    async def writer() -> None:
        for _ in range(ROUNDS):
            await add()

    await asyncio.gather(*(writer() for _ in range(writers)))
    row = await client.read("Sample", made["id"])
    assert (row["number"], row["version"]) == (writers * ROUNDS, writers * ROUNDS + 1)


async def test_of_changes_to_one_version_exactly_one_wins(client: Client) -> None:
    made = await client.create("Sample", {"name": "x"})

    async def change(number: int) -> Any:
        try:
            await client.update("Sample", made["id"], {"number": number}, version=1)
        except Refused as refused:
            return refused.code
        return number

    results = await asyncio.gather(*map(change, range(8)))
    won = [result for result in results if isinstance(result, int)]
    assert len(won) == 1
    assert results.count("version_conflict") == 7
    assert (await client.read("Sample", made["id"]))["number"] == won[0]


async def test_a_command_that_moves_runs_once_however_many_call_it(client: Client) -> None:
    made = await client.create("Project", {"name": "p", "code": "p"}, ADA)

    async def start() -> str:
        try:
            await client.call("start", ADA, resource="Project", key=made["id"])
        except Refused as refused:
            return refused.code
        return "moved"

    results = await asyncio.gather(*(start() for _ in range(6)))
    assert sorted(results) == ["moved", *["wrong_state"] * 5]
    assert (await client.read("Project", made["id"], ADA))["version"] == 2
