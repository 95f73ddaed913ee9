"""Statements are counted by shape; slow ones are told, some with a plan, none with values."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from charter.core.signals import Signal, Slow
from charter.language.load import load_contract
from charter.plan import ask as asks
from charter.plan.actor import Actor
from charter.serve.engine.service import Service
from charter.serve.engine.statements import OTHERS, SHAPES, Tally
from charter.serve.logs.lines import as_json, line_of
from charter.sql.statement import Statement
from charter.store.settings import StoreSettings
from tests.support.mysql import MysqlServer
from tests.support.postgres import PostgresServer

SHOP = Path(__file__).parents[2] / "examples" / "shop" / "contract.py"
SECRET = "nobody-may-read-this"


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'shop.db'}"
    kind = {"postgresql": "postgres"}.get(request.param, request.param)
    server: PostgresServer | MysqlServer = request.getfixturevalue(f"{kind}_server")
    server.start()
    address: str = request.getfixturevalue(f"{kind}_url")
    return address


def ask(form: Any, *values: Any) -> asks.Ask:
    return asks.Ask(form, values, Actor(SECRET), datetime.now(UTC))


LIST = asks.ReadMany("Order", where=asks.Test((), "note", asks.Comparator.EQ, 0))


async def served(url: str, slow: float, work: Callable[[Service], Any]) -> list[Signal]:
    told: list[Signal] = []
    service = Service(load_contract(SHOP), url, StoreSettings(slow_statement=slow))
    service.tell_slow(told.append)
    await service.open()
    try:
        await work(service)
    finally:
        await service.close()
    return told


async def test_each_shape_is_counted_once(url: str) -> None:
    async def work(service: Service) -> None:
        for number in range(5):
            await service.answer(ask(LIST, f"note {number}"))
        counts = {count.label: count for count in service.statements.counts()}
        found = counts["list Order"]
        assert found.calls == 5
        assert 0 < found.longest <= found.seconds

    assert not await served(url, 60.0, work)


async def test_a_slow_statement_is_told_with_its_plan_and_without_values(url: str) -> None:
    async def work(service: Service) -> None:
        await service.answer(ask(LIST, SECRET))
        for _ in range(200):
            if any(isinstance(one, Slow) and one.plan for one in told):
                return
            await asyncio.sleep(0.02)

    told: list[Signal] = []

    async def first(service: Service) -> None:
        service.tell_slow(told.append)
        # What opening the service ran is told before, and takes the first plan.
        await work(service)

    await served(url, 1e-9, first)
    slow = [one for one in told if isinstance(one, Slow)]
    plans = [one.plan for one in slow if one.plan]
    assert slow[0].statement == "list Order"
    assert len(plans) == 1
    assert "orders" in plans[0] or " o" in plans[0]
    lines = [as_json(line_of(0.0, one)) for one in told]
    assert not [line for line in lines if SECRET in line]
    assert '"event":"slow statement"' in lines[0]


async def test_many_slow_statements_are_told_at_a_rate(url: str) -> None:
    async def work(service: Service) -> None:
        for _ in range(300):
            await service.answer(ask(LIST, "x"))

    told = await served(url, 1e-9, work)
    assert len(told) < 150


def test_shapes_beyond_the_bound_are_counted_together() -> None:
    tally = Tally(1.0)
    for number in range(SHAPES + 50):
        tally.note(Statement(f"SELECT {number}", label="one"), 0.001, 1)
    counts = tally.counts()
    assert len(counts) == SHAPES + 1
    assert next(count for count in counts if count.label == OTHERS).calls == 50
