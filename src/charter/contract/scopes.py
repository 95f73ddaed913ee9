"""Scopes: what tokens and keys can be limited to (RFC 6749, section 3.3), in words of a contract.

`read` covers reading everything, `write` all the rest. `orders:read` and `orders:write` do so
for one resource, `orders:*` is both, and `orders:place` or `orders:create` one thing. A command
that is on no resource is a scope by its own name. Parts that follow their owner are read and
written with it, under its scopes.
"""

from collections.abc import Iterable

from charter.contract.command import Command
from charter.contract.resource import Resource

READ = "read"
WRITE = "write"
ACTIONS = (READ, "create", "update", "delete")


def known_scopes(resources: Iterable[Resource], commands: Iterable[Command]) -> frozenset[str]:
    """Every scope that means something to a contract of these."""
    found = {READ, WRITE}
    paths = {item.name: item.path for item in resources if not item.follows_owner}
    for path in paths.values():
        found.update(f"{path}:{word}" for word in (*ACTIONS, WRITE, "*"))
    for command in commands:
        of = paths.get(command.resource or "")
        found.add(command.name if of is None else f"{of}:{command.name}")
    return frozenset(found)


def covers(scopes: frozenset[str], resource: Resource | None, action: str) -> bool:
    """Whether one of the scopes covers an action on a resource, or a command on nothing."""
    general = READ if action == READ else WRITE
    if resource is None:
        return not scopes.isdisjoint({general, action})
    path = resource.path
    return not scopes.isdisjoint({general, f"{path}:{general}", f"{path}:{action}", f"{path}:*"})
