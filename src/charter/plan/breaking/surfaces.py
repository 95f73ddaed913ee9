"""What requests can give and answers can show, by name: bodies, rows, inputs, payloads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from charter.contract.command import Command, Event, Parameter
from charter.contract.contract import Contract
from charter.contract.expression import Aggregate, Function
from charter.contract.resource import Computed, Default, Field, Made, Relation, Resource, SetBy
from charter.contract.types import Type
from charter.core.names import pascal
from charter.core.places import NOWHERE, Place
from charter.plan.drafts import Mode
from charter.plan.matrix import settable_by_clients
from charter.plan.spelling import input_name, link_name

_NEVER_NULL = frozenset({Function.COUNT, Function.EXISTS, Function.SUM})


class Direction(StrEnum):
    INPUT = "input"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Rows:
    """What stands where a value could: rows of a resource, one or a list."""

    target: str
    many: bool


@dataclass(frozen=True, slots=True)
class Member:
    """A value by its name; `place` is where the contract speaks of it."""

    name: str
    kind: Type | Rows
    nullable: bool = False
    required: bool = False
    default: Default | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Surface:
    """The members of one kind of body. `subject` is what people call it: `Order`, `Order.place`.

    Bodies that create and change the same rows have one subject, and are told apart by `mode`.
    """

    name: str
    subject: str
    direction: Direction
    members: Mapping[str, Member]
    mode: Mode | None = None
    place: Place = NOWHERE


def inputs(contract: Contract) -> Iterator[Surface]:
    """All that requests can give: to create and change rows, and to call commands."""
    for resource in contract.resources:
        for mode in Mode:
            if mode is not Mode.CREATE or creatable(resource):
                yield _body(contract, resource, mode)
    for command in contract.commands:
        yield _call(command)


def rows(contract: Contract) -> Iterator[Surface]:
    """What answers can show of the rows of each resource."""
    for resource in contract.resources:
        members = [_shown(item) for item in resource.readable]
        members += [_related(item) for item in relations_shown(resource)]
        yield Surface(
            resource.name, resource.name, Direction.OUTPUT, _named(members), place=resource.place
        )


def errors(contract: Contract) -> Iterator[Surface]:
    """The members of declared errors, none of which is sure to be there."""
    for error in contract.errors:
        members = [
            Member(_sent(item), item.type, True, place=error.place) for item in error.parameters
        ]
        yield Surface(
            f"Error.{error.name}", error.name, Direction.OUTPUT, _named(members), place=error.place
        )


def payloads(contract: Contract) -> Iterator[Surface]:
    """What events carry."""
    return (_payload(event) for event in contract.events)


def creatable(resource: Resource) -> bool:
    """Whether clients create rows: as parts of their owner, or with a key that the server makes."""
    return resource.owner is not None or resource.key.default is not None


def relations_shown(resource: Resource) -> Iterator[Relation]:
    """The relations that queries can follow and include."""
    shown = {item.name for item in resource.readable}
    return (item for item in resource.relations if not item.to_one or item.near in shown)


def spelt(command: Command) -> str:
    """`Order.place`, or the command's name alone."""
    return command.name if command.resource is None else f"{command.resource}.{command.name}"


def always(item: Computed) -> bool:
    """Whether a computed field is never null."""
    found = item.expression
    return isinstance(found, Aggregate) and found.function in _NEVER_NULL


def _body(contract: Contract, resource: Resource, mode: Mode) -> Surface:
    suffix = {Mode.CREATE: "New", Mode.REPLACE: "Replacement", Mode.PATCH: "Change"}[mode]
    members = [
        Member(
            item.name, item.type, item.optional, item.required and mode is not Mode.PATCH,
            item.default, item.place,
        )
        for item in resource.fields
        if settable_by_clients(resource, item)
        and (mode is Mode.CREATE or item.set_by is SetBy.CLIENT)
    ]  # fmt: skip
    for relation in resource.relations:
        if relation.owned:
            members.append(Member(relation.name, Rows(relation.target, True), place=relation.place))
        elif relation.kind == "link":
            key = contract.resource_named[relation.target].key.type
            keys = Type(key.scalar, many=True)
            members.append(Member(link_name(relation), keys, place=relation.place))
    return Surface(
        f"{resource.name}.{suffix}", resource.name, Direction.INPUT, _named(members), mode,
        resource.place,
    )  # fmt: skip


def _call(command: Command) -> Surface:
    members = [
        Member(
            input_name(item), item.type, item.optional, item.required, item.default, command.place
        )
        for item in command.inputs
    ]
    name = f"{command.resource or 'Service'}.{pascal(command.name)}"
    return Surface(name, spelt(command), Direction.INPUT, _named(members), place=command.place)


def _payload(event: Event) -> Surface:
    members = [_carried(item, event.place) for item in event.payload]
    return Surface(event.name, event.name, Direction.OUTPUT, _named(members), place=event.place)


def _carried(item: Parameter, place: Place) -> Member:
    return Member(_sent(item), item.type, item.optional, place=place)


def _sent(item: Parameter) -> str:
    """The name of a value in a payload: of a row it is the key."""
    return f"{item.name}_id" if item.references else item.name


def _shown(item: Field | Computed) -> Member:
    nullable = not always(item) if isinstance(item, Computed) else item.optional
    return Member(item.name, item.type, nullable, place=item.place)


def _related(relation: Relation) -> Member:
    kind = Rows(relation.target, not relation.to_one)
    return Member(relation.name, kind, relation.to_one, place=relation.place)


def _named(members: list[Member]) -> Mapping[str, Member]:
    return {item.name: item for item in members}


def made(default: Default | None) -> str:
    """A default in words."""
    if default is None:
        return "null"
    return default.value if isinstance(default, Made) else repr(default.value)
