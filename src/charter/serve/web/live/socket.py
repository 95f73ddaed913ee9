"""One WebSocket connection: from what its client says to subscriptions, and what they tell."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

from charter.core import codes
from charter.core.livecodes import (
    NOT_CONNECTED,
    RIGHTS_CHANGED,
    TOO_MANY_SUBSCRIPTIONS,
    TOO_SLOW,
)
from charter.core.problems import Problem
from charter.core.signals import Failed, Listener
from charter.plan.actor import Actor
from charter.plan.ask import Ask
from charter.plan.news import Changes, Ended, News, Rows
from charter.serve.live.hub import Hub, Subscription
from charter.serve.live.view import Start
from charter.serve.settings.live import LiveSettings
from charter.serve.web.live.credentials import Credentials
from charter.serve.web.live.outbox import Outbox
from charter.wire.live.closing import close_code
from charter.wire.live.messages import (
    Connect,
    Ping,
    Pong,
    Subscribe,
    Unsubscribe,
    read_message,
)
from charter.wire.live.render import PING, PONG, Renderer

SECONDS_FOR_LAST = 1.0
"""For the last message of a connection, and its close frame."""


class SocketLink(Protocol):
    """The client's end of a WebSocket, as a server gives it."""

    async def accept(self, subprotocol: str | None) -> None: ...

    async def refuse(self, status: int) -> None:
        """Answer the request with a status and no WebSocket."""

    async def receive(self) -> str | bytes | None:
        """The next message; None when the client has left."""

    async def send(self, text: str) -> None:
        """Send a message. Raises OSError where the client has left."""

    async def close(self, code: int, reason: str) -> None: ...


Understand = Callable[[str, Actor], Awaitable[Ask]]
"""What a path asks for, as somebody: raises the problems of reads, and `rate_limited`."""


class Subscriber:
    """One subscription of a connection, as its sink."""

    __slots__ = ("name", "socket", "subscription")

    def __init__(self, socket: "Socket", name: str) -> None:
        self.socket = socket
        self.name = name
        self.subscription: Subscription | None = None

    def tell(self, news: News) -> None:
        self.socket.tell(self, news)


