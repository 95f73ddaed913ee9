"""Answers of the endpoints."""

import msgspec

from charter.wire.http import Request, Response
from charter.wire.identity.endpoint import Endpoint, Reply
from charter.wire.rest.answer import answer
from charter.wire.rest.call import Style
from charter.wire.rest.headers import EMPTY, WRITTEN


def rendered(request: Request, endpoint: Endpoint, reply: Reply, min_compressed: int) -> Response:
    """The answer; nothing of it may be kept by anybody (`no-store`)."""
    cookies = tuple(("set-cookie", cookie) for cookie in reply.cookies)
    status = reply.status or endpoint.status
    if reply.location is not None:
        return Response(status, (*EMPTY, ("location", reply.location), *cookies))
    if reply.body is None:
        return Response(status, (*EMPTY, *cookies))
    headers = (*WRITTEN[Style.JSON], *cookies)
    body = msgspec.json.encode(reply.body)
    # An answer with secrets in it is not compressed: its length would tell of them (BREACH).
    least = len(body) + 1 if request.method != "GET" else min_compressed
    return answer(request, status, headers, body, min_compressed=least)
