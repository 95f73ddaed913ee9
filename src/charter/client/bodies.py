"""What goes in: the bodies of writes and the inputs of commands. OpenAPI says which members each
has, so that there is one rule of it."""

from collections.abc import Iterator
from typing import Any

from charter.client.model import Member, Named, Plain, Shape, Struct
from charter.contract.command import Command
from charter.contract.contract import Contract
from charter.contract.resource import Relation, Resource
from charter.contract.types import INTEGER, Type
from charter.core.names import pascal
from charter.plan.drafts import Mode
from charter.plan.spelling import input_name, link_name
from charter.wire.rest.describe.schemas import (
    addressed,
    body_name,
    body_schema,
    bulk_change_name,
    part_name,
)
from charter.wire.rest.routes import creatable

_VERSION = Member("version", Shape(Plain(INTEGER.scalar), nullable=True), required=False)


def shape_of(type_: Type, *, nullable: bool = False) -> Shape:
    return Shape(Plain(type_.scalar, type_.choices), type_.many, nullable)


def input_of(command: Command) -> Struct | None:
    """The input of a command; None where it takes nothing."""
    if not command.inputs:
        return None
    members = tuple(
        Member(
            input_name(item),
            shape_of(item.type, nullable=item.optional),
            required=item.required,
            doc=item.doc,
        )
        for item in command.inputs
    )
    return Struct(f"{command.resource or ''}.{pascal(command.name)}.Input", members)


class Bodies:
    """The bodies of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._addressed = addressed(contract)

    def all(self) -> Iterator[Struct]:
        """All of them, each once; what others hold comes with its own resource."""
        for resource in self._contract.resources:
            if resource.read_only:
                continue
            if creatable(resource) or resource.owner is not None:
                yield self.body(resource, Mode.CREATE)
            if not resource.append_only:
                yield self.body(resource, Mode.PATCH)
                yield self.body(resource, Mode.REPLACE)
                yield self.addressed(resource)

    def body(self, resource: Resource, mode: Mode) -> Struct:
        """What creates a row, changes or replaces it."""
        schema = body_schema(self._contract, resource, mode)
        return Struct(body_name(resource, mode), tuple(self._members(resource, schema)))

    def addressed(self, resource: Resource) -> Struct:
        """A change that names its row: a part within a body, or one of several rows."""
        owned = resource.owner is not None
        name = part_name(resource) if owned else bulk_change_name(resource)
        return Struct(name, tuple(self._members(resource, self._addressed[name])))

    def _members(self, resource: Resource, schema: dict[str, Any]) -> Iterator[Member]:
        required = frozenset(schema.get("required", ()))
        relations = {
            (link_name(item) if item.kind == "link" else item.name): item
            for item in resource.relations
        }
        for name in schema["properties"]:
            field = resource.field_named.get(name)
            if name in relations and field is None:
                yield self._related(name, relations[name], schema)
            elif field is None or (name == "version" and name not in required):
                yield _VERSION
            else:
                shape = shape_of(field.type, nullable=field.optional)
                yield Member(name, shape, required=name in required, doc=field.doc)

    def _related(self, name: str, relation: Relation, schema: dict[str, Any]) -> Member:
        target = self._contract.resource_named[relation.target]
        if relation.kind == "link":
            return Member(name, shape_of(target.key.type, nullable=False).listed(), required=False)
        names = [body_name(target, Mode.CREATE)]
        if "anyOf" in schema["properties"][name]["items"] and not target.append_only:
            names.append(part_name(target))
        return Member(name, Shape(Named(tuple(names)), many=True), required=False)
