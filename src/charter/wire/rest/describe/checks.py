"""The schemas and the operation of `POST /can`."""

from collections.abc import Iterator

from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.plan.can import takes_row
from charter.plan.drafts import Mode
from charter.plan.view import CREATE, DELETE, READ, UPDATE
from charter.wire.rest.can import has_trial
from charter.wire.rest.describe import responses as res
from charter.wire.rest.describe.operations import (
    Describing,
    Operation,
    Titled,
    content,
    operation,
)
from charter.wire.rest.describe.schemas import body_name, ref
from charter.wire.rest.describe.values import Schema, given
from charter.wire.rest.negotiate import JSON_ONLY
from charter.wire.rest.routes import Route
from charter.wire.rest.settings import RestSettings

_NAMES: Schema = {"type": "array", "items": {"type": "string"}}
_FIELDS: Schema = {
    "type": "object",
    "properties": {"readable": _NAMES, "writable": _NAMES},
    "required": ["readable", "writable"],
    "additionalProperties": False,
}
_RULE: Schema = {
    "type": "object",
    "properties": {
        "rule": {"type": "string"},
        "at": {"type": "string", "description": "File and line of the contract."},
        "holds": {
            "type": ["boolean", "null"],
            "description": "Null where that depends on values that are not known.",
        },
    },
    "required": ["rule", "at", "holds"],
    "additionalProperties": False,
}
_EXPLANATION: Schema = {
    "type": "object",
    "properties": {
        "decision": {"type": "string"},
        "rules": {"type": "array", "items": _RULE},
    },
    "required": ["decision", "rules"],
    "additionalProperties": False,
}
CAN_RESULT: Schema = {
    "type": "object",
    "properties": {
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "allowed": {"type": "boolean"},
                    "code": {
                        "type": "string",
                        "description": "What the values would be refused with.",
                    },
                    "fields": _FIELDS,
                    "explanation": _EXPLANATION,
                },
                "required": ["allowed"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["results"],
    "additionalProperties": False,
}


def can_schema(contract: Contract, settings: RestSettings) -> Schema:
    """The body of `POST /can`."""
    options = [option for item in contract.resources for option in _of_resource(contract, item)]
    if calls := [command.name for command in contract.commands_of[None]]:
        options.append(_check({"action": _one_of(calls)}, ["action"]))
    checks: Schema = {
        "type": "array",
        "items": {"anyOf": options},
        "minItems": 1,
        "maxItems": settings.max_bulk,
    }
    truth: Schema = {"type": "boolean", "default": False}
    return {
        "type": "object",
        "properties": {
            "checks": checks,
            "fields": {**truth, "description": "Say which fields can be read and written."},
            "explain": {**truth, "description": "Say which rule decided."},
        },
        "required": ["checks"],
        "additionalProperties": False,
    }


def _of_resource(contract: Contract, resource: Resource) -> Iterator[Schema]:
    commands = [command.name for command in contract.commands_of[resource.name]]
    known = [READ, CREATE, UPDATE, DELETE, *commands]
    on_row = [name for name in known if takes_row(contract, resource, name)]
    on_none = [name for name in known if name not in on_row]
    named: dict[str, Schema] = {"resource": {"const": resource.path}}
    key = given(resource.key.type)
    needed = ["action", "resource"]
    yield _check({"action": _one_of(on_row), **named, "id": key}, needed)
    yield _check({"action": _one_of(on_none), **named}, needed)
    if has_trial(resource, CREATE):
        values = ref(body_name(resource, Mode.CREATE))
        yield _check({"action": {"const": CREATE}, **named, "values": values}, [*needed, "values"])
    if has_trial(resource, UPDATE):
        values = ref(body_name(resource, Mode.PATCH))
        members = {"action": {"const": UPDATE}, **named, "id": key, "values": values}
        yield _check(members, [*needed, "id", "values"])


def _one_of(names: list[str]) -> Schema:
    return {"type": "string", "enum": names}


def _check(properties: dict[str, Schema], required: list[str]) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def can(_: Describing, route: Route) -> Operation:
    """`POST /can`."""
    done = res.shown("One result for each check, in their order.", ref("CanResult"), JSON_ONLY)
    return operation(
        route,
        Titled(
            "check_access",
            "May this actor do that",
            "Nothing is changed. A row that the actor cannot see is like one that does not exist. "
            "A check with `values` tries the write, and undoes it.",
        ),
        {"200": done, **res.problems((*res.ALWAYS_POSSIBLE, *res.OF_WRITES))},
        body=content(ref("Can")),
        open_=True,
    )
