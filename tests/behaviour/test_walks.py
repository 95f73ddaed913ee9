"""Walking through pages while rows come and go: what stays is seen once, and only once."""

import asyncio
from random import Random
from typing import Any

import pytest

from tests.behaviour.clients.base import Client, Has, Row

STAY = 40
SORTS = ["", "number", "-number", "notes,-number", "-created_at", "ratio", "flag,number,-notes"]


def values(random: Random, name: str) -> dict[str, Any]:
    """A row with many equal values, and many nulls, to sort by."""
    return {
        "name": name,
        "number": random.choice([None, 1, 2, 3]),
        "notes": random.choice([None, "", "a", "ä", "B"]),
        "ratio": random.choice([None, -0.5, 0.0, 1e9]),
        "flag": random.choice([None, True, False]),
    }


async def walk(client: Client, sort: str, limit: int) -> list[Row]:
    page = await client.page("Sample", sort=sort, limit=limit)
    found = list(page.items)
    while page.next is not None:
        await asyncio.sleep(0)
        page = await client.follow(page)
        found += page.items
    return found


@pytest.mark.parametrize("sort", SORTS)
async def test_a_walk_neither_repeats_nor_skips_a_row_that_stayed(
    client: Client, sort: str
) -> None:
    random = Random(sort)
    stay = await client.create_all("Sample", [values(random, "stays") for _ in range(STAY)])
    go = await client.create_all("Sample", [values(random, "goes") for _ in range(STAY)])
    going = [row["id"] for row in go]
    done = asyncio.Event()

    async def disturb() -> None:
        while not done.is_set():
            if going and random.random() < 0.5:
                await client.delete("Sample", going.pop(random.randrange(len(going))))
            else:
                row = await client.create("Sample", values(random, "comes"))
                going.append(row["id"])

    noise = [asyncio.create_task(disturb()) for _ in range(2)]
    try:
        walks = await asyncio.gather(*(walk(client, sort, limit) for limit in (1, 3, 7)))
    finally:
        done.set()
        await asyncio.gather(*noise)
    wanted = [row["id"] for row in await exact(client, sort)]
    assert {row["id"] for row in stay} == set(wanted)
    for found in walks:
        keys = [row["id"] for row in found]
        assert len(keys) == len(set(keys)), "a row was repeated"
        assert [row["id"] for row in found if row["name"] == "stays"] == wanted


async def exact(client: Client, sort: str) -> list[Row]:
    """The rows that stayed, in the order of the walk."""
    where = Has("name", "eq", "stays")
    return (await client.page("Sample", where=where, sort=sort, limit=500)).items


async def test_a_row_that_moves_behind_the_page_does_not_stop_the_walk(client: Client) -> None:
    rows = await client.create_all("Sample", [{"name": "x", "number": n} for n in range(6)])
    page = await client.page("Sample", sort="number", limit=3)
    await client.update("Sample", rows[2]["id"], {"number": 9})
    await client.delete("Sample", rows[1]["id"])
    rest = await client.follow(page)
    assert [row["number"] for row in rest.items] == [3, 4, 5]
    assert rest.next is not None
    assert [row["id"] for row in (await client.follow(rest)).items] == [rows[2]["id"]]
