"""What a GET asks for."""

from decimal import Decimal
from typing import Any

import pytest

from charter.contract.expression import Function
from charter.core.problems import Problem
from charter.plan.ask import (
    After,
    Comparator,
    Every,
    Measure,
    Negation,
    Nest,
    Parent,
    Pick,
    Read,
    ReadMany,
    ReadOne,
    Selection,
    Some,
    Sort,
    Summarize,
)
from charter.plan.ask import (
    Test as Probe,
)
from charter.plan.cursors import seal
from charter.wire.rest.call import Style
from tests.wire.request.shop import ID, KEY, ORDER, OTHER, ask, parser


def form(target: str, **headers: str) -> Read:
    found = ask("GET", target, headers=headers).ask.form
    assert isinstance(found, ReadOne | ReadMany | Summarize)
    return found


def page(target: str) -> ReadMany:
    found = form(target)
    assert isinstance(found, ReadMany)
    return found


def refused(target: str, method: str = "GET", **headers: str) -> Problem:
    with pytest.raises(Problem) as problem:
        ask(method, target, headers=headers)
    return problem.value


def flaws(target: str) -> dict[str | None, str]:
    return {flaw.parameter: flaw.code for flaw in refused(target).detail.flaws}


def values(target: str) -> tuple[Any, ...]:
    return ask("GET", target).ask.values


def test_a_row_is_read_by_its_key() -> None:
    call = ask("GET", f"/v1/orders/{str(ID).upper()}")
    assert call.ask.form == ReadOne("Order")
    assert call.ask.values == (ID,)
    assert call.route == "/v1/orders/{id}"
    assert call.resource is ORDER


def test_a_part_is_read_below_its_owner() -> None:
    call = ask("HEAD", f"/v1/orders/{ID}/lines/{OTHER}")
    assert call.ask.form == ReadOne("OrderLine", parent=Parent("Order", "lines", 1))
    assert call.ask.values == (OTHER, ID)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v1/",
        "/v2/orders",
        "/v1/orders/",
        "/v1/Orders",
        "/v1/ordrs",
        "/v1/orders/1",
        f"/v1/orders/{ID}/",
        f"/v1/orders/{ID}/customer",
        f"/v1/orders/{ID}/lines/",
        f"/v1/orders/{ID}/lines/1",
        f"/v1/orders/{ID}/lines/{ID}/product",
        f"/v1//orders/{ID}",
        "/v1/order-lines",
        f"/v1/order-lines/{ID}",
        "/v1/orders%2F1",
        "",
    ],
)
def test_what_is_not_there_is_not_found(path: str) -> None:
    assert refused(path).code.name == "not_found"


def test_a_path_can_be_escaped() -> None:
    assert ask("GET", "/v1/users/a%2Fb%20c%C3%A9").ask.values == ("a/b cé",)
    assert refused("/v1/users/%ff").code.name == "malformed"
    assert refused("/v1/users/a%00b").code.name == "not_found"


def test_another_method_is_told_those_that_there_are() -> None:
    problem = refused(f"/v1/orders/{ID}", "POST")
    assert problem.code.name == "method_not_allowed"
    allow = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
    assert problem.detail.members["allow"] == allow
    assert refused("/v1/users", "POST").code.name == "method_not_allowed"


def test_a_list_is_a_page_in_the_order_of_the_key() -> None:
    assert page("/v1/orders") == ReadMany("Order", sort=(Sort("id"),), limit=50)


def test_the_rows_of_a_relation_are_a_list() -> None:
    target = f"/v1/products/{ID}/order-lines?quantity=2"
    assert page(target).parent == Parent("Product", "order_lines", 0)
    assert page(target).where == Probe((), "quantity", Comparator.EQ, 1)
    assert values(target) == (ID, 2)


def test_filters_compare_with_values_of_their_type() -> None:
    target = "/v1/orders?status=placed&total[gte]=100&customer.name[like]=A*&placed_at[null]=true"
    assert page(target).where == Every(
        (
            Probe((), "status", Comparator.EQ, 0),
            Probe((), "total", Comparator.GE, 1),
            Probe(("customer",), "name", Comparator.LIKE, 2),
            Probe((), "placed_at", Comparator.NULL, 3),
        )
    )
    assert values(target) == ("placed", Decimal(100), "A*", True)


def test_groups_nest_and_keep_their_values_in_reading_order() -> None:
    target = (
        '/v1/products?any=(name=a,all=(stock[gt]=1,not=(stock[in]=(7,8)),name="x,(y)"))&search=B'
    )
    assert page(target).where == Some(
        (
            Probe((), "name", Comparator.EQ, 0),
            Every(
                (
                    Probe((), "stock", Comparator.GT, 1),
                    Negation(Probe((), "stock", Comparator.IN, 2)),
                    Probe((), "name", Comparator.EQ, 3),
                )
            ),
        )
    )
    assert page(target).search == 4
    assert values(target) == ("a", 1, (7, 8), "x,(y)", ("b",))


