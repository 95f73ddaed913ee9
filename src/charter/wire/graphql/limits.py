"""Bounds of a document, counted before it is looked at closely: work that a client could make
grow without sending more.

Fragments count each time that they are spread. What is counted here bounds all that follows:
validation, which compares fields of one name with each other, and planning.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableDefinitionNode,
)

from charter.core.codes import INVALID_DOCUMENT, TOO_COMPLEX
from charter.core.problems import Problem
from charter.wire.graphql.settings import GraphqlSettings

MOST_CHARACTERS = 100_000
"""Of a document."""
MOST_NESTED = 64
"""Brackets inside each other: parsers go as deep as they do."""
MOST_FRAGMENTS = 100
MOST_REPEATED = 200
"""Fields of one name inside one, beyond the first of each: they have to be compared pairwise."""
LONGEST_NUMBER = 400

_SKIPPED = re.compile(
    r'"""(?:[^\\]|\\.)*?(?:"""|\Z)|"(?:[^"\\\n]|\\.)*(?:"|$|\n)|#[^\n\r]*', re.DOTALL
)
_NUMBER = re.compile(rf"[0-9.eE+-]{{{LONGEST_NUMBER},}}")
_INTROSPECTED = 12
"""How much deeper introspection may be."""
_Directed = (
    OperationDefinitionNode
    | VariableDefinitionNode
    | FieldNode
    | InlineFragmentNode
    | FragmentSpreadNode
)
_OPENING, _CLOSING = frozenset("{[("), frozenset("}])")


def check_text(text: str) -> None:
    """Raises `too_complex` for a text that is too long or nested too deep to be parsed."""
    if len(text) > MOST_CHARACTERS:
        raise _too_much("characters", MOST_CHARACTERS)
    bare = _SKIPPED.sub(" ", text)
    if _NUMBER.search(bare):
        raise _too_much("characters in a number", LONGEST_NUMBER)
    deep = 0
    for sign in bare:
        if sign in _OPENING:
            deep += 1
            if deep > MOST_NESTED:
                raise _too_much("brackets inside each other", MOST_NESTED)
        elif sign in _CLOSING:
            deep -= 1


def _too_much(what: str, most: int) -> Problem:
    return Problem(TOO_COMPLEX, f"A document has at most {most} {what}.")


def check_document(document: DocumentNode, settings: GraphqlSettings) -> None:
    """Raises `too_complex` for a document that is too large, with the bound that it passes, and
    `invalid_document` for fragments in a circle."""
    fragments = {
        item.name.value: item
        for item in document.definitions
        if isinstance(item, FragmentDefinitionNode)
    }
    if len(fragments) > MOST_FRAGMENTS:
        raise _too_much("fragments", MOST_FRAGMENTS)
    walk = _Walk(fragments, settings)
    for item in document.definitions:
        if isinstance(item, OperationDefinitionNode):
            walk.operation(item)
        elif isinstance(item, FragmentDefinitionNode):
            walk.inside.add(item.name.value)
            walk.selection(item.selection_set, 1, deep=True)
            walk.inside.discard(item.name.value)


@dataclass(slots=True)
class _Walk:
    """Counts over a whole document. Raises as soon as a bound is passed."""

    fragments: Mapping[str, FragmentDefinitionNode]
    settings: GraphqlSettings
    inside: set[str] = field(default_factory=set)
    fields: int = 0
    spreads: int = 0
    aliases: int = 0
    repeated: int = 0
    directives: int = 0

    def operation(self, node: OperationDefinitionNode) -> None:
        self._directed(node)
        for variable in node.variable_definitions or ():
            self._directed(variable)
        for roots, _ in enumerate(self._fields(node.selection_set), 1):
            if roots > self.settings.max_roots:
                raise _too_much("fields at the top of an operation", self.settings.max_roots)
        self.selection(node.selection_set, 1, deep=False)

    def selection(self, selections: SelectionSetNode, depth: int, *, deep: bool) -> None:
        """Counts what a selection has. The inside of introspection may be deeper than the rest:
        what types there are is known, and validation bounds how deep it is asked."""
        settings = self.settings
        if depth > settings.max_depth + _INTROSPECTED or (deep and depth > settings.max_depth):
            raise _too_much("fields inside each other", settings.max_depth)
        names: Counter[str] = Counter()
        for node in self._fields(selections):
            name = node.name.value
            shown = name if node.alias is None else node.alias.value
            self._directed(node)
            self._count(aliased=shown != name, repeated=names[shown] > 0)
            names[shown] += 1
            if names.total() > settings.max_breadth:
                raise _too_much("fields inside one", settings.max_breadth)
            if node.selection_set is not None:
                ours = deep or not (depth == 1 and name.startswith("__"))
                self.selection(node.selection_set, depth + 1, deep=ours)

    def _count(self, *, aliased: bool, repeated: bool) -> None:
        self.fields += 1
        self.aliases += aliased
        self.repeated += repeated
        if self.fields > self.settings.max_fields:
            raise _too_much("fields", self.settings.max_fields)
        if self.aliases > self.settings.max_aliases:
            raise _too_much("aliases", self.settings.max_aliases)
        if self.repeated > MOST_REPEATED:
            raise _too_much("repeated fields", MOST_REPEATED)

    def _directed(self, node: _Directed) -> None:
        self.directives += len(node.directives or ())
        if self.directives > self.settings.max_directives:
            raise _too_much("directives", self.settings.max_directives)

    def _fields(self, selections: SelectionSetNode) -> Iterator[FieldNode]:
        """The fields of a selection with those of its fragments."""
        for node in selections.selections:
            match node:
                case FieldNode():
                    yield node
                case InlineFragmentNode():
                    self._directed(node)
                    yield from self._fields(node.selection_set)
                case FragmentSpreadNode():
                    self._directed(node)
                    yield from self._spread(node.name.value)

    def _spread(self, name: str) -> Iterator[FieldNode]:
        self.spreads += 1
        if self.spreads > self.settings.max_fields:
            raise _too_much("fragments spread", self.settings.max_fields)
        fragment = self.fragments.get(name)
        if fragment is None:
            return
        if name in self.inside:
            raise Problem(INVALID_DOCUMENT, f"The fragment {name[:100]} spreads itself.")
        self.inside.add(name)
        yield from self._fields(fragment.selection_set)
        self.inside.discard(name)
