"""The contract as a schema: everything that can be asked, and its SDL."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    print_schema,
    specified_directives,
)

from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.core.names import snake
from charter.wire.graphql.describe.changes import ChangeTypes
from charter.wire.graphql.describe.rows import NODE, RowTypes
from charter.wire.graphql.describe.scalars import Values
from charter.wire.graphql.describe.summaries import SummaryTypes
from charter.wire.graphql.describe.writes import DRY_RUN, FAILURE, TRANSACTION, WriteTypes
from charter.wire.graphql.names import Taken, camel
from charter.wire.rest.vocabulary import vocabularies

RESERVED = (
    "Query", "Mutation", "Subscription", "Node", "PageInfo", "ChangeKind", "Direction",
    "AggregateFunction",
    "Long", "Decimal", "Date", "DateTime", "UUID", "JSON", "Error",
    "Int", "Float", "String", "Boolean", "ID",
)  # fmt: skip
"""Names of types that are the same for every contract."""


@dataclass(frozen=True)
class Described:
    """The schema of a contract, and the name of the type of rows of each resource. It has types
    only: nothing in it resolves anything."""

    schema: GraphQLSchema
    types: Mapping[str, str]


def described(contract: Contract) -> Described:
    taken = Taken(RESERVED)
    values = Values(taken)
    known = vocabularies(contract)
    rows = RowTypes(contract, known, values, taken)
    summaries = SummaryTypes(rows, known, values, taken)
    names = Taken(("node", "nodes"))
    fields: dict[str, GraphQLField] = rows.anything()
    roots: list[tuple[Resource, str, str]] = []
    for resource in contract.resources:
        if resource.owner is not None:
            continue
        one = names.new(camel(snake(resource.name)), camel(snake(resource.name)) + "Row")
        many = names.new(camel(resource.path.replace("-", "_")), f"{one}List")
        fields |= rows.roots(resource, one, many)
        roots.append((resource, one, many))
        fields[names.new(f"{many}Aggregate", f"{many}Summary")] = summaries.root(resource)
    writes = WriteTypes(contract, rows, values, taken)
    changes = ChangeTypes(rows, taken)
    followed: dict[str, GraphQLField] = {}
    for resource, one, many in roots:
        followed |= changes.roots(resource, one, many)
    schema = GraphQLSchema(
        GraphQLObjectType("Query", fields),
        GraphQLObjectType("Mutation", writes.fields) if writes.fields else None,
        GraphQLObjectType("Subscription", followed) if followed else None,
        types=[NODE, *rows.of.values(), *([FAILURE, *writes.failures] if writes.failures else ())],
        description=contract.doc or None,
        directives=(*specified_directives, TRANSACTION, DRY_RUN),
    )
    return Described(schema, {name: type_.name for name, type_ in rows.of.items()})


def sdl(contract: Contract) -> str:
    """The schema in the GraphQL schema definition language; the same contract gives the same."""
    return print_schema(described(contract).schema) + "\n"
