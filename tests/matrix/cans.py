"""What `POST /v1/can` tells every kind of actor, held against the oracle."""

from collections.abc import Iterator
from typing import Any

from charter.contract.command import On
from charter.contract.resource import Resource
from tests.matrix.oracle import CREATE, DELETE, READ, UPDATE, Oracle, Verdict
from tests.matrix.service import Kind, Tried
from tests.support.evaluate import Row, json_value

MOST = 400
"""Checks in one request."""


async def compare_cans(tried: Tried, kind: Kind) -> None:
    """Each action on each row, with the fields that can be read."""
    asked = list(_asked(tried, tried.oracle(kind)))
    for start in range(0, len(asked), MOST):
        some = asked[start : start + MOST]
        body = {"checks": [check for check, _ in some], "fields": True}
        answer = await tried.expect(kind, "POST", "/v1/can", "200", body)
        for (check, wanted), found in zip(some, answer["results"], strict=True):
            got = {"allowed": found["allowed"]}
            if "readable" in wanted:
                got["readable"] = sorted(found.get("fields", {}).get("readable", ()))
            if got != wanted:
                tried.wrong.append(f"{kind.name}: can {check}: {found}, and policies say {wanted}")


def _asked(tried: Tried, oracle: Oracle) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for resource in tried.resources:
        for row in tried.world.rows[resource.name]:
            there = row if row in oracle.store.rows[resource.name] else None
            seen = there is not None and oracle.readable(resource, row)
            key = json_value(row["id"], resource.key.type)
            fields = [one.name for one in resource.readable]
            readable = [name for name in fields if seen and oracle.visible(resource, row, name)]
            for action, allowed in _of_row(tried, oracle, resource, row, there):
                check = {"action": action, "resource": resource.path, "id": key}
                yield check, {"allowed": allowed, "readable": sorted(readable)}
        if oracle.closed(resource, CREATE) is not None:
            yield {"action": CREATE, "resource": resource.path}, {"allowed": False}
    for command in tried.contract.commands:
        if command.on is not On.ROW:
            allowed = oracle.call(command) is Verdict.ALLOWED
            named = tried.contract.resource_named.get(command.resource or "")
            check = {"action": command.name}
            yield check | ({} if named is None else {"resource": named.path}), {"allowed": allowed}


def _of_row(
    tried: Tried, oracle: Oracle, resource: Resource, row: Row, there: Row | None
) -> Iterator[tuple[str, bool]]:
    yield READ, oracle.read(resource, there) is Verdict.ALLOWED
    for action in (UPDATE, DELETE):
        yield action, oracle.change(resource, action, there) is Verdict.ALLOWED
    for command in tried.contract.commands_of[resource.name]:
        if command.on is On.ROW:
            move = command.move
            in_state = move is None or row[move.field] in move.sources
            allowed = oracle.change(resource, command.name, there) is Verdict.ALLOWED
            yield command.name, allowed and in_state
