"""The last step of every answer: conditions, coding, length, and no body for HEAD."""

import re
from base64 import urlsafe_b64encode
from hashlib import blake2b

from charter.wire.http import Request, Response
from charter.wire.rest.compress import Coding, chosen, compressed
from charter.wire.rest.headers import Headers

_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_SUFFIXES = tuple(f"-{coding}" for coding in Coding)
_BODY_ONLY = frozenset({"content-type", "content-length"})


def opaque_tag(version: int, body: bytes) -> str:
    """The inside of the entity tag of a row: its version, then a digest of how it is shown.

    The version is what If-Match compares; the digest tells representations of one version
    apart (other fields, includes, related rows that have changed).
    """
    digest = urlsafe_b64encode(blake2b(body, digest_size=8).digest())
    return f"{version}.{digest[:11].decode()}"


def matched(condition: str, tag: str) -> str | None:
    """The tag in an If-None-Match field that names this representation, as it was sent.

    The comparison is weak (RFC 9110, section 13.1.2), and takes the tags of all codings of a
    representation as one: a client may hold any of them.
    """
    if condition.strip() == "*":
        return f'"{tag}"'
    for found in _TAG.finditer(condition):
        if found[1] == tag or found[1] in [tag + suffix for suffix in _SUFFIXES]:
            return f'"{found[1]}"'
    return None


def answer(
    request: Request,
    status: int,
    headers: Headers,
    body: bytes,
    *,
    tag: str | None = None,
    min_compressed: int,
) -> Response:
    """The response to send for a whole body.

    `tag` is the inside of its strong entity tag, without quotes. A body of `min_compressed`
    bytes or more is compressed where the client takes it and it gains by it.
    """
    reading = request.method in {"GET", "HEAD"}
    if tag is not None and reading and status == 200:
        condition = request.headers.get("if-none-match")
        if condition is not None and (found := matched(condition, tag)) is not None:
            return Response(304, (*_without_body(headers), ("etag", found)))
    if len(body) >= min_compressed:
        coding = chosen(request.headers.get("accept-encoding"))
        if coding is not None and len(smaller := compressed(coding, body)) < len(body):
            body = smaller
            headers = (*headers, ("content-encoding", coding.value))
            tag = None if tag is None else f"{tag}-{coding}"
    if tag is not None:
        headers = (*headers, ("etag", f'"{tag}"'))
    headers = (*headers, ("content-length", str(len(body))))
    return Response(status, headers, b"" if request.method == "HEAD" else body)


def _without_body(headers: Headers) -> Headers:
    return tuple(item for item in headers if item[0] not in _BODY_ONLY)
