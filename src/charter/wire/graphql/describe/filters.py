"""The input types by which lists are filtered and sorted."""

from collections.abc import Mapping

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLString,
)
from graphql.type import GraphQLInputType, GraphQLNullableInputType

from charter.contract.types import TEXTUAL, Scalar, Type
from charter.plan.ask import Comparator
from charter.plan.comparators import comparators_of
from charter.wire.graphql.describe.scalars import Values
from charter.wire.graphql.meaning import MEANING, GlobalKey, ToMany, Value
from charter.wire.graphql.names import Taken, camel, constant, spelled
from charter.wire.rest.vocabulary import Vocabularies, Vocabulary

DIRECTION = GraphQLEnumType(
    "Direction",
    {"ASC": GraphQLEnumValue("ASC"), "DESC": GraphQLEnumValue("DESC")},
    description="The way of a sort; null counts as larger than any value.",
)
WORDS: Mapping[Comparator, str] = {
    **{item: item.value for item in Comparator},
    Comparator.NULL: "isNull",
}
"""The names of comparators in filters."""
OF_KEYS = frozenset({Comparator.EQ, Comparator.NE, Comparator.IN, Comparator.NOT_IN})
_TEXTS = frozenset({Comparator.LIKE, Comparator.ILIKE})
_LISTS = frozenset({Comparator.IN, Comparator.NOT_IN})
EVERY, SOME, NOT = "and", "or", "not"


def listed(type_: GraphQLNullableInputType) -> GraphQLInputType:
    return GraphQLList(GraphQLNonNull(type_))


class Filters:
    """Makes the filter types of one contract, each once."""

    def __init__(self, values: Values, known: Vocabularies, taken: Taken) -> None:
        self._values = values
        self._known = known
        self._tests: dict[tuple[str, frozenset[Comparator]], GraphQLInputObjectType] = {}
        self._taken = taken
        self._of = {name: self._filter(words) for name, words in known.items()}

    def of(self, resource: str) -> GraphQLInputObjectType:
        return self._of[resource]

    def sort(self, words: Vocabulary) -> GraphQLInputObjectType:
        name = words.resource.name
        fields = {
            constant(item): GraphQLEnumValue(item) for item in words.fields if words.sortable(item)
        }
        by = GraphQLEnumType(self._taken.new(f"{name}SortField", f"{name}SortBy"), fields)
        return GraphQLInputObjectType(
            self._taken.new(f"{name}Sort", f"{name}Order"),
            {
                "field": GraphQLInputField(GraphQLNonNull(by)),
                "direction": GraphQLInputField(DIRECTION, default_value="ASC"),
            },
        )

    def _filter(self, words: Vocabulary) -> GraphQLInputObjectType:
        name = words.resource.name
        spelling = spelled([*words.fields, *words.relations])

        def fields() -> dict[str, GraphQLInputField]:
            own = self._of[name]
            found = {
                EVERY: GraphQLInputField(listed(own), description="All of these hold."),
                SOME: GraphQLInputField(listed(own), description="One of these holds."),
                NOT: GraphQLInputField(own, description="This does not hold."),
            }
            for field, type_ in words.fields.items():
                stored = words.resource.field_named.get(field)
                target = name if field == "id" else stored.references if stored else None
                meaning = Value(field) if target is None else GlobalKey(target, field)
                found[spelling[field]] = GraphQLInputField(
                    self._test(words, field, type_, is_key=target is not None),
                    extensions={MEANING: meaning},
                )
            for relation in words.relations.values():
                found[spelling[relation.name]] = GraphQLInputField(
                    self._of[relation.target],
                    description="Some row that this leads to is such.",
                    extensions={MEANING: ToMany(relation)},
                )
            return found

        title = self._taken.new(f"{name}Filter", f"{name}Where")
        return GraphQLInputObjectType(title, fields, description="All of what it says holds.")

    def _test(
        self, words: Vocabulary, field: str, type_: Type, *, is_key: bool
    ) -> GraphQLInputObjectType:
        able = comparators_of(type_, field in words.foldable)
        if is_key:
            one: GraphQLNullableInputType = GraphQLID
            able = (able & OF_KEYS) | {Comparator.NULL}
        elif type_.scalar is Scalar.CHOICE or type_.scalar not in TEXTUAL:
            one = self._values.one(type_, words.resource.name, camel(field))
        else:
            one = GraphQLString
        key = (f"{one}{'List' if type_.many else ''}", able)
        found = self._tests.get(key)
        if found is None:
            base = "".join(part for part in (key[0], "Search" if field in words.foldable else ""))
            title = self._taken.new(f"{base}Test", f"{base}Test")
            found = GraphQLInputObjectType(title, self._comparators(one, able))
            self._tests[key] = found
        return found

    def _comparators(
        self, one: GraphQLNullableInputType, able: frozenset[Comparator]
    ) -> dict[str, GraphQLInputField]:
        def kind(item: Comparator) -> GraphQLInputType:
            if item is Comparator.NULL:
                return GraphQLBoolean
            if item in _TEXTS:
                return GraphQLString
            return listed(one) if item in _LISTS else one

        return {
            WORDS[item]: GraphQLInputField(kind(item), extensions={MEANING: item})
            for item in Comparator
            if item in able
        }
