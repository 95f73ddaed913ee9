"""Who is asking."""

from __future__ import annotations

from collections.abc import Callable

Token = str | Callable[[], str]
"""A bearer token, or a function that gives the current one."""


def current(token: Token) -> str:
    """The token for the next request."""
    return token() if callable(token) else token
