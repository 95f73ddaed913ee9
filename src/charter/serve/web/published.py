"""The keys that others verify this service's tokens with, at /.well-known/jwks.json."""

import time
from collections.abc import Callable

from charter.access.jwks import PATH, public_jwks
from charter.access.keys import Keys, KeySet
from charter.core.codes import METHOD_NOT_ALLOWED
from charter.core.problems import Problem
from charter.wire.http import Request, Response

Pages = Callable[[Request], Response | None]

MAX_AGE = 300
"""Seconds for which others may keep the document: a new key has to be in it for as long before
anything is signed with it."""
_METHODS = ("GET", "HEAD")
_HEADERS = (
    ("content-type", "application/jwk-set+json"),
    ("cache-control", f"public, max-age={MAX_AGE}"),
)


class PublishedKeys:
    """The document of the keys that are trusted now, made anew only when they change."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._made: tuple[KeySet, bytes] | None = None

    def document(self, now: float) -> bytes:
        """The JWK Set; public halves only."""
        current = self._keys.current(now)
        if self._made is None or self._made[0] is not current:
            self._made = current, public_jwks(current)
        return self._made[1]


def with_keys(root: str, keys: Keys, pages: Pages) -> Pages:
    """Answers for the document of the keys below a root, and for all that `pages` answers for.
    Raises `method_not_allowed` for all but GET and HEAD."""
    path, published = root + PATH, PublishedKeys(keys)

    def answer(request: Request) -> Response | None:
        if request.path != path:
            return pages(request)
        if request.method not in _METHODS:
            raise Problem(METHOD_NOT_ALLOWED, members={"allow": _METHODS})
        body = published.document(time.time())
        return Response(200, _HEADERS, body if request.method == "GET" else b"")

    return answer
