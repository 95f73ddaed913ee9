"""One WebSocket connection: from what its client says to subscriptions, and what they tell."""

import asyncio
import time
from contextlib import suppress
from typing import Any, Protocol

from charter.core import codes
from charter.core.livecodes import TOO_MANY_SUBSCRIPTIONS
from charter.core.problems import Problem
from charter.core.signals import Failed, Listener
from charter.plan.actor import Actor
from charter.plan.news import Changes, Ended, News, Reached, Rows
from charter.serve.live.hub import Hub, Subscription
from charter.serve.settings.live import LiveSettings
from charter.serve.web.live.channel import Channel, Following, Telling
from charter.serve.web.live.credentials import Credentials
from charter.serve.web.live.outbox import Outbox
from charter.serve.web.live.rights import lost_rights
from charter.wire.http import Response
from charter.wire.live.speech import Begin, Breach, Connect, How, Ping, Pong, Unsubscribe

SECONDS_FOR_LAST = 1.0
"""For the last message of a connection, and its close frame."""


class SocketLink(Protocol):
    """The client's end of a WebSocket, as a server gives it. Not every interface knows
    `subprotocols` and close codes."""

    @property
    def subprotocols(self) -> bool: ...

    async def accept(self, subprotocol: str | None) -> None: ...

    async def refuse(self, response: Response) -> None:
        """Answer the request, and open no WebSocket. Where the interface leaves no room for it,
        the answer is a status alone."""

    async def receive(self) -> str | bytes | None:
        """The next message; None when the client has left."""

    async def send(self, text: str) -> None:
        """Send a message. Raises OSError where the client has left."""

    async def close(self, code: int, reason: str) -> None: ...


class Subscriber:
    """One subscription of a connection, as its sink."""

    __slots__ = ("name", "socket", "subscription", "telling")

    def __init__(self, socket: "Socket", name: str, telling: Telling) -> None:
        self.socket = socket
        self.name = name
        self.telling = telling
        self.subscription: Subscription | None = None

    def tell(self, news: News) -> None:
        self.socket.tell(self, news)


