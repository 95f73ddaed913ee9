"""How many rows each resource gets.

Of one number that is told, what most rows are about gets all of it, and the rest in proportion:
parts three for each owner, accounts a tenth, what refers to nothing (categories, kinds, places) a
hundredth, tenants a thousandth.
"""

from collections.abc import Mapping

from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.core.names import nearest

ROWS = 20_000
PARTS = 3
_ACCOUNTS, _NOTHING, _GRANTS, _TENANTS = 10, 100, 100, 1_000
_FEWEST = 20


def sizes_of(
    contract: Contract, rows: int = ROWS, given: Mapping[str, int] | None = None
) -> dict[str, int]:
    """The rows of each resource; those in `given` get what it says.

    Raises ValueError for a resource that the contract does not have, or a number below 1.
    """
    given = dict(given or {})
    for name, count in given.items():
        if name not in contract.resource_named:
            near = nearest(name, contract.resource_named)
            hint = f"; did you mean {near}?" if near else ""
            raise ValueError(f"{contract.name} has no resource {name!r}{hint}")
        if count < 1:
            raise ValueError(f"{name}: at least 1 row")
    if rows < 1:
        raise ValueError("at least 1 row")
    found: dict[str, int] = {}
    for resource in contract.resources:
        _size(contract, resource, rows, given, found)
    return found


def quarter_of(sizes: Mapping[str, int]) -> dict[str, int]:
    """A quarter of the rows, to see what grows with the number of rows."""
    return {name: max(1, count // 4) for name, count in sizes.items()}


def _size(
    contract: Contract,
    resource: Resource,
    rows: int,
    given: Mapping[str, int],
    found: dict[str, int],
) -> int:
    if resource.name not in found:
        if resource.name in given:
            found[resource.name] = given[resource.name]
        elif resource.owner is not None:
            target = resource.relation_named[resource.owner].target
            found[resource.name] = 0  # an owner that is a part of its own parts ends here
            owner = contract.resource_named[target]
            found[resource.name] = PARTS * _size(contract, owner, rows, given, found) or rows
        else:
            found[resource.name] = max(min(rows, _FEWEST), rows // _share(contract, resource))
    return found[resource.name]


def _share(contract: Contract, resource: Resource) -> int:
    tenancy = contract.tenancy
    if tenancy is not None and resource.name == tenancy.resource:
        return _TENANTS
    if resource.name == contract.user:
        return _ACCOUNTS
    if any(grants.resource == resource.name for grants in contract.grants):
        return _GRANTS
    if not any(field.references for field in resource.fields):
        return _NOTHING
    return 1
