"""The app: one request, from its header to the last byte of its answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from charter.core.codes import BODY_TOO_SLOW, INTERNAL, OVERLOADED, TIMED_OUT
from charter.core.livecodes import NOT_LIVE
from charter.core.problems import Problem
from charter.core.signals import Answered, Failed, Listener
from charter.plan.actor import ANONYMOUS, Actor
from charter.plan.ask import Ask
from charter.plan.outcome import Outcome
from charter.serve.engine.failures import problem_of
from charter.serve.settings.model import ServeSettings
from charter.serve.web.answering import answering
from charter.serve.web.authenticate import Authenticator, identified
from charter.serve.web.correlation import Correlation, Correlator
from charter.serve.web.edge import Edge
from charter.serve.web.inflight import InFlight, Stay, Why
from charter.serve.web.limits import announced, check_head
from charter.serve.web.link import Gone, Headers, Link
from charter.serve.web.live.channel import Telling, charged
from charter.serve.web.live.endpoint import Live
from charter.serve.web.tails import broken_off
from charter.serve.web.throttle import Tally, Throttle
from charter.serve.web.wires import Endpoints, Talk, Wire
from charter.store.errors import StoreError
from charter.wire.graphql.told import Follow
from charter.wire.http import Request, Response

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class Exchange:
    """What is found out about one request on its way."""

    request: Request
    correlation: Correlation
    started: float
    fields: Headers = ()
    tally: Tally | None = None
    route: str = ""
    actor: Actor | None = None
    code: str | None = None
    talk: Talk | None = None
    marks: list[tuple[str, float]] = field(default_factory=list)


@dataclass(frozen=True)
class App:
    """Answers requests.

    `pages` answers those for fixed documents, with None for all others. `exempt` has the
    handlers of the paths that are answered however much there is to do. Without `throttle`
    nothing is counted. `failures` hears of what no contract declares and `answers` of every
    answer; nothing is made for nobody.
    """

    wire: Wire
    answer: Callable[[Ask], Awaitable[Outcome]]
    authenticator: Authenticator
    settings: ServeSettings
    pages: Callable[[Request], Response | None]
    exempt: Mapping[str, Handler]
    in_flight: InFlight
    correlate: Correlator
    edge: Edge
    throttle: Throttle | None = None
    endpoints: Endpoints | None = None
    talks: tuple[Talk, ...] = ()
    failures: Listener | None = None
    answers: Listener | None = None
    live: Live | None = None

    async def handle(self, request: Request, link: Link) -> None:
        """Answer one request. `request` has no body yet: it is read from the link, if need be."""
        started, request = time.perf_counter(), self.edge.resolved(request)
        fields = self.edge.fields(request)
        exchange = Exchange(request, self.correlate(request.headers), started, fields)
        exempt = self.exempt.get(request.path)
        if exempt is not None:
            exchange.route = request.path
            await self._send(exchange, link, await self._guarded(exchange, exempt(request)))
            return
        if self.in_flight.closed:
            busy = Problem(OVERLOADED, retry_after=1)
            await self._send(exchange, link, self._refusal(exchange, busy))
            return
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request is answered in a task")
        stay = self.in_flight.enter(task, self.settings.request_timeout)
        try:
            response = await self._guarded(exchange, self._response(exchange, link, stay))
            stay.deadline = task.get_loop().time() + self.settings.request_timeout
            if stay.endless and not isinstance(response.body, bytes):
                await self._go_on(exchange, link, response, stay)
            else:
                await self._send(exchange, link, response, stay)
        except Gone:
            self._tell(exchange, 499, 0)
        except asyncio.CancelledError:
            if stay.why is None:
                raise
            task.uncancel()
            await self._ended(exchange, link, stay.why)
        finally:
            self.in_flight.leave(stay)

    async def _go_on(self, exchange: Exchange, link: Link, response: Response, stay: Stay) -> None:
        """Send an answer without an end: nobody counts it among the requests under way."""
        self.in_flight.leave(stay)
        sending = asyncio.ensure_future(self._send(exchange, link, response))
        leaving = asyncio.ensure_future(link.gone())
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for work in (sending, leaving):
                work.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)

    async def _ended(self, exchange: Exchange, link: Link, why: Why) -> None:
        """The answer to a request whose work was ended early."""
        code = {Why.SLOW_BODY: BODY_TOO_SLOW, Why.TIMEOUT: TIMED_OUT}.get(why)
        if code is None or exchange.code == _STREAMED:
            self._tell(exchange, 499, 0)
            return
        wait = 1 if code is TIMED_OUT else None
        refusal = self._refusal(exchange, Problem(code, retry_after=wait))
        await self._send(exchange, link, refusal)

    async def _guarded(self, exchange: Exchange, work: Awaitable[Response]) -> Response:
        """The answer that comes of some work: a problem's own, and no details of a failure."""
        try:
            return await work
        except Problem as problem:
            return self._refusal(exchange, problem)
        except (asyncio.CancelledError, Gone):
            raise
        except Exception as error:
            if self.failures is not None:
                self.failures(Failed(exchange.correlation.request_id, error))
            return self._refusal(exchange, Problem(INTERNAL))

    async def _response(self, exchange: Exchange, link: Link, stay: Stay) -> Response:
        request = exchange.request
        check_head(request, self.settings)
        self.edge.check(request)
        page = self.pages(request)
        if page is not None:
            exchange.route = request.path
            return page
        beside = self._beside(exchange, request)
        if request.method == "OPTIONS":
            asked = exchange.talk or (self.wire if beside is None else beside)
            return self.edge.preflight(request) or asked.options(request)
        tally = None if self.throttle is None else Tally(self.throttle, request)
        exchange.tally = tally
        if tally is not None:
            await tally.arrived()
        headers = request.headers
        length = announced(headers, self.settings.max_body)
        if length != 0:
            request = await self._with_body(request, link, length, stay)
            exchange.request = request
        stay.gone = link.gone
        actor = await self._who(exchange, request, beside)
        if beside is not None:
            if actor.proof is not None:
                actor = await actor.proof()
            return await beside.answer(request, actor, exchange.correlation.request_id)
        now = datetime.now(UTC)
        if exchange.talk is not None:
            request_id = exchange.correlation.request_id
            answer = answering(self.answer, tally, exchange.route, request_id, self.failures)
            follow = self._following(exchange, stay)
            return await exchange.talk.respond(request, actor, now, request_id, answer, follow)
        if self.live is not None and self.live.wanted(request):
            exchange.route, stay.endless = self.wire.route(request), True
            return await self.live.stream(request, tally)
        call = self.wire.parse(request, actor, now, exchange.correlation.request_id)
        exchange.route = call.route
        if tally is not None:
            await tally.understood(call.ask.form, call.route)
        if self.settings.in_production:
            return self.wire.render(call, await self.answer(call.ask))
        exchange.marks.append(("parse", time.perf_counter()))
        outcome = await self.answer(call.ask)
        exchange.marks.append(("answer", time.perf_counter()))
        response = self.wire.render(call, outcome)
        exchange.marks.append(("render", time.perf_counter()))
        return response

    def _beside(self, exchange: Exchange, request: Request) -> Endpoints | None:
        """The endpoints that a request is for; a protocol besides the wire is noted."""
        for talk in self.talks:
            if route := talk.route(request):
                exchange.route, exchange.talk = route, talk
        if self.endpoints is not None and (route := self.endpoints.route(request)):
            exchange.route = route
            return self.endpoints
        return None

    def _following(self, exchange: Exchange, stay: Stay) -> Follow:
        """What follows a read for one request, whose answer has no end then."""

        async def follow(ask: Ask, after: str | None, telling: Telling) -> AsyncIterator[bytes]:
            if self.live is None:
                raise Problem(NOT_LIVE, "Nothing is followed here: live changes are turned off.")
            if exchange.tally is not None:
                await exchange.tally.understood(charged(ask.form), exchange.route)
            stay.endless = True
            return await self.live.follow(exchange.request, ask, after, telling)

        return follow

    async def _who(self, exchange: Exchange, request: Request, beside: Endpoints | None) -> Actor:
        """Who sends a request, where that means anything."""
        if beside is None or not beside.is_open(request):
            exchange.actor = await identified(self.authenticator, request, exchange.tally)
            return exchange.actor
        if exchange.tally is not None:
            await exchange.tally.unknown()
        return ANONYMOUS

    async def _with_body(
        self, request: Request, link: Link, length: int | None, stay: Stay
    ) -> Request:
        loop = asyncio.get_running_loop()
        stay.deadline, stay.limit = loop.time() + self.settings.body_timeout, Why.SLOW_BODY
        body = await link.read(self.settings.max_body, length)
        stay.deadline, stay.limit = loop.time() + self.settings.request_timeout, Why.TIMEOUT
        line = (request.method, request.path, request.query)
        origin = (request.client, request.scheme, request.proxied)
        return Request(*line, request.headers, body, *origin)

    def _refusal(self, exchange: Exchange, problem: Problem) -> Response:
        exchange.code = problem.code.name
        request_id = exchange.correlation.request_id
        wire = exchange.talk or self.wire
        return wire.problem(problem, exchange.request, request_id)

    async def _send(
        self, exchange: Exchange, link: Link, response: Response, stay: Stay | None = None
    ) -> None:
        correlation = exchange.correlation
        headers = (*response.headers, ("x-request-id", correlation.request_id), *exchange.fields)
        if exchange.tally is not None:
            headers = (*headers, *exchange.tally.fields())
        if correlation.trace_id is not None:
            headers = (*headers, ("x-trace-id", correlation.trace_id))
        if exchange.marks:
            headers = (*headers, ("server-timing", _timing(exchange)))
        body = response.body
        if isinstance(body, bytes):
            await link.send(response.status, headers, body)
            self._tell(exchange, response.status, len(body))
        else:
            whole = Response(response.status, headers, body)
            sent = await self._stream(exchange, link, whole, stay)
            self._tell(exchange, response.status, sent)

    async def _stream(
        self, exchange: Exchange, link: Link, response: Response, stay: Stay | None
    ) -> int:
        """Send a body piece by piece; how many bytes were sent. Each piece renews the deadline.

        HTTP servers end an answer in good order whatever becomes of the app, so an answer that
        breaks off says so in its last line.
        """
        pieces = response.body
        if isinstance(pieces, bytes):
            raise TypeError("a stream is expected")
        loop = asyncio.get_running_loop()
        exchange.code = _STREAMED
        send = await link.stream(response.status, response.headers)
        sent = 0
        try:
            async for piece in pieces:
                sent += len(piece)
                await send(piece)
                if stay is not None:
                    stay.deadline = loop.time() + self.settings.request_timeout
            exchange.code = None
        except Exception as error:
            problem = _problem_of(error)
            if problem.code is INTERNAL and self.failures is not None:
                self.failures(Failed(exchange.correlation.request_id, error))
            exchange.code = problem.code.name
            await send(broken_off(response.headers, problem, exchange.correlation.request_id))
        except asyncio.CancelledError:
            if stay is not None and stay.why is Why.TIMEOUT:
                late = Problem(TIMED_OUT)
                said = broken_off(response.headers, late, exchange.correlation.request_id)
                # It may be the reader who does not go on.
                with suppress(TimeoutError, OSError):
                    await asyncio.wait_for(send(said), _SECONDS_FOR_LAST_LINE)
            raise
        finally:
            await _closed(pieces)
        await link.finish()
        return sent

    def _tell(self, exchange: Exchange, status: int, sent: int) -> None:
        if self.answers is None:
            return
        request, correlation = exchange.request, exchange.correlation
        self.answers(
            Answered(
                request_id=correlation.request_id,
                trace_id=correlation.trace_id,
                protocol="http",
                method=request.method,
                route=exchange.route or self.wire.route(request),
                status=status,
                code=exchange.code,
                actor=exchange.actor.id if exchange.actor is not None else None,
                seconds=time.perf_counter() - exchange.started,
                bytes_in=len(request.body),
                bytes_out=sent,
            )
        )


_STREAMED = "broken_off"
"""The code of a streamed answer until its end has been sent."""
_SECONDS_FOR_LAST_LINE = 1.0


def _problem_of(error: Exception) -> Problem:
    """What the failure of a stream is for its reader."""
    match error:
        case Problem():
            return error
        case StoreError():
            return problem_of(error) or Problem(INTERNAL)
        case _:
            return Problem(INTERNAL)


async def _closed(pieces: AsyncIterator[bytes]) -> None:
    close = getattr(pieces, "aclose", None)
    if close is not None:
        await close()


def _timing(exchange: Exchange) -> str:
    """Server-Timing (W3C): the durations of the stages, in milliseconds."""
    before, parts = exchange.started, []
    for name, mark in exchange.marks:
        parts.append(f"{name};dur={(mark - before) * 1000:.3f}")
        before = mark
    return ", ".join(parts)
