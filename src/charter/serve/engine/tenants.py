"""Tenants inside a command: its rows are of its actor's tenant, or of one that it founds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.core import codes
from charter.core.names import pointer
from charter.core.problems import Flaw, Problem
from charter.plan.ask import Ask
from charter.plan.tenants import tenant_key


@dataclass(slots=True)
class Tenants:
    """The tenants of the rows that one command holds.

    All are of its actor's tenant, since no others can be loaded, but for those that it made for
    a tenant which it made as well.
    """

    contract: Contract
    ask: Ask
    _founded: dict[tuple[str, Any], Any] = field(default_factory=dict)

    def placed(self, resource: Resource, given: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a new row with its tenant: the one given, that of a row it refers to, or
        the actor's. Raises `invalid_values` where it would lead from one tenant to another."""
        values = dict(given)
        if resource.tenant is None or resource.tenant == "id":
            return values
        led = (self._founded.get((target, key)) for _, target, key in _led(resource, given))
        found = next((tenant for tenant in led if tenant is not None), None)
        tenant = values.setdefault(resource.tenant, found or self._actors(resource))
        self._require_own(resource, values, tenant)
        return values

    def made(self, resource: Resource, key: Any, values: Mapping[str, Any]) -> None:
        """A row was made with these values."""
        if resource.tenant is not None:
            tenant = key if resource.tenant == "id" else values[resource.tenant]
            if tenant != self._actors(resource):
                self._founded[resource.name, key] = tenant

    def changing(self, resource: Resource, key: Any, values: Mapping[str, Any]) -> None:
        """Raises `invalid_values` where new values of a row would lead to another tenant."""
        if resource.tenant is not None and resource.tenant != "id":
            tenant = self._founded.get((resource.name, key), self._actors(resource))
            self._require_own(resource, values, tenant)

    def deleting(self, resource: Resource, key: Any) -> None:
        """Raises `not_found` where the row is another tenant."""
        if resource.tenant == "id" and not self._known(resource, key):
            raise Problem(codes.NOT_FOUND)

    def _require_own(self, resource: Resource, values: Mapping[str, Any], own: Any) -> None:
        flaws = tuple(
            Flaw(codes.NO_SUCH_REFERENCE.name, f"There is no {target} with this id.", pointer(name))
            for name, target, key in _led(resource, values)
            if self._tenant_of(target, key) not in (None, own)
            or (name == resource.tenant and not self._known(resource, key))
        )
        if flaws:
            raise Problem(codes.INVALID_VALUES, flaws=flaws)

    def _tenant_of(self, name: str, key: Any) -> Any:
        """The tenant of a row; None where it has none."""
        resource = self.contract.resource_named[name]
        if resource.tenant is None:
            return None
        if resource.tenant == "id":
            return key
        return self._founded.get((name, key), self._actors(resource))

    def _known(self, resource: Resource, tenant: Any) -> bool:
        return tenant in (self._actors(resource), *self._founded.values())

    def _actors(self, resource: Resource) -> Any:
        kind = resource.field_named[resource.tenant or "id"].type
        return tenant_key(self.ask.actor.tenant, kind)


def _led(resource: Resource, values: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """The rows that values lead to: the field, the resource, and the key."""
    for name, key in values.items():
        target = resource.field_named[name].references
        if target is not None and key is not None:
            yield name, target, key
