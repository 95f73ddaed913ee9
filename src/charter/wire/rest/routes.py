"""Routes: which paths there are, and what can be done at each, as the contract has it.

Names in paths are in kebab case. An owned resource is reached under its owner only; if it has
commands, these are called at its own path.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import unquote

from charter.contract.command import Command, On
from charter.contract.contract import Contract
from charter.contract.resource import Relation, Resource
from charter.core.codes import MALFORMED, METHOD_NOT_ALLOWED, NOT_FOUND
from charter.core.names import kebab
from charter.core.problems import Problem

BATCH = "batch"
CAN = "can"


class Kind(StrEnum):
    """What a route leads to."""

    ROWS = "rows"
    ROW = "row"
    RELATED = "related"
    """The rows of a to-many relation of one row."""
    PART = "part"
    """One row of an owned relation of one row."""
    COMMAND = "command"
    BATCH = "batch"
    CAN = "can"


@dataclass(frozen=True)
class Route:
    """One template with the methods that it has in `Allow`.

    `resource` is that of the rows in answers, None where there are none. `owner` is that of the
    row or collection that the route is below: `relation` leads from there to the rows, or
    `command` is called there. `number` tells the route from all others.
    """

    kind: Kind
    number: int
    template: str
    methods: tuple[str, ...]
    resource: Resource | None = None
    owner: Resource | None = None
    relation: Relation | None = None
    command: Command | None = None


def shown(route: Route) -> Resource:
    """The resource whose rows a route leads to."""
    if route.resource is None:
        raise ValueError(f"{route.template} leads to no rows")
    return route.resource


@dataclass(slots=True)
class _Node:
    """The routes of one template, by method."""

    routes: dict[str, Route] = field(default_factory=dict)

    def add(self, route: Route) -> None:
        for method in route.methods:
            self.routes.setdefault(method, route)


@dataclass(slots=True)
class _Branch:
    """What lies below the path of one resource."""

    row: _Node = field(default_factory=_Node)
    commands: dict[str, _Node] = field(default_factory=dict)
    below: dict[str, _Node] = field(default_factory=dict)
    parts: dict[str, _Node] = field(default_factory=dict)


@dataclass(slots=True)
class Match:
    """A route, and the texts that stand for the identifiers in its template, left to right."""

    route: Route
    keys: tuple[str, ...]


class RouteTable:
    """Finds the route of a request by a few dictionary look-ups."""

    def __init__(self, contract: Contract, prefix: str) -> None:
        self._start = prefix + "/"
        self._tops: dict[str, _Node] = {}
        self._branches: dict[str, _Branch] = {}
        self.routes: tuple[Route, ...] = tuple(routes_of(contract, prefix))
        for route in self.routes:
            self._node(route.template[len(self._start) :].split("/")).add(route)

    def find(self, method: str, path: str) -> Match:
        """Raises `not_found`, or `method_not_allowed` with the member `allow`."""
        routes, keys = self._look(method, path)
        route = routes.get(method)
        if route is None:
            allow = allowed(routes)
            raise Problem(
                METHOD_NOT_ALLOWED,
                f"{method[:20]} is not defined here, but {', '.join(allow)}.",
                members={"allow": allow},
            )
        return Match(route, keys)

    def at(self, path: str) -> Mapping[str, Route]:
        """The routes of a path by their methods. Raises `not_found`."""
        return self._look("OPTIONS", path)[0]

    def template(self, method: str, path: str) -> str:
        """The template of a path, whatever becomes of the request; empty where there is none."""
        try:
            routes = self._look(method, path)[0]
        except Problem:
            return ""
        route = routes.get(method) or next(iter(routes.values()))
        return route.template

    def _look(self, method: str, path: str) -> tuple[Mapping[str, Route], tuple[str, ...]]:
        if not path.startswith(self._start):
            raise Problem(NOT_FOUND)
        parts = path[len(self._start) :].split("/")
        if "%" in path:
            parts = _decoded(parts)
        if len(parts) == 1:
            top = self._tops.get(parts[0])
            if top is None:
                raise Problem(NOT_FOUND)
            return top.routes, ()
        branch = self._branches.get(parts[0])
        if branch is None or "" in parts:
            raise Problem(NOT_FOUND)
        return _below(branch, method, parts)

    def _node(self, parts: list[str]) -> _Node:
        """The node of a template, made where it is not there yet."""
        if len(parts) == 1:
            return self._tops.setdefault(parts[0], _Node())
        branch = self._branches.setdefault(parts[0], _Branch())
        if len(parts) == 2:
            if parts[1] == "{id}":
                return branch.row
            return branch.commands.setdefault(parts[1], _Node())
        nodes = branch.below if len(parts) == 3 else branch.parts
        return nodes.setdefault(parts[2], _Node())


def allowed(routes: Iterable[str]) -> tuple[str, ...]:
    """The methods in the order of `_ORDER`, with OPTIONS."""
    known = {*routes, "OPTIONS"}
    return tuple(method for method in _ORDER if method in known)


_ORDER = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def _below(
    branch: _Branch, method: str, parts: list[str]
) -> tuple[Mapping[str, Route], tuple[str, ...]]:
    node, keys = _NOTHING, tuple[str, ...]()
    match len(parts):
        case 2:
            command = branch.commands.get(parts[1])
            if command is None:
                node, keys = branch.row, (parts[1],)
            elif method in command.routes:
                return command.routes, ()
            else:
                return {**command.routes, **branch.row.routes}, (parts[1],)
        case 3:
            node, keys = branch.below.get(parts[2], _NOTHING), (parts[1],)
        case 4:
            node, keys = branch.parts.get(parts[2], _NOTHING), (parts[1], parts[3])
    if not node.routes:
        raise Problem(NOT_FOUND)
    return node.routes, keys


_NOTHING = _Node()


def _decoded(parts: list[str]) -> list[str]:
    try:
        return [unquote(part, errors="strict") for part in parts]
    except UnicodeDecodeError:
        raise Problem(MALFORMED, "The path is not valid UTF-8.") from None


def creatable(resource: Resource) -> bool:
    """Whether rows can be created over REST: the server must be able to make their key, or the
    rows of an existing table come with it."""
    if resource.read_only:
        return False
    return resource.key.default is not None or resource.keys_given


def routes_of(contract: Contract, prefix: str) -> Iterator[Route]:
    """All routes; the first of two that clash is the one that is served."""
    for number, route in enumerate(_drafted(contract, prefix)):
        yield replace(route, number=number)


def _drafted(contract: Contract, prefix: str) -> Iterator[Route]:
    yield Route(Kind.BATCH, 0, f"{prefix}/{BATCH}", ("POST",))
    yield Route(Kind.CAN, 0, f"{prefix}/{CAN}", ("POST",))
    for resource in contract.resources:
        if resource.owner is None:
            yield from _resource_routes(contract, resource, f"{prefix}/{resource.path}")
        for command in contract.commands_of[resource.name]:
            yield _command_route(contract, command, f"{prefix}/{resource.path}")
    for command in contract.commands_of[None]:
        yield _command_route(contract, command, prefix)


def _resource_routes(contract: Contract, resource: Resource, base: str) -> Iterator[Route]:
    post = ("POST",) if creatable(resource) else ()
    methods = ("GET", "HEAD", *post, "PATCH", "DELETE")
    yield Route(Kind.ROWS, 0, base, methods, resource)
    changes = ("GET", "HEAD", "PUT", "PATCH", "DELETE")
    yield Route(Kind.ROW, 0, base + "/{id}", changes, resource)
    for relation in resource.relations:
        if relation.to_one:
            continue
        target = contract.resource_named[relation.target]
        path = f"{base}/{{id}}/{kebab(relation.name)}"
        reads = ("GET", "HEAD")
        if not relation.owned:
            yield Route(Kind.RELATED, 0, path, reads, target, resource, relation)
            continue
        yield Route(Kind.RELATED, 0, path, (*reads, "POST"), target, resource, relation)
        yield Route(Kind.PART, 0, path + "/{part_id}", changes, target, resource, relation)


def _command_route(contract: Contract, command: Command, base: str) -> Route:
    path = f"{base}/{{id}}" if command.on is On.ROW else base
    result = command.result.resource
    return Route(
        Kind.COMMAND,
        0,
        f"{path}/{kebab(command.name)}",
        ("POST",),
        contract.resource_named[result] if result else None,
        contract.resource_named[command.resource] if command.resource else None,
        command=command,
    )
