"""What may be included depends on how many rows that is likely to be."""

import json

import pytest

from charter.contract.command import Command, On, Result
from charter.contract.contract import Contract
from charter.core.problems import Problem
from charter.wire.rest.call import Style
from charter.wire.rest.parse import Parser
from charter.wire.rest.settings import RestSettings
from tests.wire.request.shop import ID, KEY, SHOP, ask, parser


def fits(method: str, target: str, body: str, by: Parser, accept: str = "*/*") -> bool:
    try:
        ask(method, target, body, {"accept": accept}, by=by)
    except Problem as problem:
        if problem.code.name != "too_complex":
            raise
        return False
    return True


def refused(method: str, target: str, body: str, by: Parser, accept: str = "*/*") -> Problem:
    with pytest.raises(Problem) as problem:
        ask(method, target, body, {"accept": accept}, by=by)
    return problem.value


@pytest.mark.parametrize(
    ("target", "cost"),
    [
        ("/v1/orders?limit=100&include=customer", 100),
        ("/v1/orders?limit=100&include=lines", 100 * 20),
        ("/v1/orders?limit=100&include=lines.product", 100 * (20 + 20)),
        ("/v1/orders?limit=100&fields=lines.product.name", 100 * (20 + 20)),
        ("/v1/orders?limit=7&include=customer,lines.product.tags", 7 * (1 + 20 + 20 + 400)),
        ("/v1/orders?limit=2&include=parent.parent.lines", 2 * (1 + 1 + 20)),
        ("/v1/orders?include=lines", 50 * 20),
        (f"/v1/products/{ID}/order-lines?limit=3&include=order.lines", 3 * (1 + 20)),
        (f"/v1/orders/{ID}?include=lines.product", 20 + 20),
    ],
)
def test_each_to_many_relation_counts_as_twenty_rows(target: str, cost: int) -> None:
    assert fits("GET", target, "", parser(max_cost=cost))
    problem = refused("GET", target, "", parser(max_cost=cost - 1))
    assert problem.code.name == "too_complex"
    (flaw,) = problem.detail.flaws
    assert (flaw.parameter, flaw.code) == ("include", "too_complex")
    assert f"about {cost} " in flaw.message
    assert f"{cost - 1} at most" in flaw.message
    assert ("lower `limit`" in flaw.message) == (f"{ID}?" not in target)


def test_a_list_that_is_cut_sooner_costs_less() -> None:
    target = "/v1/orders?limit=100&include=lines.product"
    assert fits("GET", target, "", parser(max_cost=100 * (3 + 3), nested_limit=3))
    assert not fits("GET", target, "", parser(max_cost=100 * (3 + 3) - 1, nested_limit=3))


@pytest.mark.parametrize("accept", [Style.JSON.value, Style.NDJSON.value])
def test_rows_without_others_in_them_cost_nothing(accept: str) -> None:
    assert fits("GET", "/v1/orders", "", parser(max_cost=1), accept)


@pytest.mark.parametrize("style", [Style.NDJSON, Style.CSV])
def test_an_export_counts_as_the_largest_page(style: Style) -> None:
    target, accept = "/v1/orders?include=lines", style.value
    dear = parser(max_cost=80 * 20, default_limit=10, max_limit=80)
    assert fits("GET", target, "", dear, accept)
    less = parser(max_cost=80 * 20 - 1, default_limit=10, max_limit=80)
    assert "lower" not in refused("GET", target, "", less, accept).detail.message


def test_what_grows_with_every_relation_is_refused_unless_told_otherwise() -> None:
    target = "/v1/orders?include=lines.product.order_lines.order"
    each = 20 + 20 + 400 + 400
    assert fits("GET", f"{target}&limit={25_000 // each}", "", parser())
    assert not fits("GET", f"{target}&limit={25_000 // each + 1}", "", parser())


def test_the_answer_of_a_write_costs_for_each_row_of_it() -> None:
    target = "/v1/orders?include=lines.product"
    assert fits("POST", target, "{}", parser(max_cost=40))
    assert not fits("POST", target, "{}", parser(max_cost=39))
    three = json.dumps([{}, {}, {}])
    assert fits("POST", target, three, parser(max_cost=120))
    problem = refused("POST", target, three, parser(max_cost=119))
    assert problem.code.name == "too_complex"
    assert "write fewer rows at once" in problem.detail.message
    changes = json.dumps([{"id": str(ID), "note": "x"}] * 2)
    assert fits("PATCH", target, changes, parser(max_cost=80))
    assert not fits("PATCH", target, changes, parser(max_cost=79))


def test_a_command_that_answers_with_a_list_counts_as_the_largest_page() -> None:
    late = Command("late", "Order", On.COLLECTION, (), Result("Order", many=True))
    contract = Contract("shop", "1", SHOP.resources, (late,))
    target = "/v1/orders/late?include=lines"
    page = RestSettings().max_limit
    for most in (page * 20, page * 20 - 1):
        by = Parser(contract, KEY, RestSettings(max_cost=most))
        assert fits("POST", target, "", by) == (most == page * 20)
