"""GraphQL over HTTP (the GraphQL Foundation's specification): what a request asks, and how it is
to be answered.

What a browser sends across sites without asking first is not understood: bodies have to be JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from charter.core.codes import (
    INVALID_PARAMETER,
    MALFORMED,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    REQUIRED,
    WRONG_LENGTH,
)
from charter.core.problems import Flaw, Problem
from charter.plan.unfit import named
from charter.wire.graphql.settings import GraphqlSettings
from charter.wire.http import Request
from charter.wire.rest.bodies import FOR_POST, check_type, decoded
from charter.wire.rest.negotiate import weighed_highest

METHODS = ("GET", "POST")
MOST_JSON_DEPTH = 32
_NAMES = ("query", "operationName", "variables", "extensions", "documentId")
LONGEST_KEPT_HEAD = 8192
_VARIABLES_NAME = "variables"
_VARIABLES = b'"variables"'
_NOTHING: Mapping[str, Any] = {}


class Media(StrEnum):
    """The representations of answers. The older one says nothing by its status."""

    RESPONSE = "application/graphql-response+json"
    JSON = "application/json"
    EVENTS = "text/event-stream"
    """Responses as events, of which a subscription has many."""


_OFFERED = (Media.JSON.value, Media.RESPONSE.value, Media.EVENTS.value)


@dataclass(slots=True)
class Asked:
    """One operation that is asked for. `document` is its text, None where only its digest or
    name is given. Nobody changes one."""

    document: str | None
    operation: str | None
    variables: Mapping[str, Any]
    digest: str | None = None
    """The SHA-256 of the document in hexadecimal digits, or the name that it is listed under."""


def media_of(request: Request) -> Media:
    """How to answer. Raises `not_acceptable`."""
    accept = request.headers.get("accept")
    if accept is None:
        return Media.JSON
    found = weighed_highest(accept, _OFFERED)
    if found is None:
        available = tuple(item.value for item in Media)
        message = f"The answer can be given as {' or '.join(available)}."
        raise Problem(NOT_ACCEPTABLE, message, members={"available": available})
    return Media(found)


def takes_events(request: Request) -> bool:
    """Whether a client knows what events are: one that takes just anything need not."""
    return Media.EVENTS.value in request.headers.get("accept", "").lower()


def asked_in(payload: Any) -> Asked:
    """The operation in a message. Raises `invalid_parameter`."""
    return _asked(_object(payload, ""))


def asked_of(request: Request, settings: GraphqlSettings) -> list[Asked]:
    """The operations that a request asks for: more than one where it is a list of them.

    Raises `method_not_allowed`, `unsupported_media_type`, `malformed`, `invalid_parameter`.
    """
    if request.method == "GET":
        return [_asked(_parameters(request.query))]
    if request.method != "POST":
        message = f"{request.method[:20]} is not defined here, but GET, POST, OPTIONS."
        raise Problem(METHOD_NOT_ALLOWED, message, members={"allow": (*METHODS, "OPTIONS")})
    check_type(request.headers, FOR_POST)
    asked = _behind_known_head(request.body)
    if asked is not None:
        return [asked]
    body = decoded(request.body, MOST_JSON_DEPTH)
    if type(body) is list and settings.max_batch > 1:
        if not 1 <= len(body) <= settings.max_batch:
            raise _wrong(
                WRONG_LENGTH.name, f"1 to {settings.max_batch} operations are expected", ""
            )
        return [_asked(_object(item, f"/{at}"), f"/{at}") for at, item in enumerate(body)]
    return [asked_in(body)]


def _behind_known_head(body: bytes) -> Asked | None:
    """What a body asks, where it need not be decoded whole; else None.

    Clients send a document again and again with other variables: what stands before those is
    decoded once.
    """
    at = body.find(_VARIABLES)
    head = _head(body[:at]) if 0 < at <= LONGEST_KEPT_HEAD else None
    if head is None:
        return None
    try:
        rest = decoded(b"{" + body[at:], MOST_JSON_DEPTH)
    except Problem:
        return None
    if len(rest) == 1 and head.asked is not None and type(rest[_VARIABLES_NAME]) is dict:
        known = head.asked
        return Asked(known.document, known.operation, rest[_VARIABLES_NAME], known.digest)
    members = head.members
    return _asked({**members, **rest}) if members.keys().isdisjoint(rest) else None


@dataclass(frozen=True, slots=True)
class _Head:
    """The first members of a body, and what they ask without variables, where that is enough."""

    members: Mapping[str, Any]
    asked: Asked | None


@lru_cache(maxsize=512)
def _head(head: bytes) -> _Head | None:
    """The members in the beginning of a body, up to the name of another; None where it is none.

    If it is whole with that member, and no more, behind it, it ends between two members of the
    outermost object: whatever comes there in another body is a member of that object as well.
    """
    try:
        found = decoded(head + _VARIABLES + b":0}", MOST_JSON_DEPTH)
    except Problem:
        return None
    del found[_VARIABLES_NAME]
    try:
        return _Head(found, _asked(found))
    except Problem:
        return _Head(found, None)


def _parameters(query: str) -> dict[str, Any]:
    """The parameters of GET; objects are JSON there."""
    found: dict[str, Any] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=False, errors="strict")
    except UnicodeDecodeError:
        raise Problem(MALFORMED, "The query is not valid UTF-8.") from None
    for name, value in pairs:
        if name in found:
            raise _wrong(INVALID_PARAMETER.name, f"`{name[:100]}` is given more than once", "")
        if name not in _NAMES:
            continue
        if name in ("variables", "extensions"):
            found[name] = decoded(value.encode(), MOST_JSON_DEPTH) if value else None
        else:
            found[name] = value or None
    return found


def _object(value: Any, at: str) -> dict[str, Any]:
    if type(value) is not dict:
        raise _wrong(INVALID_PARAMETER.name, f"an object is expected, not {named(value)}", at)
    return value


def _asked(body: Mapping[str, Any], at: str = "") -> Asked:
    document = _text(body, "query", at)
    digest = _text(body, "documentId", at)
    name = _text(body, "operationName", at)
    variables = _map(body, "variables", at)
    persisted = _map(_map(body, "extensions", at), "persistedQuery", at + "/extensions")
    if persisted:
        if persisted.get("version") != 1:
            message = "persisted queries have version 1"
            raise _wrong(INVALID_PARAMETER.name, message, at + "/extensions/persistedQuery/version")
        digest = _text(persisted, "sha256Hash", at + "/extensions/persistedQuery")
    if document is None and digest is None:
        raise _wrong(REQUIRED.name, "`query` is missing: a GraphQL document", at + "/query")
    return Asked(document, name, variables, digest)


def _text(body: Mapping[str, Any], name: str, at: str) -> str | None:
    value = body.get(name)
    if value is not None and type(value) is not str:
        message = f"`{name}` is text, not {named(value)}"
        raise _wrong(INVALID_PARAMETER.name, message, f"{at}/{name}")
    return value


def _map(body: Mapping[str, Any], name: str, at: str) -> Mapping[str, Any]:
    value = body.get(name)
    if value is None:
        return _NOTHING
    if type(value) is not dict:
        message = f"`{name}` is an object, not {named(value)}"
        raise _wrong(INVALID_PARAMETER.name, message, f"{at}/{name}")
    return value


def _wrong(code: str, message: str, at: str) -> Problem:
    return Problem(INVALID_PARAMETER, message, flaws=(Flaw(code, message, pointer=at),))
