"""Problems as RFC 9457 problem details: always JSON, whatever the client accepts."""

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from charter.core import codes, livecodes
from charter.core.problems import Code, Family, Flaw, Problem
from charter.wire.cookies import NO_SESSION
from charter.wire.http import Request, Response
from charter.wire.rest.answer import answer
from charter.wire.rest.headers import PROBLEM, Headers
from charter.wire.rest.settings import RestSettings

_OF_FAMILY: Mapping[Family, int] = {
    Family.INVALID: 422,
    Family.UNAUTHENTICATED: 401,
    Family.FORBIDDEN: 403,
    Family.MISSING: 404,
    Family.CONFLICT: 409,
    Family.LIMITED: 429,
    Family.UNAVAILABLE: 503,
    Family.FAULT: 500,
}
_OF_CODE: Mapping[str, int] = {
    codes.MALFORMED.name: 400,
    codes.UNKNOWN_PARAMETER.name: 400,
    codes.INVALID_PARAMETER.name: 400,
    codes.INVALID_CURSOR.name: 400,
    codes.KEY_REQUIRED.name: 400,
    codes.TOO_COMPLEX.name: 400,
    codes.INVALID_DOCUMENT.name: 400,
    codes.BODY_TOO_SLOW.name: 408,
    codes.TOO_LARGE.name: 413,
    codes.TARGET_TOO_LONG.name: 414,
    codes.HEADER_TOO_LARGE.name: 431,
    codes.UNSUPPORTED_MEDIA_TYPE.name: 415,
    codes.NOT_ACCEPTABLE.name: 406,
    codes.METHOD_NOT_ALLOWED.name: 405,
    codes.MISDIRECTED.name: 421,
    codes.VERSION_CONFLICT.name: 412,
    codes.VERSION_REQUIRED.name: 428,
    livecodes.NO_SUBPROTOCOL.name: 501,
}
_PASSING = frozenset({429, 503})
_DEFAULT_WAIT = 1
"""Seconds of Retry-After where a problem that passes does not say how long."""
_RESERVED = frozenset({"type", "title", "status", "detail", "instance", "code", "flaws"})
_REALM = 'Bearer realm="api"'
_CHALLENGED = frozenset(
    code.name
    for code in (
        codes.INVALID_TOKEN,
        codes.INSUFFICIENT_SCOPE,
        codes.INSUFFICIENT_USER_AUTHENTICATION,
    )
)
_ASKED = ("acr_values", "max_age")


def status_of(code: Code) -> int:
    """The status code of a problem: that of its code, or else of its family."""
    return _OF_CODE.get(code.name, _OF_FAMILY[code.family])


def render_problem(
    problem: Problem,
    request: Request,
    settings: RestSettings,
    *,
    request_id: str | None = None,
) -> Response:
    """The answer that says what is wrong.

    The problem's members `allow` (of `method_not_allowed`) and `accept` (of
    `unsupported_media_type`), lists of text, become header fields also.
    """
    status = status_of(problem.code)
    body = msgspec.json.encode(details(problem, settings, request_id))
    headers = (*PROBLEM, *headers_of(problem, status, request))
    return answer(request, status, headers, body, min_compressed=settings.min_compressed)


def details(
    problem: Problem, settings: RestSettings, request_id: str | None = None
) -> dict[str, Any]:
    """The members of a problem (RFC 9457, section 3), whatever brings them to the client."""
    code, detail = problem.code, problem.detail
    members: dict[str, Any] = {
        "type": f"{settings.problem_base}{code.name}",
        "title": code.title,
        "status": status_of(code),
        "detail": detail.message,
        "code": code.name,
    }
    if request_id is not None:
        members["instance"] = _instance(request_id)
    if detail.flaws:
        members["flaws"] = [_flaw(flaw) for flaw in detail.flaws]
    members.update((name, value) for name, value in detail.members.items() if name not in _RESERVED)
    return members


def _flaw(flaw: Flaw) -> dict[str, str]:
    found = {"code": flaw.code, "detail": flaw.message}
    if flaw.pointer is not None:
        found["pointer"] = fragment(flaw.pointer)
    elif flaw.parameter is not None:
        found["parameter"] = flaw.parameter
    return found


def fragment(pointer: str) -> str:
    """A JSON Pointer as a URI fragment (RFC 6901, section 6), as RFC 9457 shows it."""
    return "#" + quote(pointer, safe="/~!$&'()*+,;=:@?")


def _instance(request_id: str) -> str:
    """The occurrence as a URI: a UUID as RFC 9562 has it, another id as a relative reference."""
    try:
        return uuid.UUID(request_id).urn
    except ValueError:
        return "#" + quote(request_id, safe="")


def headers_of(problem: Problem, status: int, request: Request) -> Headers:
    """The fields that say more of a problem."""
    found: list[tuple[str, str]] = []
    members, wait = problem.detail.members, problem.detail.retry_after
    if wait is None and status in _PASSING:
        wait = _DEFAULT_WAIT
    if wait is not None:
        found.append(("retry-after", str(wait)))
    if status == 401 or problem.code.name == codes.INSUFFICIENT_SCOPE.name:
        found.append(("www-authenticate", _challenge(problem)))
    if status == 405:
        found.append(("allow", ", ".join(members.get("allow", ()))))
    if status == 415 and "accept" in members:
        name = "accept-patch" if request.method == "PATCH" else "accept"
        found.append((name, ", ".join(members["accept"])))
    if members.get("credential") == "cookie":
        # Without it the browser is somebody who has not signed in, and reads what such may.
        found.append(("set-cookie", NO_SESSION))
    return tuple(found)


def _challenge(problem: Problem) -> str:
    """The challenge of RFC 6750, section 3, or RFC 9470, section 3: no error where no credentials
    came."""
    code = problem.code
    if code.name not in _CHALLENGED:
        return _REALM
    members = problem.detail.members
    asked = "".join(f', {name}="{members[name]}"' for name in _ASKED if name in members)
    return f'{_REALM}, error="{code.name}", error_description="{code.title}"{asked}'
