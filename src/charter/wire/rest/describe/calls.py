"""Operations that are not those of rows: commands and batches."""

from collections.abc import Iterator
from typing import Any

from charter.contract.command import Command, On
from charter.contract.expression import NEVER
from charter.core.names import snake
from charter.wire.rest.describe import parameters as par
from charter.wire.rest.describe import responses as res
from charter.wire.rest.describe.operations import (
    VERBS,
    Describing,
    Operation,
    Titled,
    content,
    operation,
)
from charter.wire.rest.describe.schemas import input_schema_name, ref
from charter.wire.rest.describe.values import Schema, shown
from charter.wire.rest.negotiate import JSON_ONLY, OF_ROW
from charter.wire.rest.routes import Route

BATCH_RESULT: Schema = {
    "type": "object",
    "properties": {
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "status": {"type": "integer", "enum": [200, 201, 204]},
                    "location": {"type": "string", "format": "uri-reference"},
                    "etag": {"type": "string"},
                    "body": {},
                },
                "required": ["status"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["items"],
    "additionalProperties": False,
}


def batch(_: Describing, route: Route) -> Operation:
    """`POST /v1/batch`."""
    done = res.shown("What came of each, in their order.", ref("BatchResult"), JSON_ONLY)
    return operation(
        route,
        Titled(
            "batch",
            "Several operations in one transaction",
            "All of them are done, or none. Later ones can use the keys that earlier ones make.",
        ),
        {"200": done, **res.problems((*res.ALWAYS_POSSIBLE, *res.OF_WRITES))},
        parameters=(par.shared("dry_run"), par.shared("idempotency_key")),
        body=content(ref("Batch")),
        open_=True,
    )


def call(at: Describing, route: Route) -> Operation:
    """`POST` to a command."""
    command = route.command
    if command is None:
        raise ValueError(f"{route.template} calls no command")
    errors = [item for item in at.contract.errors if item.name in command.raises]
    summary, _, further = command.doc.strip().partition("\n")
    return operation(
        route,
        Titled(_name(at, command), summary or f"Call {command.name}", further.strip()),
        {
            **_results(at, command),
            **res.problems((*res.ALWAYS_POSSIBLE, *res.OF_WRITES), errors),
        },
        parameters=_parameters(at, route, command),
        body=_body(command),
        open_=_open(at, command),
    )


def _name(at: Describing, command: Command) -> str:
    """`place_order`; `call_…` where the name alone could be that of another operation."""
    stem = command.name
    if command.resource is not None:
        resource = at.contract.resource_named[command.resource]
        rows = snake(resource.name) if command.on is On.ROW else resource.table
        stem = f"{command.name}_{rows}"
    return f"call_{stem}" if command.name.partition("_")[0] in VERBS else stem


def _body(command: Command) -> dict[str, Any]:
    found = content(ref(input_schema_name(command)))
    needed = any(item.required for item in command.inputs)
    return found | {"required": needed}


def _parameters(at: Describing, route: Route, command: Command) -> Iterator[par.Parameter]:
    if route.resource is not None:
        vocabulary = at.vocabularies[route.resource.name]
        yield from par.shows(at.vocabularies, vocabulary, at.settings)
    yield par.shared("dry_run")
    yield par.shared("idempotency_key")
    if command.on is On.ROW:
        yield par.shared("if_match")


def _results(at: Describing, command: Command) -> dict[str, res.Response]:
    result = command.result
    if result.resource is not None and result.many:
        rows: Schema = {"type": "array", "items": ref(result.resource)}
        return {"200": res.shown("The rows.", rows, OF_ROW)}
    if result.resource is not None:
        found = res.shown("The row as it is now.", ref(result.resource), OF_ROW)
        return {"200": {**found, "headers": {"ETag": res.HEADERS["ETag"]}}}
    if result.type is not None:
        return {"200": res.shown("The result.", shown(result.type), JSON_ONLY)}
    return {"204": res.empty("Done.")}


def _open(at: Describing, command: Command) -> bool:
    return any(rule != NEVER for rule in at.nobody.command_rules(command))
