"""Rows for a contract, made from nothing but the contract: whatever its policies can tell apart.

Of every resource there is a row for each person that a reference to an account can name, for
each choice that a field can have, and below each row of others that differs in one of these.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from charter.contract.contract import Contract
from charter.contract.resource import Field, Relation, Resource
from charter.contract.types import Scalar, Type
from charter.plan.spelling import link_name
from tests.support.evaluate import Place, Row, Store, holds, json_value

ADA, BOB = "ada", "bob"
PEOPLE = (ADA, BOB)
"""Who asks, and somebody else: what refers to them is their own row, or another's."""
MADE_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MOST_ROWS = 16
"""Of one resource; of more, every second or third one."""

Values = Mapping[tuple[str, str], Callable[[int], Any]]
"""What the contract's types cannot tell of a field: its values by their number."""


@dataclass(frozen=True)
class World:
    """All rows, and how to make further ones."""

    contract: Contract
    values: Values = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    links: dict[str, list[tuple[Any, Any]]] = field(default_factory=dict)
    """Pairs of keys, each in both directions."""

    @property
    def store(self) -> Store:
        return Store(self.contract, self.rows, self.links)

    def value(self, resource: Resource, item: Field, number: int) -> Any:
        """A value that fits the field, another one for each number."""
        given = self.values.get((resource.name, item.name))
        return plain(item.type, number) if given is None else given(number)

    def lines(self, resource: Resource, rows: Mapping[str, list[Row]]) -> Iterator[dict[str, Any]]:
        """Rows as they are loaded."""
        for row in rows.get(resource.name, ()):
            line = {item.name: json_value(row[item.name], item.type) for item in resource.fields}
            for relation in _links_of(self.contract, resource):
                pairs = self.links[relation.link.table] if relation.link else ()
                kind = self.contract.resource_named[relation.target].key.type
                keys = [json_value(far, kind) for near, far in pairs if near == row["id"]]
                line[link_name(relation)] = keys
            yield line


