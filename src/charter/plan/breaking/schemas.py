"""Descriptions that clients are made from (GraphQL, gRPC): what is in them, and how they change.

A resource and a body are types there, a command is an operation; each protocol says for itself
what the types of members are.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from charter.contract.contract import Contract
from charter.contract.types import Scalar, Type
from charter.plan.breaking.finding import ChangeCode, Finding
from charter.plan.breaking.pairs import members, pairs
from charter.plan.breaking.renames import Sides, renamed_members, renamed_surfaces
from charter.plan.breaking.surfaces import (
    Direction,
    Member,
    Rows,
    Surface,
    errors,
    inputs,
    rows,
    spelt,
)

Told = Iterator[tuple[ChangeCode, str]]


@dataclass(frozen=True, slots=True)
class Schema:
    """The words of one protocol for its changes, and their codes.

    `member` tells what has become of one that is in both.
    """

    removed: ChangeCode
    renamed: ChangeCode
    type_changed: ChangeCode
    required: ChangeCode
    added: ChangeCode
    member: Callable[[Member, Member, Direction], Told]
    body: Callable[[Surface], str]
    """`the message`, of a surface."""
    must: str
    """What a new member that has to be given is."""
    called: str
    """What is so of an operation that takes or gives something else."""


def changed_schema(schema: Schema, old: Contract, new: Contract) -> Iterator[Finding]:
    """Types, their members, and operations."""
    found = pairs(bodies(old), bodies(new), lambda item: item.name)
    for gone in found.gone:
        message = f"{schema.body(gone)} is gone"
        yield Finding(schema.removed, gone.name, message, gone.place, new.place)
    for item in found.new:
        message = f"{schema.body(item)} is new"
        yield Finding(schema.added, item.name, message, old.place, item.place)
    for was, now in found.both:
        yield from _of_surface(schema, was, now)
    for command, called in pairs(old.commands, new.commands, spelt).both:
        if command.result != called.result or command.on is not called.on:
            yield Finding(
                schema.type_changed, spelt(command), schema.called, command.place, called.place
            )


def renamed_schema(schema: Schema, sides: Sides) -> Iterator[Finding]:
    """Types and their members that are there under another name."""
    yield from renamed_surfaces(sides, bodies, schema.renamed)
    yield from renamed_members(sides, bodies, schema.renamed)


def bodies(contract: Contract) -> Iterator[Surface]:
    """What types are made of."""
    yield from rows(contract)
    yield from inputs(contract)
    yield from errors(contract)


def choices(kind: Type | Rows) -> tuple[str, ...]:
    """The values of an enumeration; () for what is none."""
    is_choice = isinstance(kind, Type) and kind.scalar is Scalar.CHOICE
    return kind.choices if isinstance(kind, Type) and is_choice else ()


def _of_surface(schema: Schema, old: Surface, new: Surface) -> Iterator[Finding]:
    found = members(old.members, new.members)
    for gone in found.gone:
        subject, message = f"{old.subject}.{gone.name}", "the field is gone"
        yield Finding(schema.removed, subject, message, gone.place, new.place)
    for item in found.new:
        code = schema.required if item.required else schema.added
        message = schema.must if item.required else "the field is new"
        yield Finding(code, f"{old.subject}.{item.name}", message, old.place, item.place)
    for was, now in found.both:
        for code, message in schema.member(was, now, old.direction):
            yield Finding(code, f"{old.subject}.{was.name}", message, was.place, now.place)
