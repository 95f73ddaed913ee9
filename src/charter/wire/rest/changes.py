"""POST, PUT, PATCH and DELETE: from requests to the forms of writes."""

from collections.abc import Callable
from typing import Any

from charter.contract.command import On
from charter.contract.resource import Resource
from charter.core.codes import (
    INVALID_PARAMETER,
    INVALID_VALUES,
    REQUIRED,
    VERSION_REQUIRED,
    WRONG_LENGTH,
    WRONG_TYPE,
)
from charter.core.problems import Problem
from charter.plan.ask import Delete, Operation, Write
from charter.plan.drafts import Reading
from charter.plan.notes import Notes
from charter.plan.steps import Step
from charter.plan.unfit import Unfit, named
from charter.wire.http import Request
from charter.wire.rest import bodies
from charter.wire.rest.batch import Batches
from charter.wire.rest.call import Style
from charter.wire.rest.conditions import expected_version
from charter.wire.rest.costs import check_cost
from charter.wire.rest.negotiate import JSON_ONLY, OF_ROW, negotiated
from charter.wire.rest.query import Query
from charter.wire.rest.reads import Reads
from charter.wire.rest.routes import Match, Route, RouteTable, shown
from charter.wire.rest.settings import RestSettings
from charter.wire.rest.templates import Template
from charter.wire.rest.understood import Understood
from charter.wire.rest.writes import Change, Writes, key_list_reader

_NAMED = "id[in]"


