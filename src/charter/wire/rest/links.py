"""Paths of what an answer names: rows, their relations and commands, and further pages."""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote_plus

from charter.contract.resource import Resource
from charter.core.names import kebab
from charter.wire.http import Request
from charter.wire.rest.headers import reference
from charter.wire.rest.query import CURSOR

_UNUSUAL = re.compile(r"^&|&&|&$|cursor|%")
"""A cursor, perhaps escaped, or parameters without a name."""


def row_path(prefix: str, resource: Resource, key: Any) -> str:
    """`/v1/orders/0199…`; a key that is text is percent-encoded."""
    return f"{prefix}/{resource.path}/{quote(str(key), safe='')}"


def member_path(row: str, name: str, key: Any = None) -> str:
    """The path of a relation or command of a row, `/v1/orders/0199…/place`, or of one part."""
    path = f"{row}/{kebab(name)}"
    return path if key is None else f"{path}/{quote(str(key), safe='')}"


def own_path(request: Request) -> str:
    """The request's own path and query, as a URI reference."""
    return reference(f"{request.path}?{request.query}" if request.query else request.path)


def page_paths(request: Request, cursor: str | None) -> tuple[str, str | None]:
    """The first page of the list that is asked for, and the next, with all other parameters."""
    first = _first_page(request.path, request.query)
    if cursor is None:
        return first, None
    return first, f"{first}{'&' if '?' in first else '?'}{CURSOR}={cursor}"


@lru_cache(maxsize=1024)
def _first_page(path: str, query: str) -> str:
    if _UNUSUAL.search(query):
        query = "&".join(part for part in query.split("&") if part and not _is_cursor(part))
    return f"{reference(path)}?{reference(query)}" if query else reference(path)


def _is_cursor(part: str) -> bool:
    return unquote_plus(part.partition("=")[0]) == CURSOR
