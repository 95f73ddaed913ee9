"""One call that is told of changes: what waits for its client, and what it ends with."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator

from charter.core.codes import INTERNAL
from charter.core.livecodes import TOO_SLOW
from charter.core.problems import Problem
from charter.plan.news import Changes, Ended, News, Rows
from charter.serve.live.hub import Hub, Subscription
from charter.serve.web.live.credentials import Credentials
from charter.serve.web.live.rights import lost_rights


class Follower:
    """One call, as the sink of its subscription. It is served in one task.

    Of changes at most `most` bytes wait; what there is at the beginning is made as it is sent.
    """

    __slots__ = (
        "_arrived", "_credentials", "_hub", "_most", "_over", "_render", "_size", "_waiting",
        "due", "ending", "subscription", "task",
    )  # fmt: skip

    def __init__(self, hub: Hub, credentials: Credentials, most: int) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a call is answered in a task")
        self._hub = hub
        self._credentials = credentials
        self._most = most
        self.task = task
        self._waiting: deque[bytes | Iterator[bytes]] = deque()
        self._size = 0
        self._arrived = asyncio.Event()
        self._over = False
        self._render: Callable[[News], Iterator[bytes]] | None = None
        self.ending: Problem | None = None
        """What it is to end with, once that is known."""
        self.subscription: Subscription | None = None
        self.due = 0.0

    def render_by(self, render: Callable[[News], Iterator[bytes]]) -> None:
        self._render = render

    def tell(self, news: News) -> None:
        if isinstance(news, Ended):
            # What was told before it is sent before it.
            self.ending = self.ending or news.problem
        elif self._render is not None and self.ending is None:
            first = isinstance(news, Rows) or (isinstance(news, Changes) and news.resumed)
            try:
                self._put(self._render(news), counted=not first)
            except Exception:
                self.end(Problem(INTERNAL))
                raise
        self._arrived.set()

    def _put(self, messages: Iterator[bytes], *, counted: bool) -> None:
        if not counted:
            self._waiting.append(messages)
            return
        for message in messages:
            self._waiting.append(message)
            self._size += len(message)
        if self._size > self._most:
            self.end(Problem(TOO_SLOW))

    def end(self, problem: Problem) -> None:
        """End the call at once, whatever it waits for."""
        if not self._over:
            self._over = True
            self.ending = problem
            self._waiting.clear()
            self.task.cancel()

    def done(self) -> None:
        """Nothing is to be ended any more."""
        self._over = True

    def go_on(self) -> Problem | None:
        """The problem that the task was cancelled for; it can go on then, to tell of it. None
        where that was for another reason."""
        if not self._over or self.ending is None:
            return None
        self.task.uncancel()
        return self.ending

    async def recheck(self) -> None:
        held = () if self.subscription is None else (self.subscription,)
        problem = await lost_rights(self._credentials, self._hub, held)
        if problem is not None:
            self.end(problem)

    async def pass_on(self, write: Callable[[bytes], Awaitable[None]]) -> None:
        """Send all that is told. Raises the problem that it ends with."""
        while True:
            while self._waiting:
                item = self._waiting.popleft()
                if isinstance(item, bytes):
                    await write(item)
                    self._size -= len(item)
                else:
                    for message in item:
                        await write(message)
            if self.ending is not None:
                raise self.ending
            self._arrived.clear()
            await self._arrived.wait()
