"""What rows and inputs have: their fields by name, with types, before they have numbers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from charter.contract.command import Command, Parameter
from charter.contract.contract import Contract
from charter.contract.resource import Relation, Resource
from charter.contract.types import BOOLEAN, Scalar, Type
from charter.core.names import pascal
from charter.plan.spelling import cut_name, input_name, link_name
from charter.wire.grpc.names import spelt_type


@dataclass(frozen=True, slots=True)
class Slot:
    """A value or (`target`) related rows, under the name that it has everywhere."""

    name: str
    type: Type | None
    target: str | None = None
    many: bool = False
    doc: str = ""

    @property
    def enum(self) -> str:
        """The name of its enum, where it is a choice."""
        return pascal(self.name)

    @property
    def choices(self) -> tuple[str, ...]:
        found = self.type
        return found.choices if found is not None and found.scalar is Scalar.CHOICE else ()

    @property
    def spelt(self) -> str:
        """Its type as a .proto has it, with a point before what stands inside its message."""
        if self.type is None:
            return self.target or ""
        return spelt_type(self.type, f".{self.enum}")


def row_slots(contract: Contract, resource: Resource) -> tuple[Slot, ...]:
    """All that the message of a row has: what can be read of it, and what can be written."""
    found: dict[str, Slot] = {}
    for slot in _slots(contract, resource):
        found.setdefault(slot.name, slot)
    return tuple(found.values())


def _slots(contract: Contract, resource: Resource) -> Iterator[Slot]:
    for item in resource.fields:
        if not item.hidden:
            yield _value(item.name, item.type, item.doc)
    for computed in resource.computed:
        yield _value(computed.name, computed.type, computed.doc)
    for relation in resource.relations:
        if relation.kind == "link":
            key = contract.resource_named[relation.target].key.type
            yield _value(link_name(relation), replace(key, many=True), "The keys, for writes.")
    shown = {item.name for item in resource.readable}
    for relation in resource.relations:
        if not relation.to_one or relation.near in shown:
            yield from _related(resource, relation)


def _value(name: str, type_: Type, doc: str) -> Slot:
    return Slot(name, type_, None, type_.many, doc)


def _related(resource: Resource, relation: Relation) -> Iterator[Slot]:
    yield Slot(relation.name, None, relation.target, not relation.to_one, relation.doc)
    if not relation.to_one:
        cut = cut_name(resource, relation.name)
        if cut is not None:
            yield Slot(cut, BOOLEAN, doc=f"There are more {relation.name} than are shown.")


def input_slots(command: Command) -> tuple[Slot, ...]:
    """The inputs of a command."""
    return tuple(_input(item) for item in command.inputs)


def _input(item: Parameter) -> Slot:
    return _value(input_name(item), item.type, item.doc)