@pytest.mark.parametrize(
    ("text", "items"),
    [("a,b", ("a", "b")), ('"a,b",c', ("a,b", "c")), ("(a,b)", ("a", "b")), ("", ("",))],
)
def test_lists_are_separated_by_commas(text: str, items: tuple[str, ...]) -> None:
    assert values(f"/v1/tags?name[in]={text}") == (items,)


def test_queries_that_differ_in_values_only_have_one_form() -> None:
    first = page("/v1/products?any=(name=a,stock[in]=(1,2))&price[gt]=3")
    assert first is page("/v1/products?any=(name=b,stock[in]=(3))&price[gt]=4")
    assert first == page("/v1/products?any=(name=%62,stock%5Bin%5D=(3))&price%5Bgt%5D=4")
    assert hash(first) == hash(page("/v1/products?any=(name=c,stock[in]=(4))&price[gt]=5"))


def test_a_field_named_as_a_parameter_is_tested_by_eq() -> None:
    target = "/v1/products?count[eq]=4&count=exact"
    assert page(target).where == Probe((), "count", Comparator.EQ, 0)
    assert page(target).count == "exact"


def test_a_plus_in_a_time_need_not_be_escaped() -> None:
    escaped = values("/v1/orders?placed_at[gt]=2026-01-01T00:00:00%2B01:00")
    assert values("/v1/orders?placed_at[gt]=2026-01-01T00:00:00+01:00") == escaped


def test_patterns_without_regard_to_case_are_folded_but_keep_their_wildcards() -> None:
    assert values(r"/v1/products?name[ilike]=*\*GRÜSSE＊?") == (r"*\*grüsse\*?",)
    assert flaws("/v1/products?name[like]=a\\") == {"name[like]": "wrong_format"}


def test_a_search_is_folded_and_split_into_words() -> None:
    assert values("/v1/products?search=Straße++TISCH") == (("strasse", "tisch"),)
    assert flaws("/v1/products?search=+") == {"search": "wrong_length"}
    assert flaws("/v1/orders?search=x") == {"search": "invalid_parameter"}


def test_a_sort_ends_with_the_key() -> None:
    sort = page("/v1/orders?sort=-placed_at,total").sort
    assert sort == (Sort("placed_at", True), Sort("total"), Sort("id"))
    assert page("/v1/orders?sort=-id,total").sort == (Sort("id", True),)


def test_fields_and_includes_select() -> None:
    target = f"/v1/orders/{ID}?fields=id,lines.quantity,lines.product.name&include=customer,lines"
    found = form(target)
    assert isinstance(found, ReadOne)
    assert found.selection == Selection(
        (Pick("id", "id"),),
        (
            Nest("customer", "customer", Selection()),
            Nest(
                "lines",
                "lines",
                Selection(
                    (Pick("quantity", "quantity"),),
                    (Nest("product", "product", Selection((Pick("name", "name"),))),),
                ),
                sort=(Sort("id"),),
                limit=1000,
            ),
        ),
    )


def test_fields_alone_show_nothing_else() -> None:
    found = form(f"/v1/orders/{ID}?fields=lines.product.name")
    assert isinstance(found, ReadOne)
    product = Nest("product", "product", Selection((Pick("name", "name"),)))
    lines = Nest("lines", "lines", Selection((), (product,)), sort=(Sort("id"),), limit=1000)
    assert found.selection == Selection((), (lines,))


def test_all_that_is_wrong_with_a_query_is_told_at_once() -> None:
    target = (
        "/v1/orders?stauts=placed&limt=5&total[gte]=x&note[gte]=3&total[like]=3&total[gtee]=1"
        "&customer.nmae=x&sort=foo&fields=bar&include=linse&count=yes&limit=0&placed_at=now"
    )
    problem = refused(target)
    assert problem.code.name == "unknown_parameter"
    assert flaws(target) == {
        "stauts": "unknown_parameter",
        "limt": "unknown_parameter",
        "total[gte]": "wrong_format",
        "total[like]": "invalid_parameter",
        "total[gtee]": "unknown_field",
        "customer.nmae": "unknown_field",
        "sort": "unknown_field",
        "fields": "unknown_field",
        "include": "unknown_field",
        "count": "invalid_parameter",
        "limit": "out_of_range",
        "placed_at": "wrong_format",
    }
    messages = " ".join(flaw.message for flaw in problem.detail.flaws)
    for near in ("`status`", "`limit`", "`gte`", "`name`", "`lines`"):
        assert f"did you mean {near}" in messages


@pytest.mark.parametrize("name", ["secret", "pin"])
def test_what_is_hidden_or_write_only_cannot_be_named(name: str) -> None:
    assert flaws(f"/v1/products?{name}=x") == {name: "unknown_parameter"}
    for parameter in ("sort", "fields", "group", "aggregate"):
        value = f"min({name})" if parameter == "aggregate" else name
        extra = "&aggregate=count" if parameter == "group" else ""
        assert flaws(f"/v1/products?{parameter}={value}{extra}") == {parameter: "unknown_field"}
    assert flaws(f"/v1/orders?lines.product.{name}=x")[f"lines.product.{name}"] == "unknown_field"


