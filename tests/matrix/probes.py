"""Every request that could tell somebody of rows: by reading them, naming them or counting them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from charter.contract.command import Command, On
from charter.contract.contract import Contract
from charter.contract.resource import Made, Relation, Resource, SetBy
from charter.contract.types import NUMERIC, ORDERED, Scalar
from charter.core.names import kebab
from charter.plan.spelling import input_name, link_name
from tests.matrix.service import path_of
from tests.matrix.world import World, plain
from tests.support.evaluate import Row, json_value

Params = tuple[tuple[str, str], ...]
NDJSON = {"accept": "application/x-ndjson"}
CSV = {"accept": "text/csv"}


@dataclass(frozen=True)
class Probe:
    """One request."""

    method: str
    path: str
    params: Params = ()
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


def probes_of(world: World, theirs: Mapping[str, list[Row]]) -> Iterator[Probe]:
    """Requests made of the rows of others: their keys, and the values of their fields."""
    for resource in world.contract.resources:
        rows = theirs[resource.name]
        if resource.owner is None:
            path = f"/v1/{resource.path}"
            yield from _lists(world.contract, resource, path)
            yield from (Probe("GET", path, params) for params in _filters(world, resource, theirs))
        for row in rows[:2]:
            yield from _by_key(world.contract, resource, row)
            yield from _writes(world, resource, row)
    for command in world.contract.commands:
        yield from _calls(world, command, theirs)


def _lists(contract: Contract, resource: Resource, path: str) -> Iterator[Probe]:
    yield from (Probe("GET", path, (("limit", str(n)), ("count", "exact"))) for n in (1, 500))
    yield Probe("HEAD", path)
    yield from (Probe("GET", path, headers=accepting) for accepting in (NDJSON, CSV))
    yield Probe("GET", path, (("search", "text"),))
    yield Probe("GET", path, (("aggregate", "count"),))
    for one in resource.readable:
        if one.type.many or one.type.scalar not in ORDERED:
            continue
        yield from (Probe("GET", path, (("sort", sign + one.name),)) for sign in ("", "-"))
        yield Probe("GET", path, (("sort", one.name), ("limit", "1")))
        functions = ["min", "max"] + (["sum", "avg"] if one.type.scalar in NUMERIC else [])
        measures = ",".join(f"{name}({one.name})" for name in functions)
        yield Probe("GET", path, (("aggregate", measures),))
        yield Probe("GET", path, (("aggregate", "count"), ("group", one.name)))
    for names in _ways(contract, resource, 2):
        yield Probe("GET", path, (("include", ".".join(names)), ("limit", "500")))


def _ways(contract: Contract, resource: Resource, depth: int) -> Iterator[tuple[str, ...]]:
    """Ways over relations."""
    for relation in resource.relations:
        yield (relation.name,)
        if depth > 1:
            target = contract.resource_named[relation.target]
            yield from ((relation.name, *more) for more in _ways(contract, target, depth - 1))


def _filters(world: World, resource: Resource, theirs: Mapping[str, list[Row]]) -> Iterator[Params]:
    """Filters by the values that rows of others have, here and over relations."""
    for item in resource.fields:
        for value in _values(resource, item.name, theirs[resource.name]):
            yield ((item.name, value),)
            yield ((f"{item.name}[ne]", value), ("count", "exact"))
            yield ((f"{item.name}[in]", value),)
            if item.type.scalar is Scalar.TEXT:
                yield ((f"{item.name}[like]", f"{value[:3]}*"),)
    for relation in resource.relations:
        target = world.contract.resource_named[relation.target]
        for item in target.fields:
            for value in _values(target, item.name, theirs[target.name]):
                yield ((f"{relation.name}.{item.name}", value), ("count", "exact"))


def _values(resource: Resource, name: str, rows: list[Row]) -> list[str]:
    """Up to two values of a field, as parameters have them."""
    kind = resource.field_named[name].type
    if kind.many or kind.scalar is Scalar.JSON:
        return []
    texts = [json_value(row[name], kind) for row in rows if row[name] is not None]
    return list(dict.fromkeys(str(text).replace("+00:00", "Z") for text in texts))[:2]


def _by_key(contract: Contract, resource: Resource, row: Row) -> Iterator[Probe]:
    path = path_of(contract, resource, row)
    yield from (Probe(method, path) for method in ("GET", "HEAD", "DELETE"))
    yield Probe("PATCH", path, body={})
    yield Probe("PATCH", path, body={"version": 1})
    yield Probe("GET", path, headers={"if-none-match": '"1"'})
    yield from (Probe("PATCH", path, body={}, headers={"if-match": f'"{n}"'}) for n in (1, 2))
    if resource.owner is not None:
        return
    above = f"/v1/{resource.path}"
    yield Probe("DELETE", above, (("id[in]", str(row["id"])),))
    yield Probe("PATCH", above, body=[{"id": str(row["id"])}])
    operations = [{"method": "PATCH", "path": path, "body": {}}]
    yield Probe("POST", "/v1/batch", body={"operations": operations})
    for action in ("read", "update", "delete"):
        check = {"action": action, "resource": resource.path, "id": str(row["id"])}
        yield Probe("POST", "/v1/can", body={"checks": [check], "fields": True, "explain": True})
    for relation in resource.relations:
        if not relation.to_one:
            yield Probe("GET", f"{path}/{kebab(relation.name)}")
            yield Probe("GET", f"{path}/{kebab(relation.name)}", (("aggregate", "count"),))


def _writes(world: World, resource: Resource, row: Row) -> Iterator[Probe]:
    """A row with the values of another's, and with each of its references."""
    if resource.owner is not None or not isinstance(resource.key.default, Made):
        return
    body = {
        item.name: json_value(row[item.name], item.type)
        for item in resource.fields
        if item.set_by in {SetBy.CLIENT, SetBy.ONCE} and item is not resource.key
    }
    path = f"/v1/{resource.path}"
    yield Probe("POST", path, body=body)
    yield Probe("POST", path, (("dry_run", "true"),), body)
    own = {name: value for name, value in body.items() if name not in _references(resource)}
    yield Probe("POST", path, body={**own, "keeper_id": "ada"} if "keeper_id" in body else own)
    for relation in resource.relations:
        for links in _named(world, resource, relation, row):
            yield Probe("POST", path, body={**body, **links})
            checks = [{"action": "create", "resource": resource.path, "values": {**body, **links}}]
            yield Probe("POST", "/v1/can", body={"checks": checks})


