"""The floor of the benchmark sends what Charter sends, word for word."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from charter.language.load import load_contract
from charter.store.postgres_connection import PostgresLink
from tests.behaviour.actors import ADA
from tests.behaviour.clients import rest
from tests.behaviour.databases import DATABASES
from tests.behaviour.serving import serving

BENCH = Path(__file__).parents[2] / "bench"
STATEMENTS = ("read", "list", "nested", "create")
FULL = "include=customer,lines.product"
NEWEST = "status=placed&limit=20&sort=-created_at"
KEYS = [f"01941f29-7c00-7171-9a35-85d003f4367{digit}" for digit in range(2)]
PRODUCTS = "".join(
    "INSERT INTO products (id, name, price, cost, stock, created_at, updated_at, version)"
    f" VALUES ('{key}', 'x', 1, 1, 1, now(), now(), 1);"
    for key in KEYS
)


async def test_the_floor_sends_the_statements_of_charter(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: set[str] = set()
    fetch = PostgresLink.fetch

    async def noted(link: PostgresLink, text: str, arguments: Sequence[Any]) -> Any:
        sent.add(text)
        return await fetch(link, text, arguments)

    contract = load_contract(BENCH / "charter_shop.py")
    with DATABASES["postgresql"](request) as url:
        async with serving(contract, url) as served, rest.connect(served) as client:
            await served.service.database.script(PRODUCTS)
            monkeypatch.setattr(PostgresLink, "fetch", noted)
            values = {"lines": [{"product_id": key, "quantity": 2} for key in KEYS]}
            await client.create("Order", values, ADA)  # The first makes the row of its maker too.
            made = await client.create("Order", values, ADA)
            path = f"/v1/orders/{made['id']}"
            for asked in (path, f"{path}?{FULL}", f"/v1/orders?{NEWEST}"):
                await client.ask("GET", asked, ADA)
    for name in STATEMENTS:
        text = (BENCH / "floor" / f"{name}.sql").read_text()
        assert " ".join(text.split()) in sent, f"bench/floor/{name}.sql is not what is sent"
