"""Answers of operations: their bodies, header fields and problems."""

from collections.abc import Iterable, Mapping
from typing import Any

from charter.contract.command import DeclaredError
from charter.core.codes import CODES
from charter.wire.rest.call import Style
from charter.wire.rest.describe.schemas import code_of, error_name, ref
from charter.wire.rest.describe.values import Schema
from charter.wire.rest.headers import PROBLEM_TYPE
from charter.wire.rest.problems import status_of

Response = dict[str, Any]

_TEXT: Schema = {"type": "string"}

HEADERS: Mapping[str, dict[str, Any]] = {
    "ETag": {
        "description": "The version of the row, and a digest of what is shown of it.",
        "schema": {"type": "string", "pattern": r'^"(?:0|[1-9][0-9]*)\.[A-Za-z0-9_-]+"$'},
    },
    "Location": {
        "description": "Where the new row is.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Link": {
        "description": "The first page, and the next one if there is one (RFC 8288).",
        "schema": _TEXT,
    },
    "Retry-After": {
        "description": "Seconds after which the same request may succeed.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "RateLimit-Policy": {
        "description": "The limits that hold (draft-ietf-httpapi-ratelimit-headers-11).",
        "schema": _TEXT,
    },
    "RateLimit": {
        "description": "What is left of them, and for how many seconds there is no more.",
        "schema": _TEXT,
    },
    "WWW-Authenticate": {"description": "The challenge of RFC 6750.", "schema": _TEXT},
}
_OF_STATUS: Mapping[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After", "RateLimit-Policy", "RateLimit"),
    503: ("Retry-After",),
}
_PHRASES: Mapping[int, str] = {
    400: "The request cannot be understood.",
    401: "Credentials are needed, or the token is not valid.",
    403: "This actor may not do this.",
    404: "There is nothing here for this actor.",
    405: "The method is not defined for this path.",
    406: "No representation fits the Accept header.",
    408: "The body did not arrive in time.",
    409: "The request does not fit the state of the rows.",
    412: "The row has changed since it was read.",
    413: "The body is too large.",
    414: "The path and query are too long.",
    415: "The body has a media type that is not read here.",
    421: "This host is not served here.",
    422: "Values break the rules of the contract.",
    428: "The request must say which version it is based on.",
    429: "Too many requests.",
    431: "The header is too large.",
    500: "The server failed.",
    503: "The server cannot answer now.",
}
ALWAYS_POSSIBLE = (400, 401, 403, 404, 406, 414, 421, 429, 431, 500, 503)
OF_WRITES = (408, 409, 412, 413, 415, 422)

FLAW: Schema = {
    "type": "object",
    "properties": {
        "code": {"type": "string", "enum": sorted(CODES)},
        "detail": _TEXT,
        "pointer": {
            "type": "string",
            "pattern": "^#",
            "description": "A JSON Pointer into the body, as a URI fragment (RFC 6901).",
        },
        "parameter": {"type": "string", "description": "A query parameter or header field."},
    },
    "required": ["code", "detail"],
    "additionalProperties": False,
}
PROBLEM: Schema = {
    "type": "object",
    "description": "Problem details (RFC 9457). Some problems have further members.",
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": "The documentation page of the code.",
        },
        "title": _TEXT,
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": _TEXT,
        "instance": {"type": "string", "format": "uri-reference"},
        "code": {"type": "string", "description": "Stable; the same as the last part of `type`."},
        "flaws": {"type": "array", "items": ref("ProblemFlaw")},
    },
    "required": ["type", "title", "status", "detail", "code"],
}
LINKS: Schema = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "properties": {"href": {"type": "string", "format": "uri-reference"}},
        "required": ["href"],
    },
}
HAL: Schema = {
    "type": "object",
    "description": "The row or list with links, and with related rows embedded.",
    "properties": {"_links": LINKS, "_embedded": {"type": "object"}},
    "required": ["_links"],
}


def _header(name: str, *, required: bool = True) -> dict[str, Any]:
    found = HEADERS[name]
    return {**found, "required": True} if required else dict(found)


def headers(*names: str) -> dict[str, Any]:
    return {name: _header(name) for name in names}


def shown(
    description: str, schema: Schema, styles: Iterable[Style], *, fields: tuple[str, ...] = ()
) -> Response:
    """An answer with a body in one of these styles; `schema` is that of plain JSON."""
    found: Response = {"description": description}
    if fields:
        found["headers"] = headers(*fields)
    bodies = {Style.JSON: schema, Style.HAL: ref("Hal"), Style.NDJSON: _TEXT, Style.CSV: _TEXT}
    found["content"] = {style.value: {"schema": bodies[style]} for style in styles}
    return found


def empty(description: str, *fields: str) -> Response:
    found: Response = {"description": description}
    return found | {"headers": headers(*fields)} if fields else found


def problem(status: int) -> Response:
    found: Response = {"description": _PHRASES[status]}
    if status in _OF_STATUS:
        found["headers"] = headers(*_OF_STATUS[status])
    found["content"] = {PROBLEM_TYPE: {"schema": ref("Problem")}}
    return found


def problem_responses() -> dict[str, Response]:
    """The answers that are shared between operations, by name."""
    return {f"Problem{status}": problem(status) for status in _PHRASES}


def problems(statuses: Iterable[int], errors: Iterable[DeclaredError] = ()) -> dict[str, Response]:
    """The answers to what can go wrong, by status; `errors` are those of a command."""
    declared: dict[int, list[DeclaredError]] = {}
    for error in errors:
        declared.setdefault(status_of(code_of(error)), []).append(error)
    found: dict[str, Response] = {}
    for status in sorted({*statuses, *declared}):
        if status in declared:
            found[str(status)] = _with_errors(status, declared[status])
        else:
            found[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    return found


def _with_errors(status: int, errors: list[DeclaredError]) -> Response:
    found = problem(status)
    names = "; ".join(f"`{error.code}`: {code_of(error).title}" for error in errors)
    found["description"] += f" {names}"
    options = [*(ref(error_name(error)) for error in errors), ref("Problem")]
    found["content"] = {PROBLEM_TYPE: {"schema": {"anyOf": options}}}
    return found
