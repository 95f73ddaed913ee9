"""Writes: from a route, its keys and a decoded body to operations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.contract.types import INTEGER
from charter.core.codes import NOT_FOUND, OUT_OF_RANGE, REQUIRED, VERSION_REQUIRED, WRONG_TYPE
from charter.core.problems import Problem
from charter.plan.ask import Create, Delete, Invoke, Operation, Update
from charter.plan.drafts import NO_NAMES, Drafts, Mode, Reading
from charter.plan.inputs import Inputs
from charter.plan.steps import Later
from charter.plan.unfit import Unfit, named
from charter.plan.values import Reader, json_reader, text_reader
from charter.wire.rest.filters import list_reader
from charter.wire.rest.groups import Raw
from charter.wire.rest.routes import Kind, Match, shown


@dataclass(frozen=True, slots=True)
class Change:
    """One write to be read: where to, with what, based on which version.

    `at` is the JSON Pointer of the body within the request's, `names` the keys that earlier
    steps of a batch are to make, by the text that stands for them.
    """

    method: str
    match: Match
    body: Any
    version: int | None = None
    at: str = ""


class Writes:
    """Makes the operations of one contract."""

    def __init__(self, contract: Contract) -> None:
        self.drafts = Drafts(contract)
        self._inputs = Inputs(contract)
        self._keys: Mapping[str, Reader] = {
            resource.name: text_reader(resource.key.type) for resource in contract.resources
        }

    def key(self, resource: Resource, text: str, names: Mapping[str, Later] = NO_NAMES) -> Any:
        """The key that stands in a path. Raises `not_found` for what cannot be one."""
        later = names.get(text)
        if later is not None and later.resource == resource.name:
            return later
        try:
            return self._keys[resource.name](text)
        except Unfit:
            raise Problem(NOT_FOUND) from None

    def operation(self, change: Change, reading: Reading) -> Operation:
        """One operation. Flaws of the body go to the notes; raises `not_found` for bad keys."""
        return _MAKERS[change.match.route.kind, change.method](self, change, reading)

    def create(self, change: Change, reading: Reading) -> Create:
        resource = shown(change.match.route)
        draft = self.drafts.read(resource.name, change.body, Mode.CREATE, reading, change.at)
        return Create(resource.name, draft, self._owner(change.match, reading))

    def update(self, change: Change, reading: Reading) -> Update:
        resource = shown(change.match.route)
        whole = change.method == "PUT"
        mode = Mode.REPLACE if whole else Mode.PATCH
        key = self.key(resource, change.match.keys[-1], reading.names)
        draft = self.drafts.read(resource.name, change.body, mode, reading, change.at)
        owner = self._owner(change.match, reading)
        return Update(resource.name, key, draft, change.version, whole, owner)

    def delete(self, change: Change, reading: Reading) -> Delete:
        resource = shown(change.match.route)
        key = self.key(resource, change.match.keys[-1], reading.names)
        return Delete(resource.name, key, change.version, self._owner(change.match, reading))

    def invoke(self, change: Change, reading: Reading) -> Invoke:
        route = change.match.route
        if route.command is None:
            raise ValueError(f"{route.template} calls no command")
        key = None
        if change.match.keys and route.owner is not None:
            key = self.key(route.owner, change.match.keys[0], reading.names)
        inputs = self._inputs.read(route.command, change.body, reading, change.at)
        return Invoke(route.command.name, route.command.resource, inputs, key, change.version)

    def bulk_update(self, resource: Resource, item: Any, reading: Reading, at: str) -> Update:
        """A change of one row of many: the object names its row by `id`, and its `version`."""
        key, version, rest = None, None, item
        if type(item) is dict:
            rest = {name: value for name, value in item.items() if name not in _ADDRESS}
            if "id" in item:
                key = self.drafts.read_key(resource.name, item["id"], reading, at + "/id")
            else:
                reading.notes.at(at + "/id", REQUIRED, "`id` is missing")
            version = read_version(item.get("version"), reading, at + "/version")
            if version is None and resource.conditional_writes:
                reading.notes.at(at + "/version", VERSION_REQUIRED, "`version` is missing")
        draft = self.drafts.read(resource.name, rest, Mode.PATCH, reading, at)
        return Update(resource.name, key, draft, version)

    def _owner(self, match: Match, reading: Reading) -> tuple[str, str, Any] | None:
        owner, relation = match.route.owner, match.route.relation
        if owner is None or relation is None:
            return None
        return owner.name, relation.name, self.key(owner, match.keys[0], reading.names)


def key_list_reader(resource: Resource, most: int) -> Callable[[Raw], tuple[Any, ...]]:
    """A reader of the keys that a list in a query names."""
    return list_reader(text_reader(resource.key.type), most)


_ADDRESS = frozenset({"id", "version"})
_read_integer = json_reader(INTEGER)


def read_version(value: Any, reading: Reading, at: str) -> int | None:
    if value is None:
        return None
    try:
        version: int = _read_integer(value)
    except Unfit:
        reading.notes.at(at, WRONG_TYPE, f"an integer is expected, not {named(value)}")
        return None
    if version < 0:  # those of existing tables may begin with zero
        reading.notes.at(at, OUT_OF_RANGE, "a version is not negative")
        return None
    return version


_MAKERS: Mapping[tuple[Kind, str], Callable[[Writes, Change, Reading], Operation]] = {
    (Kind.ROWS, "POST"): Writes.create,
    (Kind.RELATED, "POST"): Writes.create,
    (Kind.ROW, "PUT"): Writes.update,
    (Kind.ROW, "PATCH"): Writes.update,
    (Kind.ROW, "DELETE"): Writes.delete,
    (Kind.PART, "PUT"): Writes.update,
    (Kind.PART, "PATCH"): Writes.update,
    (Kind.PART, "DELETE"): Writes.delete,
    (Kind.COMMAND, "POST"): Writes.invoke,
}
IN_BATCH = frozenset(_MAKERS)
"""Kinds of route and methods that can stand in a batch: each makes one operation."""
