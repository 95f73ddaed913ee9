"""The types of rows, of their connections, and what `Query` has of them."""

from collections.abc import Mapping

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLID,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
)
from graphql.type import GraphQLOutputType

from charter.contract.contract import Contract
from charter.contract.resource import Computed, Field, Relation, Resource
from charter.wire.graphql.describe.filters import Filters
from charter.wire.graphql.describe.scalars import Values, ValueType
from charter.wire.graphql.meaning import (
    MEANING,
    Abilities,
    GlobalKey,
    List,
    ManyRows,
    OneRow,
    Part,
    ToMany,
    ToOne,
    Value,
    Veiled,
)
from charter.wire.graphql.names import Taken, spelled
from charter.wire.rest.vocabulary import Vocabularies

NODE = GraphQLInterfaceType(
    "Node",
    {"id": GraphQLField(GraphQLNonNull(GraphQLID))},
    description="Anything that has a global identifier: its type, a colon and its key.",
)
CAN, HIDDEN = "can", "hidden"
Outputs = dict[str, GraphQLField]
Arguments = dict[str, GraphQLArgument]


def part(type_: GraphQLOutputType, kind: Part, doc: str = "") -> GraphQLField:
    return GraphQLField(type_, description=doc or None, extensions={MEANING: kind})


PAGE_INFO = GraphQLObjectType(
    "PageInfo",
    {
        "hasNextPage": part(GraphQLNonNull(GraphQLBoolean), Part.NEXT),
        "hasPreviousPage": part(GraphQLNonNull(GraphQLBoolean), Part.PREVIOUS),
        "startCursor": part(GraphQLString, Part.FIRST),
        "endCursor": part(GraphQLString, Part.LAST),
    },
    description="Where a page stands in its list (Relay cursor connections).",
)


