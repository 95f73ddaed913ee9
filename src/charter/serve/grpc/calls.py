"""One call: from its metadata and message to its answer and status."""

import asyncio
import base64
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import unquote

import grpc

from charter.core.codes import INTERNAL, OVERLOADED, TIMED_OUT
from charter.core.problems import Problem
from charter.core.signals import Answered, Failed, Listener
from charter.plan.actor import Actor
from charter.plan.ask import Ask
from charter.plan.outcome import Outcome, RowOutcome
from charter.serve.engine.failures import problem_of
from charter.serve.web.authenticate import Authenticator, identified
from charter.serve.web.correlation import Correlation, Correlator
from charter.serve.web.edge import Edge
from charter.serve.web.inflight import InFlight, Stay, Why
from charter.serve.web.throttle import Tally, Throttle
from charter.store.errors import StoreError
from charter.wire.grpc.parse import Coming, Parser
from charter.wire.grpc.problems import DETAILS, status_bytes
from charter.wire.grpc.render import Renderer, render, stream
from charter.wire.grpc.shape import READING, Rpc
from charter.wire.grpc.statuses import OK, status_of
from charter.wire.http import Request
from charter.wire.rest.call import Call

Metadata = tuple[tuple[str, str | bytes], ...]
_BINARY = "-bin"
_CERTIFICATE = "client-cert"
_CODES = {code.value[0]: code for code in grpc.StatusCode}


class Context(Protocol):
    """What is used of the context of a call."""

    def invocation_metadata(self) -> Sequence[tuple[str, str | bytes]] | None: ...
    def peer(self) -> str: ...
    def auth_context(self) -> Any: ...
    def time_remaining(self) -> float | None: ...
    def set_trailing_metadata(self, trailing_metadata: Metadata) -> None: ...
    async def write(self, message: bytes) -> None: ...
    async def abort(
        self, code: grpc.StatusCode, details: str, trailing_metadata: Metadata
    ) -> None: ...


@dataclass(slots=True)
class Exchange:
    """What is found out about one call on its way."""

    coming: Coming
    correlation: Correlation
    started: float
    tally: Tally | None = None
    actor: Actor | None = None
    sent: int = 0


