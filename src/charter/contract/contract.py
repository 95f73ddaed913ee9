"""The contract: everything that a service promises, as one frozen value."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from charter.contract.command import Command, DeclaredError, Event
from charter.contract.expression import Expression, Fact, HasRole, walk
from charter.contract.identity import Grants, Tenancy
from charter.contract.resource import Resource
from charter.contract.scopes import known_scopes
from charter.core.places import NOWHERE, Place

USER = "User"
"""The resource of those who can be actors, where the contract declares none of its own."""
_NO_ROLES: Mapping[str, frozenset[str]] = MappingProxyType({})


@dataclass(frozen=True)
class Contract:
    """A service. `classes` maps the names of resources to the user's Python classes.

    `accounts` names the resource whose rows are the accounts that Charter manages. For each
    role that is declared or granted `role_includes` has all the roles that whoever has it has,
    itself among them.
    """

    name: str
    version: str
    resources: tuple[Resource, ...]
    commands: tuple[Command, ...] = ()
    events: tuple[Event, ...] = ()
    errors: tuple[DeclaredError, ...] = ()
    doc: str = ""
    accounts: str | None = None
    role_includes: Mapping[str, frozenset[str]] = field(default_factory=lambda: _NO_ROLES)
    grants: tuple[Grants, ...] = ()
    tenancy: Tenancy | None = None
    classes: Mapping[str, type[Any]] | None = None
    place: Place = NOWHERE

    @property
    def user(self) -> str:
        """The resource of those who can be actors. Its key is the subject of their tokens."""
        return self.accounts or USER

    @cached_property
    def resource_named(self) -> Mapping[str, Resource]:
        return {item.name: item for item in self.resources}

    @cached_property
    def mapped_named(self) -> Mapping[str, Resource]:
        """The resources whose rows stand in existing tables, by what the database calls these."""
        return {item.table_name: item for item in self.resources if item.mapped is not None}

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

    @cached_property
    def facts(self) -> frozenset[Fact]:
        """Everything that some rule of the contract asks of the actor and its request."""
        return frozenset(
            part for rule in self.conditions for part in walk(rule) if isinstance(part, Fact)
        )

    @cached_property
    def scopes(self) -> frozenset[str]:
        """Every scope that means something here."""
        return known_scopes(self.resources, self.commands)

    @property
    def audits(self) -> bool:
        """Whether changes of any resource are written into the audit log."""
        return any(resource.audited for resource in self.resources)

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
