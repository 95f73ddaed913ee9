"""What is made so far: the keys of all rows, by tenant, and what is often referred to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from charter.contract.contract import Contract
from charter.contract.resource import Resource

Row = Mapping[str, Any]
MOST_SAMPLES = 500
"""Rows of each resource that are kept, to take values of filters from."""


@dataclass
class World:
    """Filled while rows are made. A key without a tenant is under None."""

    contract: Contract
    keys: dict[str, list[Any]] = field(default_factory=dict)
    by_tenant: dict[str, dict[Any, list[Any]]] = field(default_factory=dict)
    referred: dict[tuple[str, str], Counter[Any]] = field(default_factory=dict)
    """For each reference field, how many rows have each key in it."""
    actors: Counter[tuple[Any, Any]] = field(default_factory=Counter)
    """How many rows refer to each account, and of which tenant they are."""
    samples: dict[str, list[Row]] = field(default_factory=dict)
    spare: dict[str, list[Row]] = field(default_factory=dict)
    """Rows that would fit as well, and are not in the database."""

    def begin(self, resource: Resource) -> None:
        name = resource.name
        self.keys[name] = []
        self.by_tenant[name] = {}
        self.samples[name] = []
        self.spare[name] = []
        for item in resource.fields:
            if item.references is not None:
                self.referred[name, item.name] = Counter()

    def made(self, resource: Resource, row: Row, every: int) -> None:
        """Note a row that is in the database. Each of `every` rows is a sample."""
        name, key = resource.name, row["id"]
        keys = self.keys[name]
        if len(keys) % every == 0 and len(self.samples[name]) < MOST_SAMPLES:
            self.samples[name].append(row)
        keys.append(key)
        tenant = None if resource.tenant is None else row[resource.tenant]
        if resource.tenant is not None:
            self.by_tenant[name].setdefault(tenant, []).append(key)
        for item in resource.fields:
            if item.references is not None and row[item.name] is not None:
                self.referred[name, item.name][row[item.name]] += 1
                if item.references == self.contract.user:
                    self.actors[row[item.name], tenant] += 1

    def candidates(self, target: str, tenant: Any) -> Sequence[Any]:
        """The keys that a row of a tenant (None: of none) can refer to."""
        resource = self.contract.resource_named[target]
        if resource.tenant is None or tenant is None:
            return self.keys.get(target, ())
        return self.by_tenant.get(target, {}).get(tenant, ())
