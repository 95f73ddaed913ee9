"""What a client gets as HAL: links that can be followed, and commands that can be called."""

import json
from typing import Any

from charter.plan.ask import Nest, ReadMany, ReadOne, Selection
from charter.plan.outcome import PageOutcome, RowOutcome, ValueOutcome
from charter.wire.rest.call import Call, Style
from tests.wire.response.calls import (
    HAL,
    ORDER,
    answer,
    fields,
    many,
    reading,
    row,
    shown,
    writing,
)

PATH = f"/v1/orders/{ORDER}"
CAN = Selection(can="_can")


def order(selection: Selection = CAN, **members: Any) -> tuple[Call, RowOutcome]:
    body = {"id": ORDER, "customer_id": "ada", "_can": ["update", "place"], **members}
    call = reading(ReadOne("Order", selection), PATH, style=HAL)
    return call, row(json.dumps(body))


def test_a_row_links_to_itself_its_relations_and_its_commands() -> None:
    got = answer(*order())
    document = shown(got)
    assert fields(got)["content-type"] == "application/hal+json"
    assert document["_links"] == {
        "self": {"href": PATH},
        "customer": {"href": "/v1/customers/ada"},
        "lines": {"href": f"{PATH}/lines"},
        "place": {"href": f"{PATH}/place"},
    }
    assert document["id"] == ORDER
    assert "_can" not in document
    assert "_embedded" not in document


def test_commands_that_cannot_be_called_now_have_no_link() -> None:
    links = shown(answer(*order(_can=["update", "delete"])))["_links"]
    assert links.keys() == {"self", "customer", "lines"}


def test_values_are_those_of_the_database_to_the_digit() -> None:
    body = '{"id": "1", "total": "12.50", "pieces": 9007199254740993, "x": 1.10}'
    call = reading(ReadOne("Order", CAN), PATH, style=HAL)
    got = answer(call, row(body))
    assert isinstance(got.body, bytes)
    assert b'"pieces":9007199254740993,"x":1.10' in got.body


def test_included_rows_are_embedded_with_links_of_their_own() -> None:
    line = {"id": "7", "order_id": ORDER, "product_id": "p1", "product": {"id": "p1", "name": "x"}}
    product = Nest("product", "product", Selection())
    lines = Nest("lines", "lines", Selection(nests=(product,)))
    selection = Selection(nests=(Nest("customer", "customer", Selection()), lines), can="_can")
    document = shown(answer(*order(selection, lines=[line], customer=None)))
    assert "lines" not in document
    assert document["_embedded"].keys() == {"lines"}
    (shown_line,) = document["_embedded"]["lines"]
    assert shown_line["_links"]["self"] == {"href": f"{PATH}/lines/7"}
    assert shown_line["_links"]["order"] == {"href": PATH}
    assert shown_line["_embedded"]["product"]["_links"]["self"] == {"href": "/v1/products/p1"}


def test_what_tells_that_a_list_is_cut_stays_with_the_row() -> None:
    selection = Selection(nests=(Nest("lines", "lines", Selection()),), can="_can")
    document = shown(answer(*order(selection, lines=[{"id": "7"}], lines_cut=True)))
    assert document["lines_cut"] is True
    assert document["_embedded"] == {"lines": [{"_links": {}, "id": "7"}]}


def test_a_link_needs_what_the_row_shows() -> None:
    call = reading(ReadMany("Order", CAN), "/v1/orders", style=HAL)
    got = answer(call, PageOutcome('{"status":"draft","_can":["place"]}', None))
    (item,) = shown(got)["_embedded"]["items"]
    assert item == {"_links": {}, "status": "draft"}


def test_a_list_embeds_its_rows_and_links_to_the_next_page() -> None:
    call = many("limit=1", ReadMany("Order", CAN, count="exact"), style=HAL)
    got = answer(call, PageOutcome('{"id":"1","_can":[]}', (ORDER,), 7))
    document = shown(got)
    assert document["count"] == 7
    assert document["_links"]["self"] == {"href": "/v1/orders?limit=1"}
    assert document["_links"]["first"] == {"href": "/v1/orders?limit=1"}
    assert document["_links"]["next"]["href"].startswith("/v1/orders?limit=1&cursor=")
    assert [item["id"] for item in document["_embedded"]["items"]] == ["1"]


def test_the_last_page_has_no_next_link() -> None:
    call = many("", ReadMany("Order", CAN), style=HAL)
    assert "next" not in shown(answer(call, PageOutcome("", None)))["_links"]


def test_rows_that_a_command_gives_back_are_embedded() -> None:
    call = writing("/v1/orders/sweep", style=Style.HAL)
    document = shown(answer(call, ValueOutcome(f'[{{"id":"{ORDER}"}}]')))
    assert document["_links"] == {"self": {"href": "/v1/orders/sweep"}}
    assert document["_embedded"]["items"][0]["_links"]["self"] == {"href": PATH}
