"""Mutations: from an operation to what each of its fields writes, and shows of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
)

from charter.contract.contract import Contract
from charter.core.codes import INVALID_PARAMETER, TOO_COMPLEX
from charter.core.problems import Flaw, Problem
from charter.plan.ask import Selection
from charter.plan.selection import Item, Itself, Label
from charter.wire.graphql.describe.writes import DRY_RUN, TRANSACTION
from charter.wire.graphql.documents import Operation
from charter.wire.graphql.given import Bound, Source, Watch
from charter.wire.graphql.kept import Plans
from charter.wire.graphql.lists import TYPENAME, Nodes, object_of
from charter.wire.graphql.meaning import Change, Detail, Failure, Given, said
from charter.wire.graphql.planning import ListPrint, Reading
from charter.wire.graphql.reads import Queries

Told = tuple[tuple[str, "Detail | str"], ...]
"""What is shown of a declared error: details of it, or texts that are always the same."""


@dataclass(frozen=True)
class Part:
    """A member of a payload: what it is, or a text; of an error, what is shown by its code."""

    out: str
    what: Given | str
    errors: Mapping[str, Told]


@dataclass(frozen=True)
class FieldPlan:
    """A field of a mutation but for the values of its arguments. `selection` is what the answer
    shows of each row: an object with the members of the payload."""

    out: str
    change: Change
    field: GraphQLField
    arguments: Mapping[str, Source]
    parts: tuple[Part, ...]
    selection: Selection
    lists: tuple[ListPrint, ...]

    @property
    def tells_errors(self) -> bool:
        return any(part.what is Given.ERROR for part in self.parts)


@dataclass(frozen=True)
class MutationPlan:
    fields: tuple[FieldPlan | Label, ...]
    transaction: bool
    dry_run: bool


class Mutations:
    """Plans the mutations of one contract, each form of each once."""

    def __init__(self, contract: Contract, schema: GraphQLSchema, queries: Queries) -> None:
        self._contract = contract
        self._schema = schema
        self._queries = queries

    def plan(self, operation: Operation, bound: Bound) -> MutationPlan:
        """Raises problems for what is asked of the answer."""
        plans: Plans[MutationPlan] = operation.plans
        return plans.get(bound, lambda watch: self._planned(operation, watch))

    def _planned(self, operation: Operation, watch: Watch) -> MutationPlan:
        mutation = self._schema.mutation_type
        if mutation is None:
            raise ValueError("the schema has no mutations")
        top = Reading(watch, operation.fragments)
        fields = [
            self._field(mutation, out, nodes, operation, watch)
            for out, nodes in top.fields([operation.node.selection_set], mutation).items()
        ]
        directives = {item.name.value for item in operation.node.directives or ()}
        return MutationPlan(
            tuple(fields), TRANSACTION.name in directives, DRY_RUN.name in directives
        )

    def _field(
        self,
        mutation: GraphQLObjectType,
        out: str,
        nodes: Nodes,
        operation: Operation,
        watch: Watch,
    ) -> FieldPlan | Label:
        name = nodes[0].name.value
        if name == TYPENAME:
            return Label(out, mutation.name)
        if name.startswith("__"):
            message = "what types there are is asked by a query"
            raise Problem(INVALID_PARAMETER, message)
        field = mutation.fields[name]
        change = said(field)
        if not isinstance(change, Change):
            raise TypeError(f"{change} is nothing that a mutation has")
        reading = Reading(watch, operation.fragments, within_write=True)
        parts, items = self._payload(reading, nodes, object_of(field), change)
        reading.notes.settle()
        given = reading.arguments(nodes[0])
        selection = Selection(items=tuple(items))
        return FieldPlan(out, change, field, given, parts, selection, tuple(reading.lists))

    def _payload(
        self, reading: Reading, nodes: Nodes, type_: GraphQLObjectType, change: Change
    ) -> tuple[tuple[Part, ...], list[Item]]:
        """The members of a payload, and what of them a row makes itself."""
        parts: list[Part] = []
        items: list[Item] = []
        for out, inner in reading.inside(nodes, type_).items():
            name = inner[0].name.value
            if name == TYPENAME:
                parts.append(Part(out, type_.name, {}))
                items.append(Label(out, type_.name))
                continue
            field = type_.fields[name]
            what: Given = said(field)
            errors: Mapping[str, Told] = {}
            if what in (Given.ROW, Given.ROWS):
                row_type = object_of(field)
                row = self._queries.items_of(reading)(inner, row_type, said(row_type))
                items.append(Itself(out, Selection(items=row)))
            elif what is Given.ERROR:
                items.append(Label(out, None))
                errors = _errors(reading, inner, field)
            parts.append(Part(out, what, errors))
        many = any(part.what is Given.ROWS for part in parts)
        return tuple(parts), [one for one in items if isinstance(one, Itself) or not many]


def _errors(reading: Reading, nodes: Nodes, field: GraphQLField) -> dict[str, Told]:
    """What is shown of each of the errors that a command declares."""
    union = get_named_type(field.type)
    if not isinstance(union, GraphQLUnionType):
        raise TypeError(f"{union} is no union")
    found: dict[str, Told] = {}
    for type_ in union.types:
        failure = said(type_)
        if not isinstance(failure, Failure):
            raise TypeError(f"{type_} is no error")
        told: list[tuple[str, Detail | str]] = []
        for out, inner in reading.inside(nodes, type_).items():
            name = inner[0].name.value
            told.append((out, type_.name if name == TYPENAME else said(type_.fields[name])))
        found[failure.error.code] = tuple(told)
    return found


def check_rows(rows: int, cost: int, most: int) -> None:
    """Raises `too_complex` for an answer that is likely to have more rows."""
    if rows * (1 + cost) > most:
        message = f"the answer would have about {rows * (1 + cost)} rows, of {most} at most"
        raise Problem(TOO_COMPLEX, message, flaws=(Flaw(TOO_COMPLEX.name, message, pointer=""),))


def argument(field: FieldPlan, name: str, bound: Bound) -> Any:
    """The value of an argument; None where it is not given."""
    source = field.arguments.get(name)
    return None if source is None else source.get(bound)
