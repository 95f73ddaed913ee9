"""Batches: several operations in one request and one transaction.

    {"operations": [
        {"id": "a", "method": "POST", "path": "/v1/orders", "body": {…}},
        {"method": "POST", "path": "/v1/orders/{a.id}/place"}]}

`{a.id}` stands for the key of the row that the operation `a` makes or changes: in paths, and
in bodies wherever a key is expected. `version` does what If-Match does. Every operation is read
before the first one runs, so all flaws come at once, each with a pointer to its place.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from charter.contract.resource import Resource
from charter.core.codes import (
    INVALID_PARAMETER,
    NOT_FOUND,
    REQUIRED,
    UNKNOWN_FIELD,
    VERSION_REQUIRED,
    WRONG_FORMAT,
    WRONG_LENGTH,
    WRONG_TYPE,
)
from charter.core.names import nearest, pointer
from charter.core.problems import Problem
from charter.plan.ask import Create, Delete, Operation, Update
from charter.plan.drafts import Reading
from charter.plan.notes import Notes
from charter.plan.steps import Later, LateStep, Step
from charter.plan.unfit import named
from charter.wire.rest.routes import Kind, Match, RouteTable
from charter.wire.rest.writes import IN_BATCH, Change, Writes, read_version

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_MEMBERS = ("id", "method", "path", "body", "version")
_NO_BODY: Mapping[str, Any] = {}

Steps = tuple[Step | LateStep, ...]


@dataclass(frozen=True, slots=True)
class _Made:
    """An operation, and the resource of the row that it leaves behind, if there is one."""

    operation: Operation
    row: str | None


class Batches:
    """Reads batches over the routes of one contract."""

    def __init__(self, routes: RouteTable, writes: Writes, most: int) -> None:
        self._routes = routes
        self._writes = writes
        self._most = most

    def read(self, body: Any, notes: Notes) -> Steps:
        """The steps of a batch; what is wrong goes to the notes."""
        names: dict[str, Later] = {}
        steps: list[Step | LateStep] = []
        for index, item in enumerate(self._operations(body, notes)):
            at = f"/operations/{index}"
            if type(item) is not dict:
                notes.at(at, WRONG_TYPE, f"an object is expected, not {named(item)}")
                continue
            made = self._made(item, Reading(notes, names), at)
            if made is not None:
                steps.append(LateStep(made.operation) if names else Step(made.operation))
            later = None if made is None or made.row is None else Later(index, made.row)
            _name(item.get("id"), later, names, notes, at)
        return tuple(steps)

    def _operations(self, body: Any, notes: Notes) -> list[Any]:
        if type(body) is not dict:
            notes.at("", WRONG_TYPE, f"an object is expected, not {named(body)}")
            return []
        for name in body.keys() - {"operations"}:
            message = f"a batch has no member `{name[:100]}`, but `operations`"
            notes.at(pointer(name[:200]), UNKNOWN_FIELD, message)
        items = body.get("operations")
        if type(items) is not list:
            message = "a list of operations is expected"
            notes.at("/operations", REQUIRED if items is None else WRONG_TYPE, message)
            return []
        if not 1 <= len(items) <= self._most:
            message = f"a batch has 1 to {self._most} operations, not {len(items)}"
            notes.at("/operations", WRONG_LENGTH, message)
            return []
        return items

    def _made(self, item: dict[str, Any], reading: Reading, at: str) -> _Made | None:
        notes = reading.notes
        for name in item.keys() - set(_MEMBERS):
            near = nearest(name[:100], _MEMBERS)
            hint = f"; did you mean `{near}`?" if near else ""
            message = f"an operation has no member `{name[:100]}`{hint}"
            notes.at(at + pointer(name[:200]), UNKNOWN_FIELD, message)
        version = read_version(item.get("version"), reading, at + "/version")
        method, path = (self._text(item, name, notes, at) for name in ("method", "path"))
        if method is None or path is None:
            return None
        match = self._match(method, path, notes, at)
        if match is None:
            return None
        body = item.get("body", _no_body(match))
        change = Change(method, match, body, version, at + "/body")
        try:
            operation = self._writes.operation(change, reading)
        except Problem as problem:
            if problem.code is not NOT_FOUND:
                raise
            notes.at(at + "/path", NOT_FOUND, f"`{path[:200]}` names nothing that can exist")
            return None
        if version is None and isinstance(operation, Update | Delete):
            _demand_version(match.route.resource, notes, at)
        elif version is not None and isinstance(operation, Create):
            notes.at(at + "/version", UNKNOWN_FIELD, "what is created has no version yet")
        return _Made(operation, _row_of(operation, match))

    def _match(self, method: str, path: str, notes: Notes, at: str) -> Match | None:
        if "?" in path or "#" in path:
            message = "the path of an operation has no query"
            notes.at(at + "/path", INVALID_PARAMETER, message)
            return None
        try:
            match = self._routes.find(method, path)
        except Problem as problem:
            notes.at(at + "/path", problem.code, problem.detail.message)
            return None
        if (match.route.kind, method) not in IN_BATCH:
            message = f"{method} {path[:200]} cannot be part of a batch"
            notes.at(at + "/path", INVALID_PARAMETER, message)
            return None
        return match

    def _text(self, item: dict[str, Any], name: str, notes: Notes, at: str) -> str | None:
        value = item.get(name)
        if type(value) is str:
            return value
        if name not in item:
            notes.at(f"{at}/{name}", REQUIRED, f"`{name}` is missing")
        else:
            notes.at(f"{at}/{name}", WRONG_TYPE, f"text is expected, not {named(value)}")
        return None


def _name(name: Any, later: Later | None, names: dict[str, Later], notes: Notes, at: str) -> None:
    """Keeps the name of an operation for those behind it."""
    if name is None:
        return
    if type(name) is not str or not _NAME.fullmatch(name):
        message = "a name is a letter, then letters, digits, `_` and `-`, 64 at most"
        notes.at(at + "/id", WRONG_FORMAT, message)
    elif f"{{{name}.id}}" in names:
        notes.at(at + "/id", WRONG_FORMAT, f"another operation has the name `{name}`")
    elif later is not None:
        names[f"{{{name}.id}}"] = later


def _row_of(operation: Operation, found: Match) -> str | None:
    """The resource of the one row that an operation leaves behind."""
    match operation:
        case Create(resource=resource) | Update(resource=resource):
            return resource
        case _:
            command = found.route.command
            return command.result.resource if command and not command.result.many else None


def _no_body(match: Match) -> Any:
    """What an operation without a body means: a command may have no inputs."""
    return dict(_NO_BODY) if match.route.kind is Kind.COMMAND else None


def _demand_version(resource: Resource | None, notes: Notes, at: str) -> None:
    if resource is not None and resource.conditional_writes:
        notes.at(at + "/version", VERSION_REQUIRED, "`version` is missing")
