"""The matrix of access, and what is said of a change of it."""

from collections.abc import Callable
from typing import Literal

import pytest

from charter import (
    Actor,
    Contract,
    Policy,
    Resource,
    User,
    all_of,
    allow,
    any_of,
    computed,
    field,
    freeze,
    hide,
    owned,
    total,
)
from charter.contract.contract import Contract as Built
from charter.contract.expression import ALWAYS, NEVER
from charter.contract.wording import worded
from charter.plan.access import tables
from charter.plan.matrix import Entry, matrix_of
from charter.plan.widening import Direction, changes, widens
from examples.shop.contract import shop

Rules = Callable[["Order", Actor, "Order"], Policy]


class Order(Resource):
    """Only for type checkers: each contract below makes its own."""

    customer: User
    status: Literal["draft", "placed", "sent"]
    price: int
    total: int


def contract(rules: Rules, *, weight: int = 1) -> Built:
    """A contract with orders that have these rules, and lines that follow their order."""
    made = Contract("made")

    class Order(Resource):
        customer: User = field(set_by="once")
        status: Literal["draft", "placed", "sent"] = "draft"
        price: int = 0
        lines: list["Line"] = owned()
        total: int = computed(lambda order: total(order.lines, lambda line: line.pieces * weight))

    class Line(Resource):
        order: Order
        pieces: int = 1

    made.resource(Order)
    made.resource(Line)

    @made.policy(Order)
    def policy(order: Order, actor: Actor, new: Order) -> Policy:
        yield from rules(order, actor, new)  # type: ignore[arg-type]

    return made.build()


def mine(order: Order, actor: Actor, _: Order) -> Policy:
    yield allow("read", "update", when=order.customer == actor.user)


def told(old: Rules, new: Rules) -> set[tuple[str, str, Direction]]:
    return {
        (
            f"{change.entry.action} {change.entry.field or change.entry.resource}",
            kind,
            change.direction,
        )
        for change in changes(contract(old), contract(new))
        for kind in change.kinds
    }


def test_the_matrix_has_a_cell_for_every_kind_of_actor() -> None:
    matrix = matrix_of(shop.build())
    assert [kind.name for kind in matrix.kinds] == ["nobody", "signed in", "buyer", "clerk"]
    assert matrix.cells[Entry("Product", "read")] == (ALWAYS,) * 4
    assert matrix.cells[Entry("Product", "create")] == (NEVER, NEVER, ALWAYS, NEVER)
    assert matrix.cells[Entry("Product", "show", "cost")] == (NEVER, NEVER, ALWAYS, NEVER)
    assert matrix.cells[Entry("Product", "change", "price")] == (NEVER, NEVER, ALWAYS, NEVER)
    assert matrix.cells[Entry("Product", "change", "sku")] == (NEVER,) * 4
    assert matrix.cells[Entry("Product", "set", "sku")] == (ALWAYS,) * 4
    assert matrix.cells[Entry("Order", "ship")] == (NEVER, NEVER, NEVER, ALWAYS)


def test_parts_are_as_open_as_their_owner() -> None:
    built = shop.build()
    matrix = matrix_of(built)
    line = built.resource_named["OrderLine"]
    nobody, signed_in, _, clerk = matrix.cells[Entry("OrderLine", "update")]
    said = 'order_line.order.customer == actor and order_line.order.status == "draft"'
    assert nobody == NEVER
    assert worded(signed_in, built, line) == worded(clerk, built, line) == said


def test_a_table_puts_together_what_is_alike() -> None:
    found = {table.resource: table for table in tables(matrix_of(shop.build()))}
    product = found["Product"]
    assert product.headings == ("nobody, signed in", "buyer", "clerk")
    rows = {row.label: [cell.text for cell in row.cells] for row in product.fields}
    assert rows["cost"] == ["hidden", "shown, writable", "hidden, frozen"]
    assert rows["price"] == ["shown", "shown, writable", "shown, frozen"]
    assert "id, created_at, updated_at, version" in rows


def test_nothing_is_said_of_what_stayed_as_it_was() -> None:
    assert told(mine, mine) == set()

    def reworded(order: Order, actor: Actor, _: Order) -> Policy:
        yield allow("read", when=order.customer == actor.user)
        yield allow("update", when=all_of(actor.authenticated, order.customer == actor.user))

    assert told(mine, reworded) == set()


def test_a_new_alternative_widens_and_a_new_demand_narrows() -> None:
    def wider(order: Order, actor: Actor, _: Order) -> Policy:
        published = order.status == "sent"
        yield allow("read", when=any_of(order.customer == actor.user, published))
        yield allow("update", when=all_of(order.customer == actor.user, order.status == "draft"))

    found = told(mine, wider)
    assert ("read Order", "signed in", Direction.WIDENED) in found
    assert ("read Order", "nobody", Direction.WIDENED) in found
    assert ("update Order", "signed in", Direction.NARROWED) in found
    assert ("read Line", "signed in", Direction.WIDENED) in found
    assert ("delete Line", "signed in", Direction.NARROWED) in found
    assert {kind for _, kind, direction in found if direction is Direction.CHANGED} == set()


def test_what_is_neither_wider_nor_narrower_is_for_a_person_to_review() -> None:
    def other(order: Order, actor: Actor, _: Order) -> Policy:
        yield allow("read", "update", when=order.status == "draft")

    assert ("read Order", "signed in", Direction.CHANGED) in told(mine, other)
    assert widens(changes(contract(mine), contract(other)))


def test_fields_that_come_out_of_hiding_are_widened() -> None:
    def hidden(order: Order, actor: Actor, new: Order) -> Policy:
        yield from mine(order, actor, new)
        yield hide("price", unless=order.status == "sent")
        yield freeze("status", unless=order.status == "draft")

    closed, opened = told(mine, hidden), told(hidden, mine)
    assert ("show price", "signed in", Direction.NARROWED) in closed
    assert ("change status", "signed in", Direction.NARROWED) in closed
    assert ("show price", "signed in", Direction.WIDENED) in opened
    assert not widens(changes(contract(mine), contract(hidden)))


def test_what_two_roles_give_only_together_is_told() -> None:
    def both(order: Order, actor: Actor, new: Order) -> Policy:
        yield from mine(order, actor, new)
        yield allow("delete", when=all_of(actor.has_role("a"), actor.has_role("b")))

    assert told(mine, both) == {
        ("delete Order", "a + b", Direction.WIDENED),
    }


def test_a_rule_on_a_value_that_is_worked_out_anew_is_to_be_reviewed() -> None:
    def large(order: Order, actor: Actor, _: Order) -> Policy:
        yield allow("read", when=order.total > 100)

    directions = {
        change.direction for change in changes(contract(large), contract(large, weight=2))
    }
    assert directions == {Direction.CHANGED}


@pytest.mark.parametrize(("old", "new", "wider"), [(False, True, True), (True, False, False)])
def test_a_resource_that_is_new_widens_as_far_as_anybody_may_do_something(
    old: bool, new: bool, wider: bool
) -> None:
    def made(*, extended: bool) -> Built:
        todo = Contract("todo")

        @todo.resource
        class Task(Resource):
            title: str

        @todo.policy(Task)
        def task_policy(task: Task, actor: Actor) -> Policy:
            yield allow("read")

        if extended:

            @todo.resource
            class Note(Resource):
                text: str

            @todo.policy(Note)
            def note_policy(note: Note, actor: Actor) -> Policy:
                yield allow("read")

        return todo.build()

    found = changes(made(extended=old), made(extended=new))
    assert widens(found) is wider
    assert {change.entry for change in found} == {Entry("Note", "read")}
