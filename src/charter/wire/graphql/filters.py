"""Filters: from the `filter` of a list to what it tests."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

from graphql import GraphQLInputObjectType, get_named_type

from charter.contract.resource import Resource
from charter.contract.types import BOOLEAN
from charter.core.codes import TOO_COMPLEX, UNKNOWN_FIELD, WRONG_TYPE
from charter.core.names import pointer
from charter.core.problems import Problem
from charter.plan.ask import Comparator, Every, Negation, Related, Some, Test, Where
from charter.plan.unfit import Misfit, Unfit, unfit, wrong
from charter.plan.values import Reader, json_reader, loose
from charter.wire.graphql.describe.filters import EVERY, NOT, SOME, WORDS
from charter.wire.graphql.given import Source
from charter.wire.graphql.keys import Keys
from charter.wire.graphql.meaning import GlobalKey, ToMany, Value, said
from charter.wire.graphql.planning import Reading
from charter.wire.graphql.settings import GraphqlSettings
from charter.wire.rest.filters import PATTERNS
from charter.wire.rest.vocabulary import Vocabularies, hint

MOST_NESTED = 8
"""Filters inside each other."""
MOST_GROUPS = 500
"""Filters inside one, empty ones too."""


class Filters:
    """Reads the filters of one contract."""

    def __init__(self, known: Vocabularies, keys: Keys, settings: GraphqlSettings) -> None:
        self._known = known
        self._keys = keys
        self._settings = settings

    def read(
        self, type_: GraphQLInputObjectType, resource: Resource, source: Source, reading: Reading
    ) -> Where | None:
        """What the filter of a list tests; flaws go to the notes."""
        return _Filter(self._known, self._keys, self._settings, reading).whole(
            type_, resource, source, "/filter", 1
        )


class _Filter:
    def __init__(
        self, known: Vocabularies, keys: Keys, settings: GraphqlSettings, reading: Reading
    ) -> None:
        self._known = known
        self._keys = keys
        self._settings = settings
        self._reading = reading
        self._tests = 0
        self._groups = 0

    def whole(
        self,
        type_: GraphQLInputObjectType,
        resource: Resource,
        source: Source,
        place: str,
        depth: int,
    ) -> Where:
        if depth > MOST_NESTED:
            self._too_much(place, f"filters are at most {MOST_NESTED} deep")
        self._groups += 1
        if self._groups > MOST_GROUPS:
            self._too_much(place, f"a filter has at most {MOST_GROUPS} parts")
        parts: list[Where] = []
        for name, item in self._members(source, place).items():
            at = place + pointer(name)
            if name in (EVERY, SOME) and name in type_.fields:
                group = tuple(
                    self.whole(type_, resource, one, f"{at}/{index}", depth + 1)
                    for index, one in enumerate(self._reading.watch.items(item))
                )
                parts.append(Every(group) if name == EVERY else Some(group))
            elif name == NOT:
                parts.append(Negation(self.whole(type_, resource, item, at, depth + 1)))
            else:
                parts.extend(self._named(type_, resource, name, item, at, depth))
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _named(
        self,
        type_: GraphQLInputObjectType,
        resource: Resource,
        name: str,
        source: Source,
        place: str,
        depth: int,
    ) -> list[Where]:
        field = type_.fields.get(name)
        if field is None:
            near = hint(name, tuple(type_.fields))
            message = f"{resource.name} has no `{name[:100]}` to be named here{near}"
            self._reading.notes.at(place, UNKNOWN_FIELD, message)
            return []
        inner = get_named_type(field.type)
        if not isinstance(inner, GraphQLInputObjectType):
            raise TypeError(f"{inner} is no filter")
        match said(field):
            case ToMany(relation):
                target = self._known[relation.target].resource
                part = self.whole(inner, target, source, place, depth + 1)
                return [Related(relation.name, part)]
            case Value(field_name):
                return self._tested(inner, resource, field_name, None, source, place)
            case GlobalKey(target_name, field_name):
                return self._tested(inner, resource, field_name, target_name, source, place)
            case meaning:
                raise TypeError(f"{meaning} is nothing that a filter has")

    def _tested(
        self,
        type_: GraphQLInputObjectType,
        resource: Resource,
        field: str,
        target: str | None,
        source: Source,
        place: str,
    ) -> list[Where]:
        found: list[Where] = []
        for name, item in self._members(source, place).items():
            at = place + pointer(name)
            comparator: Comparator | None = (
                said(type_.fields[name]) if name in type_.fields else None
            )
            if comparator is None:
                able = tuple(type_.fields)
                message = f"`{field}` is tested with {', '.join(able)}{hint(name, able)}"
                self._reading.notes.at(at, UNKNOWN_FIELD, message)
            elif self._reading.watch.is_null(item):
                message = f"null is not compared with: test `{WORDS[Comparator.NULL]}`"
                self._reading.notes.at(at, WRONG_TYPE, message)
            else:
                self._tests += 1
                read = self._reader(resource, field, target, comparator)
                slot = self._reading.slot(item, read, at)
                found.append(Test((), field, comparator, slot))
                most = self._settings.max_conditions
                if self._tests > most:
                    self._too_much(place, f"a filter has at most {most} conditions")
        return found

    def _reader(
        self, resource: Resource, field: str, target: str | None, comparator: Comparator
    ) -> Reader:
        type_ = loose(replace(self._known[resource.name].fields[field], many=False))
        one = json_reader(type_) if target is None else self._keys.reader(target)
        if comparator in (Comparator.IN, Comparator.NOT_IN):
            return _listed(one, self._settings.max_list)
        if comparator is Comparator.NULL:
            return json_reader(BOOLEAN)
        if comparator in PATTERNS:
            return texts(PATTERNS[comparator])
        return one

    def _members(self, source: Source, place: str) -> dict[str, Source]:
        watch = self._reading.watch
        found = watch.members(source)
        if found is None:
            self._reading.notes.at(place, WRONG_TYPE, "an object is expected")
            return {}
        return found

    def _too_much(self, place: str, message: str) -> NoReturn:
        """Raises at once: what goes on without a bound is not looked at further."""
        self._reading.notes.become(TOO_COMPLEX)
        self._reading.notes.at(place, TOO_COMPLEX, message)
        self._reading.notes.settle()
        raise Problem(TOO_COMPLEX, message)


def texts(read: Callable[[str], Any]) -> Reader:
    def text(value: Any) -> Any:
        if type(value) is not str:
            raise wrong("text", value)
        return read(value)

    return text


def _listed(one: Reader, most: int) -> Reader:
    def read(value: Any) -> tuple[Any, ...]:
        items = value if type(value) is list else [value]
        if len(items) > most:
            raise unfit(TOO_COMPLEX, f"a list has at most {most} items, not {len(items)}")
        found: list[Any] = []
        misfits: list[Misfit] = []
        for at, item in enumerate(items):
            try:
                found.append(one(item))
            except Unfit as error:
                misfits.extend(replace(it, where=pointer(at) + it.where) for it in error.misfits)
        if misfits:
            raise Unfit(*misfits)
        return tuple(found)

    return read
