"""What Schemathesis has to know of the GraphQL endpoint besides its schema.

Two checks of its own take every error for a failure of the server, or of the data; GraphQL's
types cannot say which values fit. One check here takes their place: what is answered is what the
schema and the document promise, and what is refused is refused by a problem of the client's.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from zlib import crc32

import graphql
import schemathesis
from graphql.language import ast
from hypothesis import strategies as st
from schemathesis.core.failures import Failure
from schemathesis.graphql import nodes

REFUSALS = frozenset({"invalid", "missing", "conflict", "forbidden"})
"""Families of problems that a document which fits the schema can meet."""
MEMBERS = frozenset({"data", "errors", "extensions"})
MOST_ROWS = 100
UNMENDED = 4
"""One document of so many stays as it was made."""
KEYS: dict[str, list[str]] = json.loads(os.environ.get("CHARTER_TEST_KEYS", "{}"))
"""Keys of rows that are there, by what the names of their fields have in them."""

moments = st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat())
schemathesis.graphql.scalar("DateTime", moments.map(nodes.String))
schemathesis.graphql.scalar("Date", st.dates().map(lambda day: nodes.String(day.isoformat())))
schemathesis.graphql.scalar("UUID", st.uuids().map(lambda key: nodes.String(str(key))))
schemathesis.graphql.scalar("Long", st.integers(-(2**63), 2**63 - 1).map(nodes.Int))
schemathesis.graphql.scalar(
    "Decimal",
    st.decimals(-1000, 1000, places=2).map(lambda number: nodes.String(str(number))),
)


class Unpromised(Failure):
    """The answer is not what the schema and the document promise."""


@schemathesis.hook
def map_body(context: Any, body: ast.DocumentNode) -> ast.DocumentNode:
    """Mend what no schema can say (a page has first rows or last ones, a cursor is one that was
    given, a key is that of a row), so that most documents come to be planned and run. Those that
    are to be refused, and a part of the others, stay as they were made."""
    operation = context.operation
    if crc32(graphql.print_ast(body).encode()) % UNMENDED == 0:
        return body
    if graphql.validate(operation.schema.client_schema, body):
        return body
    mended: ast.DocumentNode = graphql.visit(body, Mending(operation.label))
    return mended


class Mending(graphql.Visitor):
    """Leaves a document a value that makes sense wherever it can."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self.label = label

    def leave_field(self, node: ast.FieldNode, *_: Any) -> ast.FieldNode:
        found = {item.name.value: item for item in node.arguments or ()}
        without = {"after", "before", "version"} | ({"last"} if "first" in found else set())
        kept = [item for name, item in found.items() if name not in without]
        return replace(node, arguments=tuple(map(self.mended, kept)))

    def leave_object_value(self, node: ast.ObjectValueNode, *_: Any) -> ast.ObjectValueNode:
        """Null is compared with nothing; a row is changed whatever its version is."""
        kept = (
            self.mended(item)
            for item in node.fields
            if not isinstance(item.value, ast.NullValueNode) and item.name.value != "version"
        )
        return replace(node, fields=tuple(kept))

    def mended(self, item: Any) -> Any:
        """An argument, or a member of an object."""
        name, value = item.name.value, item.value
        if name in {"first", "last"} and isinstance(value, ast.IntValueNode):
            return replace(item, value=nodes.Int(int(value.value) % MOST_ROWS))
        if name == "search" and isinstance(value, ast.StringValueNode):
            return replace(item, value=nodes.String(f"a{value.value[:3]}"))
        if name == "id":
            return replace(item, value=key(self.label, value))
        if name == "ids" and isinstance(value, ast.ListValueNode):
            keys = tuple(key(self.label, one) for one in value.values)
            return replace(item, value=replace(value, values=keys))
        if name.endswith("Id"):
            return replace(item, value=key(name, value))
        return item


def key(named: str, value: ast.ValueNode) -> ast.ValueNode:
    """The key of some row of the resource that is named, in place of one that was made."""
    if not isinstance(value, ast.StringValueNode | ast.IntValueNode):
        return value
    for resource, keys in KEYS.items():
        if resource in named.lower() and keys:
            return nodes.String(keys[crc32(value.value.encode(errors="replace")) % len(keys)])
    return value


@schemathesis.check
def promised(_: Any, response: Any, case: Any) -> bool | None:
    """The answer is JSON of GraphQL over HTTP; data has the form that was asked for; errors are
    problems of the client's, with their codes."""

    def require(condition: object, message: str) -> None:
        if not condition:
            text = response.content.decode(errors="replace")[:2000]
            raise Unpromised(operation=case.operation.label, message=f"{message}: {text}")

    require(response.status_code == 200, f"status {response.status_code}")
    answer = json.loads(response.content)
    require(answer.keys() <= MEMBERS, "members of their own")
    errors = answer.get("errors")
    require(errors is None or errors, "an empty list of errors")
    for error in errors or ():
        told = error.get("extensions", {})
        require(isinstance(error.get("message"), str), "an error without a message")
        require(told.get("code"), "an error without a code")
        require(told.get("family") in REFUSALS, "a document that fits the schema is refused")
    data = answer.get("data")
    require(data is not None or errors, "neither data nor errors")
    if data is not None:
        faults = unlike(case.operation.schema.client_schema, case.body, data)
        require(not faults or errors, f"data of another form, {faults}")
    return None


def unlike(schema: graphql.GraphQLSchema, document: str, data: dict[str, Any]) -> Sequence[str]:
    """How data differs from what a document asks for, by executing it over the data."""

    def resolve(source: dict[str, Any], info: graphql.GraphQLResolveInfo[Any], **_: Any) -> Any:
        return source[str(info.path.key)]

    def kind(source: dict[str, Any], _: Any, abstract: Any) -> str:
        known = source.get("__typename")
        fitting = [
            item.name
            for item in schema.get_possible_types(abstract)
            if known == item.name or (known is None and source.keys() <= item.fields.keys())
        ]
        return fitting[0]

    result = graphql.execute_sync(
        schema, graphql.parse(document), data, field_resolver=resolve, type_resolver=kind
    )
    if result.errors:
        return [str(error) for error in result.errors]
    return [] if result.data == data else ["members that were not asked for"]
