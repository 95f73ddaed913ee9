"""The endpoint of live changes: who connects, how many, and what time does to them."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

from charter.core import codes
from charter.core.livecodes import NO_SUBPROTOCOL, TOO_MANY_SUBSCRIPTIONS
from charter.core.problems import Problem
from charter.core.signals import Answered, Listener
from charter.core.tasks import ended
from charter.plan.ask import Ask
from charter.serve.live.hub import Hub
from charter.serve.live.rechecks import Rechecks
from charter.serve.live.view import Start
from charter.serve.settings.live import LiveSettings
from charter.serve.settings.model import ServeSettings
from charter.serve.web.authenticate import Authenticator
from charter.serve.web.correlation import Correlator
from charter.serve.web.edge import Edge
from charter.serve.web.limits import check_head
from charter.serve.web.live.channel import Channel, Following, Telling, charged
from charter.serve.web.live.credentials import Credentials, Origins
from charter.serve.web.live.paths import WANTED, Paths
from charter.serve.web.live.socket import Socket, SocketLink
from charter.serve.web.live.stream import Stream
from charter.serve.web.throttle import Tally, Throttle
from charter.wire.http import Request, Response
from charter.wire.live.render import EVENT_HEADERS, EVENTS, events
from charter.wire.rest.problems import render_problem
from charter.wire.rest.settings import RestSettings

SWITCHED = 101
NOT_ACCEPTABLE = 4406
"""The close code for whoever asks for another subprotocol than the one that is spoken."""
TICK = 0.5


class Live:
    """Live changes below one root: `channels` are what is spoken at the paths of WebSockets, and
    `paths` are what can be had as events. For one event loop."""

    def __init__(  # noqa: PLR0913 - what it is put together from
        self,
        *,
        paths: Paths,
        channels: Mapping[str, Channel],
        rest: RestSettings,
        hub: Hub,
        authenticator: Authenticator,
        edge: Edge,
        origins: Origins,
        serve: ServeSettings,
        settings: LiveSettings,
        throttle: Throttle | None,
        listener: Listener | None,
        answers: Listener | None,
        correlate: Correlator,
    ) -> None:
        self._paths = paths
        self._channels = channels
        self._rest = rest
        self._hub = hub
        self._authenticator = authenticator
        self._edge = edge
        self._origins = origins
        self._serve = serve
        self._settings = settings
        self._throttle = throttle
        self._listener = listener
        self._answers = answers
        self._correlate = correlate
        self._open: set[Socket | Stream] = set()
        self._rechecks = Rechecks(settings.recheck, listener)
        self._clock: asyncio.Task[None] | None = None
        self._stopping = False

    def __len__(self) -> int:
        return len(self._open)

    async def socket(self, request: Request, link: SocketLink) -> None:
        """Serve a WebSocket. The request is that of its handshake."""
        request, started = self._edge.resolved(request), time.perf_counter()
        try:
            channel, credentials = await self._admitted(request, link)
        except Problem as problem:
            refusal = render_problem(problem, request, self._rest)
            await link.refuse(refusal)
            self._tell(request, started, refusal.status, problem.code.name)
            return
        speech = channel.speech
        wanted = speech.subprotocol in _offered(request)
        if speech.required and not wanted:
            await link.accept(None)
            await link.close(NOT_ACCEPTABLE, "Subprotocol not acceptable")
            self._tell(request, started, SWITCHED, NO_SUBPROTOCOL.name)
            return
        socket = Socket(
            link, credentials, self._hub, channel, self._settings, listener=self._listener
        )
        self._enter(socket)
        try:
            await link.accept(speech.subprotocol if wanted else None)
            await socket.serve()
        finally:
            self._leave(socket)
            self._tell(request, started, SWITCHED, socket.code, socket)

    def _tell(
        self,
        request: Request,
        started: float,
        status: int,
        code: str | None,
        socket: Socket | None = None,
    ) -> None:
        """Tell of a connection at its end."""
        if self._answers is None:
            return
        actor = None if socket is None else socket.actor
        correlation = self._correlate(request.headers)
        self._answers(
            Answered(
                request_id=correlation.request_id,
                trace_id=correlation.trace_id,
                protocol="websocket",
                method=request.method,
                route=request.path if request.path in self._channels else "",
                status=status,
                code=code,
                actor=None if actor is None else actor.id,
                seconds=time.perf_counter() - started,
                bytes_in=0 if socket is None else socket.received,
                bytes_out=0 if socket is None else socket.sent,
            )
        )

    def wanted(self, request: Request) -> bool:
        """Whether a request asks for events."""
        return request.method == "GET" and EVENTS in request.headers.get("accept", "")

    async def stream(self, request: Request, tally: Tally | None) -> Response:
        """The answer that goes on: what the path shows, and each change. Raises problems."""
        self._require_room()
        credentials = Credentials(self._authenticator, request)
        actor = await credentials.actor()
        call = self._paths.call(replace(request, headers=WANTED), actor)
        if tally is not None:
            await tally.understood(charged(call.ask.form), call.route)
        start = Start(after=request.headers.get("last-event-id") or None)
        following = Following(call.ask, start, lambda news: events(news, self._rest))
        return Response(200, EVENT_HEADERS, await self._followed(following, credentials))

    async def follow(
        self, request: Request, ask: Ask, after: str | None, telling: Telling
    ) -> AsyncIterator[bytes]:
        """The pieces of an answer that tells of a read, and of each change of it. Raises
        problems."""
        self._require_room()
        credentials = Credentials(self._authenticator, request)
        ask = replace(ask, actor=await credentials.actor())
        return await self._followed(Following(ask, Start(after=after), telling), credentials)

    async def _followed(
        self, following: Following, credentials: Credentials
    ) -> AsyncIterator[bytes]:
        stream = Stream(self._hub, credentials, following.telling, self._settings)
        stream.subscription = await self._hub.subscribe(following.ask, stream, following.start)
        self._enter(stream)
        return self._pieces(stream)

    async def close(self) -> None:
        """End all that is open."""
        self._stopping = True
        for one in list(self._open):
            one.stop()
        await self._rechecks.close()
        clock, self._clock = self._clock, None
        await ended(clock)
        for _ in range(20):
            if not len(self):
                break
            await asyncio.sleep(0.05)

    async def _admitted(self, request: Request, link: SocketLink) -> tuple[Channel, Credentials]:
        """Raises the problems of whom is not to connect."""
        check_head(request, self._serve)
        self._edge.check(request)
        channel = self._channels.get(request.path)
        if channel is None:
            raise Problem(codes.NOT_FOUND)
        if channel.speech.required and not link.subprotocols:
            raise Problem(NO_SUBPROTOCOL)
        self._require_room()
        self._origins.check(request)
        # Anything may come with the first message: what came before it is looked at here.
        if self._throttle is not None:
            await Tally(self._throttle, request).arrived()
        credentials = Credentials(self._authenticator, request)
        if credentials.given:
            await credentials.actor()
        return channel, credentials

    def _require_room(self) -> None:
        if self._stopping:
            raise Problem(codes.OVERLOADED, retry_after=1)
        if len(self) >= self._settings.max_connections:
            message = "There are as many connections as are allowed."
            raise Problem(TOO_MANY_SUBSCRIPTIONS, message, retry_after=5)

    def _enter(self, one: Socket | Stream) -> None:
        self._open.add(one)
        self._rechecks.add(one)
        if self._clock is None:
            self._clock = asyncio.create_task(self._tick())

    def _leave(self, one: Socket | Stream) -> None:
        self._open.discard(one)
        self._rechecks.discard(one)

    async def _tick(self) -> None:
        while self._open:
            await asyncio.sleep(min(TICK, self._settings.heartbeat / 2))
            now = time.monotonic()
            for one in list(self._open):
                one.tick(now)
        self._clock = None

    async def _pieces(self, stream: Stream) -> AsyncIterator[bytes]:
        try:
            while (piece := await stream.piece()) is not None:
                yield piece
        finally:
            self._leave(stream)
            if stream.subscription is not None:
                stream.subscription.close()


def _offered(request: Request) -> set[str]:
    """The subprotocols that a client speaks."""
    offered = request.headers.get("sec-websocket-protocol", "")
    return {item.strip() for item in offered.split(",")}
