"""Queries: from an operation to one read of all its fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,
)
from graphql.language import DocumentNode

from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.core.codes import (
    INVALID_DOCUMENT,
    INVALID_PARAMETER,
    TOO_COMPLEX,
)
from charter.core.problems import Flaw, Problem
from charter.plan.ask import (
    Known,
    Nest,
    Pick,
    ReadListing,
    ReadOne,
    ReadTogether,
    Root,
    Selection,
    Several,
)
from charter.plan.notes import Notes
from charter.plan.selection import END, MARK, Actions, Hidden, Item, Key, Label, Listed
from charter.plan.unfit import Unfit
from charter.wire.graphql.documents import Operation
from charter.wire.graphql.filters import Filters
from charter.wire.graphql.given import Bound, Source, Variable
from charter.wire.graphql.kept import Plans
from charter.wire.graphql.keys import Keys
from charter.wire.graphql.lists import TYPENAME, Lists, Nodes, object_of
from charter.wire.graphql.meaning import (
    Abilities,
    GlobalKey,
    List,
    ManyRows,
    OneRow,
    Summary,
    ToMany,
    ToOne,
    Value,
    Veiled,
    said,
)
from charter.wire.graphql.planning import Binder, ListPrint, Reading
from charter.wire.graphql.settings import GraphqlSettings
from charter.wire.graphql.summaries import Summaries
from charter.wire.rest.costs import total_cost
from charter.wire.rest.vocabulary import vocabularies

NULL = Known("null")


@dataclass(frozen=True)
class ReadPlan:
    """A query but for its values. `known` are the texts of what needs no database, which stand
    for themselves in the form: an answer to introspection is nothing to send there and back."""

    form: ReadTogether
    binders: tuple[Binder, ...]
    lists: tuple[ListPrint, ...]
    known: tuple[str, ...]

    @cached_property
    def settled(self) -> str | None:
        """The body where all of it is known, but for what stands in place of texts."""
        if not all(isinstance(root, Known) for _, root in self.form.roots):
            return None
        members = (
            f'"{out}":{root.body}' for out, root in self.form.roots if isinstance(root, Known)
        )
        return f"{{{','.join(members)}}}"

    def values(self, bound: Bound) -> tuple[Any, ...]:
        """Raises `invalid_parameter` with all that is wrong with what is given."""
        try:
            return tuple([binder.read(binder.get(bound)) for binder in self.binders])
        except Unfit:
            return self._noted(bound)

    def _noted(self, bound: Bound) -> tuple[Any, ...]:
        notes = Notes(INVALID_PARAMETER)
        values = tuple(binder.bind(bound, notes) for binder in self.binders)
        notes.settle()
        return values


class Queries:
    """Plans the queries of one contract, each form of each once."""

    def __init__(
        self,
        contract: Contract,
        schema: GraphQLSchema,
        types: Mapping[str, str],
        settings: GraphqlSettings,
        cursor_key: bytes,
    ) -> None:
        known = vocabularies(contract)
        self._contract = contract
        self._schema = schema
        self._settings = settings
        self.keys = Keys(contract, types)
        self.lists = Lists(known, Filters(known, self.keys, settings), settings, cursor_key)
        self._summaries = Summaries(known, self.lists)

    def plan(self, operation: Operation, bound: Bound) -> ReadPlan:
        """Raises problems: for what is asked, before anything of the values is read."""
        plans: Plans[ReadPlan] = operation.plans
        return plans.get(
            bound, lambda watch: self._planned(operation, Reading(watch, operation.fragments))
        )

    def _planned(self, operation: Operation, reading: Reading) -> ReadPlan:
        query = self._schema.query_type
        if query is None:
            raise ValueError("every contract has a query type")
        roots: list[tuple[str, Root]] = []
        known: list[str] = []
        for out, nodes in reading.fields([operation.node.selection_set], query).items():
            name = nodes[0].name.value
            if name == TYPENAME:
                roots.append((out, Known(f'"{query.name}"')))
            elif name.startswith("__"):
                roots.append((out, Known(f"{MARK}{len(known)}{END}")))
                known.append(self._introspected(operation, nodes, reading))
            else:
                roots.append((out, self._root(query, name, nodes, reading)))
        reading.notes.settle()
        form = ReadTogether(tuple(roots))
        check_cost(form, self._settings.max_cost)
        return ReadPlan(form, tuple(reading.binders), tuple(reading.lists), tuple(known))

    def _root(self, query: GraphQLObjectType, name: str, nodes: Nodes, reading: Reading) -> Root:
        field = query.fields[name]
        match said(field):
            case OneRow(resource):
                source = reading.arguments(nodes[0])["id"]
                return self._one(resource, source, nodes, reading, "/id")
            case ManyRows():
                return self._several(nodes, reading)
            case List(resource):
                listing = self.lists.listing(
                    reading, field, nodes, resource, resource.name, self.items_of(reading)
                )
                return ReadListing(resource.name, listing)
            case Summary(resource):
                return self._summaries.read(reading, field, nodes, resource)
            case meaning:
                raise TypeError(f"{meaning} is nothing that a query has")

    def _one(
        self, resource: Resource | None, source: Source, nodes: Nodes, reading: Reading, at: str
    ) -> ReadOne | Known:
        """A row by its global identifier; null for one of no type, or of another."""
        found = self.resource_of(source, reading)
        if found is None or (resource is not None and resource is not found):
            return NULL
        slot = self.key_slot(found, source, reading, at)
        type_ = self._schema.type_map[self.keys.prefixes[found.name][:-1]]
        if not isinstance(type_, GraphQLObjectType):
            raise TypeError(f"{type_} is no type of rows")
        items = self.items_of(reading)(nodes, type_, found)
        return ReadOne(found.name, Selection(items=items), slot=slot)

    def resource_of(self, source: Source, reading: Reading) -> Resource | None:
        """The resource of the row that a global identifier is of; None for that of none."""
        name = self.keys.resource_of.get(reading.watch.prefix(source) or "")
        return None if name is None else self._contract.resource_named[name]

    def key_slot(self, resource: Resource, source: Source, reading: Reading, at: str) -> int:
        """The place of the key of a row."""
        return reading.bind(Binder(source.get, self.keys.reader_or_nothing(resource.name), at))

    def _several(self, nodes: Nodes, reading: Reading) -> Several:
        sources = reading.watch.items(reading.arguments(nodes[0])["ids"])
        if len(sources) > self._settings.max_list:
            message = f"at most {self._settings.max_list} identifiers are expected"
            reading.notes.at("/ids", TOO_COMPLEX, message)
            sources = []
        rows = [
            self._one(None, source, nodes, reading, f"/ids/{at}")
            for at, source in enumerate(sources)
        ]
        return Several(tuple(rows))

    def items_of(self, reading: Reading) -> "_Items":
        return _Items(self._contract, self.keys, self.lists, reading)

    def _introspected(self, operation: Operation, nodes: Nodes, reading: Reading) -> str:
        """What types there are, which is known without the database."""
        bound = reading.watch.bound
        for item in operation.node.variable_definitions or ():
            reading.watch.value(Variable(item.variable.name.value))
        alone = OperationDefinitionNode(
            operation=operation.node.operation,
            variable_definitions=operation.node.variable_definitions,
            selection_set=SelectionSetNode(selections=tuple(nodes)),
        )
        document = DocumentNode(definitions=(alone, *operation.fragments.values()))
        result = execute_sync(self._schema, document, variable_values=dict(bound.values))
        if result.errors or not result.data:
            message = result.errors[0].message if result.errors else None
            raise Problem(INVALID_DOCUMENT, message)
        (value,) = result.data.values()
        return msgspec.json.encode(value).decode()


class _Items:
    """What is selected of the rows of a resource."""

    def __init__(self, contract: Contract, keys: Keys, lists: Lists, reading: Reading) -> None:
        self._contract = contract
        self._keys = keys
        self._lists = lists
        self._reading = reading

    def __call__(
        self, nodes: Nodes, type_: GraphQLObjectType, resource: Resource
    ) -> tuple[Item, ...]:
        return tuple(
            self._item(out, inner, type_, resource)
            for out, inner in self._reading.inside(nodes, type_).items()
        )

    def _item(
        self, out: str, nodes: list[FieldNode], type_: GraphQLObjectType, resource: Resource
    ) -> Item:
        name = nodes[0].name.value
        if name == TYPENAME:
            return Label(out, type_.name)
        field = type_.fields[name]
        match said(field):
            case Value(field_name):
                return Pick(out, field_name)
            case GlobalKey(target, field_name):
                return Key(out, self._keys.prefixes[target], field_name)
            case Abilities():
                return Actions(out)
            case Veiled(fields):
                return Hidden(out, fields)
            case ToOne(relation):
                target_resource = self._contract.resource_named[relation.target]
                row = self(nodes, object_of(field), target_resource)
                return Nest(out, relation.name, Selection(items=row))
            case ToMany(relation):
                target_resource = self._contract.resource_named[relation.target]
                label = f"{resource.name}.{relation.name}"
                listing = self._lists.listing(
                    self._reading, field, nodes, target_resource, label, self
                )
                return Listed(out, relation.name, listing)
            case meaning:
                raise TypeError(f"{meaning} is nothing that a row has")


def check_cost(form: ReadTogether, most: int) -> None:
    """Raises `too_complex` for an answer that is likely to have more rows."""
    total = total_cost(form)
    if total > most:
        message = (
            f"the answer would have about {total} rows, of {most} at most: ask for smaller pages, "
            "or for fewer lists inside lists"
        )
        raise Problem(TOO_COMPLEX, message, flaws=(Flaw(TOO_COMPLEX.name, message, pointer=""),))
