"""Whatever is sent: a call, or a problem. Nothing else is ever raised."""

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from charter.core.problems import Problem
from charter.plan.actor import ANONYMOUS
from charter.wire.http import Request
from tests.wire.request.shop import ID, NOW, PARSER

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
EVIL = st.sampled_from(
    [
        "\0",
        "\ud800",
        "%00",
        "%ff",
        "%ed%a0%80",
        "%",
        "' OR 1=1 --",
        "1); DROP TABLE orders; --",
        "9" * 400,
        "1e999999999",
        "-0",
        "NaN",
        "٣",
        "../..",
        "{a.id}",
        "[]",
        "a[",
        "any=(",
        "\\",
        str(ID),
    ]
)
TEXT = ANY_TEXT | EVIL | st.builds(str.__add__, EVIL, EVIL)
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
PATHS = st.sampled_from(
    [
        "/v1/orders",
        f"/v1/orders/{ID}",
        f"/v1/orders/{ID}/lines",
        f"/v1/orders/{ID}/lines/{ID}",
        f"/v1/orders/{ID}/place",
        "/v1/products",
        f"/v1/products/{ID}",
        "/v1/orders/purge-all",
        "/v1/ping",
        "/v1/batch",
        f"/v1/tags/{ID}",
        "/v1/users/x",
    ]
)
NAMES = st.sampled_from(
    [
        "status", "note", "total[gte]", "total[in]", "customer.name[like]", "name[ilike]", "data",
        "labels[contains]", "placed_at", "fresh", "weight[lt]", "day", "price", "any", "all", "not",
        "sort", "fields", "include", "search", "count", "limit", "cursor", "aggregate", "group",
        "dry_run", "id[in]",
    ]
)  # fmt: skip
VALUES = TEXT | st.sampled_from(
    ["(note=a)", "(any=(a=1))", "lines.product", "-id", "sum(total)", "1"]
)
QUERIES = TEXT | st.lists(st.tuples(NAMES | TEXT, VALUES).map("=".join), max_size=5).map("&".join)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["accept", "content-type", "if-match", "if-none-match", "idempotency-key", "x"]
    ),
    TEXT
    | st.sampled_from(["application/json", "*/*", '"1.a"', "text/csv", "application/hal+json"]),
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            [
                "id", "name", "price", "stock", "labels", "data", "lines", "quantity", "tag_ids",
                "product_id", "sku", "pin", "site", "day", "weight", "operations", "method", "path",
                "body", "version", "note", "before",
            ]
        )
        | TEXT,
        inner,
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip
BODIES = st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode())
OPERATIONS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "id": TEXT | st.just("a"),
            "method": METHODS | JSON,
            "path": PATHS | TEXT | st.just("/v1/orders/{a.id}"),
            "body": JSON,
            "version": st.integers() | JSON,
        },
    ),
    max_size=4,
)


def call_or_problem(request: Request) -> None:
    for act in (lambda: PARSER.parse(request, ANONYMOUS, NOW), lambda: PARSER.options(request)):
        try:
            assert act() is not None
        except Problem as problem:
            found = problem
            assert found.code.family.value in ("invalid", "missing", "conflict")


@settings(max_examples=1000)
@given(METHODS | TEXT, PATHS | TEXT | TEXT.map("/v1/orders/".__add__), QUERIES, HEADERS, BODIES)
@example("GET", "/v1/orders", "cursor=" + "A" * 40, {}, b"")
@example("GET", "/v1/orders", "note[in]=(", {}, b"")
def test_any_request_is_a_call_or_a_problem(
    method: str, path: str, query: str, headers: dict[str, str], body: bytes
) -> None:
    call_or_problem(Request(method, path, query, headers, body))


@settings(max_examples=500)
@given(st.sampled_from(["POST", "PUT", "PATCH"]), PATHS, BODIES)
def test_any_json_is_a_call_or_a_problem(method: str, path: str, body: bytes) -> None:
    headers = {"content-type": "application/json", "if-match": '"1.a"'}
    call_or_problem(Request(method, path, "", headers, body))


@settings(max_examples=500)
@given(OPERATIONS)
def test_any_batch_is_a_call_or_a_problem(operations: list[Any]) -> None:
    body = json.dumps({"operations": operations}).encode()
    call_or_problem(Request("POST", "/v1/batch", "", {"content-type": "application/json"}, body))


@settings(max_examples=500)
@given(st.lists(st.tuples(NAMES, VALUES), max_size=5))
def test_any_query_of_a_list_is_a_call_or_a_problem(pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{name}={value}" for name, value in pairs)
    for path in ("/v1/orders", "/v1/products"):
        call_or_problem(Request("GET", path, query))
