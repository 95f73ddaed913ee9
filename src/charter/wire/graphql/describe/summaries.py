"""The types of aggregates, by groups."""

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLFloat,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
)

from charter.contract.expression import Function
from charter.contract.resource import Resource
from charter.contract.types import Scalar, Type
from charter.wire.graphql.describe.filters import DIRECTION, listed
from charter.wire.graphql.describe.rows import RowTypes
from charter.wire.graphql.describe.scalars import LONG, Values, ValueType
from charter.wire.graphql.meaning import (
    MEANING,
    Counted,
    Group,
    Grouped,
    Measured,
    Measures,
    Summary,
)
from charter.wire.graphql.names import Taken, capital, constant, spelled
from charter.wire.rest.summaries import measures_of
from charter.wire.rest.vocabulary import Vocabularies, Vocabulary, groupable

FUNCTIONS = {
    Function.COUNT: "counts",
    Function.SUM: "sum",
    Function.AVG: "avg",
    Function.MIN: "min",
    Function.MAX: "max",
}
"""The fields of a summary that hold what a function makes of the fields of the rows."""
FUNCTION = GraphQLEnumType(
    "AggregateFunction", {item.name: GraphQLEnumValue(item.value) for item in FUNCTIONS}
)


class SummaryTypes:
    """The type of the summaries of each resource."""

    def __init__(self, rows: RowTypes, known: Vocabularies, values: Values, taken: Taken) -> None:
        self._rows = rows
        self._known = known
        self._values = values
        self._taken = taken

    def root(self, resource: Resource) -> GraphQLField:
        """The field of `Query` for the summaries of a resource."""
        words = self._known[resource.name]
        name = resource.name
        groups = {
            constant(field): GraphQLEnumValue(field)
            for field, type_ in words.fields.items()
            if groupable(type_)
        }
        by = GraphQLEnumType(self._new(f"{name}GroupField"), groups)
        fields = {constant(field): GraphQLEnumValue(field) for field in words.fields}
        measured = GraphQLEnumType(self._new(f"{name}AggregateField"), fields)
        sort = GraphQLInputObjectType(
            self._new(f"{name}AggregateSort"),
            {
                "function": GraphQLInputField(
                    FUNCTION, description="By what it makes of `field`; else by the group's field."
                ),
                "field": GraphQLInputField(measured),
                "direction": GraphQLInputField(DIRECTION, default_value="ASC"),
            },
        )
        return GraphQLField(
            GraphQLList(GraphQLNonNull(self._type(words))),
            {
                "groupBy": GraphQLArgument(listed(by)),
                **self._rows.narrowing(resource),
                "sort": GraphQLArgument(listed(sort)),
                "first": GraphQLArgument(GraphQLInt),
            },
            description="What comes of all rows together, or of each group of them.",
            extensions={MEANING: Summary(resource)},
        )

    def _type(self, words: Vocabulary) -> GraphQLObjectType:
        name = words.resource.name
        spelling = spelled(words.fields)
        groups = {
            spelling[field]: GraphQLField(
                self._output(words, field, type_), extensions={MEANING: Grouped(field)}
            )
            for field, type_ in words.fields.items()
            if groupable(type_)
        }
        by = GraphQLObjectType(self._new(f"{name}Group"), groups)
        found = {
            "by": GraphQLField(
                GraphQLNonNull(by),
                description="The values that the rows of the group have in common.",
                extensions={MEANING: Group()},
            ),
            "count": GraphQLField(GraphQLNonNull(GraphQLInt), extensions={MEANING: Counted()}),
        }
        for function, title in FUNCTIONS.items():
            fields = {
                spelling[field]: GraphQLField(
                    self._measure(words, field, type_, function),
                    extensions={MEANING: Measured(field)},
                )
                for field, type_ in words.fields.items()
                if function in measures_of(type_)
            }
            if fields:
                type_ = GraphQLObjectType(self._new(f"{name}{capital(title)}"), fields)
                found[title] = GraphQLField(
                    GraphQLNonNull(type_), extensions={MEANING: Measures(function)}
                )
        return GraphQLObjectType(self._new(f"{name}Aggregate"), found)

    def _measure(self, words: Vocabulary, field: str, type_: Type, function: Function) -> ValueType:
        if function is Function.COUNT:
            return GraphQLInt
        if function is Function.AVG:
            return GraphQLFloat
        if function is Function.SUM and type_.scalar is Scalar.INTEGER:
            return LONG
        return self._output(words, field, type_)

    def _output(self, words: Vocabulary, field: str, type_: Type) -> ValueType:
        return self._values.of(type_, words.resource.name, field)

    def _new(self, name: str) -> str:
        return self._taken.new(name, f"{name}Of")
