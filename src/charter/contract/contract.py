"""The contract: everything that a service promises, as one frozen value."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from charter.contract.command import Command, DeclaredError, Event
from charter.contract.expression import Expression, HasRole, walk
from charter.contract.resource import Resource
from charter.core.places import NOWHERE, Place

USER = "User"
"""The resource of those who can be actors. Its key is the subject of their tokens."""


@dataclass(frozen=True)
class Contract:
    """A service. `classes` maps the names of resources to the user's Python classes."""

    name: str
    version: str
    resources: tuple[Resource, ...]
    commands: tuple[Command, ...] = ()
    events: tuple[Event, ...] = ()
    errors: tuple[DeclaredError, ...] = ()
    doc: str = ""
    classes: Mapping[str, type[Any]] | None = None
    place: Place = NOWHERE

    @cached_property
    def resource_named(self) -> Mapping[str, Resource]:
        return {item.name: item for item in self.resources}

    @cached_property
    def commands_of(self) -> Mapping[str | None, tuple[Command, ...]]:
        """The commands of each resource by its name, and those on nothing under None."""
        names: tuple[str | None, ...] = (None, *self.resource_named)
        return {
            name: tuple(item for item in self.commands if item.resource == name) for name in names
        }

    @cached_property
    def roles(self) -> frozenset[str]:
        """Every role that some rule of the contract asks about."""
        return frozenset(
            part.role
            for rule in self.conditions
            for part in walk(rule)
            if isinstance(part, HasRole)
        )

    @property
    def conditions(self) -> Iterator[Expression]:
        """Every condition of every policy."""
        for resource in self.resources:
            policy = resource.policy
            yield from (rule.when for rule in policy.allows)
            yield from (rule.unless for rule in policy.hides)
            yield from (rule.unless for rule in policy.freezes)
        for command in self.commands:
            yield from (rule.when for rule in command.allows)
