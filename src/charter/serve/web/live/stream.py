"""One answer of server-sent events."""

import asyncio
import time

from charter.core.livecodes import TOO_SLOW
from charter.core.problems import Problem
from charter.plan.news import Ended, News
from charter.serve.live.hub import Hub, Subscription
from charter.serve.settings.live import LiveSettings
from charter.serve.web.live.channel import Telling
from charter.serve.web.live.credentials import Credentials
from charter.serve.web.live.rights import lost_rights

EVENT_BYTES = 8
"""An answer ends after so many times `max_buffer`, and the browser comes back."""


class Stream:
    """An answer of server-sent events, as the sink of its subscription.

    A server may take in what its client does not read, and tell nobody. So an answer ends after
    some bytes: that is all that can pile up for a client that is gone in silence.
    """

    def __init__(
        self, hub: Hub, credentials: Credentials, telling: Telling, settings: LiveSettings
    ) -> None:
        self._hub = hub
        self._credentials = credentials
        self._telling = telling
        self._settings = settings
        self._left = settings.max_buffer * EVENT_BYTES
        self._waiting: list[str] = []
        self._size = 0
        self._some = asyncio.Event()
        self._over = False
        self._told = self.due = time.monotonic()
        self.subscription: Subscription | None = None

    def tell(self, news: News) -> None:
        for text in self._telling(news):
            self._waiting.append(text)
            self._size += len(text)
        if isinstance(news, Ended):
            self._over = True
        elif self._size > max(self._settings.max_buffer, self._left):
            self._say_over(Problem(TOO_SLOW))
        self._some.set()

    def stop(self) -> None:
        """Let the answer end: whoever still wants it asks again."""
        self._over = True
        self._some.set()

    def tick(self, now: float) -> None:
        """Show that the answer goes on."""
        if now - self._told > self._settings.heartbeat:
            self._waiting.append(": still there\n\n")
            self._some.set()

    async def recheck(self) -> None:
        held = () if self.subscription is None else (self.subscription,)
        problem = await lost_rights(self._credentials, self._hub, held)
        if problem is not None:
            self._say_over(problem)

    async def piece(self) -> bytes | None:
        """What is to be sent next; None at the end."""
        while not self._waiting:
            if self._over or self._left <= 0:
                return None
            self._some.clear()
            await self._some.wait()
        text = "".join(self._waiting)
        self._waiting.clear()
        self._size = 0
        self._told = time.monotonic()
        self._left -= len(text)
        return text.encode()

    def _say_over(self, problem: Problem) -> None:
        self._waiting += self._telling(Ended(problem))
        self.stop()
