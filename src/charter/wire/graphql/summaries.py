"""Aggregates: from what is selected of them to the groups and measures that it takes."""

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
)

from charter.contract.expression import Function
from charter.contract.resource import Resource
from charter.core.codes import INVALID_PARAMETER, UNKNOWN_FIELD
from charter.plan.ask import Measure, Shape, Sort, Summarize
from charter.wire.graphql.given import Source
from charter.wire.graphql.lists import TYPENAME, Lists, Nodes, descending, object_of, sorted_by
from charter.wire.graphql.meaning import Counted, Group, Grouped, Measured, Measures, said
from charter.wire.graphql.planning import Reading
from charter.wire.rest.summaries import MOST_GROUPS, measures_of
from charter.wire.rest.vocabulary import Vocabularies, Vocabulary, hint

_EVERY_ROW = Measure("count", Function.COUNT)


class Summaries:
    """Makes the summaries of one contract."""

    def __init__(self, known: Vocabularies, lists: Lists) -> None:
        self._known = known
        self._lists = lists

    def read(
        self, reading: Reading, field: GraphQLField, nodes: Nodes, resource: Resource
    ) -> Summarize:
        """The summary that a field asks for; flaws go to the notes."""
        given = reading.arguments(nodes[0])
        words = self._known[resource.name]
        groups = _groups(reading, field, given.get("groupBy"))
        gathered = _Gathered(reading, words, groups)
        shape = gathered.shape(nodes, object_of(field))
        sort = gathered.sort(given.get("sort"))
        return Summarize(
            resource.name,
            groups,
            tuple(gathered.measures),
            self._lists.where(reading, field, given, resource),
            self._lists.search(reading, given),
            sort,
            self._lists.count(reading, given.get("first"), "first", MOST_GROUPS),
            shape=shape,
        )


def _groups(reading: Reading, field: GraphQLField, source: Source | None) -> tuple[str, ...]:
    if source is None or not reading.watch.is_given(source):
        return ()
    value = reading.watch.value(source)
    names = get_named_type(field.args["groupBy"].type)
    if not isinstance(names, GraphQLEnumType):
        raise TypeError(f"{names} is no enum")
    found: dict[str, None] = {}
    for at, item in enumerate(value if type(value) is list else [value]):
        known = names.values.get(item) if type(item) is str else None
        if known is None:
            message = f"rows cannot be grouped by this{hint(str(item), tuple(names.values))}"
            reading.notes.at(f"/groupBy/{at}", UNKNOWN_FIELD, message)
        else:
            found[known.value] = None
    return tuple(found)


class _Gathered:
    """The measures that a summary turns out to need."""

    def __init__(self, reading: Reading, words: Vocabulary, groups: tuple[str, ...]) -> None:
        self._reading = reading
        self._words = words
        self._groups = groups
        self.measures: list[Measure] = []

    def shape(self, nodes: Nodes, type_: GraphQLObjectType) -> Shape:
        found: list[tuple[str, int | str | Shape]] = []
        for out, inner in self._reading.inside(nodes, type_).items():
            name = inner[0].name.value
            if name == TYPENAME:
                found.append((out, type_.name))
                continue
            field = type_.fields[name]
            match said(field):
                case Group():
                    found.append((out, self.shape(inner, object_of(field))))
                case Measures(function):
                    found.append((out, self._measures(inner, object_of(field), function)))
                case Grouped(field_name):
                    found.append((out, self._group(field_name, name)))
                case Counted():
                    found.append((out, self._place(_EVERY_ROW)))
                case meaning:
                    raise TypeError(f"{meaning} is nothing that a summary has")
        return tuple(found)

    def sort(self, source: Source | None) -> tuple[Sort, ...]:
        found: dict[str, Sort] = {}
        if source is None:
            return ()
        for at, item in enumerate(sorted_by(self._reading, source)):
            out = self._sorted_by(item.get("function"), item.get("field"), at)
            if out is not None:
                found.setdefault(out, Sort(out, descending(self._reading, item, at)))
        return tuple(found.values())

    def _measures(self, nodes: Nodes, type_: GraphQLObjectType, function: Function) -> Shape:
        found: list[tuple[str, int | str | Shape]] = []
        for out, inner in self._reading.inside(nodes, type_).items():
            name = inner[0].name.value
            if name == TYPENAME:
                found.append((out, type_.name))
                continue
            meaning = said(type_.fields[name])
            if not isinstance(meaning, Measured):
                raise TypeError(f"{meaning} is no measure")
            found.append((out, self._place(_measure(function, meaning.name))))
        return tuple(found)

    def _group(self, field: str, shown: str) -> int:
        if field in self._groups:
            return self._groups.index(field)
        message = f"`{shown}` is not among what the rows are grouped by"
        self._reading.notes.at("/groupBy", INVALID_PARAMETER, message)
        return 0

    def _place(self, measure: Measure) -> int:
        if measure not in self.measures:
            self.measures.append(measure)
        return len(self._groups) + self.measures.index(measure)

    def _sorted_by(self, function: object, constant: object, at: int) -> str | None:
        """The out of what a sort names: a group, or a measure, which is worked out then."""
        fields = {name.upper(): name for name in self._words.fields}
        field = fields.get(constant) if isinstance(constant, str) else None
        known = Function.__members__.get(function) if isinstance(function, str) else None
        if known is Function.COUNT and constant is None:
            self._place(_EVERY_ROW)
            return _EVERY_ROW.out
        if function is None and field in self._groups:
            return field
        kinds = self._words.fields
        if known is not None and field is not None and known in measures_of(kinds[field]):
            measure = _measure(known, field)
            self._place(measure)
            return measure.out
        message = "a summary is sorted by a field that it is grouped by, or by a measure"
        self._reading.notes.at(f"/sort/{at}", INVALID_PARAMETER, message)
        return None


def _measure(function: Function, field: str) -> Measure:
    return Measure(f"{function}({field})", function, field)