class Changes:
    """Understands the writes of one contract."""

    def __init__(
        self, routes: RouteTable, writes: Writes, reads: Reads, settings: RestSettings
    ) -> None:
        self._writes = writes
        self._reads = reads
        self._settings = settings
        self._batches = Batches(routes, writes, settings.max_bulk)

    def row(self, request: Request, match: Match) -> Understood:
        """PUT or PATCH of one row."""
        self._check_keys(match)
        accepted = bodies.FOR_PATCH if request.method == "PATCH" else bodies.FOR_POST
        body = self._body(request, accepted)
        version = expected_version(request.headers, shown(match.route).conditional_writes)
        return self._single(request, match, body, version)

    def delete(self, request: Request, match: Match) -> Understood:
        """DELETE of one row. Its answer has no body, so none is negotiated."""
        self._check_keys(match)
        notes = Notes(INVALID_PARAMETER)
        template = self._template(request, match.route, Style.JSON, notes, self._reads.rows.delete)
        notes.settle()
        version = expected_version(request.headers, shown(match.route).conditional_writes)
        change = Change(request.method, match, None, version)
        operation = self._writes.operation(change, Reading(notes))
        return _written((operation,), template, Style.JSON, match.route, False)

    def create(self, request: Request, match: Match) -> Understood:
        """POST of one new row, or of a list of them."""
        self._check_keys(match)
        body = self._body(request, bodies.FOR_POST)
        if type(body) is not list:
            return self._single(request, match, body, None)

        def make(item: Any, at: str, reading: Reading) -> Operation:
            return self._writes.operation(Change("POST", match, item, None, at), reading)

        return self._bulk(request, match, body, make)

    def update_many(self, request: Request, match: Match) -> Understood:
        """PATCH of a list of rows, each an object with the row's `id`."""
        body = self._body(request, bodies.FOR_POST)
        resource = shown(match.route)
        if type(body) is not list:
            notes = Notes()
            notes.at("", WRONG_TYPE, f"a list of changes is expected, not {named(body)}")
            notes.settle()

        def make(item: Any, at: str, reading: Reading) -> Operation:
            return self._writes.bulk_update(resource, item, reading, at)

        return self._bulk(request, match, body, make)

    def delete_many(self, request: Request, match: Match) -> Understood:
        """DELETE of the rows that `id[in]` names, and of no others."""
        resource = shown(match.route)
        notes = Notes(INVALID_PARAMETER)
        query = self._reads.query(request, notes)
        keys = self._named_keys(resource, query, notes)
        rest = Query(
            tuple(bone for bone in query.skeleton if bone[0] != _NAMED),
            tuple(raw for raw in query.raws if raw[0] != _NAMED),
            query.cursor,
            "",
        )
        template = self._reads.rows.delete(match.route, rest, Style.JSON, notes)
        notes.settle()
        if resource.conditional_writes:
            message = f"{resource.name} is deleted one by one, each with If-Match."
            raise Problem(VERSION_REQUIRED, message)
        operations = tuple(Delete(resource.name, key) for key in keys)
        return _written(operations, template, Style.JSON, match.route, True)

    def invoke(self, request: Request, match: Match) -> Understood:
        """POST to a command. A body is not needed where no input is."""
        self._check_keys(match)
        command = match.route.command
        body = self._body(request, bodies.FOR_POST) if request.body else {}
        version = None
        if command is not None and command.on is On.ROW:
            version = expected_version(request.headers, demanded=False)
        return self._single(request, match, body, version)

    def batch(self, request: Request, match: Match) -> Understood:
        """POST of several operations."""
        style = negotiated(request.headers.get("accept"), JSON_ONLY)
        body = self._body(request, bodies.FOR_POST)
        notes = Notes(INVALID_PARAMETER)
        template = self._template(request, match.route, style, notes, self._reads.rows.write)
        _turn_to_values(notes)
        steps = self._batches.read(body, notes)
        notes.settle()
        places = tuple(f"/operations/{index}/body" for index in range(len(steps)))
        form = Write(steps, many=True, dry_run=template.dry_run, places=places)
        return Understood(form, style=style)

    def _single(self, request: Request, match: Match, body: Any, version: int | None) -> Understood:
        style = _style(request, match.route)
        notes = Notes(INVALID_PARAMETER)
        template = self._template(request, match.route, style, notes, self._reads.rows.write)
        _turn_to_values(notes)
        change = Change(request.method, match, body, version)
        operation = self._writes.operation(change, Reading(notes))
        notes.settle()
        return _written((operation,), template, style, match.route, False)

    def _bulk(
        self,
        request: Request,
        match: Match,
        items: list[Any],
        make: Callable[[Any, str, Reading], Operation],
    ) -> Understood:
        style = _style(request, match.route)
        notes = Notes(INVALID_PARAMETER)
        template = self._template(request, match.route, style, notes, self._reads.rows.write)
        _turn_to_values(notes)
        most = self._settings.max_bulk
        if not 1 <= len(items) <= most:
            notes.at("", WRONG_LENGTH, f"1 to {most} items are expected, not {len(items)}")
            notes.settle()
        advice = "write fewer rows at once, or include fewer relations to many rows"
        check_cost(template.selection, len(items), self._settings.max_cost, advice, notes)
        reading = Reading(notes)
        operations = tuple(make(item, f"/{index}", reading) for index, item in enumerate(items))
        notes.settle()
        return _written(operations, template, style, match.route, True)

    def _body(self, request: Request, accepted: tuple[str, ...]) -> Any:
        bodies.check_type(request.headers, accepted)
        return bodies.decoded(request.body, self._settings.max_json_depth)

    def _template(
        self,
        request: Request,
        route: Route,
        style: Style,
        notes: Notes,
        make: Callable[[Route, Query, Style, Notes], Template],
    ) -> Template:
        query = self._reads.query(request, notes)
        return self._reads.templates.get(route, request.method, query, style, make, notes)

    def _check_keys(self, match: Match) -> None:
        """Raises `not_found` before anything is said about the rest of the request."""
        route = match.route
        resources = [item for item in (route.owner, route.resource) if item is not None]
        if route.command is not None:
            resources = resources[:1]
        for resource, text in zip(resources, match.keys, strict=False):
            self._writes.key(resource, text)

    def _named_keys(self, resource: Resource, query: Query, notes: Notes) -> tuple[Any, ...]:
        raw = next((raw for name, raw in query.raws if name == _NAMED), None)
        if raw is None:
            message = f"which rows to delete is said by `{_NAMED}`"
            notes.of(_NAMED, REQUIRED, message)
            return ()
        try:
            found = key_list_reader(resource, self._settings.max_bulk)(raw)
        except Unfit as error:
            notes.add(*error.of(_NAMED))
            return ()
        return tuple(dict.fromkeys(found))


def _turn_to_values(notes: Notes) -> None:
    """What is found from here on is wrong with the body, unless the query was wrong already."""
    if not notes:
        notes.become(INVALID_VALUES)


def _style(request: Request, route: Route) -> Style:
    offered = OF_ROW if route.resource is not None else JSON_ONLY
    return negotiated(request.headers.get("accept"), offered)


def _written(
    operations: tuple[Operation, ...], template: Template, style: Style, route: Route, many: bool
) -> Understood:
    steps = tuple(Step(operation) for operation in operations)
    in_body = many and not isinstance(operations[0], Delete)
    places = tuple(f"/{index}" for index in range(len(steps))) if in_body else ()
    form = Write(steps, template.selection, many, template.dry_run, places)
    return Understood(form, (), style, route.resource)