@pytest.mark.parametrize(
    "query",
    [
        "limit=1&limit=2",
        "status=draft&status=placed",
        "a=%ff",
        "any=(status=draft",
        "any=x",
        "not=()",
    ],
)
def test_what_cannot_be_read_or_is_there_twice_is_refused(query: str) -> None:
    assert refused(f"/v1/orders?{query}").code.name in ("invalid_parameter", "unknown_parameter")


@pytest.mark.parametrize(
    "query",
    [
        "include=lines.product.order_lines.order.customer",
        "include=customer,parent,lines",
        "parent.parent.parent.parent.note=x",
        "any=(note=1,note=2,note=3,note=4)",
        "status[in]=draft,draft,draft,draft",
        "note=" + "x" * 600,
        "any=" + "(any=" * 9 + "(note=1" + ")" * 10,
    ],
)
def test_limits_hold(query: str) -> None:
    small = parser(max_include=2, max_conditions=3, max_list=3, max_depth=3, max_query_bytes=500)
    with pytest.raises(Problem) as problem:
        ask("GET", f"/v1/orders?{query}", by=small)
    assert problem.value.code.name in ("too_complex", "invalid_parameter")


def test_a_row_takes_no_filters() -> None:
    assert flaws(f"/v1/orders/{ID}?status=draft&cursor=x&limit=1") == {
        "status": "unknown_parameter",
        "cursor": "unknown_parameter",
        "limit": "unknown_parameter",
    }


def test_a_summary_is_asked_for_with_aggregate() -> None:
    target = "/v1/orders?aggregate=count,sum(total)&group=status&sort=-sum_total&note[null]=true"
    assert form(target) == Summarize(
        "Order",
        ("status",),
        (Measure("count", Function.COUNT), Measure("sum_total", Function.SUM, "total")),
        Probe((), "note", Comparator.NULL, 0),
        None,
        (Sort("sum_total", True),),
    )


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("aggregate=sum", "aggregate"),
        ("aggregate=sum(status)", "aggregate"),
        ("aggregate=median(total)", "aggregate"),
        ("aggregate=count,count", "aggregate"),
        ("aggregate=count&group=lines", "group"),
        ("aggregate=count&sort=total", "sort"),
        ("aggregate=count&include=lines", "include"),
        ("aggregate=count&cursor=x", "cursor"),
        ("group=status", "group"),
    ],
)
def test_a_summary_that_makes_no_sense_is_refused(query: str, parameter: str) -> None:
    assert parameter in flaws(f"/v1/orders?{query}")


def test_a_cursor_goes_on_behind_a_row() -> None:
    target = "/v1/orders?sort=-placed_at&status=draft"
    call = ask("GET", target)
    types = tuple(ORDER.field_named[name].type for name in ("placed_at", "id"))
    cursor = seal((None, ID), types, call.fingerprint, KEY)
    further = ask("GET", f"/v1/orders?status=draft&limit=2&cursor={cursor}&sort=-placed_at")
    assert isinstance(further.ask.form, ReadMany)
    assert further.ask.form.after == After(1, (True, False))
    assert further.ask.values == ("draft", None, ID)
    for other in (
        "/v1/orders?sort=placed_at&status=draft",
        "/v1/orders?sort=-placed_at&status=placed",
        "/v1/orders?sort=-placed_at",
        "/v1/orders?sort=-placed_at&status=draft&note=x",
    ):
        assert refused(f"{other}&cursor={cursor}").code.name == "invalid_cursor"


def test_a_cursor_of_one_parent_is_none_of_another() -> None:
    call = ask("GET", f"/v1/orders/{ID}/lines")
    cursor = seal((ID,), (ORDER.key.type,), call.fingerprint, KEY)
    assert ask("GET", f"/v1/orders/{ID}/lines?cursor={cursor}").ask.values == (ID, ID)
    assert refused(f"/v1/orders/{OTHER}/lines?cursor={cursor}").code.name == "invalid_cursor"


@pytest.mark.parametrize("style", [Style.NDJSON, Style.CSV])
def test_a_stream_is_all_of_a_list(style: Style) -> None:
    call = ask("GET", "/v1/tags?sort=name", headers={"accept": style.value})
    assert isinstance(call.ask.form, ReadMany)
    assert call.ask.form.limit is None
    names = ("id", "created_at", "updated_at", "version", "name")
    assert call.columns == (names if style is Style.CSV else ())
    for parameter in ("limit=5", "cursor=x", "count=exact"):
        problem = refused(f"/v1/tags?{parameter}", accept=style.value)
        assert problem.code.name == "unknown_parameter"


def test_hal_asks_what_can_be_done() -> None:
    for target in (f"/v1/orders/{ID}", "/v1/orders"):
        found = form(target, accept="application/hal+json")
        assert isinstance(found, ReadOne | ReadMany)
        assert found.selection.can is not None
