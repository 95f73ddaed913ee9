"""A page is read in the order of an index behind all fields that its condition fixes."""

from dataclasses import replace

import pytest

from charter.contract import expression as e
from charter.contract.resource import Index
from charter.contract.types import DATETIME, INTEGER, TEXT
from charter.plan.plan import ManyPlan, ParentPlan, RowPlan, SortBy
from charter.sql.ordered import is_indexed
from tests.sql import shop

ORDER = replace(
    shop.RESOURCES["Order"],
    indexes=(
        Index("of_customer", ("customer_id", "note", "-placed_at")),
        Index("some", ("version",), where=e.IsNull(shop.own("note", TEXT))),
    ),
)
MINE = e.Compare(e.Operator.EQ, shop.own("id", TEXT, path=("customer",)), e.ActorId(TEXT))
NOTED = e.Compare(e.Operator.EQ, shop.own("note", TEXT), e.Slot(0, TEXT))


def page(field: str, where: e.Expression) -> ManyPlan:
    kind = ORDER.type_of(field)
    assert kind is not None
    sort = SortBy(shop.own(field, kind), kind, descending=True, nullable=False)
    return ManyPlan(RowPlan(ORDER, where, ()), (sort,), 20)


@pytest.mark.parametrize(
    ("field", "where", "indexed"),
    [
        ("customer_id", e.ALWAYS, True),
        ("placed_at", e.ALWAYS, False),
        ("placed_at", MINE, False),
        ("note", MINE, True),
        ("placed_at", e.every(MINE, NOTED), True),
        ("placed_at", e.every(NOTED, e.Compare(e.Operator.GT, e.Slot(1, TEXT), MINE.left)), False),
        ("placed_at", e.some(e.every(MINE, NOTED)), True),
        ("placed_at", e.some(MINE, NOTED), False),
        ("placed_at", e.every(MINE, e.Not(NOTED)), False),
        (
            "placed_at",
            e.every(MINE, e.Compare(e.Operator.EQ, NOTED.left, shop.own("customer_id", TEXT))),
            False,
        ),
        ("version", e.every(MINE, NOTED), False),
        ("number", e.ALWAYS, True),
        ("id", e.ALWAYS, True),
        ("created_at", e.every(MINE, NOTED), False),
    ],
)
def test_an_index_gives_the_order_behind_what_is_fixed(
    field: str, where: e.Expression, indexed: bool
) -> None:
    assert is_indexed(page(field, where)) is indexed


def test_a_list_of_a_parent_fixes_the_reference_to_it() -> None:
    line = replace(shop.RESOURCES["OrderLine"], indexes=(Index("i", ("order_id", "quantity")),))
    lines = ORDER.relation_named["lines"]
    sort = SortBy(shop.own("quantity", INTEGER), INTEGER, descending=False, nullable=False)
    plan = ManyPlan(RowPlan(line, e.ALWAYS, ()), (sort,), 20)
    assert not is_indexed(plan)
    assert is_indexed(replace(plan, parent=ParentPlan(ORDER, lines, e.ALWAYS, 0)))


def test_what_is_worked_out_or_of_another_row_has_no_index() -> None:
    for value in (
        shop.own("line_count", INTEGER),
        shop.own("created_at", DATETIME, 0, ("parent",)),
    ):
        sort = SortBy(value, INTEGER, descending=False, nullable=False)
        assert not is_indexed(ManyPlan(RowPlan(ORDER, e.ALWAYS, ()), (sort,), 20))
