"""Rendering: bodies, refusals and invalid documents as GraphQL responses."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from graphql import GraphQLError

from charter.core.codes import INVALID_DOCUMENT
from charter.core.problems import Problem
from charter.plan.cursors import seal_json
from charter.plan.selection import END, MARK
from charter.wire.graphql.given import Bound
from charter.wire.graphql.planning import ListPrint
from charter.wire.graphql.requests import Media
from charter.wire.http import Request, Response
from charter.wire.rest.answer import answer
from charter.wire.rest.headers import KEEP_NOT, SAFE, VARY, Headers
from charter.wire.rest.problems import headers_of, status_of

_MARKED = re.compile(f"{MARK}([0-9]+)(?::([^{END}]*))?{END}")
_HEADERS: Mapping[Media, Headers] = {
    media: (("content-type", f"{media.value}; charset=utf-8"), KEEP_NOT, VARY, *SAFE)
    for media in Media
}
_RESERVED = frozenset({"code", "flaws", "documentation", "request_id"})
Path = Sequence[str | int]


def sealed(
    body: str, lists: Sequence[ListPrint], known: Sequence[str], bound: Bound, key: bytes
) -> str:
    """The body with cursors in place of marks, and known texts in theirs. Raises `too_complex` for
    values that are too long for a cursor."""
    if MARK not in body:
        return body

    def cursor(found: re.Match[str]) -> str:
        if found[2] is None:
            return known[int(found[1])]
        return seal_json(found[2].encode(), lists[int(found[1])].print(bound), key)

    return _MARKED.sub(cursor, body)


def error_of(problem: Problem, base: str, path: Path | None = None) -> dict[str, Any]:
    """A problem as an error of a response. `base` is where the pages of codes are."""
    detail, code = problem.detail, problem.code
    extensions: dict[str, Any] = {
        "code": code.name,
        "family": code.family.value,
        "documentation": f"{base}{code.name}",
    }
    if detail.flaws:
        extensions["flaws"] = [
            {
                "code": flaw.code,
                "detail": flaw.message,
                "pointer": flaw.pointer if flaw.pointer is not None else f"/{flaw.parameter}",
            }
            for flaw in detail.flaws
        ]
    if detail.retry_after is not None:
        extensions["retry_after"] = detail.retry_after
    extensions |= {name: item for name, item in detail.members.items() if name not in _RESERVED}
    error: dict[str, Any] = {"message": detail.message}
    if path is not None:
        error["path"] = list(path)
    return {**error, "extensions": extensions}


def invalid(errors: Sequence[GraphQLError], base: str) -> list[dict[str, Any]]:
    """What is wrong with a document, each with its place there."""
    code = INVALID_DOCUMENT.name
    extensions = {"code": code, "family": "invalid", "documentation": f"{base}{code}"}
    return [
        {
            "message": error.message,
            "locations": [
                {"line": place.line, "column": place.column} for place in error.locations or ()
            ],
            "extensions": extensions,
        }
        for error in errors
    ]


def result(data: str | None, errors: Sequence[Mapping[str, Any]]) -> str:
    """The response to one operation; without data it could not be begun."""
    told = f'"errors":{json_of(errors)}' if errors else ""
    if data is None:
        return f"{{{told}}}"
    return f'{{{told}{"," if told else ""}"data":{data}}}'


def json_of(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def response(
    request: Request,
    media: Media,
    body: str,
    *,
    status: int = 200,
    more: Headers = (),
    min_compressed: int,
) -> Response:
    headers = _HEADERS[media]
    if more:
        headers = (*headers, *more)
    return answer(request, status, headers, body.encode(), min_compressed=min_compressed)


def refusal(
    problem: Problem, request: Request, media: Media, base: str, min_compressed: int
) -> Response:
    """The answer to a request of which nothing is done."""
    status = status_of(problem.code)
    body = result(None, [error_of(problem, base)])
    more = headers_of(problem, status, request)
    return response(request, media, body, status=status, more=more, min_compressed=min_compressed)
