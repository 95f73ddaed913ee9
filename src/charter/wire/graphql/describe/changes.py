"""What `Subscription` has: the rows of each resource, followed, and the types of what is told.

A change is not named by `id`: Relay keeps every object with such a field under its value, and would
put the change in the place of the row.
"""

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLID,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
)
from graphql.type import GraphQLOutputType

from charter.contract.resource import Resource
from charter.plan.news import Kind
from charter.wire.graphql.describe.rows import Outputs, RowTypes
from charter.wire.graphql.meaning import MEANING, Event, Following
from charter.wire.graphql.names import Taken, constant

_KINDS = {
    Kind.CREATED: "It has come into view: it is new, or can be seen, or fits the filter now.",
    Kind.UPDATED: "It looks different.",
    Kind.REMOVED: "It has fallen out of view, for whatever reason.",
}
KIND = GraphQLEnumType(
    "ChangeKind",
    {
        constant(kind.value): GraphQLEnumValue(kind.value, description=doc)
        for kind, doc in _KINDS.items()
    },
    description="What has become of a row.",
)
AFTER = GraphQLArgument(
    GraphQLString,
    description="A `position` that was told before: go on from there. Where what happened since "
    "cannot be told, there is a `reset`.",
)


class ChangeTypes:
    """Makes the fields of `Subscription` for one contract."""

    def __init__(self, rows: RowTypes, taken: Taken) -> None:
        self._rows = rows
        self._taken = taken

    def roots(self, resource: Resource, one: str, many: str) -> Outputs:
        """The fields for a resource, named as in `Query`."""
        told = GraphQLNonNull(self._told(resource))
        key = GraphQLArgument(GraphQLNonNull(GraphQLID))
        return {
            one: GraphQLField(
                told,
                {"id": key, "after": AFTER},
                description="Follow one row.",
                extensions={MEANING: Following(resource, one=True)},
            ),
            many: GraphQLField(
                told,
                {**self._rows.narrowing(resource), "after": AFTER},
                description="Follow all rows that a query with these arguments shows.",
                extensions={MEANING: Following(resource, one=False)},
            ),
        }

    def _told(self, resource: Resource) -> GraphQLObjectType:
        row = self._rows.of[resource.name]
        change = GraphQLObjectType(
            self._taken.new(f"{row.name}Change", f"{row.name}RowChange"),
            {
                "kind": _field(GraphQLNonNull(KIND), Event.KIND),
                "nodeId": _field(GraphQLNonNull(GraphQLID), Event.KEY, "Which row it is."),
                "node": _field(row, Event.NODE, "The row as it is now; null where it is removed."),
                "removedId": _field(
                    GraphQLID, Event.REMOVED, "Which row it is, where it is removed; else null."
                ),
            },
        )
        return GraphQLObjectType(
            self._taken.new(f"{row.name}Changes", f"{row.name}RowChanges"),
            {
                "changes": _field(
                    GraphQLNonNull(GraphQLList(GraphQLNonNull(change))), Event.CHANGES
                ),
                "position": _field(
                    GraphQLString,
                    Event.POSITION,
                    "How far all is told: give it as `after` to go on from here. Null where more "
                    "of the same follows at once.",
                ),
                "reset": _field(
                    GraphQLNonNull(GraphQLBoolean),
                    Event.RESET,
                    "All rows that were told before count for nothing: those that there are "
                    "follow, each as created.",
                ),
                "ready": _field(
                    GraphQLNonNull(GraphQLBoolean),
                    Event.READY,
                    "All that there was at the beginning has been told.",
                ),
            },
        )


def _field(type_: GraphQLOutputType, kind: Event, doc: str = "") -> GraphQLField:
    return GraphQLField(type_, description=doc or None, extensions={MEANING: kind})
