"""Requests that a browser sends with a cookie although their page is another site's."""

import hmac
from collections.abc import Mapping

from charter.core.codes import CROSS_SITE_REQUEST
from charter.core.problems import Problem
from charter.serve.identity.tokens import csrf_token
from charter.wire.http import Request

FIELD = "x-csrf-token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN = frozenset({"same-origin", "none"})


def require_own_page(request: Request, secret: str, origins: frozenset[str]) -> None:
    """Raises `cross_site_request` unless the request is one that only a page of this origin, or
    the user themselves, can have caused. `secret` is the cookie's; `origins` are those of the
    service beside that of the Host field.

    Fetch Metadata decides where the browser sends it, else Origin (RFC 6454); a browser that
    sends neither has to prove that its page knows the token of the session.
    """
    if request.method in _SAFE:
        return
    said = _says_own(request, origins)
    if said is None:
        given = request.headers.get(FIELD, "")
        said = hmac.compare_digest(given.encode(), csrf_token(secret).encode())
    if not said:
        raise Problem(CROSS_SITE_REQUEST)


def require_not_foreign(request: Request, origins: frozenset[str]) -> None:
    """The same for signing in, where there is no session yet that a token could be of. A client
    that says nothing is none of those that could be tricked: a form of another site cannot send
    JSON, and a script of one is asked about first (CORS)."""
    if _says_own(request, origins) is False:
        raise Problem(CROSS_SITE_REQUEST)


def _says_own(request: Request, origins: frozenset[str]) -> bool | None:
    headers: Mapping[str, str] = request.headers
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in _OWN
    origin = headers.get("origin")
    if origin is not None:
        return origin in origins or origin == f"{request.scheme}://{headers.get('host', '')}"
    return None
