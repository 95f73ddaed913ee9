"""Rows made from a contract are rows that its API would accept, and the same every time."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charter.contract.contract import Contract
from charter.contract.resource import Field, Resource
from charter.language.load import load_contract
from charter.plan.values import json_reader
from charter.serve.engine.service import Service
from charter.sql.canonical import json_form
from charter.sql.feasible import infeasible
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE
from charter.verify.data.fill import Filled, fill, fill_database
from charter.verify.data.holds import holds
from charter.verify.data.sizes import quarter_of, sizes_of
from charter.verify.scratch.model import NotEmpty, Scratch
from charter.verify.scratch.open import scratch_beside
from tests.matrix.office import office
from tests.sql.schema.samples import SHOP, contracts

ROOT = Path(__file__).parents[2]
Table = list[dict[str, Any]]


async def made(
    contract: Contract, beside: str | None, rows: int = 40, seed: int = 1
) -> tuple[Filled, dict[str, Table]]:
    """What a database was filled with, and the rows as they are read back from it."""
    async with scratch_beside(beside) as scratch:
        filled = await fill(contract, scratch, sizes_of(contract, rows), seed)
        return filled, {one.name: await read(scratch, one) for one in contract.resources}


async def read(scratch: Scratch, resource: Resource) -> Table:
    dialect = scratch.dialect
    names = ", ".join(dialect.quote(item.name) for item in resource.fields)
    rows = await scratch.fetch(f"SELECT {names} FROM {dialect.quote(resource.table)}")
    decoders = [dialect.decoder(item.type) for item in resource.fields]
    return [
        {
            item.name: raw if decode is None or raw is None else decode(raw)
            for item, decode, raw in zip(resource.fields, decoders, row, strict=True)
        }
        for row in rows
    ]


def check(contract: Contract, tables: dict[str, Table]) -> None:
    """Every value is one that Charter's own readers take, and every reference leads to a row.

    What the databases hold themselves (uniqueness, references, bounds) they held when the rows
    came in; it is looked at again here.
    """
    for resource in contract.resources:
        rows = tables[resource.name]
        for item in resource.fields:
            check_field(contract, resource, item, rows, tables)
        for fields in [(one.name,) for one in resource.fields if one.unique]:
            check_unique(rows, fields)
        for unique in resource.uniques:
            check_unique(rows, unique.fields)
        for rule in resource.checks:
            assert all(holds(rule.expression, row) for row in rows), (resource.name, rule.name)


def check_field(
    contract: Contract, resource: Resource, item: Field, rows: Table, tables: dict[str, Table]
) -> None:
    accept, write = json_reader(item.type), json_form(item.type)
    keys = {row["id"] for row in tables[item.references]} if item.references else None
    for row in rows:
        value = row[item.name]
        if value is None:
            assert item.optional, (resource.name, item.name)
        elif keys is not None:
            assert value in keys
        else:
            said = as_json(value, write, many=item.type.many)
            assert accept(said) == value, (resource.name, item.name)


def as_json(value: Any, write: Any, *, many: bool) -> Any:
    if write is None:
        return value
    return [write(one) for one in value] if many else write(value)


def check_unique(rows: Table, fields: Sequence[str]) -> None:
    found = Counter(tuple(row[name] for name in fields) for row in rows)
    assert not [key for key, count in found.items() if count > 1 and None not in key]


def possible(contract: Contract) -> bool:
    return not infeasible(contract, SQLITE) and not infeasible(contract, POSTGRES)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(contracts().filter(possible), st.integers(0, 3))
def test_any_contract_gets_rows_that_its_api_would_accept(contract: Contract, seed: int) -> None:
    _, tables = asyncio.run(made(contract, None, 25, seed))
    check(contract, tables)


@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(contract=contracts().filter(possible))
def test_on_postgresql_as_well(contract: Contract, postgres_url: str) -> None:
    _, tables = asyncio.run(made(contract, postgres_url, 15))
    check(contract, tables)


@pytest.mark.parametrize("example", ["shop", "music", "todo"])
async def test_the_examples_are_filled(example: str, beside: str | None) -> None:
    contract = load_contract(ROOT / "examples" / example / "contract.py")
    filled, tables = await made(contract, beside, 300)
    check(contract, tables)
    wanted = sizes_of(contract, 300)
    assert {name: len(rows) for name, rows in tables.items()} == dict(filled.sizes)
    asked = [name for name, count in wanted.items() if count >= 300]
    assert any(len(tables[name]) == wanted[name] for name in asked)


async def test_a_contract_of_every_type_gets_all_its_rows(beside: str | None) -> None:
    contract = replace(SHOP, resources=tuple(replace(one, owner=None) for one in SHOP.resources))
    filled, tables = await made(contract, beside, 60)
    check(contract, tables)
    assert all(filled.sizes.values())


async def test_the_same_seed_makes_the_same_rows(beside: str | None) -> None:
    contract = load_contract(ROOT / "examples" / "shop" / "contract.py")
    first, again, other = [await made(contract, beside, 100, seed) for seed in (1, 1, 2)]
    assert first[1] == again[1]
    assert first[1] != other[1]


async def test_rows_of_a_tenant_refer_to_rows_of_the_same_tenant() -> None:
    contract = office.build()
    assert contract.tenancy is not None
    _, tables = await made(contract, None, 200)
    check(contract, tables)
    compared = 0
    for resource in contract.resources:
        for item in resource.fields:
            target = contract.resource_named.get(item.references or "")
            if resource.tenant is None or target is None or target.tenant in (None, "id"):
                continue
            of = {row["id"]: row[str(target.tenant)] for row in tables[target.name]}
            for row in tables[resource.name]:
                if row[item.name] is not None:
                    compared += 1
                    assert of[row[item.name]] == row[resource.tenant]
    assert compared


async def test_few_customers_have_most_of_the_orders() -> None:
    contract = load_contract(ROOT / "examples" / "shop" / "contract.py")
    _, tables = await made(contract, None, 2_000)
    counts = Counter(row["customer_id"] for row in tables["Order"]).most_common()
    top = sum(count for _, count in counts[: len(tables["Customer"]) // 10])
    assert top > len(tables["Order"]) / 3
    years = {row["created_at"].year for row in tables["Order"]}
    assert len(years) >= 4


async def test_a_database_with_tables_is_never_filled(tmp_path: Path) -> None:
    contract = load_contract(ROOT / "examples" / "todo" / "contract.py")
    url = f"sqlite:///{tmp_path / 'kept.db'}"
    sizes = sizes_of(contract, 30)
    await fill_database(contract, url, sizes)
    with pytest.raises(NotEmpty):
        await fill_database(contract, url, sizes)


async def test_a_service_runs_on_a_database_that_was_filled(tmp_path: Path) -> None:
    contract = load_contract(ROOT / "examples" / "shop" / "contract.py")
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    filled = await fill_database(contract, url, sizes_of(contract, 50))
    service = Service(contract, url)
    await service.open()
    await service.close()
    assert filled.sizes["OrderLine"] == 150


def test_sizes_are_in_proportion() -> None:
    contract = load_contract(ROOT / "examples" / "shop" / "contract.py")
    sizes = sizes_of(contract, 10_000, {"Customer": 77})
    assert sizes["Order"] == 10_000
    assert sizes["OrderLine"] == 30_000
    assert sizes["Category"] == 100
    assert sizes["Customer"] == 77
    assert quarter_of(sizes)["Order"] == 2_500
    with pytest.raises(ValueError, match="did you mean Order"):
        sizes_of(contract, 10, {"Ordre": 1})