def world_of(contract: Contract, values: Values | None = None) -> World:
    """A world of this contract."""
    world = World(contract, dict(values or {}))
    for resource in in_order(contract):
        world.rows[resource.name] = []
        rows = list(_rows_of(world, resource))
        step = -(-len(rows) // MOST_ROWS)
        world.rows[resource.name] = rows[:: step + (step > 1 and step % 2 == 0)]
        for relation in _links_of(contract, resource):
            _link(world, resource, relation)
    return world


def _links_of(contract: Contract, resource: Resource) -> list[Relation]:
    """The many-to-many relations to what is there before the resource."""
    order = [one.name for one in in_order(contract)]
    before = order[: order.index(resource.name)]
    return [one for one in resource.relations if one.link is not None and one.target in before]


def _link(world: World, resource: Resource, relation: Relation) -> None:
    """Link each row to one of its own tenant."""
    pairs = world.links.setdefault(relation.link.table if relation.link else "", [])
    target = world.contract.resource_named[relation.target]
    for number, row in enumerate(world.rows[resource.name]):
        there = [
            one
            for one in world.rows[target.name]
            if target.tenant is None or one[target.tenant] == row[resource.tenant or ""]
        ]
        if there:
            near, far = row["id"], there[number % len(there)]["id"]
            pairs += [(near, far), (far, near)]


def in_order(contract: Contract) -> list[Resource]:
    """All resources, each behind those that it refers to."""
    found: list[Resource] = []

    def visit(resource: Resource, above: tuple[str, ...]) -> None:
        for item in resource.fields:
            if item.references and item.references not in above and not item.optional:
                visit(contract.resource_named[item.references], (*above, item.references))
        if resource not in found:
            found.append(resource)

    for resource in contract.resources:
        visit(resource, (resource.name,))
    return found


def personal(contract: Contract, name: str, seen: frozenset[str] = frozenset()) -> bool:
    """Whether rows of a resource can be somebody's, themselves or over those they refer to."""
    if name == contract.user:
        return True
    fields = contract.resource_named[name].fields
    targets = {item.references for item in fields if item.references} - seen - {name}
    return any(personal(contract, target, seen | {name}) for target in targets)


def _rows_of(world: World, resource: Resource) -> Iterator[Row]:
    contract = world.contract
    if resource.name == contract.user:
        yield from (_completed(world, resource, n, {"id": who}) for n, who in enumerate(PEOPLE))
        return
    axes = {item.name: _axis(world, resource, item) for item in resource.fields}
    axes = {name: axis for name, axis in axes.items() if axis} or {"": (1, 2)}
    numbers = itertools.count()
    taken: set[tuple[Any, ...]] = set()
    for chosen in itertools.product(*axes.values()):
        number = next(numbers)
        given = {name: one for name, one in zip(axes, chosen, strict=True) if name}
        row = _completed(world, resource, number, given)
        if _together(world, resource, row) and _new(resource, row, taken):
            yield row


def _axis(world: World, resource: Resource, item: Field) -> tuple[Any, ...]:
    """The values of a field of which there is a row each; none where one is as good as another."""
    contract = world.contract
    nothing = (None,) if item.optional else ()
    if item.name == resource.tenant and item.references:
        return tuple(row["id"] for row in world.rows[item.references])
    if item.references == contract.user:
        return (*PEOPLE, *nothing)
    needed = [one for one in resource.fields if one.references and not one.optional]
    if item.optional and any(personal(contract, one.references or "") for one in needed):
        return ()
    if item.references is not None and personal(contract, item.references):
        return tuple(row["id"] for row in world.rows.get(item.references, ()))
    if item.type.scalar is Scalar.CHOICE and not item.type.many:
        return item.type.choices
    return ()


def _completed(world: World, resource: Resource, number: int, given: Row) -> Row:
    row = dict(given)
    for item in resource.fields:
        if item.name in row:
            continue
        if item.name == "id" and item.type.scalar is Scalar.INTEGER:
            row["id"] = number + 1
        elif item.references is not None:
            row[item.name] = _referred(world, resource, item, row, number)
        elif item.type.scalar is Scalar.UUID and item.name == "id":
            place = world.contract.resources.index(resource)
            row["id"] = UUID(int=(0x0199 << 112) | (7 << 76) | (2 << 62) | place << 32 | number)
        elif item.name in {"created_at", "updated_at"}:
            row[item.name] = MADE_AT
        elif item.name == "version":
            row[item.name] = 1
        else:
            row[item.name] = world.value(resource, item, number)
    return row


def _referred(world: World, resource: Resource, item: Field, row: Row, number: int) -> Any:
    """One of the rows that a reference can lead to; itself never, and nothing where none is."""
    there = world.rows.get(item.references or "", [])
    target = world.contract.resource_named[item.references or ""]
    if target.tenant and target.tenant != "id" and resource.tenant:
        mine = row.get(resource.tenant)
        there = [one for one in there if mine is None or one[target.tenant] == mine]
    return there[number % len(there)]["id"] if there else None


def _together(world: World, resource: Resource, row: Row) -> bool:
    """All that a row refers to is of its own tenant, and its checks hold."""
    for item in resource.fields:
        target = world.contract.resource_named.get(item.references or "")
        if target is None or not target.tenant or target.tenant == "id" or not resource.tenant:
            continue
        found = [one for one in world.rows[target.name] if one["id"] == row[item.name]]
        if any(one[target.tenant] != row[resource.tenant] for one in found):
            return False
    place = Place(world.store, {}).about(resource, row)
    return all(holds(check.expression, place) for check in resource.checks)


def _new(resource: Resource, row: Row, taken: set[tuple[Any, ...]]) -> bool:
    """Whether no row before has the same where it has to be unique."""
    names = [unique.fields for unique in resource.uniques]
    names += [(item.name,) for item in resource.fields if item.unique]
    scope = (resource.tenant,) if resource.tenant not in (None, "id") else ()
    found = {
        (fields, *(row[name] for name in (*scope, *fields)))
        for fields in names
        if all(row[name] is not None for name in fields)
    }
    if found & taken:
        return False
    taken |= found
    return True


def plain(kind: Type, number: int) -> Any:
    """A value of a type."""
    if kind.many:
        return []
    least = kind.ge if kind.ge is not None else 1
    values: Mapping[Scalar, Callable[[], Any]] = {
        Scalar.TEXT: lambda: f"text {number}"[: kind.max_length],
        Scalar.INTEGER: lambda: int(least) + 1,
        Scalar.BOOLEAN: lambda: number % 2 == 0,
        Scalar.FLOAT: lambda: float(least) + 0.5,
        Scalar.DECIMAL: lambda: Decimal(int(least) + 2),
        Scalar.DATE: lambda: date(2026, 2, 1 + number % 28),
        Scalar.DATETIME: lambda: MADE_AT,
        Scalar.UUID: lambda: UUID(int=number + 1),
        Scalar.EMAIL: lambda: f"person{number}@example.org",
        Scalar.URL: lambda: f"https://example.org/{number}",
        Scalar.CHOICE: lambda: kind.choices[number % len(kind.choices)],
        Scalar.JSON: lambda: {"number": number},
    }
    return values[kind.scalar]()
