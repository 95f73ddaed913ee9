"""What is begun over a protocol of operations: each is a request of its own, which is answered at
once, or followed."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from charter.core.codes import OVERLOADED, TIMED_OUT
from charter.core.problems import Problem
from charter.core.signals import Answered, Listener
from charter.plan.actor import Actor
from charter.plan.ask import Ask
from charter.plan.outcome import Outcome
from charter.serve.live.view import Start
from charter.serve.web.answering import answering
from charter.serve.web.correlation import Correlator
from charter.serve.web.inflight import InFlight
from charter.serve.web.live.channel import Following, charged
from charter.serve.web.live.credentials import Credentials
from charter.serve.web.throttle import Tally, Throttle
from charter.serve.web.wires import Spoken
from charter.wire.graphql.told import Done, Followed
from charter.wire.http import Request
from charter.wire.rest.problems import status_of

NOT_OF_OPERATIONS = frozenset({"idempotency-key", "x-request-id", "traceparent"})
"""Header fields that are about one request, and not about all that a connection asks for."""
LEFT = 499
"""The status of what has ended with its connection."""
T = TypeVar("T")


class Operations:
    """Carries out the operations of a protocol. A request may take so many `seconds`. `answers`
    hears of each: how it has been answered, or that it is followed from then on."""

    def __init__(  # noqa: PLR0913 - what it is put together from
        self,
        spoken: Spoken,
        *,
        answer: Callable[[Ask], Awaitable[Outcome]],
        throttle: Throttle | None,
        in_flight: InFlight,
        seconds: float,
        correlate: Correlator,
        failures: Listener | None,
        answers: Listener | None,
    ) -> None:
        self._spoken = spoken
        self._answer = answer
        self._throttle = throttle
        self._in_flight = in_flight
        self._seconds = seconds
        self._correlate = correlate
        self._failures = failures
        self._answers = answers

    async def __call__(
        self, begin: Any, credentials: Credentials, actor: Actor
    ) -> Following | tuple[str, ...]:
        """Raises the problems that refuse a request as a whole; where it is the credentials that
        are no good any more, the connection has to end."""
        request, started = _request(credentials.request), time.perf_counter()
        request_id = self._correlate(request.headers).request_id
        status, code, sent = LEFT, None, 0
        try:
            if self._in_flight.closed:
                raise Problem(OVERLOADED, retry_after=1)
            begun = await self._in_time(self._begun(begin, request, actor, request_id))
            speech = self._spoken.speech
            if isinstance(begun, Done):
                status, sent = begun.status, len(begun.body)
                return speech.replies(begin.id, begun)
            status = 200
            telling = speech.telling(begin.id, begun.told)
            return Following(begun.ask, Start(after=begun.after), telling)
        except Problem as problem:
            status, code = status_of(problem.code), problem.code.name
            raise
        finally:
            if self._answers is not None:
                self._answers(
                    Answered(
                        request_id=request_id,
                        trace_id=None,
                        protocol="websocket",
                        method=self._spoken.speech.subprotocol,
                        route=self._spoken.path,
                        status=status,
                        code=code,
                        actor=actor.id,
                        seconds=time.perf_counter() - started,
                        bytes_in=0,
                        bytes_out=sent,
                    )
                )

    async def _begun(
        self, begin: Any, request: Request, actor: Actor, request_id: str
    ) -> Done | Followed:
        tally, route = None, self._spoken.path
        if self._throttle is not None:
            tally = Tally(self._throttle, request)
            await tally.known(actor)
        answer = answering(self._answer, tally, route, request_id, self._failures)
        now = datetime.now(UTC)
        begun = await self._spoken.begin(begin.asked, request, actor, now, request_id, answer)
        if tally is not None and isinstance(begun, Followed):
            await tally.understood(charged(begun.ask.form), route)
        return begun

    async def _in_time(self, work: Coroutine[Any, Any, T]) -> T:
        task, own = asyncio.ensure_future(work), asyncio.current_task()
        stay = self._in_flight.enter(task, self._seconds)
        try:
            return await task
        except asyncio.CancelledError:
            if stay.why is None or (own is not None and own.cancelling()):
                raise
            raise Problem(TIMED_OUT, retry_after=1) from None
        finally:
            self._in_flight.leave(stay)


def _request(request: Request) -> Request:
    """The request of an operation: as that of the connection, which is for as many as come."""
    headers = {k: v for k, v in request.headers.items() if k not in NOT_OF_OPERATIONS}
    return replace(request, method="POST", headers=headers)