def _references(resource: Resource) -> set[str]:
    return {item.name for item in resource.fields if item.references and item.optional}


def _named(
    world: World, resource: Resource, relation: Relation, row: Row
) -> Iterator[dict[str, Any]]:
    if relation.link is not None:
        yield {link_name(relation): [str(far) for near, far in _pairs(world, relation, row)]}
    if relation.owned:
        part = world.contract.resource_named[relation.target]
        for one in world.rows[part.name]:
            if one[relation.far] == row["id"]:
                fields = [item for item in part.fields if item.set_by is SetBy.CLIENT]
                names = [item for item in fields if item.name != relation.far]
                yield {relation.name: [{i.name: json_value(one[i.name], i.type) for i in names}]}


def _pairs(world: World, relation: Relation, row: Row) -> list[tuple[Any, Any]]:
    table = relation.link.table if relation.link is not None else ""
    return [pair for pair in world.links.get(table, ()) if pair[0] == row["id"]]


def _calls(world: World, command: Command, theirs: Mapping[str, list[Row]]) -> Iterator[Probe]:
    """A command on the rows of others, and one that is given them."""
    named = world.contract.resource_named.get(command.resource or "")
    base = "/v1" if named is None else f"/v1/{named.path}"
    inputs: dict[str, Any] = {}
    for item in command.inputs:
        if item.references is not None:
            inputs[input_name(item)] = str(theirs[item.references][0]["id"])
        elif item.required:
            inputs[item.name] = json_value(plain(item.type, 0), item.type)
    tops = [base]
    if command.on is On.ROW and named is not None:
        tops = [f"{base}/{row['id']}" for row in world.rows[named.name]]
    yield from (Probe("POST", f"{top}/{kebab(command.name)}", body=inputs) for top in tops)
