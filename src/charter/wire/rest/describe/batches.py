"""The schema of a batch: what each of its operations can be."""

import re

from charter.contract.contract import Contract
from charter.contract.types import Scalar
from charter.plan.drafts import Mode
from charter.wire.rest.describe.schemas import body_name, input_schema_name, ref
from charter.wire.rest.describe.values import Schema
from charter.wire.rest.routes import Kind, Route, routes_of, shown
from charter.wire.rest.settings import RestSettings
from charter.wire.rest.writes import IN_BATCH

_KEY = re.compile(r"(\{(?:id|part_id)\})")
_LATER = r"\{[A-Za-z_][A-Za-z0-9_-]{0,63}\.id\}"
_KEYS = {
    Scalar.UUID: "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    Scalar.INTEGER: "[1-9][0-9]{0,17}",
}
_NAME: Schema = {
    "type": ["string", "null"],
    "pattern": "^[A-Za-z_][A-Za-z0-9_-]{0,63}$",
    "description": "A name; `{name.id}` in later operations is the key of the row.",
}
_VERSION: Schema = {
    "type": ["integer", "null"],
    "minimum": 0,
    "maximum": 2**63 - 1,
    "description": "The version that the change is based on, as If-Match says it.",
}
_MODES = {"POST": Mode.CREATE, "PUT": Mode.REPLACE, "PATCH": Mode.PATCH}


def batch_schema(contract: Contract, settings: RestSettings) -> Schema:
    """The body of `POST /v1/batch`."""
    options = [
        _operation(route, method)
        for route in routes_of(contract, settings.prefix)
        for method in route.methods
        if (route.kind, method) in IN_BATCH
    ]
    operations = {
        "type": "array",
        "items": {"anyOf": options},
        "minItems": 1,
        "maxItems": settings.max_bulk,
    }
    return {
        "type": "object",
        "properties": {"operations": operations},
        "required": ["operations"],
        "additionalProperties": False,
    }


def _operation(route: Route, method: str) -> Schema:
    properties: dict[str, Schema] = {
        "id": _NAME,
        "method": {"const": method},
        "path": {"type": "string", "pattern": _path(route)},
    }
    required = ["method", "path"]
    body, needed = _body(route, method)
    if body is not None:
        properties["body"] = body
        required += ["body"] if needed else []
    if route.kind is Kind.COMMAND or method != "POST":
        properties["version"] = _VERSION
        if route.kind is not Kind.COMMAND and shown(route).conditional_writes:
            required.append("version")
    return {
        "type": "object",
        "title": f"{method} {route.template}",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _path(route: Route) -> str:
    """The pattern of the paths of a route; keys may be those of earlier operations."""
    top = route.owner or route.resource
    resources = {"{id}": top, "{part_id}": route.resource}
    found = ""
    for part in _KEY.split(route.template):
        resource = resources.get(part)
        if resource is None:
            found += re.escape(part).replace("\\-", "-")
        else:
            key = _KEYS.get(resource.key.type.scalar, "[A-Za-z0-9._~-]+")
            found += f"(?:{key}|{_LATER})"
    return f"^{found}$"


def _body(route: Route, method: str) -> tuple[Schema | None, bool]:
    """The schema of the body, and whether there must be one."""
    if route.command is not None:
        needed = any(item.required for item in route.command.inputs)
        return ref(input_schema_name(route.command)), needed
    if method not in _MODES:
        return None, False
    return ref(body_name(shown(route), _MODES[method])), True
