"""What an operator is told when a row of an import does not fit those that are there."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from charter.core.ids import uuid7
from charter.core.problems import Problem
from charter.serve.engine.load import Loader
from charter.serve.engine.service import Service
from examples.shop.contract import shop


async def test_a_row_that_refers_to_nothing_is_named_with_its_field(tmp_path: Path) -> None:
    row = {
        "category_id": str(uuid7()), "sku": "ABC-0001", "name": "Kettle",
        "price": "2.00", "cost": "1.00",
    }  # fmt: skip

    async def lines() -> AsyncIterator[bytes]:
        yield msgspec.json.encode(row)

    service = Service(shop.build(), f"sqlite:///{tmp_path / 'shop.db'}")
    await service.open()
    try:
        with pytest.raises(Problem) as refused:
            await Loader(service.pipeline).load("Product", lines(), lambda _: None)
    finally:
        await service.close()
    assert refused.value.code.name == "invalid_values"
    (flaw,) = refused.value.detail.flaws
    assert (flaw.code, flaw.pointer) == ("no_such_reference", "/1/category_id")
