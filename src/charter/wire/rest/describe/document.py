"""The OpenAPI 3.1 document: `GET /openapi.json`."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from charter.contract.contract import Contract
from charter.wire.identity.describe import COOKIE_SCHEME, TAG, identity_paths, identity_schemas
from charter.wire.rest.describe import parameters as par
from charter.wire.rest.describe import responses as res
from charter.wire.rest.describe.batches import batch_schema
from charter.wire.rest.describe.calls import BATCH_RESULT, batch, call
from charter.wire.rest.describe.checks import CAN_RESULT, can, can_schema
from charter.wire.rest.describe.operations import OF_ROWS, Describing, Operation, describing
from charter.wire.rest.describe.schemas import addressed, schemas
from charter.wire.rest.routes import Kind, Route, routes_of
from charter.wire.rest.settings import RestSettings

_DESCRIBERS: Mapping[tuple[Kind, str], Callable[[Describing, Route], Operation]] = {
    **OF_ROWS,
    (Kind.COMMAND, "POST"): call,
    (Kind.BATCH, "POST"): batch,
    (Kind.CAN, "POST"): can,
}


def openapi(contract: Contract, settings: RestSettings) -> bytes:
    """The document as JSON; the same contract and settings always give the same bytes."""
    return msgspec.json.encode(document(contract, settings))


def document(contract: Contract, settings: RestSettings) -> dict[str, Any]:
    """The document as plain values."""
    named = {
        **schemas(contract),
        **addressed(contract),
        "Batch": batch_schema(contract, settings),
        "BatchResult": BATCH_RESULT,
        "Can": can_schema(contract, settings),
        "CanResult": CAN_RESULT,
        "Hal": res.HAL,
        "Problem": res.PROBLEM,
        "ProblemFlaw": res.FLAW,
        **identity_schemas(contract),
    }
    info = {"title": contract.name, "version": contract.version}
    if contract.doc:
        info["description"] = contract.doc
    return {
        "openapi": "3.1.0",
        "info": info,
        "servers": [{"url": "/"}],
        "tags": _tags(contract),
        "paths": _paths(contract, settings),
        "components": {
            "schemas": named,
            "parameters": dict(par.SHARED),
            "responses": res.problem_responses(),
            "securitySchemes": _security(contract),
        },
    }


def _tags(contract: Contract) -> list[dict[str, str]]:
    found = []
    for resource in contract.resources:
        tag = {"name": resource.name}
        found.append(tag | {"description": resource.doc} if resource.doc else tag)
    found.append({"name": "Service", "description": "What belongs to no resource."})
    return found if contract.accounts is None else [*found, TAG]


def _security(contract: Contract) -> dict[str, Any]:
    bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    if contract.accounts is None:
        return {"bearer": bearer}
    return {"bearer": bearer, "cookie": COOKIE_SCHEME}


def _paths(contract: Contract, settings: RestSettings) -> dict[str, dict[str, Operation]]:
    at = describing(contract, settings)
    paths: dict[str, dict[str, Operation]] = {}
    for route in routes_of(contract, settings.prefix):
        methods = paths.setdefault(route.template, {})
        for method in route.methods:
            describe = _DESCRIBERS.get((route.kind, method))
            if describe is not None:
                methods.setdefault(method.lower(), describe(at, route))
    paths.update(identity_paths(contract, settings.prefix))
    return paths
