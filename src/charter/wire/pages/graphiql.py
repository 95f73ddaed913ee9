"""GraphiQL, for browsers that come to the GraphQL endpoint."""

import html
from collections.abc import Mapping

from charter.contract.contract import Contract
from charter.wire.http import Request, Response
from charter.wire.pages.assets import CHECKED, Asset, document, shown_at
from charter.wire.rest.headers import ALOOF, Headers

_SCRIPT, _STYLE = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
_FILES = {
    "react.js": Asset("vendor/graphiql/react.production.min.js", _SCRIPT),
    "react-dom.js": Asset("vendor/graphiql/react-dom.production.min.js", _SCRIPT),
    "graphiql.js": Asset("vendor/graphiql/graphiql.min.js", _SCRIPT),
    "graphiql.css": Asset("vendor/graphiql/graphiql.min.css", _STYLE),
    "page.js": Asset("own/graphiql.js", _SCRIPT),
    "page.css": Asset("own/graphiql.css", _STYLE),
}
_POLICY = (
    "content-security-policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
)
"""Nothing from elsewhere, nothing inline; `data:` for the fonts in the viewer's style sheet."""
_HEADERS: Headers = (CHECKED, _POLICY, *ALOOF, ("vary", "accept"))


class GraphiqlPage:
    """The page at a path, and what it loads from below that."""

    def __init__(self, contract: Contract, path: str) -> None:
        below = path.rpartition("/")[2] + "/assets"
        body = _PAGE.format(title=html.escape(contract.name), below=below).encode()
        self._documents = {path: document(body, "text/html; charset=utf-8", _HEADERS)}
        self._path = path
        self._assets: Mapping[str, Asset] = {
            f"{path}/assets/{name}": asset for name, asset in _FILES.items()
        }

    def is_asset(self, request: Request) -> bool:
        return request.path in self._assets

    def answer(self, request: Request) -> Response | None:
        """The page for a browser, which prefers HTML to JSON, or a file of it; else None.

        Raises `method_not_allowed` for all but GET and HEAD of a file.
        """
        if request.path == self._path and not _is_browser(request):
            return None
        return shown_at(request, self._documents, self._assets)


def _is_browser(request: Request) -> bool:
    """Whether a page is asked for, and no query."""
    accept = request.headers.get("accept", "")
    return request.method == "GET" and "text/html" in accept and "query=" not in request.query


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – GraphiQL</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{below}/graphiql.css">
<link rel="stylesheet" href="{below}/page.css">
<div id="graphiql"></div>
<script src="{below}/react.js"></script>
<script src="{below}/react-dom.js"></script>
<script src="{below}/graphiql.js"></script>
<script src="{below}/page.js"></script>
"""
