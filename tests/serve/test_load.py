"""What an operator is told when a row of an import does not fit those that are there."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from charter.core.ids import uuid7
from charter.core.problems import Problem
from charter.serve.engine.load import Loader
from charter.serve.engine.service import Service
from examples.shop.contract import shop


async def refused(folder: Path, **rows: list[Any]) -> tuple[str, list[tuple[str, Any]]]:
    """The code that an import of rows, resource by resource, ends with, and its flaws."""

    async def lines(items: list[Any]) -> AsyncIterator[bytes]:
        for item in items:
            yield msgspec.json.encode(item)

    async def load_all() -> None:
        for resource, items in rows.items():
            await Loader(service.pipeline).load(resource, lines(items), lambda _: None)

    service = Service(shop.build(), f"sqlite:///{folder / 'shop.db'}")
    await service.open()
    try:
        with pytest.raises(Problem) as problem:
            await load_all()
    finally:
        await service.close()
    detail = problem.value.detail
    return problem.value.code.name, [(flaw.code, flaw.pointer) for flaw in detail.flaws]


def product(sku: str, **values: Any) -> dict[str, Any]:
    return {
        "category_id": str(uuid7()), "sku": sku, "name": "Kettle", "price": "2.00", "cost": "1.00",
        **values,
    }  # fmt: skip


async def test_a_row_that_refers_to_nothing_is_named_with_its_field(tmp_path: Path) -> None:
    assert await refused(tmp_path, Product=[product("ABC-0001")]) == (
        "invalid_values",
        [("no_such_reference", "/1/category_id")],
    )


async def test_a_part_whose_owner_is_not_there_is_named_with_it(tmp_path: Path) -> None:
    category, sold = {"id": str(uuid7()), "name": "Tea"}, {"id": str(uuid7())}
    line = {"order_id": str(uuid7()), "product_id": sold["id"], "quantity": 1, "price": "1.00"}
    assert await refused(
        tmp_path,
        Category=[category],
        Product=[product("ABC-0001", category_id=category["id"], **sold)],
        OrderLine=[line],
    ) == ("invalid_values", [("no_such_reference", "/1/order_id")])


async def test_of_many_rows_the_one_that_is_there_twice_is_named(tmp_path: Path) -> None:
    rows = [
        product(sku, id=str(uuid7())) for sku in ("ABC-0001", "ABC-0002", "ABC-0003", "ABC-0002")
    ]
    assert await refused(tmp_path, Product=rows) == ("not_unique", [("not_unique", "/4/sku")])
