"""The methods of a contract: one or more for each of its routes."""

from collections.abc import Iterator

from charter.contract.command import Result
from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.wire.grpc.common import SUMMARY
from charter.wire.grpc.faults import PROTO_NAME_TAKEN, ProtoFault
from charter.wire.grpc.names import (
    command_name,
    package_of,
    plural_of,
    service_of,
    subject_of,
)
from charter.wire.grpc.shape import Rpc, Service, Verb
from charter.wire.rest.routes import Kind, Route, routes_of

EMPTY = "google.protobuf.Empty"

_VERBS: dict[tuple[Kind, str], tuple[Verb, ...]] = {
    (Kind.ROWS, "GET"): (Verb.LIST, Verb.STREAM, Verb.WATCH, Verb.SUMMARIZE),
    (Kind.ROWS, "POST"): (Verb.CREATE, Verb.BATCH_CREATE),
    (Kind.ROWS, "PATCH"): (Verb.BATCH_UPDATE,),
    (Kind.ROWS, "DELETE"): (Verb.BATCH_DELETE,),
    (Kind.ROW, "GET"): (Verb.GET,),
    (Kind.ROW, "PATCH"): (Verb.UPDATE,),
    (Kind.ROW, "DELETE"): (Verb.DELETE,),
    (Kind.RELATED, "GET"): (Verb.LIST, Verb.STREAM, Verb.WATCH),
    (Kind.RELATED, "POST"): (Verb.CREATE,),
    (Kind.PART, "GET"): (Verb.GET,),
    (Kind.PART, "PATCH"): (Verb.UPDATE,),
    (Kind.PART, "DELETE"): (Verb.DELETE,),
    (Kind.COMMAND, "POST"): (Verb.CALL,),
    (Kind.BATCH, "POST"): (Verb.BATCH,),
}
_ONE = {Verb.GET: "Get", Verb.CREATE: "Create", Verb.UPDATE: "Update", Verb.DELETE: "Delete"}
_MANY = {
    Verb.LIST: "List",
    Verb.STREAM: "Stream",
    Verb.WATCH: "Watch",
    Verb.SUMMARIZE: "Summarize",
    Verb.BATCH_CREATE: "BatchCreate",
    Verb.BATCH_UPDATE: "BatchUpdate",
    Verb.BATCH_DELETE: "BatchDelete",
}


def services_of(contract: Contract) -> tuple[Service, ...]:
    """The services with their methods. Raises ProtoFault where two would have one name."""
    found: dict[str, list[Rpc]] = {}
    docs: dict[str, str] = {}
    messages: set[str] = {item.name for item in contract.resources}
    methods: set[str] = set()
    for route in routes_of(contract, ""):
        above = _above(contract, route)
        service = service_of(above, contract)
        docs.setdefault(service, contract.doc if above is None else above.doc)
        for rpc in _rpcs(contract, route, service):
            _take(rpc.path, methods)
            for name in {rpc.request, f"{rpc.name}Response"}:
                _take(name, messages)
            found.setdefault(service, []).append(rpc)
    return tuple(Service(name, tuple(rpcs), docs[name]) for name, rpcs in found.items())


def _take(name: str, taken: set[str]) -> None:
    if name in taken:
        raise ProtoFault(PROTO_NAME_TAKEN, f"{name.strip('/')} would be there twice")
    taken.add(name)


def _above(contract: Contract, route: Route) -> Resource | None:
    """The resource whose service has the methods of a route."""
    if route.kind is Kind.COMMAND:
        name = route.command.resource if route.command is not None else None
        return None if name is None else contract.resource_named[name]
    return route.owner or route.resource


def _rpcs(contract: Contract, route: Route, service: str) -> Iterator[Rpc]:
    for method in route.methods:
        for verb in _VERBS.get((route.kind, method), ()):
            name = _name(verb, route)
            path = f"/{package_of(contract)}.{service}/{name}"
            yield Rpc(verb, name, path, route, f"{name}Request", _response(verb, name, route))


def _name(verb: Verb, route: Route) -> str:
    if verb is Verb.BATCH:
        return "Batch"
    if verb is Verb.CALL:
        return command_name(route)
    subject = subject_of(route)
    return _ONE[verb] + subject if verb in _ONE else _MANY[verb] + plural_of(subject)


def _response(verb: Verb, name: str, route: Route) -> str:
    row = route.resource.name if route.resource is not None else ""
    match verb:
        case Verb.GET | Verb.STREAM | Verb.CREATE | Verb.UPDATE:
            return row
        case Verb.DELETE | Verb.BATCH_DELETE:
            return EMPTY
        case Verb.SUMMARIZE:
            return SUMMARY
        case Verb.CALL:
            result = Result() if route.command is None else route.command.result
            if result.resource is not None and not result.many:
                return row
            return f"{name}Response" if result.resource or result.type else EMPTY
        case _:
            return f"{name}Response"
