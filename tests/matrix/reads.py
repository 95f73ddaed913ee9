"""Everything that a kind of actor can read, held against the oracle."""

import json
from typing import Any

from charter.contract.resource import Resource
from charter.core.names import kebab
from tests.matrix.oracle import Oracle
from tests.matrix.service import Kind, Tried, path_of
from tests.matrix.verdicts import told_as
from tests.support.evaluate import Row

MOST = "500"


async def compare_reads(tried: Tried, kind: Kind) -> None:
    """Rows one by one, lists, what is included, exports and counts."""
    oracle = tried.oracle(kind)
    for resource in tried.resources:
        for row in tried.world.rows[resource.name]:
            await _one(tried, kind, oracle, resource, row)
        if resource.owner is None:
            await _lists(tried, kind, oracle, resource)


async def _one(tried: Tried, kind: Kind, oracle: Oracle, resource: Resource, row: Row) -> None:
    there = row if row in oracle.store.rows[resource.name] else None
    wanted = told_as(oracle.read(resource, there))
    path = path_of(tried.contract, resource, row)
    body = await tried.expect(kind, "GET", path, wanted)
    if wanted != "200" or there is None or "id" not in (body or {}):
        await _nothing_below(tried, kind, resource, row)
        return
    same(tried, kind, path, body, oracle.shown(resource, row))
    for relation in resource.relations:
        target = tried.contract.resource_named[relation.target]
        found = oracle.related(resource, row, relation.name)
        bodies = [oracle.shown(target, one) for one in found]
        closed = told_as(oracle.listed(target))
        if closed == "200" or relation.to_one:
            params = [("include", relation.name)]
            answer = await tried.http.send("GET", path, kind.someone, params=params)
            _included(tried, kind, f"{path}?include={relation.name}", answer, bodies)
        if not relation.to_one and resource.owner is None:
            below = f"{path}/{kebab(relation.name)}"
            answer = await tried.expect(kind, "GET", f"{below}?limit={MOST}", closed)
            if closed == "200" and "items" in (answer or {}):
                same(tried, kind, below, ordered(answer["items"]), ordered(bodies))


async def _nothing_below(tried: Tried, kind: Kind, resource: Resource, row: Row) -> None:
    """What is below a row that cannot be read cannot be either."""
    for relation in resource.relations:
        if relation.to_one or resource.owner is not None:
            continue
        path = f"{path_of(tried.contract, resource, row)}/{kebab(relation.name)}"
        answer = await tried.http.send("GET", path, kind.someone)
        if answer.status_code not in {401, 403, 404}:
            tried.wrong.append(f"{kind.name}: {path}: {answer.text}, below what cannot be read")


def _included(tried: Tried, kind: Kind, what: str, answer: Any, bodies: list[Any]) -> None:
    """A relation of which nothing can ever be seen may be refused instead of being empty."""
    if answer.status_code != 200:
        if bodies or answer.status_code >= 500:
            tried.wrong.append(f"{kind.name}: {what}: {answer.text}, where there are {bodies}")
        return
    found = answer.json().get(what.rpartition("=")[2])
    listed = found if isinstance(found, list) else [found] if found else []
    same(tried, kind, what, ordered(listed), ordered(bodies))


async def _lists(tried: Tried, kind: Kind, oracle: Oracle, resource: Resource) -> None:
    path = path_of(tried.contract, resource)
    wanted = told_as(oracle.listed(resource))
    listed = await tried.expect(kind, "GET", f"{path}?limit={MOST}&count=exact", wanted)
    counted = await tried.expect(kind, "GET", f"{path}?aggregate=count", wanted)
    headers = {"accept": "application/x-ndjson"}
    exported = await tried.http.send("GET", path, kind.someone, headers=headers)
    if wanted != "200":
        if exported.status_code == 200:
            tried.wrong.append(f"{kind.name}: export of {path}: 200, where policies say {wanted}")
        return
    if "items" not in (listed or {}) or "items" not in (counted or {}):
        return
    bodies = ordered([oracle.shown(resource, row) for row in oracle.rows(resource)])
    same(tried, kind, path, ordered(listed["items"]), bodies)
    same(tried, kind, f"count of {path}", listed["count"], len(bodies))
    same(tried, kind, f"aggregate of {path}", counted["items"], [{"count": len(bodies)}])
    lines = [json.loads(line) for line in exported.text.splitlines()]
    same(tried, kind, f"export of {path}", ordered(lines), bodies)
    await _filters(tried, kind, oracle, resource)


async def _filters(tried: Tried, kind: Kind, oracle: Oracle, resource: Resource) -> None:
    """No filter on a field tells of a value that is not shown."""
    rows = oracle.rows(resource)
    path = path_of(tried.contract, resource)
    for item in resource.fields:
        if not any(rule.field == item.name for rule in resource.policy.hides):
            continue
        for value in {json.dumps(oracle_value(row[item.name])) for row in rows}:
            params = [(item.name, json.loads(value)), ("limit", MOST)]
            answer = await tried.http.send("GET", path, kind.someone, params=params)
            seen = [
                row
                for row in rows
                if oracle.visible(resource, row, item.name)
                and json.dumps(oracle_value(row[item.name])) == value
            ]
            got = answer.json().get("items", []) if answer.status_code == 200 else []
            keys = [oracle.shown(resource, row)["id"] for row in seen]
            found = sorted(str(one["id"]) for one in got)
            what = f"{path} where {item.name} is {value}"
            same(tried, kind, what, found, sorted(map(str, keys)))


def oracle_value(value: Any) -> str:
    return str(value)


def ordered(bodies: list[Any]) -> list[Any]:
    return sorted(bodies, key=lambda body: json.dumps(body["id"]))


def same(tried: Tried, kind: Kind, what: str, got: Any, wanted: Any) -> None:
    if got != wanted:
        tried.wrong.append(f"{kind.name}: {what}: {got}, where policies say {wanted}")
