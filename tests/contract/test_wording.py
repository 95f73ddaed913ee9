"""Conditions as people read them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import get_args
from uuid import UUID

import pytest

from charter.contract import expression as e
from charter.contract.types import BOOLEAN, DATETIME, INTEGER, TEXT, Scalar, Type
from charter.contract.wording import WORDED, worded
from tests.sql import shop

ORDER = shop.RESOURCES["Order"]
STATUS = shop.own("status", TEXT)
CUSTOMER = shop.own("customer_id", TEXT)
ME = e.ActorId(TEXT)
MINE = e.Compare(e.Operator.EQ, CUSTOMER, ME)
DRAFT = e.Compare(e.Operator.EQ, STATUS, e.Constant("draft", TEXT))
CLERK = e.HasRole("clerk")
QUANTITY = e.Column(2, (), "quantity", INTEGER)
MANY = e.Compare(e.Operator.GT, QUANTITY, e.Constant(3, INTEGER))


def lines(
    function: e.Function, where: e.Expression | None, value: e.Expression | None = None
) -> e.Aggregate:
    return e.Aggregate(function, e.ROW, ("lines",), 2, where, value, BOOLEAN)


def test_every_kind_of_expression_has_a_wording() -> None:
    assert frozenset(get_args(e.Expression)) == WORDED


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (e.AllOf((MINE, DRAFT)), 'order.customer == actor and order.status == "draft"'),
        (
            e.AllOf((e.AnyOf((MINE, CLERK)), DRAFT)),
            '(order.customer == actor or actor.has_role("clerk")) and order.status == "draft"',
        ),
        (
            e.AnyOf((e.AllOf((MINE, DRAFT)), CLERK)),
            '(order.customer == actor and order.status == "draft") or actor.has_role("clerk")',
        ),
        (
            e.Not(e.AllOf((MINE, DRAFT))),
            'not (order.customer == actor and order.status == "draft")',
        ),
        (e.Not(CLERK), 'not actor.has_role("clerk")'),
        (e.AllOf(()), "always"),
        (e.AnyOf(()), "never"),
        (e.AllOf((DRAFT,)), 'order.status == "draft"'),
        (e.Authenticated(), "actor.authenticated"),
        (e.IsNull(CUSTOMER), "order.customer is None"),
        (e.Not(e.IsNull(CUSTOMER)), "order.customer is not None"),
        (
            e.OneOf(STATUS, (e.Constant("draft", TEXT), e.Constant("open", TEXT))),
            'order.status in ("draft", "open")',
        ),
        (e.Not(e.OneOf(STATUS, (e.Constant("x", TEXT),))), 'order.status not in ("x")'),
        (e.OneOfSlot(STATUS, e.Slot(0, TEXT)), "order.status in $1"),
        (
            e.Contains(shop.own("tags", shop.TAGS), e.Claim("team", TEXT)),
            'actor.claim("team") in order.tags',
        ),
        (e.Compare(e.Operator.LIKE, STATUS, e.Constant("d*", TEXT)), 'like(order.status, "d*")'),
        (
            e.Search(e.ROW, ("name", "remark"), e.Slot(1, TEXT)),
            "search(order.name, order.remark, $2)",
        ),
        (e.Fact(e.FactName.MFA), "actor.mfa"),
        (e.Fact(e.FactName.SIGNED_IN_WITHIN, 600), "actor.signed_in_within(minutes=10)"),
        (e.Fact(e.FactName.SIGNED_IN_WITHIN, 90), "actor.signed_in_within(seconds=90)"),
        (
            e.Fact(e.FactName.ADDRESS_IN, ("10.0.0.0/8", "::1")),
            'actor.address_in("10.0.0.0/8", "::1")',
        ),
        (
            e.Compare(e.Operator.EQ, STATUS, e.ActorTenant(TEXT)),
            "order.status == actor.tenant",
        ),
        (
            e.Compare(e.Operator.LE, shop.own("created_at", DATETIME), e.Now(DATETIME)),
            "order.created_at <= now()",
        ),
    ],
)
def test_a_condition_reads_like_the_contract(expression: e.Expression, text: str) -> None:
    assert worded(expression, shop.CONTRACT, ORDER) == text


def test_new_values_are_told_from_old_ones() -> None:
    changed = e.Compare(e.Operator.NE, shop.own("status", TEXT, e.NEW), STATUS)
    assert worded(changed, shop.CONTRACT, ORDER) == "new.status != order.status"


def test_what_lies_behind_a_reference_is_a_path() -> None:
    name = e.Column(e.ROW, ("customer",), "name", TEXT)
    key = e.Column(e.ROW, ("customer",), "id", TEXT)
    assert worded(name, shop.CONTRACT, ORDER) == "order.customer.name"
    assert worded(key, shop.CONTRACT, ORDER) == "order.customer"


def test_related_rows_have_a_name_of_their_own() -> None:
    some = lines(e.Function.EXISTS, MANY)
    assert worded(some, shop.CONTRACT, ORDER) == (
        "exists(order_line in order.lines if order_line.quantity > 3)"
    )
    assert worded(lines(e.Function.COUNT, None), shop.CONTRACT, ORDER) == "count(order.lines)"
    total = e.Compare(e.Operator.GT, lines(e.Function.SUM, None, QUANTITY), e.Constant(5, INTEGER))
    assert worded(total, shop.CONTRACT, ORDER) == (
        "sum(order_line.quantity for order_line in order.lines) > 5"
    )


def test_a_rule_about_the_owner_reads_as_a_path() -> None:
    owner = e.Column(2, (), "customer_id", TEXT)
    mine = e.Aggregate(
        e.Function.EXISTS, e.ROW, ("order",), 2, e.Compare(e.Operator.EQ, owner, ME), None, BOOLEAN
    )
    line = shop.RESOURCES["OrderLine"]
    assert worded(mine, shop.CONTRACT, line) == "order_line.order.customer == actor"


def test_arithmetic_keeps_its_brackets() -> None:
    one, two, three = (e.Constant(number, INTEGER) for number in (1, 2, 3))

    def compute(sign: e.Arithmetic, left: e.Expression, right: e.Expression) -> e.Compute:
        return e.Compute(sign, left, right, INTEGER)

    inner = compute(e.Arithmetic.SUBTRACT, two, three)
    assert worded(compute(e.Arithmetic.SUBTRACT, one, inner), shop.CONTRACT) == "1 - (2 - 3)"
    assert worded(compute(e.Arithmetic.SUBTRACT, inner, one), shop.CONTRACT) == "2 - 3 - 1"
    assert worded(compute(e.Arithmetic.MULTIPLY, inner, one), shop.CONTRACT) == "(2 - 3) * 1"
    shown = e.Masked(one, CLERK, INTEGER)
    assert worded(shown, shop.CONTRACT) == '(1 if actor.has_role("clerk") else None)'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (Decimal("1.50"), "1.50"),
        (1.5, "1.5"),
        ('a"b', '"a\\"b"'),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "2026-01-02T03:04:00+00:00"),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
    ],
)
def test_constants_are_written_as_people_write_them(value: e.Value, text: str) -> None:
    assert worded(e.Constant(value, Type(Scalar.TEXT)), shop.CONTRACT) == text
