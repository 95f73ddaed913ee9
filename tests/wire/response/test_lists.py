"""What a client gets for a list: rows, the way to the next page, counts."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.contract.types import UUID
from charter.plan.ask import ReadMany, Sort, Summarize
from charter.plan.cursors import open_cursor
from charter.plan.outcome import PageOutcome, SummaryOutcome
from tests.wire.response.calls import (
    KEY,
    ORDER,
    answer,
    fields,
    many,
    reading,
    shown,
)

ROWS = ['{"id":"1"}', '{"id":"2"}']


def test_the_last_page_has_no_next() -> None:
    got = answer(many("status=draft"), PageOutcome(",".join(ROWS), None))
    assert got.status == 200
    assert shown(got) == {"items": [{"id": "1"}, {"id": "2"}], "next": None}
    assert fields(got)["link"] == '</v1/orders?status=draft>; rel="first"'
    assert "etag" not in fields(got)


def test_an_empty_list_is_a_list() -> None:
    assert shown(answer(many(), PageOutcome("", None))) == {"items": [], "next": None}


def test_next_keeps_what_was_asked_for_and_opens_behind_the_last_row() -> None:
    query = "status=draft&cursor=old&customer.name[like]=A%2A&limit=2"
    call = many(query, fingerprint=b"this list")
    got = answer(call, PageOutcome(",".join(ROWS), (ORDER,)))
    following = shown(got)["next"]
    path, asked = urlsplit(following).path, parse_qs(urlsplit(following).query)
    cursor = asked.pop("cursor")[0]
    assert path == "/v1/orders"
    assert asked == {"status": ["draft"], "customer.name[like]": ["A*"], "limit": ["2"]}
    (key,) = open_cursor(cursor, [UUID], b"this list", KEY)
    assert str(key) == ORDER
    first, second = fields(got)["link"].split(", ")
    assert second == f'<{following}>; rel="next"'
    assert first == ('</v1/orders?status=draft&customer.name[like]=A%2A&limit=2>; rel="first"')


def test_null_sort_values_stand_in_cursors() -> None:
    form = ReadMany("Order", sort=(Sort("placed_at"), Sort("id")))
    got = answer(many(form=form), PageOutcome(",".join(ROWS), (None, ORDER)))
    assert shown(got)["next"].startswith("/v1/orders?cursor=")


@given(st.text(alphabet=st.characters(exclude_characters="\r\n#", exclude_categories=["Cs"])))
def test_no_query_breaks_out_of_the_link_header(query: str) -> None:
    got = answer(many(query), PageOutcome(",".join(ROWS), (ORDER,)))
    link = fields(got)["link"]
    assert link.isascii()
    assert re.fullmatch(r'<[^<>" ]*>; rel="first", <[^<>" ]*>; rel="next"', link)


@pytest.mark.parametrize("name", ["cursor", "%63ursor", "c%75rsor"])
def test_a_cursor_is_replaced_however_it_is_spelt(name: str) -> None:
    got = answer(many(f"{name}=old&limit=2"), PageOutcome(",".join(ROWS), (ORDER,)))
    assert "old" not in shown(got)["next"]


def test_counts_are_given_where_they_were_asked_for() -> None:
    exact = answer(
        many(form=ReadMany("Order", count="exact")), PageOutcome(",".join(ROWS), None, 2)
    )
    assert shown(exact)["count"] == 2
    assert "count_exact" not in shown(exact)
    form = ReadMany("Order", count="estimated")
    rough = answer(many(form=form), PageOutcome(",".join(ROWS), None, 10_000, False))
    assert (shown(rough)["count"], shown(rough)["count_exact"]) == (10_000, False)


def test_a_summary_has_one_item_for_each_group() -> None:
    form = Summarize("Order", ("status",), ())
    got = answer(reading(form), SummaryOutcome(['{"status":"draft","count":3}']))
    assert shown(got) == {"items": [{"status": "draft", "count": 3}]}


def test_long_lists_are_compressed_for_those_who_take_it() -> None:
    rows = [json.dumps({"id": str(number)}) for number in range(500)]
    plain = answer(many(), PageOutcome(",".join(rows), None))
    small = answer(
        many(headers={"accept-encoding": "zstd, gzip"}), PageOutcome(",".join(rows), None)
    )
    assert "content-encoding" not in fields(plain)
    assert fields(small)["content-encoding"] == "zstd"
    assert int(fields(small)["content-length"]) < int(fields(plain)["content-length"])


def test_head_of_a_list_has_the_length_of_the_list() -> None:
    head = answer(many(method="HEAD"), PageOutcome(",".join(ROWS), None))
    assert head.body == b""
    assert head.headers == answer(many(), PageOutcome(",".join(ROWS), None)).headers