@dataclass(frozen=True)
class Calls:
    """Answers calls. `seconds` is how long the work for one may take, or for a stream until it
    goes on; a deadline of the client's counts where it is sooner."""

    parser: Parser
    renderer: Renderer
    answer: Callable[[Ask], Awaitable[Outcome]]
    authenticator: Authenticator
    in_flight: InFlight
    correlate: Correlator
    edge: Edge
    seconds: float
    secure: bool = False
    throttle: Throttle | None = None
    failures: Listener | None = None
    answers: Listener | None = None

    async def unary(self, rpc: Rpc, message: bytes, context: Context) -> bytes:
        """The answer that is one message."""

        async def work(exchange: Exchange, stay: Stay) -> bytes:
            call, outcome = await self._outcome(exchange)
            data = render(self.renderer, rpc, call, outcome)
            exchange.sent = len(data)
            context.set_trailing_metadata(self._trailer(exchange, outcome))
            return data

        return await self._guarded(rpc, message, context, work)

    async def streamed(self, rpc: Rpc, message: bytes, context: Context) -> None:
        """The answer that is a stream of messages. Each batch of rows renews the time."""

        async def work(exchange: Exchange, stay: Stay) -> bytes:
            call, outcome = await self._outcome(exchange)
            async with aclosing(stream(self.renderer, rpc, call, outcome)) as batches:
                async for rows in batches:
                    for data in rows:
                        exchange.sent += len(data)
                        await context.write(data)
                    stay.deadline = self.deadline(context)
            context.set_trailing_metadata(self._trailer(exchange))
            return b""

        await self._guarded(rpc, message, context, work)

    async def _guarded(
        self,
        rpc: Rpc,
        message: bytes,
        context: Context,
        work: Callable[[Exchange, Stay], Awaitable[bytes]],
    ) -> bytes:
        """What comes of some work, or the status of a problem and no details of a failure."""
        exchange = self.exchange(rpc, message, context)
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a call is answered in a task")
        if self.in_flight.closed:
            return await self.refuse(exchange, context, Problem(OVERLOADED, retry_after=1))
        stay = self.in_flight.enter(task, self.seconds)
        stay.deadline = self.deadline(context)
        try:
            data = await work(exchange, stay)
        except asyncio.CancelledError:
            if stay.why is not Why.TIMEOUT:
                self.tell(exchange, grpc.StatusCode.CANCELLED, None)
                raise
            task.uncancel()
            problem = Problem(TIMED_OUT, retry_after=1)
        except Exception as error:
            problem = self.problem_of(exchange, error)
        else:
            self.tell(exchange, grpc.StatusCode.OK, None)
            return data
        finally:
            self.in_flight.leave(stay)
        return await self.refuse(exchange, context, problem)

    def problem_of(self, exchange: Exchange, error: Exception) -> Problem:
        """What a failure is for the client. Others than problems are told to the listener."""
        if isinstance(error, Problem):
            return error
        problem = problem_of(error) if isinstance(error, StoreError) else None
        if problem is None and self.failures is not None:
            self.failures(Failed(exchange.correlation.request_id, error))
        return problem or Problem(INTERNAL)

    def exchange(self, rpc: Rpc, message: bytes, context: Context) -> Exchange:
        """The call as a request: reads are to the rest of the service what GET is to HTTP."""
        headers = _headers(context.invocation_metadata() or ())
        line = ("GET" if rpc.verb in READING else "POST", rpc.path, "")
        scheme = "https" if self.secure else "http"
        request = Request(*line, headers, message, _client(context.peer()), scheme)
        request = self.edge.resolved(request)
        if self.secure:
            request = _certified(request, context)
        correlation = self.correlate(headers)
        coming = self.parser.coming(rpc, request)
        return Exchange(coming, correlation, time.perf_counter())

    def deadline(self, context: Context) -> float:
        """When the work for a call has to be done, by the clock of the loop."""
        left = context.time_remaining()
        seconds = self.seconds if left is None else min(self.seconds, left)
        return asyncio.get_running_loop().time() + seconds

    async def identified(self, exchange: Exchange, authenticator: Authenticator) -> Actor:
        """Who calls, charged. Raises problems."""
        request = exchange.coming.request
        tally = None if self.throttle is None else Tally(self.throttle, request)
        exchange.tally = tally
        if tally is not None:
            await tally.arrived()
        exchange.actor = await identified(authenticator, request, tally)
        return exchange.actor

    async def _outcome(self, exchange: Exchange) -> tuple[Call, Outcome]:
        actor = await self.identified(exchange, self.authenticator)
        request_id = exchange.correlation.request_id
        call = self.parser.parse(exchange.coming, actor, datetime.now(UTC), request_id)
        if exchange.tally is not None:
            await exchange.tally.understood(call.ask.form, call.route)
        return call, await self.answer(call.ask)

    async def refuse(self, exchange: Exchange, context: Context, problem: Problem) -> bytes:
        """Ends the call with the status of a problem: nothing is ever given back."""
        status = _CODES[status_of(problem.code)]
        domain = self.renderer.contract.name
        details = status_bytes(problem, domain, exchange.coming.place)
        self.tell(exchange, status, problem.code.name)
        trailer = ((DETAILS, details), *self._trailer(exchange))
        await context.abort(status, problem.detail.message, trailer)
        return b""

    def _trailer(self, exchange: Exchange, outcome: Outcome | None = None) -> Metadata:
        """What goes along with a status, as header fields go with an answer over HTTP."""
        found: Metadata = (("x-request-id", exchange.correlation.request_id),)
        if isinstance(outcome, RowOutcome) and outcome.body:
            found = (*found, ("etag", f'"{outcome.version}"'))
        return found if exchange.tally is None else (*found, *exchange.tally.fields())

    def tell(self, exchange: Exchange, status: grpc.StatusCode, code: str | None) -> None:
        """Tell of a call at its end."""
        if self.answers is None:
            return
        correlation, request = exchange.correlation, exchange.coming.request
        number: int = status.value[0]
        self.answers(
            Answered(
                request_id=correlation.request_id,
                trace_id=correlation.trace_id,
                protocol="grpc",
                method=exchange.coming.rpc.verb,
                route=exchange.coming.rpc.path,
                status=number,
                code=code or (None if number == OK else status.name.lower()),
                actor=exchange.actor.id if exchange.actor is not None else None,
                seconds=time.perf_counter() - exchange.started,
                bytes_in=len(request.body),
                bytes_out=exchange.sent,
            )
        )


def _headers(metadata: Sequence[tuple[str, str | bytes]]) -> dict[str, str]:
    """Metadata as header fields. Cookies are for browsers, and mean nothing here."""
    headers: dict[str, str] = {}
    for name, value in metadata:
        if name.endswith(_BINARY) or name in {"cookie", _CERTIFICATE}:
            continue
        text = value if isinstance(value, str) else value.decode("latin-1")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers


def _client(peer: str) -> str | None:
    """The address in what gRPC calls a peer: `ipv4:127.0.0.1:5000`, `ipv6:%5B::1%5D:5000`."""
    kind, _, rest = unquote(peer).partition(":")
    return rest.rpartition(":")[0].strip("[]") if kind in {"ipv4", "ipv6"} else None


def _certified(request: Request, context: Context) -> Request:
    """The request with the certificate that the connection has proven, as a proxy that is trusted
    would tell of it (RFC 9440)."""
    pem = context.auth_context().get("x509_pem_cert", ())
    if not pem:
        return request
    der = ssl.PEM_cert_to_DER_cert(pem[0].decode())
    told = f":{base64.b64encode(der).decode()}:"
    return replace(request, headers={**request.headers, _CERTIFICATE: told}, proxied=True)
