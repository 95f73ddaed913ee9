"""Conditions of a query, as tests with readers for their values."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from charter.contract.types import TEXT, Scalar, Type
from charter.core.codes import INVALID_PARAMETER, TOO_COMPLEX, WRONG_FORMAT
from charter.core.text import fold
from charter.plan.ask import Comparator, Every, Negation, Some, Test, Where
from charter.plan.comparators import comparators_of
from charter.plan.unfit import Misfit, Unfit, unfit
from charter.plan.values import Reader, loose, text_reader
from charter.wire.rest.groups import Condition, Group, Part, Raw, Unreadable, listed
from charter.wire.rest.settings import RestSettings
from charter.wire.rest.vocabulary import Vocabularies, Vocabulary, hint

_COMPARATORS = {item.value: item for item in Comparator} | {"": Comparator.EQ}


@dataclass(frozen=True, slots=True)
class Tested:
    """A test whose slot is not known yet, and the reader of its value."""

    path: tuple[str, ...]
    field: str
    comparator: Comparator
    read: Callable[[Raw], Any]


class UnknownName(Exception):
    """The condition names what is not there."""


class Filters:
    """Makes tests of the conditions over the resources of one contract."""

    def __init__(self, vocabularies: Vocabularies, settings: RestSettings) -> None:
        self._vocabularies = vocabularies
        self._settings = settings

    def tested(self, resource: str, condition: Condition) -> Tested:
        """Raises `UnknownName`, or `Unfit` where the field cannot be tested so."""
        *path, field = condition.name.split(".")
        if len(path) > self._settings.max_depth:
            message = f"at most {self._settings.max_depth} relations are followed"
            raise unfit(TOO_COMPLEX, message)
        vocabulary = self._vocabularies[resource]
        for name in path:
            vocabulary = self._vocabularies[_relation(vocabulary, name)]
        type_ = vocabulary.fields.get(field)
        if type_ is None:
            raise UnknownName(_unknown(vocabulary, field))
        comparator = _COMPARATORS.get(condition.comparator)
        if comparator is None:
            near = hint(condition.comparator, tuple(_COMPARATORS))
            raise UnknownName(f"there is no comparator `{condition.comparator[:100]}`{near}")
        able = comparators_of(type_, field in vocabulary.foldable)
        if comparator not in able:
            words = ", ".join(item for item in Comparator if item in able)
            message = f"`{field}` cannot be tested with `{comparator}`, but with {words}"
            raise unfit(INVALID_PARAMETER, message)
        return Tested(tuple(path), field, comparator, self._reader(type_, comparator))

    def _reader(self, type_: Type, comparator: Comparator) -> Callable[[Raw], Any]:
        if comparator in (Comparator.IN, Comparator.NOT_IN):
            return list_reader(text_reader(loose(type_)), self._settings.max_list)
        if comparator in PATTERNS:
            return PATTERNS[comparator]
        return text_reader(loose(replace(type_, many=False)))


def where(parts: Sequence[Part], tests: Iterable[Test]) -> Where | None:
    """The filter that these parts are, all of them; the tests stand in reading order."""
    waiting = iter(tests)

    def build(part: Part) -> Where:
        if isinstance(part, Condition):
            return next(waiting)
        return _group(part, tuple(build(item) for item in part.parts))

    built = tuple(build(part) for part in parts)
    return built[0] if len(built) == 1 else Every(built) if built else None


def conditions(part: Part) -> Iterator[Condition]:
    """The conditions of a part, in reading order."""
    if isinstance(part, Condition):
        yield part
    else:
        for item in part.parts:
            yield from conditions(item)


def _group(group: Group, parts: tuple[Where, ...]) -> Where:
    if group.kind == "not":
        return Negation(parts[0])
    if len(parts) == 1:
        return parts[0]
    return Some(parts) if group.kind == "any" else Every(parts)


def _relation(vocabulary: Vocabulary, name: str) -> str:
    relation = vocabulary.relations.get(name)
    if relation is None:
        raise UnknownName(_unknown(vocabulary, name))
    return relation.target


def _unknown(vocabulary: Vocabulary, name: str) -> str:
    near = vocabulary.near(name)
    return f"{vocabulary.resource.name} has no `{name[:100]}` to be named here{near}"


def list_reader(item: Reader, most: int) -> Callable[[Raw], tuple[Any, ...]]:
    """A reader of lists, as text or already in items, with at most so many items."""

    def read(raw: Raw) -> tuple[Any, ...]:
        try:
            items = listed(raw) if isinstance(raw, str) else raw
        except Unreadable as error:
            raise unfit(WRONG_FORMAT, str(error)) from None
        if len(items) > most:
            raise unfit(TOO_COMPLEX, f"a list has at most {most} items, not {len(items)}")
        misfits: list[Misfit] = []
        values: list[Any] = []
        for text in items:
            try:
                values.append(item(text))
            except Unfit as error:
                misfits.extend(error.misfits)
        if misfits:
            raise Unfit(*misfits)
        return tuple(values)

    return read


_any_text = text_reader(TEXT)


def _pattern(raw: Raw) -> str:
    text: str = _any_text(raw)
    ending = len(text) - len(text.rstrip("\\"))
    if ending % 2:
        raise unfit(WRONG_FORMAT, "a pattern cannot end with one backslash: it escapes nothing")
    return text


def folded_pattern(pattern: str) -> str:
    """The pattern as search sees it; no character becomes a wildcard or an escape by folding."""
    found: list[str] = []
    literal: list[str] = []

    def settle() -> None:
        found.append("".join("\\" + c if c in "*?\\" else c for c in fold("".join(literal))))
        literal.clear()

    characters = iter(pattern)
    for character in characters:
        if character in "*?":
            settle()
            found.append(character)
        else:
            literal.append(next(characters, "") if character == "\\" else character)
    settle()
    return "".join(found)


PATTERNS: dict[Comparator, Callable[[Raw], Any]] = {
    Comparator.LIKE: _pattern,
    Comparator.ILIKE: lambda raw: folded_pattern(_pattern(raw)),
    Comparator.NULL: text_reader(Type(Scalar.BOOLEAN)),
}
