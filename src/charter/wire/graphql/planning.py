"""What planning one operation gathers: the values that it binds, the lists that it has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import msgspec
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    InlineFragmentNode,
    SelectionSetNode,
    VariableNode,
)
from graphql.language import BooleanValueNode, DirectiveNode

from charter.contract.types import Type
from charter.core.codes import INVALID_CURSOR, INVALID_PARAMETER, TOO_COMPLEX
from charter.core.problems import Problem
from charter.plan.cursors import open_cursor
from charter.plan.notes import Notes
from charter.plan.unfit import Unfit
from charter.plan.values import Reader
from charter.wire.graphql.given import MISSING, Bound, Getter, Source, Watch, source_of

Fields = dict[str, list[FieldNode]]
"""What is selected of an object: by the name in the answer the nodes that ask for it."""


@dataclass(frozen=True, slots=True)
class Binder:
    """Gives one value of an ask: from the variables of the request, or the same always."""

    get: Getter
    read: Reader
    place: str

    def bind(self, bound: Bound, notes: Notes) -> Any:
        try:
            return self.read(self.get(bound))
        except Unfit as error:
            notes.add(*error.at(self.place))
            if any(item.code is TOO_COMPLEX for item in error.misfits):
                notes.become(TOO_COMPLEX)
            return None


@dataclass(frozen=True, eq=False)
class ListPrint:
    """What a cursor belongs to: which list it is, of which rows in which order."""

    label: str
    order: str
    types: tuple[Type, ...]
    narrowed: tuple[Getter, ...]

    def print(self, bound: Bound) -> bytes:
        found: bytes | None = bound.memo.get(self)
        if found is None:
            values = [get(bound) for get in self.narrowed]
            known = [None if value is MISSING else value for value in values]
            text = msgspec.json.encode([self.label, self.order, known], order="deterministic")
            found = bound.memo[self] = blake2b(text, digest_size=16).digest()
        return found


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor that a request gives. As a question it asks which of its values are null."""

    source: Source
    print: ListPrint
    key: bytes = field(repr=False)

    def values(self, bound: Bound) -> tuple[Any, ...]:
        """Raises `invalid_cursor`."""
        found: tuple[Any, ...] | None = bound.memo.get(self)
        if found is None:
            text = self.source.get(bound)
            if type(text) is not str:
                raise Problem(INVALID_CURSOR)
            found = open_cursor(text, self.print.types, self.print.print(bound), self.key)
            bound.memo[self] = found
        return found

    def value(self, at: int, bound: Bound) -> Any:
        return self.values(bound)[at]

    def answer(self, bound: Bound) -> tuple[bool, ...]:
        return tuple(value is None for value in self.values(bound))


@dataclass(frozen=True)
class Reading:
    """The planning of one operation. Flaws of what it depends on go to the notes."""

    watch: Watch
    fragments: Mapping[str, FragmentDefinitionNode]
    notes: Notes = field(default_factory=lambda: Notes(INVALID_PARAMETER))
    binders: list[Binder] = field(default_factory=list)
    lists: list[ListPrint] = field(default_factory=list)
    within_write: bool = False
    """The answer of a write has no values of its own."""

    def slot(self, source: Source, read: Reader, place: str) -> int:
        """The place of a value among those of the ask."""
        return self.bind(Binder(source.get, read, place))

    def bind(self, binder: Binder) -> int:
        self.binders.append(binder)
        return len(self.binders) - 1

    def fields(
        self, selections: Sequence[SelectionSetNode | None], type_: GraphQLObjectType
    ) -> Fields:
        """What the selections, of which all hold, come to for an object of a type."""
        found: Fields = {}
        for selection in selections:
            if selection is not None:
                self._collect(selection, type_, found)
        return found

    def inside(self, nodes: Sequence[FieldNode], type_: GraphQLObjectType) -> Fields:
        return self.fields([node.selection_set for node in nodes], type_)

    def arguments(self, node: FieldNode) -> dict[str, Source]:
        """The arguments of a field that are given."""
        found = {item.name.value: source_of(item.value) for item in node.arguments or ()}
        return {name: item for name, item in found.items() if not self.watch.is_missing(item)}

    def _collect(
        self, selections: SelectionSetNode, type_: GraphQLObjectType, found: Fields
    ) -> None:
        for node in selections.selections:
            if not self._included(node.directives or ()):
                continue
            match node:
                case FieldNode():
                    name = node.alias or node.name
                    found.setdefault(name.value, []).append(node)
                case InlineFragmentNode(type_condition=condition):
                    if condition is None or _fits(condition.name.value, type_):
                        self._collect(node.selection_set, type_, found)
                case FragmentSpreadNode():
                    fragment = self.fragments[node.name.value]
                    if _fits(fragment.type_condition.name.value, type_):
                        self._collect(fragment.selection_set, type_, found)

    def _included(self, directives: Sequence[DirectiveNode]) -> bool:
        for directive in directives:
            if directive.name.value in ("skip", "include"):
                argument = (directive.arguments or ())[0].value
                if self._truth(argument) is (directive.name.value == "skip"):
                    return False
        return True

    def _truth(self, node: object) -> bool:
        if isinstance(node, BooleanValueNode):
            return node.value
        if isinstance(node, VariableNode):
            value = self.watch.value(source_of(node))
            if type(value) is bool:
                return value
        raise Problem(INVALID_PARAMETER, "`if` of @skip and @include is true or false.")


def _fits(name: str, type_: GraphQLObjectType) -> bool:
    return name == type_.name or any(item.name == name for item in type_.interfaces)
