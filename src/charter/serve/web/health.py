"""Whether the process lives, and whether it can serve: for those who supervise it."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from charter.core.codes import DATABASE_UNAVAILABLE, METHOD_NOT_ALLOWED, OVERLOADED
from charter.core.problems import Problem
from charter.wire.http import Request, Response
from charter.wire.rest.headers import KEEP_NOT, SAFE

LIVE = "/health/live"
READY = "/health/ready"
READY_SECONDS = 2.0
"""The longest that the check of the database may take."""

_READS = ("GET", "HEAD")
_HEADERS = (("content-type", "application/json"), KEEP_NOT, *SAFE)


class Health:
    """Answers both questions. Checks of the database that come while one runs share it."""

    def __init__(
        self, ping: Callable[[], Awaitable[None]], usage: Callable[[], object] | None = None
    ) -> None:
        """`usage` tells what the second answer shows besides; None for nothing."""
        self._ping = ping
        self._usage = usage
        self._check: asyncio.Task[None] | None = None
        self.stopping = False

    async def live(self, request: Request) -> Response:
        """The event loop turns: that is all it says."""
        return _fine(request)

    async def ready(self, request: Request) -> Response:
        """Raises `database_unavailable`, and `overloaded` once the process is to stop."""
        if self.stopping:
            raise Problem(OVERLOADED, "The process is about to stop.")
        if self._check is None or self._check.done():
            self._check = asyncio.create_task(self._checked())
            self._check.add_done_callback(_seen)
        await asyncio.shield(self._check)
        return _fine(request, None if self._usage is None else self._usage())

    async def _checked(self) -> None:
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._ping()
        except TimeoutError:
            raise Problem(DATABASE_UNAVAILABLE, retry_after=5) from None


def _seen(check: asyncio.Task[None]) -> None:
    """Takes note of how the check ended, also where all who waited for it have left."""
    if not check.cancelled():
        check.exception()


def _fine(request: Request, database: object = None) -> Response:
    if request.method not in _READS:
        raise Problem(METHOD_NOT_ALLOWED, members={"allow": _READS})
    told = {"status": "ok"} if database is None else {"status": "ok", "database": database}
    return Response(200, _HEADERS, msgspec.json.encode(told) if request.method == "GET" else b"")
