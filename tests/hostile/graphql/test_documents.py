"""Documents that are made to cost more than they say: each is refused before it is looked at
closely, by a bound that names itself."""

from datetime import UTC, datetime
from typing import Any

import pytest

from charter.core.problems import Problem
from charter.plan.actor import ANONYMOUS
from charter.wire.graphql.documents import InvalidDocument
from charter.wire.graphql.parse import Parser
from charter.wire.graphql.requests import Asked
from charter.wire.graphql.settings import GraphqlSettings
from charter.wire.http import Request
from tests.behaviour.contract import studio

POST = Request("POST", "/graphql")
PARSER = Parser(studio.build(), GraphqlSettings(), b"k" * 32, told=True)


def ask(document: str, parser: Parser = PARSER) -> None:
    operation = parser.operation(Asked(document, None, {}), POST)
    bound = operation.bound({})
    now = datetime.now(UTC)
    if operation.is_mutation:
        parser.mutation(operation, bound, ANONYMOUS, now, POST, "r")
    elif operation.is_subscription:
        parser.following(operation, bound, ANONYMOUS, now, "r")
    else:
        parser.query(operation, bound, ANONYMOUS, now, "r")


def nested(count: int) -> str:
    return "{ projects { nodes { " + "children { nodes { " * count + "id" + " } }" * count + "} } }"


def bomb(count: int, last: str) -> str:
    """Each fragment spreads the next one twice."""
    fragments = " ".join(
        f"fragment f{at} on Query {{ ...f{at + 1} ...f{at + 1} }}" for at in range(count)
    )
    return f"{{ ...f0 }} {fragments} fragment f{count} on Query {{ {last} }}"


TOO_MUCH = {
    "characters": "{ " + "a" * 200_000 + " }",
    "a comment": "{ __typename } #" + "x" * 200_000,
    "a text": '{ node(id: "' + "x" * 200_000 + '") { id } }',
    "tokens": "{ " + "id " * 5_000 + "}",
    "depth": nested(20),
    "brackets": "{" + "a{" * 50_000 + "}" * 50_000,
    "lists": "{ nodes(ids: " + "[" * 10_000 + "]" * 10_000 + ") { id } }",
    "objects": "{ projects(filter: " + "{not: " * 10_000 + "}" * 10_000 + ") { totalCount } }",
    "types": "query($a: " + "[" * 10_000 + "Int" + "]" * 10_000 + ") { __typename }",
    "aliases": "{ " + " ".join(f"a{at}: __typename" for at in range(500)) + " }",
    "roots": "{ " + " ".join(f"a{at}: tags {{ totalCount }}" for at in range(21)) + " }",
    "breadth": "{ tags { " + "totalCount " * 250 + "} }",
    "repeated": "{ " + "tags { nodes { " + "id " * 150 + "} nodes { " + "id " * 150 + "} } }",
    "directives": "{ __typename " + "@skip(if: false) " * 60 + "}",
    "directives of fragments": "{ " + "... @include(if: true) { __typename } " * 60 + "}",
    "spreads": bomb(30, "__typename"),
    "spreads of nothing": bomb(30, "...gone"),
    "spreads of fields": bomb(12, "tags { nodes { id } }"),
    "fragments": "{ __typename } "
    + " ".join(f"fragment f{at} on Query {{ __typename }}" for at in range(200)),
    "a number": "{ projects(first: " + "9" * 5_000 + ") { totalCount } }",
    "a float": "{ projects(first: 1e" + "9" * 5_000 + ") { totalCount } }",
    "rows": "{ projects(first: 500) { nodes { tasks(first: 500) { nodes { steps { nodes { id } } } "
    "} } } }",
    "conditions": "{ projects(filter: {or: ["
    + ", ".join('{name: {eq: "x"}}' for _ in range(60))
    + "]}) { totalCount } }",
    "filters": "{ projects(filter: " + "{not: " * 12 + "{}" + "}" * 12 + ") { totalCount } }",
    "identifiers": "{ nodes(ids: [" + '"a" ' * 600 + "]) { id } }",
    "an introspection bomb": "{ __schema { types { "
    + "fields { type { " * 12 + "name" + " } }" * 12 + " } } }",
}  # fmt: skip


@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_grows_out_of_hand_is_refused(name: str) -> None:
    with pytest.raises((Problem, InvalidDocument)) as refused:
        ask(TOO_MUCH[name])
    if isinstance(refused.value, Problem):
        assert refused.value.code.name in {"too_complex", "invalid_parameter"}


