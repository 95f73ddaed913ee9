"""Rows of a tenant are read in the order of an index, whatever they are sorted by."""

from pathlib import Path

import pytest

from charter.contract.contract import Contract
from charter.contract.expression import ALWAYS, ROW, Column
from charter.plan.plan import ManyPlan, RowPlan, SortBy
from charter.sql.derive import schema_of
from charter.sql.dialects import DIALECTS, dialect_named
from charter.sql.ordered import is_indexed
from tests.language.sources import contract_of

SOURCE = """
@api.tenant
class Firm(Resource):
    name: str

@api.resource
class Order(Resource):
    number: str = field(unique=True)
    size: int
    placed: date

api.index(Order, "-placed")

@api.policy(Firm, Order)
def policy(row, actor):
    yield allow("*")
"""


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    return contract_of(SOURCE, tmp_path)


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_every_index_of_a_tenants_rows_begins_with_the_tenant(
    contract: Contract, name: str
) -> None:
    tables = {table.name: table for table in schema_of(contract, dialect_named(name)).tables}
    orders = tables["orders"]
    assert [unique.columns for unique in orders.uniques] == [("firm_id", "number")]
    found = [[(part.name, part.descending) for part in index.columns] for index in orders.indexes]
    assert found == [
        [("firm_id", False), ("placed", True), ("id", True)],
        [("firm_id", False), ("id", False)],
    ]


@pytest.mark.parametrize(
    ("field", "indexed"), [("id", True), ("number", True), ("placed", True), ("size", False)]
)
def test_a_list_is_read_in_order_behind_the_tenant(
    contract: Contract, field: str, indexed: bool
) -> None:
    order = contract.resource_named["Order"]
    kind = order.field_named[field].type
    sort = SortBy(Column(ROW, (), field, kind), kind, descending=False, nullable=False)
    assert is_indexed(ManyPlan(RowPlan(order, ALWAYS, ()), (sort,), 20)) is indexed
