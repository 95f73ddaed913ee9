"""What a request asks does not depend on what was asked before it."""

import json

from hypothesis import given
from hypothesis import strategies as st

from charter.core.problems import Problem
from charter.wire.graphql.requests import Asked, asked_of
from charter.wire.graphql.settings import GraphqlSettings
from charter.wire.http import Request

NAMES = ("query", "variables", "operationName", "extensions", "documentId", "other")
SETTINGS = GraphqlSettings()

texts = st.sampled_from(
    ["variables", '"variables"', '"variables":{}', "{ a }", "}", "", '{"variables":1}']
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=4,
)
members = st.tuples(st.sampled_from(NAMES), values)
spaces = st.sampled_from(["", " ", "\n\t"])


def body_of(parts: list[tuple[str, object]], space: str, end: str) -> str:
    inside = f",{space}".join(f"{json.dumps(name)}:{space}{json.dumps(v)}" for name, v in parts)
    return f"{{{space}{inside}{end}"


def asked(body: str) -> Asked | tuple[str, object]:
    """The operation of a body, or what is wrong with it."""
    headers = {"content-type": "application/json"}
    try:
        (found,) = asked_of(
            Request("POST", "/graphql", headers=headers, body=body.encode()), SETTINGS
        )
    except Problem as problem:
        return problem.code.name, problem.detail.flaws
    return found


@given(st.lists(members, max_size=4), spaces, st.sampled_from(["}", "}}", "]", ""]))
def test_names_mean_the_same_however_they_are_spelt(
    parts: list[tuple[str, object]], space: str, end: str
) -> None:
    body = body_of(parts, space, end)
    spelt = body.replace('"variables"', '"\\u0076ariables"')
    assert asked(body) == asked(spelt)


@given(st.lists(members, max_size=3), st.lists(members, min_size=1, max_size=3), spaces)
def test_a_body_means_the_same_after_others_that_begin_as_it_does(
    begin: list[tuple[str, object]], rest: list[tuple[str, object]], space: str
) -> None:
    asked(body_of([*begin, ("variables", {"a": 1})], space, "}"))
    body = body_of([*begin, ("variables", {"b": 2}), *rest], space, "}")
    spelt = body.replace('"variables"', '"\\u0076ariables"')
    assert asked(body) == asked(spelt)


def test_a_member_is_not_given_twice_behind_a_beginning_that_is_known() -> None:
    start = '{"query": "{ a }", "variables": {}'
    assert asked(start + "}") == Asked("{ a }", None, {})
    assert asked(start + ', "query": "{ b }"}') == ("malformed", ())
    assert asked(start + ', "variables": {}}') == ("malformed", ())
    wrong = asked('{"query": "{ a }", "variables": []}')
    assert isinstance(wrong, tuple)
    assert wrong[0] == "invalid_parameter"