@pytest.mark.parametrize(
    "document",
    [
        "{ ...a } fragment a on Query { ...a }",
        "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
        "{ tags { nodes { ...a } } } fragment a on Tag { projects { nodes { tags { nodes { ...a } }"
        " } } }",
        "{ __typename } fragment a on Query { ... { ...a } }",
    ],
)
def test_fragments_in_a_circle_are_refused(document: str) -> None:
    with pytest.raises(Problem, match="spreads itself"):
        ask(document)


@pytest.mark.parametrize(
    "document",
    [
        "", "{", "}", "{}", "query", "{ a", "\ufeff{ ", "{ tags { nodes { id } } } }", '"""',
        "{ node(id: \"\\ud800\") { id } }", "subscription { tags { totalCount } }",
        "{ tags(filter: {label: {eq: $x}}) { totalCount } }", "query($x: Nothing) { __typename }",
        "query($x: Tag) { __typename }", "{ ...gone }", "{ tags }", "{ __typename { a } }",
        "type A { b: Int }", "{ tags @transaction { totalCount } }",
        "query @dryRun { __typename }", "mutation { tags { totalCount } }", "{ a } { b }",
        "query a { __typename } query a { __typename }", "{ secret }",
        "{ samples { nodes { secret } } }", "{ samples { nodes { seen } } }",
        "{ samples(sort: {field: SEEN}) { totalCount } }", "{ __schema { gone } }",
    ],
)  # fmt: skip
def test_what_is_no_document_or_does_not_fit_is_refused(document: str) -> None:
    with pytest.raises((Problem, InvalidDocument)):
        ask(document)


def test_bounds_can_be_set() -> None:
    contract = studio.build()
    small = Parser(contract, GraphqlSettings(max_aliases=1), b"k" * 32, told=True)
    ask("{ a: __typename }", small)
    with pytest.raises(Problem, match="at most 1 aliases"):
        ask("{ a: __typename b: __typename }", small)
    for change in ({"max_depth": 0}, {"default_limit": 501}, {"path": ""}, {"path": "graphql"}):
        with pytest.raises(ValueError, match="must"):
            GraphqlSettings(**change)


def test_a_client_that_may_not_know_the_schema_learns_nothing_of_it() -> None:
    quiet = Parser(studio.build(), GraphqlSettings(), b"k" * 32, told=False)
    ask("{ __typename tags { __typename } }", quiet)
    for document in (
        "{ __schema { queryType { name } } }", '{ __type(name: "Tag") { name } }',
        "{ ...a } fragment a on Query { __schema { description } }",
    ):  # fmt: skip
        with pytest.raises(InvalidDocument):
            ask(document, quiet)
    for document in ("{ tagz { totalCount } }", "{ tags { nodes { labl } } }"):
        with pytest.raises(InvalidDocument) as refused:
            ask(document, quiet)
        assert "Did you mean" not in str(refused.value)
        with pytest.raises(InvalidDocument, match="Did you mean"):
            ask(document)


def test_documents_are_kept_up_to_a_bound() -> None:
    parser = Parser(studio.build(), GraphqlSettings(max_documents=4), b"k" * 32, told=True)
    first = parser.operation(Asked("{ __typename }", None, {}), POST)
    assert parser.operation(Asked("{ __typename }", None, {}), POST) is first
    for at in range(20):
        ask(f"{{ a{at}: __typename }}", parser)
    assert len(parser._documents._kept) <= 4
    document = "query($n: Int) { tags(first: $n) { totalCount } }"
    operation = parser.operation(Asked(document, None, {}), POST)
    for at in range(500):
        bound = operation.bound({"n": at})
        parser.query(operation, bound, ANONYMOUS, datetime.now(UTC), "r")
    assert operation.plans._count <= 128


@pytest.mark.parametrize(
    "filter_",
    [
        {"or": [{"name": {"eq": "x"}}] * 5_000}, {"or": [{}] * 9_000}, {"or": [{}] * 200_000},
        {"and": {"or": [{"not": {}}] * 600}}, {"name": {"in": ["x"] * 501}},
    ],
)  # fmt: skip
def test_what_a_variable_holds_is_bounded_too(filter_: Any) -> None:
    document = "query($f: ProjectFilter) { projects(filter: $f) { totalCount } }"
    operation = PARSER.operation(Asked(document, None, {}), POST)
    with pytest.raises(Problem) as refused:
        PARSER.query(operation, operation.bound({"f": filter_}), ANONYMOUS, datetime.now(UTC), "r")
    assert refused.value.code.name == "too_complex"
