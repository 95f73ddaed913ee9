"""What is held against answers of GraphQL sees what is wrong with them."""

from typing import Any

import graphql
import pytest

pytest.importorskip("schemathesis")
from tests.hostile.graphql_hooks import unlike

SCHEMA = graphql.build_schema("""
    interface Node { id: ID! }
    type Book implements Node { id: ID! title: String! pages: Int kind: Kind! }
    type Shelf implements Node { id: ID! books: [Book!]! }
    enum Kind { NOVEL POEM }
    type Query { book: Book shelf: Shelf node: Node }
""")
DOCUMENT = """{
    first: book { title kind pages }
    shelf { books { id } }
    node { __typename id }
}"""
RIGHT: dict[str, Any] = {
    "first": {"title": "x", "kind": "POEM", "pages": None},
    "shelf": {"books": [{"id": "1"}]},
    "node": {"__typename": "Shelf", "id": "2"},
}


def test_an_answer_that_keeps_its_promise_is_right() -> None:
    assert unlike(SCHEMA, DOCUMENT, RIGHT) == []
    assert unlike(SCHEMA, DOCUMENT, RIGHT | {"first": None, "node": None}) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"first": {"title": None, "kind": "POEM", "pages": 1}},
        {"first": {"title": "x", "kind": "DRAMA", "pages": 1}},
        {"first": {"title": "x", "kind": "POEM", "pages": "many"}},
        {"first": {"title": "x", "kind": "POEM"}},
        {"first": {"title": "x", "kind": "POEM", "pages": 1, "cost": 7}},
        {"shelf": {"books": [None]}},
        {"shelf": {"books": {"id": "1"}}},
        {"node": {"__typename": "Shop", "id": "2"}},
        {"more": 1},
    ],
    ids=str,
)
def test_one_that_does_not_is_found(wrong: dict[str, Any]) -> None:
    assert unlike(SCHEMA, DOCUMENT, RIGHT | wrong) != []
