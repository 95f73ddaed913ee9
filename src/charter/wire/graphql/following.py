"""Subscriptions: from an operation to one read that is followed, and the form of what is told."""

from dataclasses import dataclass
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema

from charter.core.codes import INVALID_DOCUMENT, INVALID_PARAMETER, NOT_FOUND, WRONG_TYPE
from charter.core.problems import Flaw, Problem
from charter.plan.ask import ReadMany, ReadOne, Selection
from charter.plan.notes import Notes
from charter.plan.selection import Item, Itself
from charter.wire.graphql.documents import Operation
from charter.wire.graphql.given import MISSING, Bound, Source
from charter.wire.graphql.kept import Plans
from charter.wire.graphql.lists import TYPENAME, Nodes, object_of
from charter.wire.graphql.meaning import Event, Following, said
from charter.wire.graphql.planning import Binder, ListPrint, Reading
from charter.wire.graphql.reads import Queries
from charter.wire.graphql.settings import GraphqlSettings
from charter.wire.graphql.writes import check_rows
from charter.wire.rest.costs import cost


@dataclass(frozen=True, slots=True)
class ChangePart:
    """A member of a change: what it is (a node with its place among those of the row), or a
    text."""

    out: str
    what: Event | str
    node: int = 0


@dataclass(frozen=True, slots=True)
class EventPart:
    """A member of what is told at once; of changes, the members of each."""

    out: str
    what: Event | str
    changes: tuple[ChangePart, ...] = ()


@dataclass(frozen=True, eq=False)
class FollowPlan:
    """A subscription but for its values. `prefix` is what the identifiers of its rows begin with;
    a row has so many `nodes`."""

    out: str
    form: ReadOne | ReadMany
    binders: tuple[Binder, ...]
    lists: tuple[ListPrint, ...]
    parts: tuple[EventPart, ...]
    prefix: str
    nodes: int
    after: Source | None

    def values(self, bound: Bound) -> tuple[Any, ...]:
        """Raises `invalid_parameter` with all that is wrong with what is given."""
        notes = Notes(INVALID_PARAMETER)
        values = tuple(binder.bind(bound, notes) for binder in self.binders)
        notes.settle()
        return values

    def position(self, bound: Bound) -> str | None:
        """Where the subscriber was before. Raises `invalid_parameter` for what is no text."""
        found = MISSING if self.after is None else self.after.get(bound)
        if found is MISSING or found is None:
            return None
        if type(found) is not str:
            message = "a position is text"
            flaw = Flaw(WRONG_TYPE.name, message, pointer="/after")
            raise Problem(INVALID_PARAMETER, message, flaws=(flaw,))
        return found


class Followings:
    """Plans the subscriptions of one contract, each form of each once."""

    def __init__(self, schema: GraphQLSchema, queries: Queries, settings: GraphqlSettings) -> None:
        self._schema = schema
        self._queries = queries
        self._settings = settings

    def plan(self, operation: Operation, bound: Bound) -> FollowPlan:
        """Raises problems for what is asked, before anything of the values is read."""
        plans: Plans[FollowPlan] = operation.plans
        return plans.get(
            bound, lambda watch: self._planned(operation, Reading(watch, operation.fragments))
        )

    def _planned(self, operation: Operation, reading: Reading) -> FollowPlan:
        root = self._schema.subscription_type
        if root is None:
            raise ValueError("the schema has no subscriptions")
        fields = list(reading.fields([operation.node.selection_set], root).items())
        if len(fields) != 1:
            # Validation lets through what a variable leaves out.
            raise Problem(INVALID_DOCUMENT, "A subscription follows one thing.")
        ((out, nodes),) = fields
        meaning = said(root.fields[nodes[0].name.value])
        if not isinstance(meaning, Following):
            raise TypeError(f"{meaning} is nothing that is followed")
        return self._followed(root, meaning, out, nodes, reading)

    def _followed(
        self, root: GraphQLObjectType, meaning: Following, out: str, nodes: Nodes, reading: Reading
    ) -> FollowPlan:
        resource, fields = meaning.resource, root.fields[nodes[0].name.value]
        given = reading.arguments(nodes[0])
        form: ReadOne | ReadMany
        if meaning.one:
            # Who follows one row binds its key first.
            if self._queries.resource_of(given["id"], reading) is not resource:
                raise Problem(NOT_FOUND)
            slot = self._queries.key_slot(resource, given["id"], reading, "/id")
            form = ReadOne(resource.name, slot=slot)
        else:
            where = self._queries.lists.where(reading, fields, given, resource)
            search = self._queries.lists.search(reading, given)
            form = ReadMany(resource.name, where=where, search=search, limit=None)
        rows: list[tuple[Item, ...]] = []
        parts = self._parts(reading, nodes, object_of(fields), meaning, rows)
        reading.notes.settle()
        selection = Selection(items=_items(rows))
        count = 1 if meaning.one else self._settings.default_limit
        check_rows(count, cost(selection), self._settings.max_cost)
        return FollowPlan(
            out,
            _showing(form, selection),
            tuple(reading.binders),
            tuple(reading.lists),
            parts,
            self._queries.keys.prefixes[resource.name],
            len(rows),
            given.get("after"),
        )

    def _parts(
        self,
        reading: Reading,
        nodes: Nodes,
        type_: GraphQLObjectType,
        meaning: Following,
        rows: list[tuple[Item, ...]],
    ) -> tuple[EventPart, ...]:
        found: list[EventPart] = []
        for out, inner in reading.inside(nodes, type_).items():
            name = inner[0].name.value
            if name == TYPENAME:
                found.append(EventPart(out, type_.name))
                continue
            what: Event = said(type_.fields[name])
            changes: tuple[ChangePart, ...] = ()
            if what is Event.CHANGES:
                change = object_of(type_.fields[name])
                changes = self._change(reading, inner, change, meaning, rows)
            found.append(EventPart(out, what, changes))
        return tuple(found)

    def _change(
        self,
        reading: Reading,
        nodes: Nodes,
        type_: GraphQLObjectType,
        meaning: Following,
        rows: list[tuple[Item, ...]],
    ) -> tuple[ChangePart, ...]:
        found: list[ChangePart] = []
        for out, inner in reading.inside(nodes, type_).items():
            name = inner[0].name.value
            if name == TYPENAME:
                found.append(ChangePart(out, type_.name))
                continue
            field_ = type_.fields[name]
            what: Event = said(field_)
            if what is Event.NODE:
                found.append(ChangePart(out, what, len(rows)))
                row = self._queries.items_of(reading)(inner, object_of(field_), meaning.resource)
                rows.append(row)
            else:
                found.append(ChangePart(out, what))
        return tuple(found)


def _items(rows: list[tuple[Item, ...]]) -> tuple[Item, ...]:
    """What is read of a row: what is shown of it, or where it is shown more than once, an object
    for each by its place."""
    if len(rows) == 1:
        return rows[0]
    return tuple(Itself(str(at), Selection(items=row)) for at, row in enumerate(rows))


def _showing(form: ReadOne | ReadMany, selection: Selection) -> ReadOne | ReadMany:
    if isinstance(form, ReadOne):
        return ReadOne(form.resource, selection, slot=form.slot)
    return ReadMany(form.resource, selection, form.where, form.search, limit=None)
