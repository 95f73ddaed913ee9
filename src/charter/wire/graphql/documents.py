"""Documents: parsed, bounded and validated once, and kept with the plans that were made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    NonNullTypeNode,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
    validate,
)

from charter.core.codes import INVALID_DOCUMENT, INVALID_VALUES, REQUIRED, TOO_COMPLEX, WRONG_TYPE
from charter.core.names import pointer
from charter.core.problems import Flaw, Problem
from charter.core.recent import Recent
from charter.plan.notes import Notes
from charter.wire.graphql.given import MISSING, Bound, plain
from charter.wire.graphql.kept import Plans
from charter.wire.graphql.limits import check_document, check_text
from charter.wire.graphql.settings import GraphqlSettings

MOST_ERRORS = 20
"""Errors of one document that are told."""


class InvalidDocument(Exception):
    """A document that is not well-formed or does not fit the schema; `errors` say where."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


@dataclass(frozen=True)
class Operation:
    """One operation of a document, which fits the schema."""

    document: DocumentNode
    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    plans: Plans[Any] = field(default_factory=Plans)

    @property
    def is_mutation(self) -> bool:
        return self.node.operation is OperationType.MUTATION

    @property
    def is_subscription(self) -> bool:
        return self.node.operation is OperationType.SUBSCRIPTION

    def bound(self, given: Mapping[str, Any]) -> Bound:
        """The variables of a request. Raises `invalid_values` where one that must be is not."""
        values = {name: given[name] for name in self._names if name in given}
        if len(values) == len(self._names) and None not in values.values():
            return Bound(values)
        notes = Notes(INVALID_VALUES)
        for item in self.node.variable_definitions or ():
            name = item.variable.name.value
            if name not in given and item.default_value is not None:
                values[name] = plain(item.default_value, Bound({}))
            value = values.get(name, MISSING)
            if isinstance(item.type, NonNullTypeNode) and (value is None or value is MISSING):
                code = REQUIRED if value is MISSING else WRONG_TYPE
                notes.at(pointer(name), code, f"the variable ${name} must have a value")
        notes.settle()
        return Bound(values)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(item.variable.name.value for item in self.node.variable_definitions or ())


class Documents:
    """The documents that were asked lately."""

    def __init__(self, schema: GraphQLSchema, settings: GraphqlSettings, *, told: bool) -> None:
        self._schema = schema
        self._settings = settings
        self._told = told
        self._rules = (
            specified_rules if told else (*specified_rules, NoSchemaIntrospectionCustomRule)
        )
        self._kept: Recent[tuple[str, str | None], Operation] = Recent(settings.max_documents)

    def operation(self, text: str, name: str | None) -> Operation:
        """An operation of a document; its name may be left out where there is one only.

        Raises InvalidDocument, and problems for a document beyond the bounds.
        """
        return self._kept.get((text, name), lambda: self._made(text, name))

    def _made(self, text: str, name: str | None) -> Operation:
        check_text(text)
        document = self._parsed(text)
        check_document(document, self._settings)
        errors = validate(
            self._schema,
            document,
            self._rules,
            max_errors=MOST_ERRORS,
            hide_suggestions=not self._told,
        )
        if errors:
            raise InvalidDocument(errors)
        node = _chosen(document, name)
        fragments = {
            item.name.value: item
            for item in document.definitions
            if isinstance(item, FragmentDefinitionNode)
        }
        return Operation(document, node, fragments)

    def _parsed(self, text: str) -> DocumentNode:
        most = self._settings.max_tokens
        try:
            return parse(text, max_tokens=most, allow_empty_selection_sets=False)
        except GraphQLError as error:
            if "more than" in error.message and "tokens" in error.message:
                message = f"A document has at most {most} words and signs."
                raise Problem(TOO_COMPLEX, message) from None
            raise InvalidDocument([error]) from None


def _chosen(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    found = [item for item in document.definitions if isinstance(item, OperationDefinitionNode)]
    if name is not None:
        found = [item for item in found if item.name is not None and item.name.value == name]
    if len(found) == 1:
        return found[0]
    if name is not None:
        message = f"The document has no operation `{name[:100]}`."
    else:
        message = "The document has several operations: name one as `operationName`."
    flaw = Flaw(INVALID_DOCUMENT.name, message, parameter="operationName")
    raise Problem(INVALID_DOCUMENT, message, flaws=(flaw,))
