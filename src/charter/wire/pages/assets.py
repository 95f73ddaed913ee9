"""Files that are shipped with the package, as answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files

from charter.core.codes import METHOD_NOT_ALLOWED
from charter.core.problems import Problem
from charter.wire.http import Request, Response
from charter.wire.rest.answer import matched
from charter.wire.rest.compress import Coding, chosen, compressed
from charter.wire.rest.headers import ALOOF, Headers

PACKAGE = "charter.wire.pages"
_CODED_ALIKE = ("vary", "accept-encoding")
KEPT = ("cache-control", "public, max-age=86400")
CHECKED = ("cache-control", "no-cache")
_METHODS = ("GET", "HEAD")

PAGE_POLICY = (
    "content-security-policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
)
"""Nothing from elsewhere, nothing inline; `data:` for the icons in the viewer's style sheet."""
PAGE_HEADERS: Headers = (PAGE_POLICY, *ALOOF)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the package, by its path there, and its media type."""

    path: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Document:
    """A body with the digest that is its entity tag."""

    body: bytes
    content_type: str
    tag: str
    headers: Headers


Encode = Callable[[Document, Coding], bytes]


def document(body: bytes, content_type: str, headers: Headers) -> Document:
    return Document(body, content_type, blake2b(body, digest_size=8).hexdigest(), headers)


@lru_cache(maxsize=32)
def load(asset: Asset) -> Document:
    """The file, read once."""
    body = files(PACKAGE).joinpath(asset.path).read_bytes()
    return document(body, asset.content_type, (KEPT, *PAGE_HEADERS))


@lru_cache(maxsize=64)
def _encoded(shown: Document, coding: Coding) -> bytes:
    return compressed(coding, shown.body)


def answered(request: Request, shown: Document, encode: Encode | None = _encoded) -> Response:
    """The answer to GET or HEAD: 304 where the client has it, else the body in a coding. `encode`
    makes the codings; without it there are none."""
    fixed = shown.headers if encode is None else (_CODED_ALIKE, *shown.headers)
    condition = request.headers.get("if-none-match")
    if condition is not None and (found := matched(condition, shown.tag)) is not None:
        return Response(304, (*fixed, ("etag", found)))
    coding = chosen(request.headers.get("accept-encoding"))
    body, tag = shown.body, shown.tag
    headers: Headers = (("content-type", shown.content_type), *fixed)
    if encode is not None and coding is not None:
        body, tag = encode(shown, coding), f"{tag}-{coding}"
        headers = (*headers, ("content-encoding", coding.value))
    headers = (*headers, ("etag", f'"{tag}"'), ("content-length", str(len(body))))
    return Response(200, headers, b"" if request.method == "HEAD" else body)


def shown_at(
    request: Request, documents: Mapping[str, Document], assets: Mapping[str, Asset]
) -> Response | None:
    """The document or file at a request's path; None where there is none.

    Raises `method_not_allowed` for all but GET and HEAD.
    """
    shown = documents.get(request.path)
    if shown is None:
        asset = assets.get(request.path)
        if asset is None:
            return None
        shown = load(asset)
    if request.method not in _METHODS:
        raise Problem(METHOD_NOT_ALLOWED, members={"allow": _METHODS})
    return answered(request, shown)
