"""What is said to be implied is implied: held against the plain meaning of conditions."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charter.contract import expression as e
from charter.contract.types import BOOLEAN, INTEGER, TEXT, Scalar, Type
from charter.plan.actor import Actor
from charter.plan.implication import implies
from tests.sql import generated, shop
from tests.support.evaluate import Place, holds

STORE = shop.store()
ACTORS = (Actor(), Actor("ada", frozenset({"buyer"}), {"name": "saw", "age": 7}))

KIND = Type(Scalar.CHOICE, choices=("draft", "placed", "shipped"))
STATUS = e.Column(e.ROW, (), "status", KIND)
STOCK = e.Column(e.ROW, (), "stock", INTEGER)
OWNER = e.Column(e.ROW, (), "owner_id", TEXT)
MINE = e.Compare(e.Operator.EQ, OWNER, e.ActorId(TEXT))


def is_(status: str) -> e.Expression:
    return e.Compare(e.Operator.EQ, STATUS, e.Constant(status, TEXT))


def stock(operator: e.Operator, number: int) -> e.Expression:
    return e.Compare(operator, STOCK, e.Constant(number, INTEGER))


def some_line(where: e.Expression, scope: int = 2) -> e.Expression:
    return e.Aggregate(e.Function.EXISTS, e.ROW, ("lines",), scope, where, None, BOOLEAN)


def quantity(number: int, scope: int) -> e.Expression:
    column = e.Column(scope, (), "quantity", INTEGER)
    return e.Compare(e.Operator.GT, column, e.Constant(number, INTEGER))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (e.AllOf((MINE, is_("draft"))), MINE),
        (MINE, e.AnyOf((MINE, is_("draft")))),
        (is_("draft"), e.OneOf(STATUS, (e.Constant("placed", TEXT), e.Constant("draft", TEXT)))),
        (is_("draft"), e.Not(is_("placed"))),
        (is_("draft"), e.Not(e.IsNull(STATUS))),
        (stock(e.Operator.GT, 5), stock(e.Operator.GE, 5)),
        (stock(e.Operator.GT, 7), stock(e.Operator.NE, 5)),
        (MINE, e.Authenticated()),
        (some_line(quantity(5, 2)), some_line(quantity(3, 7), 7)),
        (e.Not(some_line(quantity(3, 2))), e.Not(some_line(quantity(5, 2)))),
        (e.NEVER, MINE),
        (MINE, e.ALWAYS),
    ],
)
def test_what_follows_is_proved_and_not_the_other_way_round(
    one: e.Expression, other: e.Expression
) -> None:
    assert implies(one, other)
    assert not implies(other, one)


def test_a_choice_is_one_of_its_values() -> None:
    neither = e.AllOf((e.Not(is_("draft")), e.Not(is_("placed")), e.Not(e.IsNull(STATUS))))
    assert implies(neither, is_("shipped"))
    assert implies(is_("shipped"), neither)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (MINE, is_("draft")),
        (e.Not(is_("draft")), e.OneOf(STATUS, (e.Constant("placed", TEXT),))),
        (stock(e.Operator.GE, 5), stock(e.Operator.GT, 5)),
        (e.Compare(e.Operator.NE, OWNER, e.ActorId(TEXT)), e.Authenticated()),
        (e.Not(e.Compare(e.Operator.LT, STOCK, e.Constant(5, INTEGER))), stock(e.Operator.GE, 5)),
    ],
)
def test_what_does_not_follow_is_not_proved(one: e.Expression, other: e.Expression) -> None:
    assert not implies(one, other)


def test_what_is_too_large_to_try_counts_as_not_implied() -> None:
    columns = [e.Column(e.ROW, (), f"field{number}", TEXT) for number in range(12)]
    one = e.AllOf(tuple(e.Compare(e.Operator.EQ, part, OWNER) for part in columns))
    other = e.Compare(e.Operator.EQ, columns[0], columns[1])
    assert not implies(one, other)


@given(data=st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_is_implied_that_a_row_denies(data: st.DataObject) -> None:
    resource = data.draw(st.sampled_from(["Product", "Order", "OrderLine"]))
    draft = generated.Draft(data.draw)
    parts = [draft.condition(resource, e.ROW, 1) for _ in range(3)]
    left = data.draw(
        st.sampled_from([parts[0], e.every(*parts[:2]), e.Not(parts[1]), e.some(*parts[1:])])
    )
    right = data.draw(
        st.sampled_from([parts[1], e.some(*parts), e.Not(e.every(*parts)), e.negated(parts[2])])
    )
    if not implies(left, right):
        return
    for actor in ACTORS:
        for row in STORE.rows[resource]:
            scopes = {e.ROW: (shop.RESOURCES[resource], row)}
            place = Place(STORE, scopes, draft.values, actor, shop.NOON)
            assert not holds(left, place) or holds(right, place)
