"""What a lambda says over plain values is what its expression says over rows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import charter
from charter import (
    Actor,
    Contract,
    Policy,
    Resource,
    all_of,
    allow,
    any_of,
    average,
    contains,
    count,
    exists,
    highest,
    inverse,
    is_null,
    is_set,
    like,
    lowest,
    not_,
    one_of,
    owned,
    total,
)
from charter.contract.expression import (
    ALWAYS,
    NEVER,
    ROW,
    Aggregate,
    Column,
    Compare,
    Constant,
    Expression,
    IsNull,
    Not,
    Operator,
    walk,
)
from charter.contract.faults import ContractFaulty
from charter.contract.types import BOOLEAN
from charter.language.symbols.predicates import predicate
from tests.language.evaluator import evaluate

boxes = Contract("boxes")


@boxes.resource
class Shelf(Resource[int]):
    name: str
    boxes: list["Box"] = inverse()


@boxes.resource
class Box(Resource[int]):
    shelf: Shelf
    name: str
    state: Literal["open", "shut"]
    size: int
    price: Decimal = charter.field(digits=10, places=2)
    made: date
    full: bool
    tags: list[str]
    note: str | None
    parent: "Box | None"
    parts: list["Part"] = owned()


@boxes.resource
class Part(Resource[int]):
    box: Box
    name: str
    size: int


@boxes.policy(Shelf, Box)
def policy(row: Resource[int], actor: Actor) -> Policy:
    yield allow("read")


CONTRACT = boxes.build()
Says = Callable[[Any], Any]


@dataclass(frozen=True)
class PlainShelf:
    id: int
    name: str = field(compare=False)


@dataclass(frozen=True)
class PlainPart:
    id: int
    name: str = field(compare=False)
    size: int = field(compare=False)


@dataclass(frozen=True)
class PlainBox:
    id: int
    shelf: PlainShelf
    name: str
    state: str
    size: int
    price: Decimal
    made: date
    full: bool
    tags: list[str]
    parts: list[PlainPart]
    note: str | None = None
    parent: Any = None


names = st.text(alphabet="abAB*?.", max_size=3)
sizes = st.integers(-3, 3)
prices = st.decimals(-3, 3, places=2)
days = st.dates(date(2020, 1, 1), date(2020, 1, 4))
shelves = st.builds(PlainShelf, st.integers(1, 2), names)
parts = st.builds(PlainPart, st.integers(1, 9), names, sizes)
plain_boxes = st.builds(
    PlainBox,
    id=st.integers(1, 3),
    shelf=shelves,
    name=names,
    state=st.sampled_from(["open", "shut"]),
    size=sizes,
    price=prices,
    made=days,
    full=st.booleans(),
    tags=st.lists(names, max_size=3),
    parts=st.lists(parts, max_size=3),
)
ORDERS: list[Callable[[Any, Any], Any]] = [
    lambda a, b: a == b,
    lambda a, b: a != b,
    lambda a, b: a < b,
    lambda a, b: a <= b,
    lambda a, b: a > b,
    lambda a, b: a >= b,
]
orders = st.sampled_from(ORDERS)
numbers: st.SearchStrategy[Says] = st.recursive(
    st.one_of(
        st.just(lambda row: row.size),
        sizes.map(lambda n: lambda row: row.size * n),
    ),
    lambda inner: st.one_of(
        st.builds(lambda a, b: lambda row: a(row) + b(row), inner, inner),
        st.builds(lambda a, b: lambda row: a(row) - b(row), inner, inner),
        st.builds(lambda a, n: lambda row: n - a(row), inner, sizes),
        inner.map(lambda a: lambda row: -a(row)),
    ),
    max_leaves=4,
)
part_conditions: st.SearchStrategy[Says] = st.one_of(
    st.builds(lambda o, n, s: lambda part: o(n(part), s), orders, numbers, sizes),
    names.map(lambda text: lambda part: part.name == text),
    st.builds(lambda s, t: lambda part: (part.size > s) & (part.name != t), sizes, names),
)
leaves: st.SearchStrategy[Says] = st.one_of(
    st.builds(lambda o, a, b: lambda row: o(a(row), b(row)), orders, numbers, numbers),
    st.builds(lambda o, p: lambda row: o(row.price, p), orders, prices),
    st.builds(lambda o, p: lambda row: o(row.price * row.size, p), orders, prices),
    st.builds(lambda o, d: lambda row: o(d, row.made), orders, days),
    st.builds(lambda o, t: lambda row: o(row.name, t), orders, names),
    st.builds(lambda o, t: lambda row: o(row.shelf.name, t), orders, names),
    st.integers(1, 2).map(lambda key: lambda row: row.shelf.id == key),
    st.just(lambda row: row.full),
    st.sampled_from(["open", "shut"]).map(lambda one: lambda row: row.state == one),
    st.lists(names, min_size=1).map(lambda some: lambda row: one_of(row.name, *some)),
    names.map(lambda text: lambda row: contains(row.tags, text)),
    st.builds(
        lambda text, fold: lambda row: like(row.name, text, ignore_case=fold),
        names,
        st.booleans(),
    ),
    st.just(lambda row: is_null(row.note)),
    st.just(lambda row: is_set(row.name)),
    part_conditions.map(lambda where: lambda row: exists(row.parts, where)),
    st.just(lambda row: exists(row.parts)),
    st.builds(
        lambda o, where, n: lambda row: o(count(row.parts, where), n),
        orders, part_conditions, sizes,
    ),
    st.builds(lambda o, of, n: lambda row: o(total(row.parts, of), n), orders, numbers, sizes),
    st.builds(
        lambda of, where, n: lambda row: total(row.parts, of, where) == n,
        numbers, part_conditions, sizes,
    ),
    st.builds(
        lambda of, where: lambda row: is_null(lowest(row.parts, of, where)),
        numbers, part_conditions,
    ),
    st.builds(
        lambda of, n: lambda row: all_of(exists(row.parts), highest(row.parts, of) == n),
        numbers, sizes,
    ),
    numbers.map(lambda of: lambda row: is_set(average(row.parts, of))),
    st.just(
        lambda row: exists(row.parts, lambda part: total(row.parts, lambda p: p.size) > part.size)
    ),
    st.booleans().map(lambda value: lambda row: value),
)  # fmt: skip
conditions: st.SearchStrategy[Says] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda some: lambda row: all_of(*(s(row) for s in some))),
        st.lists(inner, max_size=3).map(lambda some: lambda row: any_of(*(s(row) for s in some))),
        st.builds(lambda a, b: lambda row: a(row) & b(row), inner, inner),
        st.builds(lambda a, b: lambda row: a(row) | b(row), inner, inner),
        inner.map(lambda a: lambda row: not_(a(row))),
    ),
    max_leaves=6,
)


@given(conditions, plain_boxes)
def test_an_expression_says_what_its_lambda_says(says: Says, row: PlainBox) -> None:
    node = predicate(CONTRACT, "Box", says)
    assert evaluate(node, {ROW: row}) == says(row)


@given(conditions)
def test_every_aggregate_has_a_scope_of_its_own(says: Says) -> None:
    parts = walk(predicate(CONTRACT, "Box", says))
    scopes = {(id(part), part.scope) for part in parts if isinstance(part, Aggregate)}
    assert len({scope for _, scope in scopes}) == len({node for node, _ in scopes})
    assert all(scope >= 2 for _, scope in scopes)


def meant(says: Says) -> Expression:
    return predicate(CONTRACT, "Box", says)


def test_nothing_is_asked_for_with_is_null() -> None:
    note = meant(lambda box: is_null(box.note))
    assert isinstance(note, IsNull)
    assert meant(lambda box: box.note == None) == note  # noqa: E711 - the words take it
    assert meant(lambda box: box.note != None) == Not(note)  # noqa: E711
    assert meant(lambda box: is_null(box.parent)) == IsNull(
        Column(ROW, (), "parent_id", CONTRACT.resource_named["Box"].key.type)
    )


def test_a_reference_is_compared_by_its_own_field_without_a_join() -> None:
    key = CONTRACT.resource_named["Shelf"].key.type
    node = meant(lambda box: box.parent.shelf == box.shelf)
    assert node == Compare(
        Operator.EQ, Column(ROW, ("parent",), "shelf_id", key), Column(ROW, (), "shelf_id", key)
    )


def test_a_truth_value_of_a_row_is_a_condition() -> None:
    full = Compare(Operator.EQ, Column(ROW, (), "full", BOOLEAN), Constant(True, BOOLEAN))
    assert meant(lambda box: box.full) == full
    assert meant(lambda box: box.full & True) == full
    assert meant(lambda box: True) == ALWAYS
    assert meant(lambda box: box.full & False) == NEVER


def test_a_condition_outside_a_contract_is_refused_with_its_line() -> None:
    with pytest.raises(ContractFaulty) as caught:
        predicate(CONTRACT, "Box", lambda box: box.siez == 1)
    (fault,) = caught.value.faults
    assert fault.code.name == "field_unknown"
    assert fault.remedy == "Did you mean 'size'?"
    assert fault.place.file == __file__
