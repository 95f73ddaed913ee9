"""Calls that are told of changes, from their beginning to the status that each ends with."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime

import grpc

from charter.core.codes import OVERLOADED, TIMED_OUT
from charter.core.livecodes import TOO_MANY_SUBSCRIPTIONS
from charter.core.problems import Problem
from charter.plan.actor import Actor
from charter.plan.news import News
from charter.serve.grpc.calls import Calls, Context, Exchange
from charter.serve.grpc.follower import Follower
from charter.serve.live.hub import Hub, Subscription
from charter.serve.live.rechecks import Rechecks
from charter.serve.live.view import Start
from charter.serve.settings.live import LiveSettings
from charter.serve.web.inflight import Why
from charter.serve.web.live.channel import charged
from charter.serve.web.live.credentials import Credentials
from charter.wire.grpc.shape import Rpc
from charter.wire.grpc.watches import Telling
from charter.wire.http import Request
from charter.wire.rest.call import Call

SECONDS_TO_END = 1.0
"""For all calls, when the process stops."""


class Watches:
    """The calls of one process that are told of changes. For one event loop.

    `connections` tells how many connections are told of changes over other protocols.
    """

    def __init__(
        self, calls: Calls, hub: Hub, settings: LiveSettings, connections: Callable[[], int]
    ) -> None:
        self._calls = calls
        self._hub = hub
        self._settings = settings
        self._connections = connections
        self._telling = Telling(calls.renderer)
        self._rechecks = Rechecks(settings.recheck, calls.failures)
        self._of_peer: defaultdict[str, set[Follower]] = defaultdict(set)
        self._stopping = False

    async def answer(self, rpc: Rpc, message: bytes, context: Context) -> None:
        """Serve a call for as long as it goes on."""
        exchange, peer = self._calls.exchange(rpc, message, context), context.peer()
        credentials = Credentials(self._calls.authenticator, exchange.coming.request)
        follower = Follower(self._hub, credentials, self._settings.max_buffer)
        try:
            problem = await self._ended(exchange, follower, credentials, context)
            follower.done()
            await self._calls.refuse(exchange, context, problem)
        finally:
            followers = self._of_peer[peer]
            followers.discard(follower)
            if not followers:
                del self._of_peer[peer]

    async def close(self) -> None:
        """End all calls, and take no more."""
        self._stopping = True
        for followers in list(self._of_peer.values()):
            for follower in list(followers):
                follower.end(Problem(OVERLOADED, "The service stops.", retry_after=1))
        await self._rechecks.close()
        for _ in range(20):
            if not self._of_peer:
                break
            await asyncio.sleep(SECONDS_TO_END / 20)

    async def _ended(
        self, exchange: Exchange, follower: Follower, credentials: Credentials, context: Context
    ) -> Problem:
        """Serve a call to its end, and say why it has come."""

        async def write(message: bytes) -> None:
            await context.write(message)
            exchange.sent += len(message)

        try:
            self._enter(context.peer(), follower)
            follower.subscription = await self._begun(exchange, follower, credentials, context)
            self._rechecks.add(follower)
            await follower.pass_on(write)
            raise RuntimeError("a call that is told of changes ends with a problem")
        except asyncio.CancelledError:
            problem = follower.go_on()
            if problem is None:
                self._calls.tell(exchange, _left(context), None)
                raise
            return problem
        except Exception as error:
            return self._calls.problem_of(exchange, error)
        finally:
            self._rechecks.discard(follower)
            if follower.subscription is not None:
                follower.subscription.close()

    def _enter(self, peer: str, follower: Follower) -> None:
        """Raises `overloaded` and `too_many_subscriptions`."""
        if self._stopping or self._calls.in_flight.closed:
            raise Problem(OVERLOADED, retry_after=1)
        settings, known = self._settings, len(self._of_peer.get(peer, ()))
        if known >= settings.max_subscriptions:
            message = f"A connection has {settings.max_subscriptions} at most."
            raise Problem(TOO_MANY_SUBSCRIPTIONS, message, retry_after=5)
        others = self._connections() + len(self._of_peer)
        if not known and others >= settings.max_connections:
            message = "There are as many connections as are allowed."
            raise Problem(TOO_MANY_SUBSCRIPTIONS, message, retry_after=5)
        self._of_peer[peer].add(follower)

    async def _begun(
        self, exchange: Exchange, follower: Follower, credentials: Credentials, context: Context
    ) -> Subscription:
        """The subscription: until it is there the call is a request like any other."""
        calls = self._calls
        stay = calls.in_flight.enter(follower.task, calls.seconds)
        stay.deadline = calls.deadline(context)
        try:
            return await self._subscribed(exchange, follower, credentials)
        except asyncio.CancelledError:
            if stay.why is not Why.TIMEOUT or follower.ending is not None:
                raise
            follower.task.uncancel()
            raise Problem(TIMED_OUT, retry_after=1) from None
        finally:
            calls.in_flight.leave(stay)

    async def _subscribed(
        self, exchange: Exchange, follower: Follower, credentials: Credentials
    ) -> Subscription:
        actor = await self._calls.identified(exchange, _Proving(credentials))
        rpc, request_id = exchange.coming.rpc, exchange.correlation.request_id
        watched = self._calls.parser.watched(exchange.coming, actor, datetime.now(UTC), request_id)
        call = watched.call
        if exchange.tally is not None:
            await exchange.tally.understood(charged(call.ask.form), call.route)
        follower.render_by(self._rendering(rpc, call))
        start = Start(watched.have, watched.after)
        return await self._hub.subscribe(call.ask, follower, start)

    def _rendering(self, rpc: Rpc, call: Call) -> Callable[[News], Iterator[bytes]]:
        return lambda news: self._telling.news(rpc, call, news)


class _Proving:
    """Says who it is that credentials stand for."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def identify(self, request: Request) -> Awaitable[Actor]:
        return self._credentials.actor()


def _left(context: Context) -> grpc.StatusCode:
    """Why a client is not there any more."""
    left = context.time_remaining()
    late = left is not None and left <= 0
    return grpc.StatusCode.DEADLINE_EXCEEDED if late else grpc.StatusCode.CANCELLED