class Socket:
    """A connection, served in one task."""

    __slots__ = (
        "_began", "_busy", "_channel", "_credentials", "_ending", "_heard", "_hub", "_link",
        "_listener", "_outbox", "_passed", "_pinged", "_settings", "_speech", "_subscribers",
        "_task", "actor", "due", "received",
    )  # fmt: skip

    def __init__(
        self,
        link: SocketLink,
        credentials: Credentials,
        hub: Hub,
        channel: Channel,
        settings: LiveSettings,
        *,
        listener: Listener | None,
    ) -> None:
        self._link = link
        self._credentials = credentials
        self._hub = hub
        self._channel = channel
        self._speech = channel.speech
        self._settings = settings
        self._listener = listener
        self._outbox = Outbox(link.send, settings.max_buffer, self.end)
        self._subscribers: dict[str, Subscriber] = {}
        self._ending: Problem | None = None
        self._task: asyncio.Task[Any] | None = None
        self._began = self._heard = self.due = time.monotonic()
        self._busy = False
        self.actor: Actor | None = None
        self._pinged = False
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

    def stop(self) -> None:
        """End the connection, since the service stops."""
        self.end(Problem(codes.OVERLOADED, "The service stops.", retry_after=1))

    def tell(self, subscriber: Subscriber, news: News) -> None:
        """Pass news on to the client."""
        texts = subscriber.telling(news)
        first = (
            isinstance(news, Rows)
            or (isinstance(news, Changes) and news.resumed)
            or (isinstance(news, Reached) and news.ready)
        )
        self._outbox.put(texts, counted=not first)
        if isinstance(news, Ended) and subscriber.subscription is not None:
            self._drop(subscriber)

    # -- by the clock --------------------------------------------------------------------------
    def tick(self, now: float) -> None:
        """Look after the time: whether the client is there at all, and still."""
        settings = self._settings
        if self.actor is None:
            if now - self._began > settings.connect_timeout:
                self.end(Breach(How.LATE))
            return
        if self._busy or (self._outbox.busy and self._outbox.sent > self._passed):
            # It waits, or takes what is sent; what it says is heard when that is over.
            self._heard = now
        self._passed = self._outbox.sent
        if now - self._heard > 2 * settings.heartbeat:
            self.end(Problem(codes.TIMED_OUT, "The client gives no sign of life."))
        elif now - self._heard > settings.heartbeat and not self._pinged:
            self._pinged = True
            self._outbox.put([self._speech.ping])

    async def recheck(self) -> None:
        """End the connection where its rights are not what they were."""
        if self.actor is None:
            return
        found = [one.subscription for one in self._subscribers.values()]
        held = [one for one in found if one is not None]
        problem = await lost_rights(self._credentials, self._hub, held)
        if problem is not None:
            self.end(problem)

    # -- messages ------------------------------------------------------------------------------
    async def _talk(self) -> None:
        while (message := await self._next()) is not None:
            self._busy = True
            try:
                await self._answer(message)
            finally:
                self._busy = False
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
        return self._speech.read(text)

    async def _answer(self, message: Any) -> None:
        match message:
            case Connect(token=token):
                await self._connect(token)
            case Ping() if self.actor is not None or self._speech.eager:
                self._outbox.put([self._speech.pong])
            case Pong() if self.actor is not None or self._speech.eager:
                pass
            case _ if self.actor is None:
                raise Breach(How.EARLY)
            case Unsubscribe(id=name):
                subscriber = self._subscribers.get(name)
                if subscriber is not None:
                    self._drop(subscriber)
            case begin:
                await self._begin(begin, self.actor)

    async def _connect(self, token: str | None) -> None:
        if self.actor is not None:
            raise Breach(How.AGAIN)
        if token is not None:
            self._credentials = self._credentials.with_token(token)
        self.actor = await self._credentials.actor()
        self.due = time.monotonic()
        self._outbox.put([self._speech.connected(self._settings.heartbeat)])

    async def _begin(self, begin: Begin, actor: Actor) -> None:
        if self._channel.confirms:
            await self._credentials.confirm()
        try:
            self._require_place(begin.id)
            begun = await self._channel.begins(begin, self._credentials, actor)
            if isinstance(begun, Following):
                await self._follow(begin.id, begun)
            else:
                # There is one at a time, whatever its length.
                self._outbox.put(begun, counted=False)
        except Breach:
            raise
        except Problem as problem:
            self._outbox.put([self._speech.problem(problem, begin.id)])

    def _require_place(self, name: str) -> None:
        most = self._settings.max_subscriptions
        if name in self._subscribers:
            raise self._speech.taken(name)
        if len(self._subscribers) >= most:
            raise Problem(TOO_MANY_SUBSCRIPTIONS, f"A connection has {most} at most.")

    async def _follow(self, name: str, following: Following) -> None:
        subscriber = self._subscribers[name] = Subscriber(self, name, following.telling)
        try:
            subscriber.subscription = await self._hub.subscribe(
                following.ask, subscriber, following.start
            )
        except BaseException:
            self._subscribers.pop(name, None)
            raise

    def _drop(self, subscriber: Subscriber) -> None:
        self._subscribers.pop(subscriber.name, None)
        if subscriber.subscription is not None:
            subscriber.subscription.close()

    async def _close(self) -> None:
        problem = self._ending
        # A server that stops gives up what is still to be sent.
        with suppress(OSError, TimeoutError, asyncio.CancelledError):
            async with asyncio.timeout(SECONDS_FOR_LAST):
                if problem is None:
                    await self._link.close(1001, "")
                    return
                ending = self._speech.ending(problem)
                if ending.last is not None:
                    await self._link.send(ending.last)
                await self._link.close(ending.code, ending.reason)


def _fits(text: str, most: int) -> bool:
    """Whether a text has so many bytes at most; it is encoded only where that is open."""
    return len(text) * 4 <= most or len(text.encode("utf-8", "replace")) <= most
