"""The input types of writes: new rows, changes of rows, and the inputs of commands."""

from enum import Enum

from graphql import (
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
)
from graphql.type import GraphQLInputType, GraphQLNullableInputType

from charter.contract.command import Command, Parameter
from charter.contract.contract import Contract
from charter.contract.resource import Field, Relation, Resource, SetBy
from charter.plan.spelling import input_name, link_name
from charter.wire.graphql.describe.filters import listed
from charter.wire.graphql.describe.scalars import LONG, Values
from charter.wire.graphql.meaning import MEANING, InputKey, InputParts, InputValue
from charter.wire.graphql.names import Taken, capital, spelled

_SYSTEM = frozenset({"id", "created_at", "updated_at", "version"})


class For(Enum):
    """What an input object is for. A part is new or, with an identifier, is changed."""

    CREATE = "Create"
    REPLACE = "Replace"
    UPDATE = "Update"
    CHANGE = "Change"
    """One of several changes: with the identifier of the row, and its version."""
    PART = "Part"


class Inputs:
    """Makes the input types of one contract, each once."""

    def __init__(self, contract: Contract, values: Values, taken: Taken) -> None:
        self._contract = contract
        self._values = values
        self._taken = taken
        self._made: dict[tuple[str, For], GraphQLInputObjectType] = {}

    def of(self, resource: Resource, use: For) -> GraphQLInputObjectType | None:
        """The input object for rows of a resource; None where there is nothing to be set."""
        found = self._made.get((resource.name, use))
        if found is None:
            if not self._names(resource, use):
                return None
            name = f"{use.value}{resource.name}Input"
            found = GraphQLInputObjectType(
                self._taken.new(name, f"{use.value}{resource.name}Values"),
                lambda: self._fields(resource, use),
            )
            self._made[resource.name, use] = found
        return found

    def of_command(self, command: Command, title: str) -> GraphQLInputObjectType | None:
        """The inputs of a command as an object; None where it has none."""
        if not command.inputs:
            return None
        spelling = spelled(input_name(item) for item in command.inputs)
        fields = {
            spelling[input_name(item)]: self._parameter(item, input_name(item), title)
            for item in command.inputs
        }
        return GraphQLInputObjectType(self._taken.new(f"{title}Input", f"{title}Values"), fields)

    def _names(self, resource: Resource, use: For) -> list[str]:
        owner = resource.relation_named[resource.owner].near if resource.owner else None
        stored = [
            item.name
            for item in resource.fields
            if _settable(resource, item, use) and item.name != owner
        ]
        return [*stored, *(self._named(relation) for relation in _written(resource))]

    def _named(self, relation: Relation) -> str:
        return relation.name if relation.owned else link_name(relation)

    def _fields(self, resource: Resource, use: For) -> dict[str, GraphQLInputField]:
        names = self._names(resource, use)
        spelling = spelled(names)
        found: dict[str, GraphQLInputField] = {}
        if use in (For.CHANGE, For.PART):
            type_ = GraphQLNonNull(GraphQLID) if use is For.CHANGE else GraphQLID
            meaning = InputKey("id", resource.name)
            found["id"] = GraphQLInputField(type_, extensions={MEANING: meaning})
        if use is For.CHANGE:
            meaning_ = InputValue("version")
            found["version"] = GraphQLInputField(LONG, extensions={MEANING: meaning_})
        for name in names:
            item = resource.field_named.get(name)
            if item is not None:
                found[spelling[name]] = self._field(resource, item, use)
        for relation in _written(resource):
            found[spelling[self._named(relation)]] = self._relation(relation, use)
        return found

    def _field(self, resource: Resource, item: Field, use: For) -> GraphQLInputField:
        required = item.required and use in (For.CREATE, For.REPLACE)
        target = item.references
        if target is None:
            type_: GraphQLNullableInputType = self._values.of(item.type, resource.name, item.name)
            meaning: object = InputValue(item.name)
        else:
            type_, meaning = GraphQLID, InputKey(item.name, target)
        return GraphQLInputField(
            GraphQLNonNull(type_) if required else type_,
            description=item.doc or None,
            extensions={MEANING: meaning},
        )

    def _relation(self, relation: Relation, use: For) -> GraphQLInputField:
        target = self._contract.resource_named[relation.target]
        if not relation.owned:
            meaning = InputKey(link_name(relation), target.name)
            return GraphQLInputField(listed(GraphQLID), extensions={MEANING: meaning})
        inner = self.of(target, For.CREATE if use is For.CREATE else For.PART)
        if inner is None:
            raise ValueError(f"{target.name} has nothing to be set")
        return GraphQLInputField(
            GraphQLList(GraphQLNonNull(inner)),
            description=relation.doc or None,
            extensions={MEANING: InputParts(relation.name)},
        )

    def _parameter(self, item: Parameter, name: str, title: str) -> GraphQLInputField:
        if item.references is None:
            type_: GraphQLNullableInputType = self._values.of(item.type, title, capital(item.name))
            meaning: object = InputValue(name)
        else:
            one: GraphQLInputType = GraphQLID
            type_ = GraphQLList(GraphQLNonNull(one)) if item.type.many else GraphQLID
            meaning = InputKey(name, item.references)
        return GraphQLInputField(
            GraphQLNonNull(type_) if item.required else type_,
            description=item.doc or None,
            extensions={MEANING: meaning},
        )


def _settable(resource: Resource, item: Field, use: For) -> bool:
    known = item.name not in _SYSTEM or (item.name == "id" and resource.keys_given)
    new = use in (For.CREATE, For.PART)
    by = (SetBy.CLIENT, SetBy.ONCE) if new else (SetBy.CLIENT,)
    return (
        item.set_by in by
        and not item.hidden
        and known
        and not (item.name == "id" and use is not For.CREATE)
    )


def _written(resource: Resource) -> list[Relation]:
    """The relations that are written with the row."""
    return [item for item in resource.relations if item.owned or item.kind == "link"]
