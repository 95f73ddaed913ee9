"""Operations: what each method of each route takes and answers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from charter.contract.contract import Contract
from charter.contract.expression import NEVER
from charter.contract.resource import Resource
from charter.core.names import snake
from charter.plan.drafts import Mode
from charter.plan.spelling import singular
from charter.plan.standing import NOBODY
from charter.plan.view import CREATE, DELETE, READ, UPDATE, View
from charter.wire.rest.bodies import FOR_PATCH, FOR_POST
from charter.wire.rest.describe import parameters as par
from charter.wire.rest.describe import responses as res
from charter.wire.rest.describe.schemas import body_name, bulk_change_name, list_name, ref
from charter.wire.rest.describe.values import Schema, given
from charter.wire.rest.negotiate import OF_LIST, OF_ROW
from charter.wire.rest.routes import Kind, Route, shown
from charter.wire.rest.settings import RestSettings
from charter.wire.rest.vocabulary import Vocabularies, vocabularies

Operation = dict[str, Any]

VERBS = frozenset({"list", "read", "create", "replace", "update", "delete", "batch"})
"""What operations that no command names begin with."""

_QUERIES = (
    "Each field can be tested with `name[comparator]=value`, those of related rows by a path "
    "(`customer.name[like]=A*`). Around tests go `any=(…)`, `all=(…)` and `not=(…)`: "
    "`any=(status=draft,total[gte]=100)`. To read on, follow `next`.\n\n"
    "`aggregate=count,sum(total)&group=status` answers with values over groups of rows in place "
    "of the rows. `Accept: application/x-ndjson` or `text/csv` gives all rows as a stream, "
    "without `limit` and `count`."
)
_MERGING = "JSON Merge Patch (RFC 7396): what is left out stays as it is."
_REPLACING = "Each field that can be changed and is left out gets its default."


@dataclass(frozen=True, slots=True)
class Describing:
    """What operations are described from. `nobody` is the view of those without credentials."""

    contract: Contract
    settings: RestSettings
    vocabularies: Vocabularies
    nobody: View

    def open_to_all(self, route: Route, action: str) -> bool:
        """Whether somebody without credentials can ever do it."""
        resource = shown(route)
        target = self._allows(resource, action)
        if route.owner is None:
            return target
        return self._allows(route.owner, READ) and target

    def _allows(self, resource: Resource, action: str) -> bool:
        return any(rule != NEVER for rule in self.nobody.rules(resource, action))


def describing(contract: Contract, settings: RestSettings) -> Describing:
    return Describing(contract, settings, vocabularies(contract), View(contract, NOBODY))


@dataclass(frozen=True, slots=True)
class Titled:
    """How an operation is called."""

    name: str
    summary: str
    doc: str = ""


def operation(
    route: Route,
    title: Titled,
    answers: Mapping[str, Any],
    *,
    open_: bool,
    parameters: Iterable[par.Parameter] = (),
    body: Mapping[str, Any] | None = None,
) -> Operation:
    """One operation object (OpenAPI 3.1, section 4.8.10)."""
    owner = route.owner or route.resource
    found: Operation = {"operationId": title.name, "summary": title.summary}
    found["tags"] = [owner.name if owner is not None else "Service"]
    if title.doc:
        found["description"] = title.doc
    if listed := [*_keys(route), *parameters]:
        found["parameters"] = listed
    if body is not None:
        found["requestBody"] = body
    found["responses"] = dict(answers)
    bearer: dict[str, list[str]] = {"bearer": []}
    found["security"] = [{}, bearer] if open_ else [bearer]
    return found


def _keys(route: Route) -> Iterator[par.Parameter]:
    target = route.owner or route.resource
    if "{id}" in route.template and target is not None:
        yield par.key("id", target)
    if "{part_id}" in route.template:
        yield par.key("part_id", shown(route))


def _one(verb: str, route: Route) -> str:
    """`read_order`, `read_line_of_order`."""
    if route.owner is not None and route.relation is not None:
        return f"{verb}_{singular(route.relation.name)}_of_{snake(route.owner.name)}"
    return f"{verb}_{snake(shown(route).name)}"


def _several(verb: str, route: Route) -> str:
    """`list_orders`, `list_lines_of_order`."""
    if route.owner is not None and route.relation is not None:
        return f"{verb}_{route.relation.name}_of_{snake(route.owner.name)}"
    return f"{verb}_{shown(route).table}"


def content(schema: Schema, types: Iterable[str] = FOR_POST) -> dict[str, Any]:
    return {"required": True, "content": {kind: {"schema": schema} for kind in types}}


def _words(route: Route) -> str:
    return shown(route).table.replace("_", " ")


def rows_written(resource: Resource) -> Schema:
    """What a bulk write answers with."""
    items = {"type": "array", "items": ref(resource.name)}
    return {
        "type": "object",
        "properties": {"items": items},
        "required": ["items"],
        "additionalProperties": False,
    }


def _list(at: Describing, route: Route) -> Operation:
    resource = shown(route)
    vocabulary = at.vocabularies[resource.name]
    page = res.shown("A page.", ref(list_name(resource)), OF_LIST)
    page["headers"] = {"Link": res.HEADERS["Link"]}
    return operation(
        route,
        Titled(_several("list", route), f"List {_words(route)}", _QUERIES),
        {"200": page, **res.problems(res.ALWAYS_POSSIBLE)},
        parameters=(
            *par.listing(vocabulary, at.settings),
            *par.shows(at.vocabularies, vocabulary, at.settings),
            *par.filters(vocabulary, at.settings),
        ),
        open_=at.open_to_all(route, READ),
    )


def _read(at: Describing, route: Route) -> Operation:
    resource = shown(route)
    answers = {
        "200": res.shown("The row.", ref(resource.name), OF_ROW, fields=("ETag",)),
        "304": res.empty("The client has it already.", "ETag"),
        **res.problems(res.ALWAYS_POSSIBLE),
    }
    shows = par.shows(at.vocabularies, at.vocabularies[resource.name], at.settings)
    return operation(
        route,
        Titled(_one("read", route), f"Read one {resource.name}"),
        answers,
        parameters=(*shows, par.shared("if_none_match")),
        open_=at.open_to_all(route, READ),
    )


def _written(at: Describing, route: Route, *shared: str) -> Iterator[par.Parameter]:
    yield from par.shows(at.vocabularies, at.vocabularies[shown(route).name], at.settings)
    yield par.shared("dry_run")
    yield from (par.shared(name) for name in shared)


def _create(at: Describing, route: Route) -> Operation:
    resource = shown(route)
    new = ref(body_name(resource, Mode.CREATE))
    several = {"type": "array", "items": new, "minItems": 1, "maxItems": at.settings.max_bulk}
    shows: Schema = {"anyOf": [ref(resource.name), rows_written(resource)]}
    created = res.shown("Created.", shows, OF_ROW)
    created["headers"] = {"Location": res.HEADERS["Location"], "ETag": res.HEADERS["ETag"]}
    answers = {
        "201": created,
        "200": res.shown("What a dry run would have created.", shows, OF_ROW),
        **res.problems((*res.ALWAYS_POSSIBLE, *res.OF_WRITES)),
    }
    return operation(
        route,
        Titled(
            _one("create", route),
            f"Create one {resource.name}, or several",
            "Several are created in one transaction.",
        ),
        answers,
        parameters=_written(at, route, "idempotency_key"),
        body=content({"anyOf": [new, several]}),
        open_=at.open_to_all(route, CREATE),
    )


def _match(resource: Resource) -> par.Parameter:
    return par.REQUIRED_MATCH if resource.conditional_writes else par.shared("if_match")


def _conditional(resource: Resource) -> tuple[int, ...]:
    return (428,) if resource.conditional_writes else ()


def _change(at: Describing, route: Route, mode: Mode) -> Operation:
    resource = shown(route)
    replacing = mode is Mode.REPLACE
    changed = res.shown("The row as it is now.", ref(resource.name), OF_ROW)
    changed["headers"] = {"ETag": res.HEADERS["ETag"]}
    statuses = (*res.ALWAYS_POSSIBLE, *res.OF_WRITES, *_conditional(resource))
    schema = ref(body_name(resource, mode))
    shared = () if replacing else ("idempotency_key",)
    return operation(
        route,
        Titled(
            _one(mode.value if replacing else "update", route),
            f"{'Replace' if replacing else 'Change'} one {resource.name}",
            _REPLACING if replacing else _MERGING,
        ),
        {"200": changed, **res.problems(statuses)},
        parameters=(*_written(at, route, *shared), _match(resource)),
        body=content(schema, FOR_POST if replacing else FOR_PATCH),
        open_=at.open_to_all(route, UPDATE),
    )


def _replace(at: Describing, route: Route) -> Operation:
    return _change(at, route, Mode.REPLACE)


def _update(at: Describing, route: Route) -> Operation:
    return _change(at, route, Mode.PATCH)


def _delete(at: Describing, route: Route) -> Operation:
    resource = shown(route)
    statuses = (*res.ALWAYS_POSSIBLE, 409, 412, *_conditional(resource))
    return operation(
        route,
        Titled(_one("delete", route), f"Delete one {resource.name}"),
        {"204": res.empty("Deleted."), **res.problems(statuses)},
        parameters=(par.shared("dry_run"), _match(resource)),
        open_=at.open_to_all(route, DELETE),
    )


def _update_several(at: Describing, route: Route) -> Operation:
    resource = shown(route)
    items = ref(bulk_change_name(resource))
    schema = {"type": "array", "items": items, "minItems": 1, "maxItems": at.settings.max_bulk}
    answers = {
        "200": res.shown("The rows as they are now.", rows_written(resource), OF_ROW),
        **res.problems((*res.ALWAYS_POSSIBLE, *res.OF_WRITES)),
    }
    return operation(
        route,
        Titled(
            _several("update", route),
            f"Change several {_words(route)}",
            "All in one transaction; each change names its row by `id`.",
        ),
        answers,
        parameters=_written(at, route, "idempotency_key"),
        body=content(schema),
        open_=at.open_to_all(route, UPDATE),
    )


def _delete_several(at: Describing, route: Route) -> Operation:
    resource = shown(route)
    named = par.items("id[in]", given(resource.key.type), "The rows to delete.", required=True)
    statuses = (*res.ALWAYS_POSSIBLE, 409, *_conditional(resource))
    return operation(
        route,
        Titled(
            _several("delete", route), f"Delete several {_words(route)}", "All in one transaction."
        ),
        {"204": res.empty("All of them are deleted."), **res.problems(statuses)},
        parameters=(named, par.shared("dry_run")),
        open_=at.open_to_all(route, DELETE),
    )


OF_ROWS: Mapping[tuple[Kind, str], Callable[[Describing, Route], Operation]] = {
    (Kind.ROWS, "GET"): _list,
    (Kind.ROWS, "POST"): _create,
    (Kind.ROWS, "PATCH"): _update_several,
    (Kind.ROWS, "DELETE"): _delete_several,
    (Kind.ROW, "GET"): _read,
    (Kind.ROW, "PUT"): _replace,
    (Kind.ROW, "PATCH"): _update,
    (Kind.ROW, "DELETE"): _delete,
    (Kind.RELATED, "GET"): _list,
    (Kind.RELATED, "POST"): _create,
    (Kind.PART, "GET"): _read,
    (Kind.PART, "PUT"): _replace,
    (Kind.PART, "PATCH"): _update,
    (Kind.PART, "DELETE"): _delete,
}
"""What describes the methods of the routes that lead to rows."""
