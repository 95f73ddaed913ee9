"""What every client has, whatever its contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self, TypedDict, Unpack

import httpx2

from .http import Http, Problem, Retries
from .lists import Done, Operation, Writing, batch
from .token import Token


class Options(TypedDict, total=False):
    """How a client speaks with its service."""

    token: Token
    """A bearer token, or a function that gives the current one before each request."""
    timeout: float
    """Seconds that each step of a request may take, 30 by default."""
    retries: Retries
    """What is tried again, and how often."""
    http: httpx2.AsyncClient
    """An HTTP client of your own, with its proxies, certificates and limits. It is not
    closed here."""


class Client:
    """A client of one service: `async with` closes its connections at the end."""

    def __init__(
        self,
        base_url: str,
        prefix: str,
        problems: Mapping[str, type[Problem]],
        options: Options,
    ) -> None:
        self._http = Http(base_url, problems=problems, **options)
        self._prefix = prefix

    async def batch(
        self, operations: Sequence[Operation], /, **how: Unpack[Writing]
    ) -> tuple[Done, ...]:
        """Several operations in one transaction: all of them are done, or none."""
        return await batch(self._http, f"{self._prefix}/batch", operations, how)

    async def close(self) -> None:
        await self._http.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
