"""Lists: from the arguments of a connection, and what is selected of it, to a listing."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
)

from charter.contract.resource import Resource
from charter.contract.types import TEXT
from charter.core.codes import INVALID_PARAMETER, OUT_OF_RANGE, UNKNOWN_FIELD, WRONG_TYPE
from charter.core.names import pointer
from charter.plan.ask import After, Selection, Sort, Where
from charter.plan.selection import Around, Each, Item, Itself, Label, Listing, Mark, Total
from charter.plan.unfit import named
from charter.wire.graphql.filters import Filters, texts
from charter.wire.graphql.given import Source
from charter.wire.graphql.meaning import Part, said
from charter.wire.graphql.planning import Binder, ListPrint, Place, Reading
from charter.wire.graphql.settings import GraphqlSettings
from charter.wire.rest.lists import searched
from charter.wire.rest.vocabulary import Vocabularies, hint

TYPENAME = "__typename"
Nodes = Sequence[FieldNode]
RowItems = Callable[[Nodes, GraphQLObjectType, Resource], tuple[Item, ...]]
"""Gives what is selected of a row."""
_AROUND: dict[Part, Literal["next", "previous", "first", "last"]] = {
    Part.NEXT: "next", Part.PREVIOUS: "previous", Part.FIRST: "first", Part.LAST: "last",
}  # fmt: skip
_OF_VALUES = ("filter", "search", "after", "before")
Arguments = dict[str, Source]


def object_of(field: GraphQLField) -> GraphQLObjectType:
    """The object type that a field gives, in whatever lists."""
    type_ = get_named_type(field.type)
    if not isinstance(type_, GraphQLObjectType):
        raise TypeError(f"{type_} is no object type")
    return type_


class Lists:
    """Makes the listings of one contract. `cursor_key` opens cursors."""

    def __init__(
        self, known: Vocabularies, filters: Filters, settings: GraphqlSettings, cursor_key: bytes
    ) -> None:
        self._known = known
        self._filters = filters
        self._settings = settings
        self._cursor_key = cursor_key

    def listing(
        self,
        reading: Reading,
        field: GraphQLField,
        nodes: Nodes,
        resource: Resource,
        label: str,
        items: RowItems,
    ) -> Listing:
        """The page that a connection asks for; `label` says which list of the contract it is."""
        given = reading.arguments(nodes[0])
        if reading.within_write:
            _refuse_values(reading, given)
        where = self.where(reading, field, given, resource)
        search = self.search(reading, given)
        sort = self.sort(reading, field, given.get("sort"), resource)
        limit, backward = self._limit(reading, given)
        order = ",".join(f"-{item.field}" if item.descending else item.field for item in sort)
        fields = self._known[resource.name].fields
        narrowed = tuple(given[name].get for name in ("filter", "search") if name in given)
        types = tuple(fields.get(item.field, TEXT) for item in sort)
        print_ = ListPrint(label, order, types, narrowed)
        number = len(reading.lists)
        reading.lists.append(print_)
        return Listing(
            number,
            tuple(self._parts(reading, nodes, object_of(field), resource, items)),
            limit,
            where,
            search,
            sort,
            backward,
            self._place(reading, given.get("after"), print_),
            self._place(reading, given.get("before"), print_),
        )

    def where(
        self, reading: Reading, field: GraphQLField, given: Arguments, resource: Resource
    ) -> Where | None:
        source = given.get("filter")
        if source is None or not reading.watch.is_given(source):
            return None
        type_ = get_named_type(field.args["filter"].type)
        if not isinstance(type_, GraphQLInputObjectType):
            raise TypeError(f"{type_} is no filter")
        return self._filters.read(type_, resource, source, reading)

    def search(self, reading: Reading, given: Arguments) -> int | None:
        source = given.get("search")
        if source is None or not reading.watch.is_given(source):
            return None
        return reading.slot(source, texts(searched), "/search")

    def sort(
        self, reading: Reading, field: GraphQLField, source: Source | None, resource: Resource
    ) -> tuple[Sort, ...]:
        """The order of a list; it ends with the key, behind which nothing is left to tell apart."""
        found: dict[str, Sort] = {}
        type_ = get_named_type(field.args["sort"].type)
        if isinstance(type_, GraphQLInputObjectType) and source is not None:
            names = _enum(type_, "field")
            for at, item in enumerate(sorted_by(reading, source)):
                name = item.get("field")
                value = names.values.get(name) if type(name) is str else None
                if value is None:
                    shown = name if type(name) is str else named(name)
                    near = hint(str(name).upper(), tuple(names.values))
                    message = f"{resource.name} has no field {shown[:100]} to sort by{near}"
                    reading.notes.at(f"/sort/{at}/field", UNKNOWN_FIELD, message)
                    continue
                found.setdefault(value.value, Sort(value.value, descending(reading, item, at)))
        sort = tuple(found.values())
        if "id" not in found:
            # The way of the last part: then one index serves the order, read from either end.
            sort = (*sort, Sort("id", bool(sort) and sort[-1].descending))
        fields = [item.field for item in sort]
        return sort[: fields.index("id") + 1]

    def count(self, reading: Reading, source: Source | None, name: str, otherwise: int) -> int:
        """How many rows a page is to have."""
        value = None if source is None else reading.watch.value(source)
        if value is None or source is None or reading.watch.is_missing(source):
            return otherwise
        most = self._settings.max_limit
        if type(value) is not int or not 0 <= value <= most:
            message = f"`{name}` is a whole number from 0 to {most}"
            reading.notes.at(f"/{name}", OUT_OF_RANGE, message)
            return 0
        return value

    def _limit(self, reading: Reading, given: Arguments) -> tuple[int, bool]:
        last = reading.watch.is_given(given.get("last"))
        if last and reading.watch.is_given(given.get("first")):
            message = "a page has the first rows or the last ones: give one of the two"
            reading.notes.at("/last", INVALID_PARAMETER, message)
        name = "last" if last else "first"
        otherwise = self._settings.default_limit
        return self.count(reading, given.get(name), name, otherwise), last

    def _place(self, reading: Reading, source: Source | None, print_: ListPrint) -> After | None:
        if source is None or not reading.watch.is_given(source) or reading.notes:
            return None
        place = Place(source, print_, self._cursor_key)
        nulls = reading.watch.ask(place)
        if not isinstance(nulls, tuple):
            raise TypeError("a cursor has values")
        slots = [
            reading.bind(Binder(partial(place.value, at), _as_it_is, ""))
            for at in range(len(print_.types))
        ]
        return After(slots[0], nulls)

    def _parts(
        self,
        reading: Reading,
        nodes: Nodes,
        type_: GraphQLObjectType,
        resource: Resource,
        items: RowItems,
    ) -> list[Each | Around | Total | Label]:
        found: list[Each | Around | Total | Label] = []
        for out, inner in reading.inside(nodes, type_).items():
            name = inner[0].name.value
            if name == TYPENAME:
                found.append(Label(out, type_.name))
                continue
            field = type_.fields[name]
            match said(field):
                case Part.EDGES:
                    edge = self._edge(reading, inner, object_of(field), resource, items)
                    found.append(Each(out, Selection(items=edge)))
                case Part.NODES:
                    rows = items(inner, object_of(field), resource)
                    found.append(Each(out, Selection(items=rows)))
                case Part.PAGE_INFO:
                    found.append(Around(out, _around(reading, inner, object_of(field))))
                case _:
                    found.append(Total(out))
        return found

    def _edge(
        self,
        reading: Reading,
        nodes: Nodes,
        type_: GraphQLObjectType,
        resource: Resource,
        items: RowItems,
    ) -> tuple[Item, ...]:
        found: list[Item] = []
        for out, inner in reading.inside(nodes, type_).items():
            name = inner[0].name.value
            if name == TYPENAME:
                found.append(Label(out, type_.name))
            elif said(type_.fields[name]) is Part.CURSOR:
                found.append(Mark(out))
            else:
                row = items(inner, object_of(type_.fields[name]), resource)
                found.append(Itself(out, Selection(items=row)))
        return tuple(found)


def _as_it_is(value: Any) -> Any:
    return value


def _refuse_values(reading: Reading, given: Arguments) -> None:
    for name in _OF_VALUES:
        if reading.watch.is_given(given.get(name)):
            message = f"`{name}` cannot stand in the answer of a mutation: ask by a query"
            reading.notes.at(pointer(name), INVALID_PARAMETER, message)


def _around(
    reading: Reading, nodes: Nodes, type_: GraphQLObjectType
) -> tuple[tuple[str, Literal["next", "previous", "first", "last"]] | Label, ...]:
    found: list[tuple[str, Literal["next", "previous", "first", "last"]] | Label] = []
    for out, inner in reading.inside(nodes, type_).items():
        name = inner[0].name.value
        if name == TYPENAME:
            found.append(Label(out, type_.name))
        else:
            found.append((out, _AROUND[said(type_.fields[name])]))
    return tuple(found)


def sorted_by(reading: Reading, source: Source) -> list[dict[str, Any]]:
    """The parts of a sort as they are given."""
    if not reading.watch.is_given(source):
        return []
    value = reading.watch.value(source)
    items = value if type(value) is list else [value]
    for at, item in enumerate(items):
        if type(item) is not dict:
            message = f"an object is expected, not {named(item)}"
            reading.notes.at(f"/sort/{at}", WRONG_TYPE, message)
    return [item for item in items if type(item) is dict]


def descending(reading: Reading, item: dict[str, Any], at: int) -> bool:
    way = item.get("direction", "ASC")
    if way not in ("ASC", "DESC"):
        reading.notes.at(f"/sort/{at}/direction", INVALID_PARAMETER, "a direction is ASC or DESC")
    return bool(way == "DESC")


def _enum(type_: GraphQLInputObjectType, name: str) -> GraphQLEnumType:
    found = get_named_type(type_.fields[name].type)
    if not isinstance(found, GraphQLEnumType):
        raise TypeError(f"{found} is no enum")
    return found
