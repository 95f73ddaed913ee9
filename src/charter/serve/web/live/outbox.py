"""What waits for a client to be sent."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator

from charter.core.livecodes import TOO_SLOW
from charter.core.problems import Problem


class Outbox:
    """Sends texts in order, by a task that is there only while something waits.

    Of what has been put in as texts at most `most` characters wait; what comes from an iterator
    is made when its turn comes, and costs nothing until then. `failed` hears of the end.
    """

    __slots__ = ("_failed", "_idle", "_most", "_send", "_size", "_task", "_waiting", "sent")

    def __init__(
        self, send: Callable[[str], Awaitable[None]], most: int, failed: Callable[[Problem], None]
    ) -> None:
        self._send = send
        self._most = most
        self._failed = failed
        self._waiting: deque[str | Iterator[str]] = deque()
        self._size = self.sent = 0
        self._task: asyncio.Task[None] | None = None
        self._idle: asyncio.Event | None = None

    def put(self, texts: Iterable[str], *, counted: bool = True) -> None:
        """Send texts after all that waits."""
        if not counted:
            self._waiting.append(iter(texts))
        else:
            for text in texts:
                self._waiting.append(text)
                self._size += len(text)
        if self._size > self._most:
            self._waiting.clear()
            self._failed(Problem(TOO_SLOW))
        elif self._task is None:
            self._task = asyncio.create_task(self._run())

    @property
    def busy(self) -> bool:
        """Whether something is still to be sent."""
        return self._task is not None

    async def empty(self) -> None:
        """Wait until all is sent."""
        while self._task is not None:
            self._idle = self._idle or asyncio.Event()
            await self._idle.wait()

    def close(self) -> None:
        """Send nothing more."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            while self._waiting:
                item = self._waiting.popleft()
                if isinstance(item, str):
                    await self._send(item)
                    self._size -= len(item)
                    self.sent += len(item)
                else:
                    for text in item:
                        await self._send(text)
                        self.sent += len(text)
        finally:
            self._task = None
            if self._idle is not None:
                self._idle.set()
                self._idle = None