class RowTypes:
    """The object type of each resource, with a connection for it."""

    def __init__(
        self, contract: Contract, known: Vocabularies, values: Values, taken: Taken
    ) -> None:
        self._contract = contract
        self._known = known
        self._values = values
        names = {item.name: taken.new(item.name, f"{item.name}Row") for item in contract.resources}
        self.filters = Filters(values, known, taken)
        self.sorts = {name: self.filters.sort(words) for name, words in known.items()}
        self.of: Mapping[str, GraphQLObjectType] = {
            item.name: self._row(item, names[item.name]) for item in contract.resources
        }
        self._connections = {
            item.name: self._connection(item, names[item.name], taken)
            for item in contract.resources
        }

    def list_field(self, resource: Resource, meaning: object, *, whole: bool) -> GraphQLField:
        """A connection. One that is `whole` may be refused, and is null then."""
        type_ = self._connections[resource.name]
        return GraphQLField(
            type_ if whole else GraphQLNonNull(type_),
            self._arguments(resource),
            extensions={MEANING: meaning},
        )

    def narrowing(self, resource: Resource) -> Arguments:
        """The arguments that say which rows a list has."""
        found = {"filter": GraphQLArgument(self.filters.of(resource.name))}
        if resource.search_fields:
            found["search"] = GraphQLArgument(
                GraphQLString, description="Words, each of which is part of some search field."
            )
        return found

    def roots(self, resource: Resource, one: str, many: str) -> Outputs:
        """The fields of `Query` for a resource."""
        key: Arguments = {"id": GraphQLArgument(GraphQLNonNull(GraphQLID))}
        return {
            one: GraphQLField(self.of[resource.name], key, extensions={MEANING: OneRow(resource)}),
            many: self.list_field(resource, List(resource), whole=True),
        }

    def anything(self) -> Outputs:
        """`node` and `nodes` (the Relay server specification)."""
        ids = GraphQLNonNull(GraphQLList(GraphQLNonNull(GraphQLID)))
        return {
            "node": GraphQLField(
                NODE,
                {"id": GraphQLArgument(GraphQLNonNull(GraphQLID))},
                extensions={MEANING: OneRow()},
            ),
            "nodes": GraphQLField(
                GraphQLList(NODE), {"ids": GraphQLArgument(ids)}, extensions={MEANING: ManyRows()}
            ),
        }

    def _arguments(self, resource: Resource) -> Arguments:
        sort = GraphQLList(GraphQLNonNull(self.sorts[resource.name]))
        return {
            "first": GraphQLArgument(GraphQLInt),
            "after": GraphQLArgument(GraphQLString),
            "last": GraphQLArgument(GraphQLInt),
            "before": GraphQLArgument(GraphQLString),
            **self.narrowing(resource),
            "sort": GraphQLArgument(sort),
        }

    def _row(self, resource: Resource, name: str) -> GraphQLObjectType:
        def fields() -> Outputs:
            words = self._known[resource.name]
            spelling = spelled([*words.fields, *words.relations])
            found: Outputs = {
                "id": GraphQLField(
                    GraphQLNonNull(GraphQLID),
                    extensions={MEANING: GlobalKey(resource.name, "id")},
                )
            }
            for item in resource.readable:
                if item.name != "id":
                    found[spelling[item.name]] = self._value(resource, item)
            for relation in words.relations.values():
                found[spelling[relation.name]] = self._relation(relation)
            if CAN not in found:
                found[CAN] = GraphQLField(
                    GraphQLNonNull(GraphQLList(GraphQLNonNull(GraphQLString))),
                    description="The changes and commands that the reader may do on the row now.",
                    extensions={MEANING: Abilities()},
                )
            if HIDDEN not in found:
                named = tuple((name, spelling[name]) for name in words.fields)
                found[HIDDEN] = GraphQLField(
                    GraphQLNonNull(GraphQLList(GraphQLNonNull(GraphQLString))),
                    description="The fields of the row that its reader may not see: they are null.",
                    extensions={MEANING: Veiled(named)},
                )
            return found

        return GraphQLObjectType(
            name,
            fields,
            interfaces=[NODE],
            description=resource.doc or None,
            extensions={MEANING: resource},
        )

    def _value(self, resource: Resource, item: Field | Computed) -> GraphQLField:
        hideable = any(rule.field == item.name for rule in resource.policy.hides)
        nullable = item.optional or hideable
        if isinstance(item, Field):
            nullable = nullable or item.stored is not None
        else:
            nullable = nullable or not item.type.many
        if isinstance(item, Field) and item.references is not None:
            meaning: object = GlobalKey(item.references, item.name)
            type_: ValueType = GraphQLID
        else:
            meaning, type_ = Value(item.name), self._values.of(item.type, resource.name, item.name)
        return GraphQLField(
            type_ if nullable else GraphQLNonNull(type_),
            description=item.doc or None,
            extensions={MEANING: meaning},
        )

    def _relation(self, relation: Relation) -> GraphQLField:
        if relation.to_one:
            return GraphQLField(
                self.of[relation.target],
                description=relation.doc or None,
                extensions={MEANING: ToOne(relation)},
            )
        target = self._contract.resource_named[relation.target]
        return self.list_field(target, ToMany(relation), whole=False)

    def _connection(self, resource: Resource, name: str, taken: Taken) -> GraphQLObjectType:
        row = self.of[resource.name]
        edge = GraphQLObjectType(
            taken.new(f"{name}Edge", f"{name}RowEdge"),
            {
                "cursor": part(GraphQLNonNull(GraphQLString), Part.CURSOR),
                "node": part(GraphQLNonNull(row), Part.NODE),
            },
        )
        return GraphQLObjectType(
            taken.new(f"{name}Connection", f"{name}RowConnection"),
            {
                "edges": part(GraphQLNonNull(GraphQLList(GraphQLNonNull(edge))), Part.EDGES),
                "nodes": part(GraphQLNonNull(GraphQLList(GraphQLNonNull(row))), Part.NODES),
                "pageInfo": part(GraphQLNonNull(PAGE_INFO), Part.PAGE_INFO),
                "totalCount": part(
                    GraphQLNonNull(GraphQLInt), Part.TOTAL, "The rows of all pages together."
                ),
            },
        )
