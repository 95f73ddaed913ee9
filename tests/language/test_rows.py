"""Rows at run time: what a command sees, and what the unit of work can tell of it."""

from decimal import Decimal
from uuid import uuid4

import pytest

from charter import Error, Event, NotLoaded, Resource, User, computed, field, owned, total
from charter.language.conditions import now
from charter.language.rows import (
    Status,
    changes,
    fill,
    list_changes,
    loaded_row,
    state_of,
    stub_row,
    written,
)


class Order(Resource):
    customer: User
    note: str = ""
    tags: list[str] = []  # noqa: RUF012 - a default of the contract, copied for each row
    placed: str | None = field(default=None, set_by="commands")
    lines: list["Line"] = owned()
    amount: Decimal = computed(lambda order: total(order.lines, lambda line: line.amount))


class Line(Resource[int]):
    order: Order
    quantity: int


class OutOfStock(Error):
    """There are not enough pieces."""

    order: Order
    left: int = 0


class OrderPlaced(Event):
    order: Order


def customer() -> User:
    return stub_row(User, "ada")


def order() -> Order:
    return loaded_row(
        Order,
        {"id": uuid4(), "customer": customer(), "note": "n", "tags": ["a"], "lines": [],
         "placed": None},
    )  # fmt: skip


def test_a_new_row_has_its_defaults_and_a_key() -> None:
    first, second = Order(customer=customer()), Order(customer=customer(), note="x")
    assert (first.note, first.tags, first.placed, first.lines) == ("", [], None, [])
    assert first.tags is not second.tags
    assert first.id.version == 7
    assert first.id != second.id
    assert state_of(first).status is Status.NEW
    assert changes(second) == {
        "id": second.id, "customer": customer(), "note": "x", "tags": [], "placed": None,
    }  # fmt: skip


def test_a_new_row_needs_its_values_and_takes_no_others() -> None:
    with pytest.raises(TypeError, match=r"Order\(\) needs customer="):
        Order()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"Order\(\) does not take colour="):
        Order(customer=customer(), colour="red")  # type: ignore[call-arg]
    with pytest.raises(NotLoaded, match="not yet"):
        assert Line(order=order(), quantity=1).id


def test_only_what_differs_is_a_change() -> None:
    row = order()
    row.note = "n"
    assert changes(row) == {}
    row.note = "m"
    row.tags.append("b")
    assert changes(row) == {"note": "m", "tags": ["a", "b"]}
    written(row, {"version": 2})
    assert changes(row) == {}
    assert row.version == 2


def test_lists_of_rows_tell_what_came_and_went() -> None:
    row = order()
    kept = loaded_row(Line, {"id": 1, "order": row, "quantity": 1})
    gone = loaded_row(Line, {"id": 2, "order": row, "quantity": 1})
    fill(row, {"lines": [kept, gone]})
    new = Line(order=row, quantity=2)
    row.lines.remove(gone)
    row.lines.append(new)
    gained, lost = list_changes(row, "lines")
    assert gained[0] is new
    assert lost[0] is gone
    assert len(gained) == len(lost) == 1
    assert changes(row) == {}


def test_a_stub_knows_its_key_and_says_how_to_load_the_rest() -> None:
    user = customer()
    assert user.id == "ada"
    with pytest.raises(NotLoaded, match=r"await unit\.get"):
        assert user.name
    fill(user, {"name": "Ada", "email": None})
    assert user.name == "Ada"
    assert state_of(user).status is Status.LOADED


def test_loading_keeps_what_was_changed_before() -> None:
    user = customer()
    user.name = "Countess"
    fill(user, {"name": "Ada", "email": None})
    assert user.name == "Countess"
    assert changes(user) == {"name": "Countess"}


def test_what_the_service_sets_cannot_be_set() -> None:
    row = order()
    with pytest.raises(AttributeError, match="set by the service"):
        row.version = 7
    with pytest.raises(AttributeError, match="computed by the database"):
        row.amount = Decimal(1)
    with pytest.raises(AttributeError, match="did you mean 'note'"):
        row.nota = "x"  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="did you mean 'note'"):
        assert row.nota  # type: ignore[attr-defined]


def test_rows_are_equal_by_kind_and_key() -> None:
    key = uuid4()
    assert stub_row(Order, key) == stub_row(Order, key)
    assert stub_row(Order, key) != stub_row(Order, uuid4())
    assert len({stub_row(Order, key), stub_row(Order, key)}) == 1
    assert stub_row(Line, 1) != stub_row(User, "1")
    one, two = Line(order=order(), quantity=1), Line(order=order(), quantity=1)
    assert one == one  # noqa: PLR0124
    assert one != two
    with pytest.raises(TypeError, match="no id"):
        hash(one)


def test_an_error_carries_its_values_and_its_words() -> None:
    with pytest.raises(OutOfStock, match="not enough pieces") as caught:
        raise OutOfStock(order=order(), left=3)
    assert caught.value.left == 3
    assert OutOfStock(order=order()).left == 0
    with pytest.raises(TypeError, match="needs order="):
        OutOfStock()  # type: ignore[call-arg]


def test_an_event_cannot_be_changed() -> None:
    event = OrderPlaced(order=order())
    with pytest.raises(AttributeError, match="has happened"):
        event.order = order()  # type: ignore[misc]


def test_now_belongs_to_conditions() -> None:
    with pytest.raises(RuntimeError, match=r"unit\.now"):
        now()
