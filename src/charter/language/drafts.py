"""A contract that is being built: what the steps complete, one after the other."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from charter.contract.command import Command, DeclaredError, Event
from charter.contract.contract import USER
from charter.contract.faults import Fault, FaultCode
from charter.contract.identity import Grants, Tenancy
from charter.contract.mapping import Mapped
from charter.contract.resource import (
    Check,
    Computed,
    Field,
    Index,
    Policy,
    Relation,
    Unique,
)
from charter.contract.types import Type
from charter.core.places import Place
from charter.language.annotations import Reading
from charter.language.declarations import Declarations
from charter.language.declared import Attribute, Declared, declared_by
from charter.language.existing import Existing
from charter.language.resource import Resource
from charter.language.symbols.granted import Roles
from charter.language.user import User


@dataclass(slots=True)
class ResourceDraft:
    """A resource in the making. `readings` holds what its annotations say, by attribute."""

    cls: type[Resource[Any]]
    name: str
    table: str
    path: str
    place: Place
    conditional_writes: bool = False
    existing: Existing = field(default_factory=Existing)
    has_policy: bool = False
    rules_known: bool = True
    """False where the policy had a fault, so that its rules are not all known."""
    readings: dict[str, Reading] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    fields: dict[str, Field] = field(default_factory=dict)
    relations: dict[str, Relation] = field(default_factory=dict)
    computed: dict[str, Computed] = field(default_factory=dict)
    uniques: list[Unique] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    policy: Policy = field(default_factory=Policy)
    owners: list[tuple[str, str]] = field(default_factory=list)
    """The resources that own this one, each with the relation to it."""
    tenant: str | None = None
    """The field that names the tenant of a row; the key where the rows are the tenants."""
    audited: bool = False
    append_only: bool = False
    search_index: bool = False
    stamped: bool = False

    @property
    def was(self) -> str | None:
        """The name of its class before."""
        return self.existing.get("was")

    @property
    def mapped(self) -> Mapped | None:
        """The existing table, where the contract names one."""
        table = self.existing.get("table")
        if table is None:
            return None
        return Mapped(table, read_only=self.existing.get("read_only", False))

    @property
    def declared(self) -> Declared:
        return declared_by(self.cls)

    def attribute(self, name: str) -> Attribute:
        return self.declared.attributes[name]

    def stored(self, name: str) -> Field | None:
        """The stored field of a name; a reference can be named without its `_id`."""
        relation = self.relations.get(name)
        if relation is not None and relation.to_one:
            return self.fields.get(relation.near)
        return self.fields.get(name)

    def names(self) -> Iterable[str]:
        return (*self.fields, *self.computed, *self.relations)


@dataclass(slots=True)
class Draft:
    """A contract in the making, and every fault found so far."""

    said: Declarations
    resources: dict[str, ResourceDraft] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    errors: list[DeclaredError] = field(default_factory=list)
    accounts: str | None = None
    """The resource of accounts, where the contract has one of its own."""
    tenancy: Tenancy | None = None
    role_includes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    grants: list[Grants] = field(default_factory=list)
    roles: Roles = field(default_factory=Roles)
    """What policies can ask about roles."""
    faults: list[Fault] = field(default_factory=list)
    compute: Callable[[str, str], Computed | None] = lambda resource, name: None
    """Works a computed field out at its first use."""

    def fault(self, code: FaultCode, message: str, place: Place, remedy: str | None = None) -> None:
        found = Fault(code, message, place, remedy)
        if found not in self.faults:
            self.faults.append(found)

    @property
    def user(self) -> str:
        """The resource of those who can be actors."""
        return self.accounts or USER

    def of(self, cls: object) -> ResourceDraft | None:
        """The resource that a class was made, if it is one of this contract."""
        if cls is User and self.accounts is not None:
            return self.resources[self.accounts]
        return next((item for item in self.resources.values() if item.cls is cls), None)

    @property
    def known(self) -> dict[str, type[Any]]:
        return {item.name: item.cls for item in self.resources.values()}

    # -- as symbolic rows see it ---------------------------------------------------------

    def type_of(self, resource: str, name: str) -> Type | None:
        draft = self.resources.get(resource)
        if draft is None:
            return None
        stored = draft.fields.get(name)
        if stored is not None:
            return stored.type
        computed = self.compute(resource, name)
        return computed.type if computed else None

    def relation(self, resource: str, name: str) -> Relation | None:
        draft = self.resources.get(resource)
        return draft.relations.get(name) if draft else None

    def names(self, resource: str) -> Iterable[str]:
        return self.resources[resource].names()

    def tenant_of(self, resource: str) -> str | None:
        return self.resources[resource].tenant

    def is_broken(self, resource: str, name: str) -> bool:
        draft = self.resources.get(resource)
        return draft is None or name in draft.broken
