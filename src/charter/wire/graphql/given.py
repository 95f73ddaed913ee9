"""Values that a request gives: literals of its document, and variables.

What a document comes to is worked out once and kept. So whoever looks at a variable to decide
something asks a *question*; the answers tell which of the kept plans a request is for.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol

import msgspec
from graphql import (
    BooleanValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    VariableNode,
)
from graphql.language import EnumValueNode

from charter.core.codes import TOO_COMPLEX
from charter.core.problems import Problem

LONGEST_NUMBER = 400
"""Digits of a number in a document."""
MOST_ITEMS = 10_000
"""Of a list on which a plan depends."""


class Missing(Enum):
    """What stands for a value that was not given at all."""

    MISSING = "missing"


MISSING = Missing.MISSING


@dataclass(slots=True)
class Bound:
    """The variables of one request, defaults included. `memo` keeps what costs to work out."""

    values: Mapping[str, Any]
    memo: dict[Any, Any] = field(default_factory=dict)


_encode = msgspec.json.encode
Getter = Callable[[Bound], Any]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable, or what is inside its value."""

    name: str
    path: tuple[str | int, ...] = ()

    def get(self, bound: Bound) -> Any:
        value: Any = bound.values.get(self.name, MISSING)
        for step in self.path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                # A value that stands for a list of itself is its own first item.
                value = value if step == 0 and type(value) is not list else MISSING
        return value


@dataclass(frozen=True, slots=True)
class Literal:
    node: ValueNode

    def get(self, bound: Bound) -> Any:
        return plain(self.node, bound)


Source = Literal | Variable


class Question(Protocol):
    """Something about the variables of a request that a plan depends on."""

    def answer(self, bound: Bound) -> Hashable: ...


@dataclass(frozen=True, slots=True)
class _About:
    """A question about one value: `of` tells what is asked of it."""

    of: Callable[[Any], Hashable]
    variable: Variable

    def answer(self, bound: Bound) -> Hashable:
        return self.of(self.variable.get(bound))


def _state(value: Any) -> Hashable:
    return "missing" if value is MISSING else value is not None


def _members(value: Any) -> Hashable:
    return tuple(value) if isinstance(value, dict) else None


def _length(value: Any) -> Hashable:
    return len(value) if type(value) is list else None


def _whole(value: Any) -> Hashable:
    return b"" if value is MISSING else _encode(value, order="deterministic")


def prefix_of(value: Any) -> str | None:
    """What a global identifier begins with, without the colon."""
    if type(value) is not str:
        return None
    prefix, colon, _ = value.partition(":")
    return prefix if colon else None


class Watch:
    """Looks at what a request gives, and notes each question that it asks of the variables."""

    def __init__(self, bound: Bound) -> None:
        self.bound = bound
        self.asked: dict[Question, Hashable] = {}

    def ask(self, question: Question) -> Hashable:
        if question not in self.asked:
            self.asked[question] = question.answer(self.bound)
        found: Hashable = self.asked[question]
        return found

    def is_missing(self, source: Source | None) -> bool:
        if source is None:
            return True
        if isinstance(source, Literal):
            return False
        return self.ask(_About(_state, source)) == "missing"

    def is_null(self, source: Source) -> bool:
        if isinstance(source, Literal):
            return isinstance(source.node, NullValueNode)
        return self.ask(_About(_state, source)) is False

    def is_given(self, source: Source | None) -> bool:
        """Whether there is a value, and not null."""
        return source is not None and not self.is_missing(source) and not self.is_null(source)

    def members(self, source: Source) -> dict[str, Source] | None:
        """The members of an object that are given; None where it is none."""
        if isinstance(source, Variable):
            names = self.ask(_About(_members, source))
            if not isinstance(names, tuple):
                return None
            return {name: Variable(source.name, (*source.path, name)) for name in names}
        if not isinstance(source.node, ObjectValueNode):
            return None
        found = {item.name.value: source_of(item.value) for item in source.node.fields}
        return {name: item for name, item in found.items() if not self.is_missing(item)}

    def items(self, source: Source) -> list[Source]:
        """The items of a list; a value that is none stands for a list of itself."""
        if isinstance(source, Variable):
            length = self.ask(_About(_length, source))
            if not isinstance(length, int):
                return [source]
            if length > MOST_ITEMS:
                raise Problem(TOO_COMPLEX, f"A list has at most {MOST_ITEMS} items.")
            return [Variable(source.name, (*source.path, at)) for at in range(length)]
        if isinstance(source.node, ListValueNode):
            return [source_of(item) for item in source.node.values]
        return [source]

    def value(self, source: Source) -> Any:
        """The whole value, on which the plan depends."""
        if isinstance(source, Variable):
            self.ask(_About(_whole, source))
        else:
            for name in variables_in(source.node):
                self.ask(_About(_whole, Variable(name)))
        return source.get(self.bound)

    def prefix(self, source: Source) -> str | None:
        """What a global identifier begins with."""
        if isinstance(source, Literal):
            return prefix_of(source.get(self.bound))
        found = self.ask(_About(prefix_of, source))
        return found if isinstance(found, str) else None


def source_of(node: ValueNode) -> Source:
    return Variable(node.name.value) if isinstance(node, VariableNode) else Literal(node)


def variables_in(node: ValueNode) -> Iterator[str]:
    match node:
        case VariableNode():
            yield node.name.value
        case ListValueNode():
            for item in node.values:
                yield from variables_in(item)
        case ObjectValueNode():
            for member in node.fields:
                yield from variables_in(member.value)


def plain(node: ValueNode, bound: Bound) -> Any:
    """A literal as the JSON value that it stands for. Members that are variables and not given
    are left out, items of lists are null then."""
    match node:
        case VariableNode():
            return bound.values.get(node.name.value, MISSING)
        case NullValueNode():
            return None
        case IntValueNode(value=text):
            return int(text) if len(text) <= LONGEST_NUMBER else Decimal("Infinity")
        case FloatValueNode(value=text):
            return Decimal(text) if len(text) <= LONGEST_NUMBER else Decimal("Infinity")
        case StringValueNode() | EnumValueNode() | BooleanValueNode():
            return node.value
        case ListValueNode():
            items = (plain(item, bound) for item in node.values)
            return [None if item is MISSING else item for item in items]
        case ObjectValueNode():
            members = {item.name.value: plain(item.value, bound) for item in node.fields}
            return {name: item for name, item in members.items() if item is not MISSING}
        case _:
            raise TypeError(f"{type(node).__name__} is no value")
