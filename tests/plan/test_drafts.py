"""What a body may say of a row, and every way in which it may not."""

from decimal import Decimal
from typing import Any

import pytest

from charter.core.names import plural
from charter.core.problems import Problem
from charter.plan.ask import Create, Draft
from charter.plan.drafts import Drafts, Mode, Reading
from charter.plan.notes import MOST_FLAWS, Notes
from charter.plan.outcome import RowOutcome, ValueOutcome
from charter.plan.spelling import singular
from charter.plan.steps import Later, LateStep
from tests.wire.request.shop import ID, OTHER, SHOP

DRAFTS = Drafts(SHOP)
PRODUCT: dict[str, Any] = {"name": "Chair", "price": "9.90", "sku": "CHR-1"}


def read(resource: str, body: Any, mode: Mode = Mode.CREATE) -> Draft:
    notes = Notes()
    draft = DRAFTS.read(resource, body, mode, Reading(notes))
    notes.settle()
    return draft


def flaws(resource: str, body: Any, mode: Mode = Mode.CREATE) -> set[tuple[str, str]]:
    with pytest.raises(Problem) as problem:
        read(resource, body, mode)
    assert problem.value.code.name == "invalid_values"
    return {(flaw.pointer or "", flaw.code) for flaw in problem.value.detail.flaws}


def test_values_are_typed_and_what_is_left_out_stays_out() -> None:
    draft = read("Product", {**PRODUCT, "pin": "1", "site": None})
    assert draft.values == {
        "name": "Chair",
        "price": Decimal("9.90"),
        "sku": "CHR-1",
        "pin": "1",
        "site": None,
    }


def test_all_flaws_come_at_once() -> None:
    body = {
        "price": -1,
        "stock": "3",
        "naem": "x",
        "id": str(ID),
        "labels": ["a", 1],
        "fresh": None,
    }
    assert flaws("Product", body) == {
        ("/name", "required"),
        ("/sku", "required"),
        ("/price", "out_of_range"),
        ("/stock", "wrong_type"),
        ("/naem", "unknown_field"),
        ("/id", "read_only"),
        ("/labels/1", "wrong_type"),
        ("/fresh", "wrong_type"),
    }


@pytest.mark.parametrize("name", ["id", "created_at", "updated_at", "version"])
@pytest.mark.parametrize("mode", Mode)
def test_what_the_server_sets_a_client_may_not(name: str, mode: Mode) -> None:
    assert (f"/{name}", "read_only") in flaws("Product", {**PRODUCT, name: 1}, mode)


def test_hidden_fields_are_not_known() -> None:
    assert flaws("Product", {**PRODUCT, "secret": "x"}) == {("/secret", "unknown_field")}


def test_fields_of_commands_and_computed_ones_are_read_only() -> None:
    body = {"status": "placed", "total": 1, "customer": {}}
    found = {("/status", "read_only"), ("/total", "read_only"), ("/customer", "read_only")}
    assert flaws("Order", body) == found


def test_what_is_set_once_cannot_be_changed() -> None:
    assert flaws("Product", PRODUCT, Mode.REPLACE) == {("/sku", "set_once")}
    assert flaws("Product", {"sku": "ABC-1"}, Mode.PATCH) == {("/sku", "set_once")}


def test_a_whole_value_needs_all_that_is_required_and_a_patch_nothing() -> None:
    assert flaws("Product", {}, Mode.REPLACE) == {("/name", "required"), ("/price", "required")}
    assert read("Product", {}, Mode.PATCH) == Draft({}, {}, {})


def test_null_clears_what_is_optional() -> None:
    assert read("Product", {"weight": None}, Mode.PATCH).values == {"weight": None}
    assert flaws("Product", {"name": None}, Mode.PATCH) == {("/name", "wrong_type")}


def test_parts_are_new_or_named_by_their_key() -> None:
    body = {"lines": [{"id": str(OTHER), "quantity": 3}, {"product_id": str(ID), "quantity": 1}]}
    first, second = read("Order", body, Mode.PATCH).parts["lines"]
    assert (first.key, first.draft.values) == (OTHER, {"quantity": 3})
    assert (second.key, second.draft.values) == (None, {"product_id": ID, "quantity": 1})


def test_flaws_of_parts_point_into_them() -> None:
    part = {"product_id": str(ID), "quantity": 0, "order_id": str(ID)}
    assert flaws("Order", {"lines": [part, 3, {"id": str(ID)}]}) == {
        ("/lines/0/quantity", "out_of_range"),
        ("/lines/0/order_id", "read_only"),
        ("/lines/1", "wrong_type"),
        ("/lines/2/id", "read_only"),
        ("/lines/2/product_id", "required"),
        ("/lines/2/quantity", "required"),
    }


def test_a_part_cannot_be_named_twice() -> None:
    body = {"lines": [{"id": str(ID)}, {"id": str(ID)}]}
    assert flaws("Order", body, Mode.PATCH) == {("/lines/1/id", "wrong_type")}


def test_links_are_lists_of_keys() -> None:
    body = {**PRODUCT, "tag_ids": [str(ID), str(OTHER), str(ID)]}
    assert read("Product", body).links == {"tags": (ID, OTHER)}
    wrong = {**PRODUCT, "tag_ids": [1], "tags": []}
    assert flaws("Product", wrong) == {("/tag_ids/0", "wrong_type"), ("/tags", "read_only")}


@pytest.mark.parametrize("body", [None, 1, "x", []])
def test_a_row_is_an_object(body: Any) -> None:
    assert flaws("Product", body) == {("", "wrong_type")}


def test_flaws_end_at_a_bound() -> None:
    with pytest.raises(Problem) as problem:
        read("Product", {f"x{number}": 1 for number in range(100_000)})
    assert len(problem.value.detail.flaws) == MOST_FLAWS


@pytest.mark.parametrize("name", ["tag", "category", "box", "person", "order_line", "bus", "child"])
def test_the_singular_of_a_plural_is_the_name(name: str) -> None:
    assert singular(plural(name)) == name


def test_a_later_key_is_filled_in_from_its_outcome() -> None:
    later = Later(0, "Order")
    step = LateStep(Create("Order", Draft({"parent_id": later, "note": "x"}, {}, {})))
    made = step([RowOutcome("Order", ID, "{}", 1)])
    assert made == Create("Order", Draft({"parent_id": ID, "note": "x"}, {}, {}))
    with pytest.raises(Problem) as problem:
        step([ValueOutcome(None)])
    assert problem.value.detail.flaws[0].code == "no_such_reference"
