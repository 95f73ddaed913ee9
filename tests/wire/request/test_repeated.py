"""Queries that come again: they mean the same, for whoever asks, and nothing is mixed up."""

import pytest

from charter.core.problems import Problem
from charter.plan.actor import Actor
from tests.wire.request.shop import ID, OTHER, ask, parser

LIST = "/v1/orders?status=placed&sort=-created_at&limit=20"


def test_the_same_list_for_another_actor() -> None:
    by = parser()
    first = ask("GET", LIST, by=by)
    again = ask("GET", LIST, by=by, actor=Actor("bob"))
    assert (again.ask.form, again.ask.values) == (first.ask.form, first.ask.values)
    assert again.fingerprint == first.fingerprint
    assert again.ask.actor.id == "bob"


def test_what_is_accepted_is_part_of_it() -> None:
    by = parser()
    styles = [
        ask("GET", target, headers={"accept": accepted}, by=by).style.value
        for target in (LIST, f"/v1/orders/{ID}?include=customer")
        for accepted in ("application/json", "application/hal+json", "application/json")
    ]
    assert styles == ["application/json", "application/hal+json", "application/json"] * 2


def test_a_query_that_is_refused_is_refused_again() -> None:
    by = parser()
    for _ in range(2):
        for target in ("/v1/orders?colour=red", f"/v1/orders/{ID}?colour=red"):
            with pytest.raises(Problem) as caught:
                ask("GET", target, by=by)
            assert caught.value.code.name == "unknown_parameter"


def test_more_queries_than_are_remembered() -> None:
    by = parser()
    for _ in range(2):
        found = [ask("GET", f"/v1/orders?total[gte]={n}", by=by).ask.values for n in range(1_500)]
        assert [int(values[0]) for values in found] == list(range(1_500))


def test_rows_of_one_query_keep_their_own_keys() -> None:
    by = parser()
    keys = [
        ask("GET", f"/v1/orders/{key}?include=customer", by=by).ask.values[0]
        for key in (ID, OTHER, ID)
    ]
    assert keys == [ID, OTHER, ID]
