"""Who is asking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

Token = str | Callable[[], str] | Callable[[], Awaitable[str]]
"""A bearer token, or a function (async or not) that gives the current one."""


async def current(token: Token) -> str:
    """The token for the next request."""
    given = token() if callable(token) else token
    return given if isinstance(given, str) else await given