class Socket:
    """A connection, served in one task."""

    __slots__ = (
        "_credentials", "_due", "_ending", "_heard", "_hub", "_link", "_listener", "_outbox",
        "_passed", "_pinged", "_renderer", "_settings", "_subscribers", "_task", "_understand",
        "actor", "checking", "received",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913 - what a connection is made of
        self,
        link: SocketLink,
        credentials: Credentials,
        hub: Hub,
        renderer: Renderer,
        settings: LiveSettings,
        *,
        understand: Understand,
        listener: Listener | None,
    ) -> None:
        self._link = link
        self._credentials = credentials
        self._hub = hub
        self._renderer = renderer
        self._settings = settings
        self._understand = understand
        self._listener = listener
        self._outbox = Outbox(link.send, settings.max_buffer, self.end)
        self._subscribers: dict[str, Subscriber] = {}
        self._ending: Problem | None = None
        self._task: asyncio.Task[Any] | None = None
        self._heard = self._due = time.monotonic()
        self.actor: Actor | None = None
        self.checking = self._pinged = False
        self.received = self._passed = 0

    @property
    def code(self) -> str | None:
        """What the connection ended with, where it was not the client that left."""
        return None if self._ending is None else self._ending.code.name

    @property
    def sent(self) -> int:
        """Characters that were sent."""
        return self._outbox.sent

    async def serve(self) -> None:
        """Talk with the client until it leaves, or the connection has to end."""
        self._task = asyncio.current_task()
        try:
            await self._talk()
        except asyncio.CancelledError:
            if self._ending is None:
                raise
            if self._task is not None:
                self._task.uncancel()
        except Problem as problem:
            self._ending = self._ending or problem
        except OSError:
            pass
        except Exception as error:
            if self._listener is not None:
                self._listener(Failed(None, error))
            self._ending = Problem(codes.INTERNAL)
        finally:
            for subscriber in list(self._subscribers.values()):
                self._drop(subscriber)
            self._outbox.close()
        await self._close()

    def end(self, problem: Problem) -> None:
        """End the connection, and say why."""
        if self._ending is None and self._task is not None:
            self._ending = problem
            self._task.cancel()

    def tell(self, subscriber: Subscriber, news: News) -> None:
        """Pass news on to the client."""
        texts = self._renderer.news(subscriber.name, news)
        first = isinstance(news, Rows) or (isinstance(news, Changes) and news.resumed)
        self._outbox.put(texts, counted=not first)
        if isinstance(news, Ended) and subscriber.subscription is not None:
            self._drop(subscriber)

    # -- by the clock --------------------------------------------------------------------------
    def tick(self, now: float) -> bool:
        """Look after the time; whether the rights are to be looked at again."""
        settings = self._settings
        if self.actor is None:
            if now - self._heard > settings.connect_timeout:
                self.end(Problem(NOT_CONNECTED))
            return False
        if self._outbox.busy and self._outbox.sent > self._passed:
            # It takes what is sent; what it says is heard when that is over.
            self._heard = now
        self._passed = self._outbox.sent
        if now - self._heard > 2 * settings.heartbeat:
            self.end(Problem(codes.TIMED_OUT, "The client gives no sign of life."))
            return False
        if now - self._heard > settings.heartbeat and not self._pinged:
            self._pinged = True
            self._outbox.put([PING])
        if now - self._due < settings.recheck or self.checking:
            return False
        self._due, self.checking = now, True
        return True

    async def recheck(self, hub: Hub) -> None:
        """End the connection where its rights are not what they were."""
        try:
            await self._credentials.confirm()
            for subscriber in self._subscribers.values():
                found = subscriber.subscription
                if found is not None and not hub.holds(found):
                    raise Problem(RIGHTS_CHANGED)
        except Problem as problem:
            if problem.code.family.value != "unavailable":
                self.end(problem)
        finally:
            self.checking = False

    # -- messages ------------------------------------------------------------------------------
    async def _talk(self) -> None:
        message = await self._next()
        if message is None:
            return
        if not isinstance(message, Connect):
            raise Problem(NOT_CONNECTED)
        if message.token is not None:
            self._credentials = self._credentials.with_token(message.token)
        self.actor = await self._credentials.actor()
        self._due = time.monotonic()
        self._outbox.put([self._renderer.connected(self._settings.heartbeat)])
        while (message := await self._next()) is not None:
            await self._answer(message, self.actor)
            # What is slow to read is answered slowly: nobody can pile up work.
            await self._outbox.empty()

    async def _next(self) -> Any:
        text = await self._link.receive()
        if text is None:
            return None
        self._heard, self._pinged = time.monotonic(), False
        self.received += len(text)
        most = self._settings.max_message
        if len(text) > most or (isinstance(text, str) and not _fits(text, most)):
            raise Problem(codes.TOO_LARGE, f"A message may have {most} bytes.")
        return read_message(text)

    async def _answer(self, message: Any, actor: Actor) -> None:
        match message:
            case Subscribe():
                try:
                    await self._subscribe(message, actor)
                except Problem as problem:
                    self._outbox.put([self._renderer.problem(problem, message.id)])
            case Unsubscribe(id=name):
                subscriber = self._subscribers.get(name)
                if subscriber is not None:
                    self._drop(subscriber)
            case Ping():
                self._outbox.put([PONG])
            case Pong():
                pass
            case Connect():
                raise Problem(NOT_CONNECTED)

    async def _subscribe(self, message: Subscribe, actor: Actor) -> None:
        most = self._settings.max_subscriptions
        if message.id in self._subscribers:
            raise Problem(codes.INVALID_VALUES, f"There is a subscription {message.id!r} already.")
        if len(self._subscribers) >= most:
            raise Problem(TOO_MANY_SUBSCRIPTIONS, f"A connection has {most} at most.")
        ask = await self._understand(message.path, actor)
        subscriber = self._subscribers[message.id] = Subscriber(self, message.id)
        try:
            start = Start(message.have, message.after)
            subscriber.subscription = await self._hub.subscribe(ask, subscriber, start)
        except BaseException:
            self._subscribers.pop(message.id, None)
            raise

    def _drop(self, subscriber: Subscriber) -> None:
        self._subscribers.pop(subscriber.name, None)
        if subscriber.subscription is not None:
            subscriber.subscription.close()

    async def _close(self) -> None:
        problem = self._ending
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(SECONDS_FOR_LAST):
                if problem is None:
                    await self._link.close(1000, "")
                    return
                if problem.code is not TOO_SLOW:
                    await self._link.send(self._renderer.closing(problem))
                await self._link.close(close_code(problem.code), problem.code.name)


def _fits(text: str, most: int) -> bool:
    """Whether a text has so many bytes at most; it is encoded only where that is open."""
    return len(text) * 4 <= most or len(text.encode("utf-8", "replace")) <= most
