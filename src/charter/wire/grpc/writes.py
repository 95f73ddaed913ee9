"""Create, Update, Delete, their bulk forms, commands and batches: from messages to writes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from charter.contract.command import On
from charter.contract.resource import Resource
from charter.core.codes import (
    INVALID_PARAMETER,
    INVALID_VALUES,
    REQUIRED,
    VERSION_REQUIRED,
    WRONG_LENGTH,
)
from charter.core.names import snake
from charter.core.problems import Problem
from charter.plan.ask import EVERYTHING, Delete, Operation, Selection, Write
from charter.plan.drafts import Reading
from charter.plan.notes import Notes
from charter.plan.steps import Step
from charter.plan.unfit import Unfit
from charter.wire.grpc.describe import IN_BATCH
from charter.wire.grpc.names import parent_field, row_field
from charter.wire.grpc.places import Place, batch_places
from charter.wire.grpc.queries import ALL
from charter.wire.grpc.reads import Reads
from charter.wire.grpc.shape import Rpc, Verb
from charter.wire.grpc.values import Values
from charter.wire.rest.batch import Batches
from charter.wire.rest.call import Style
from charter.wire.rest.conditions import expected_version
from charter.wire.rest.costs import check_cost
from charter.wire.rest.routes import Match, RouteTable, shown
from charter.wire.rest.settings import RestSettings
from charter.wire.rest.understood import Understood
from charter.wire.rest.writes import Change, Writes, key_list_reader

Headers = Mapping[str, str]
_METHODS = {Verb.CREATE: "POST", Verb.UPDATE: "PATCH", Verb.DELETE: "DELETE", Verb.CALL: "POST"}
_ADVICE = "write fewer rows at once, or read fewer relations to many rows"
_OF_ALL = ("read_mask", "validate_only")
"""What a request inside another one leaves to that."""


class Changes:
    """Understands the writes of one contract."""

    def __init__(
        self,
        rpcs: Sequence[Rpc],
        routes: RouteTable,
        writes: Writes,
        reads: Reads,
        settings: RestSettings,
        values: Values,
    ) -> None:
        self._writes = writes
        self._reads = reads
        self._settings = settings
        self._values = values
        self._batches = Batches(routes, writes, settings.max_bulk)
        self._parts = {snake(rpc.name): rpc for rpc in rpcs if rpc.verb in IN_BATCH}
        self._inputs: dict[str, Callable[[Any], dict[str, Any]]] = {
            rpc.path: values.inputs(rpc, _fixed(rpc)) for rpc in rpcs if rpc.verb is Verb.CALL
        }

    def one(self, rpc: Rpc, message: Any, headers: Headers) -> Understood:
        """A write of one row, or a command."""
        keys = self._checked_keys(rpc, message)
        method, body = self._body(rpc, message)
        version = self._version(rpc, message, headers)
        selection = self._selection(rpc, message, 1)
        notes = Notes(INVALID_VALUES)
        change = Change(method, Match(rpc.route, keys), body, version)
        operation = self._writes.operation(change, Reading(notes))
        notes.settle()
        form = Write((Step(operation),), selection, False, message.validate_only)
        return Understood(form, resource=rpc.resource)

    def bulk(self, rpc: Rpc, message: Any) -> Understood:
        """Many rows of one kind."""
        resource = shown(rpc.route)
        requests = message.requests
        notes = Notes(INVALID_VALUES)
        self._count(len(requests), "", notes)
        selection = self._selection(rpc, message, len(requests))
        reading = Reading(notes)
        operations: list[Operation] = []
        for index, one in enumerate(requests):
            at = f"/{index}"
            _leaves_alone(one, at, notes)
            operations.append(self._in_bulk(rpc, resource, one, reading, at))
        notes.settle()
        steps = tuple(Step(operation) for operation in operations)
        places = tuple(f"/{index}" for index in range(len(steps)))
        form = Write(steps, selection, True, message.validate_only, places)
        return Understood(form, resource=resource)

    def _in_bulk(
        self, rpc: Rpc, resource: Resource, one: Any, reading: Reading, at: str
    ) -> Operation:
        _, body = self._values_of(resource, rpc.verb, one)
        if rpc.verb is Verb.BATCH_CREATE:
            change = Change("POST", Match(rpc.route, ()), body, None, at)
            return self._writes.operation(change, reading)
        if ALL in one.update_mask.paths:
            message = "rows are given a whole new value one by one"
            reading.notes.at(f"{at}/update_mask", INVALID_PARAMETER, message)
        item = {**body, "id": one.id}
        if one.HasField("version"):
            item["version"] = one.version
        return self._writes.bulk_update(resource, item, reading, at)

    def bulk_delete(self, rpc: Rpc, message: Any) -> Understood:
        """Many rows by their keys."""
        resource = shown(rpc.route)
        notes = Notes(INVALID_PARAMETER)
        self._count(len(message.ids), "/ids", notes)
        texts = tuple(map(str, message.ids))
        keys: tuple[Any, ...] = ()
        try:
            keys = key_list_reader(resource, self._settings.max_bulk)(texts)
        except Unfit as error:
            notes.add(*error.of("ids"))
        notes.settle()
        if resource.conditional_writes:
            message_ = f"{resource.name} is deleted one by one, each with its version."
            raise Problem(VERSION_REQUIRED, message_)
        steps = tuple(Step(Delete(resource.name, key)) for key in dict.fromkeys(keys))
        form = Write(steps, EVERYTHING, True, message.validate_only)
        return Understood(form, resource=resource)

    def place(self, message: Any) -> Place:
        """Where the flaws of a batch stand in it."""
        parts: list[tuple[str, str]] = []
        for operation in message.operations:
            kind = operation.WhichOneof("operation") or ""
            rpc = self._parts.get(kind)
            writes = rpc is not None and rpc.verb in {Verb.CREATE, Verb.UPDATE}
            row = rpc.resource if writes and rpc is not None else None
            parts.append((kind, "" if row is None else row_field(row)))
        return batch_places(parts)

    def batch(self, message: Any) -> Understood:
        """Operations of several kinds. They are read as those of a batch over HTTP are."""
        notes = Notes(INVALID_VALUES)
        self._count(len(message.operations), "/operations", notes)
        items: list[dict[str, Any]] = []
        for index, operation in enumerate(message.operations):
            kind = operation.WhichOneof("operation")
            if kind is None:
                notes.at(f"/operations/{index}", REQUIRED, "an operation is missing")
                continue
            rpc, inner = self._parts[kind], getattr(operation, kind)
            _leaves_alone(inner, f"/operations/{index}", notes)
            items.append(self._item(rpc, operation.name, inner))
        notes.settle()
        steps = self._batches.read({"operations": items}, notes)
        notes.settle()
        places = tuple(f"/operations/{index}/body" for index in range(len(steps)))
        form = Write(steps, many=True, dry_run=message.validate_only, places=places)
        return Understood(form)

    def _item(self, rpc: Rpc, name: str, message: Any) -> dict[str, Any]:
        method, body = self._body(rpc, message)
        keys = iter(self._keys(rpc, message))
        parts = rpc.route.template.split("/")
        path = "/".join(
            quote(next(keys), safe="{}") if part.startswith("{") else part for part in parts
        )
        item: dict[str, Any] = {"method": method, "path": path}
        if name:
            item["id"] = name
        if body is not None:
            item["body"] = body
        if "version" in message.DESCRIPTOR.fields_by_name and message.HasField("version"):
            item["version"] = message.version
        return item

    def _keys(self, rpc: Rpc, message: Any) -> tuple[str, ...]:
        """The texts that stand for the identifiers in the route's template, left to right."""
        parent = parent_field(rpc.route)
        above = () if parent is None else (str(getattr(message, parent)),)
        own = "id" in message.DESCRIPTOR.fields_by_name and (
            rpc.command is None or rpc.command.on is On.ROW
        )
        return (*above, str(message.id)) if own else above

    def _checked_keys(self, rpc: Rpc, message: Any) -> tuple[str, ...]:
        """Raises `not_found` before anything is said about the rest of the request."""
        keys = self._keys(rpc, message)
        owner, row = rpc.route.owner, rpc.route.resource
        resources = [item for item in (owner, row) if item is not None]
        for resource, key in zip(resources, keys, strict=False):
            self._writes.key(resource, key)
        return keys

    def _body(self, rpc: Rpc, message: Any) -> tuple[str, Any]:
        """The method of HTTP that does the same, and the values."""
        method = _METHODS[rpc.verb]
        if rpc.verb is Verb.CALL:
            return method, self._inputs[rpc.path](message)
        if rpc.verb is Verb.DELETE:
            return method, None
        whole, body = self._values_of(shown(rpc.route), rpc.verb, message)
        return "PUT" if whole else method, body

    def _values_of(
        self, resource: Resource, verb: Verb, message: Any
    ) -> tuple[bool, dict[str, Any]]:
        """The values of a row, and whether they are to be all that it has."""
        row = getattr(message, row_field(resource))
        name = resource.name
        if verb in {Verb.CREATE, Verb.BATCH_CREATE}:
            return False, self._values.row(name, row, whole=True)
        paths = message.update_mask.paths
        if paths and ALL not in paths:
            return False, self._values.masked(name, row, paths)
        return ALL in paths, self._values.row(name, row, whole=ALL in paths)

    def _version(self, rpc: Rpc, message: Any, headers: Headers) -> int | None:
        """The version that a change is based on: of the message, or else of If-Match."""
        if "version" not in message.DESCRIPTOR.fields_by_name:
            return None
        if message.HasField("version"):
            return int(message.version)
        resource = rpc.route.resource
        demanded = resource is not None and resource.conditional_writes
        return expected_version(headers, demanded and rpc.verb is not Verb.CALL)

    def _selection(self, rpc: Rpc, message: Any, rows: int) -> Selection:
        if rpc.resource is None or rpc.verb is Verb.DELETE:
            return EVERYTHING
        notes = Notes(INVALID_PARAMETER)
        query = self._reads.picture(rpc, message)
        template = self._reads.templates.get(
            rpc.route, rpc.verb, query, Style.JSON, self._reads.rows.write, notes
        )
        check_cost(template.selection, rows, self._settings.max_cost, _ADVICE, notes)
        notes.settle()
        return template.selection

    def _count(self, count: int, at: str, notes: Notes) -> None:
        most = self._settings.max_bulk
        if not 1 <= count <= most:
            notes.at(at, WRONG_LENGTH, f"1 to {most} rows are expected, not {count}")
            notes.settle()


def _fixed(rpc: Rpc) -> tuple[str, ...]:
    """The fields of a command's request that are no inputs."""
    on_row = rpc.command is not None and rpc.command.on is On.ROW
    return (
        *(("id", "version") if on_row else ()),
        *(("read_mask",) if rpc.resource is not None else ()),
        "validate_only",
    )


def _leaves_alone(message: Any, at: str, notes: Notes) -> None:
    """A request inside another says nothing of its own about the whole."""
    for field, _ in message.ListFields():
        if field.name in _OF_ALL:
            message_ = f"`{field.name}` is said once, for all"
            notes.at(f"{at}/{field.name}", INVALID_PARAMETER, message_)
