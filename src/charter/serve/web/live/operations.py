"""What is begun over a protocol of operations: each is a request of its own, which is answered at
once, or followed."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from charter.core.codes import OVERLOADED, TIMED_OUT
from charter.core.problems import Problem
from charter.core.signals import Listener
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
from charter.wire.graphql.told import Done
from charter.wire.http import Request

NOT_OF_OPERATIONS = frozenset({"idempotency-key", "x-request-id", "traceparent"})
"""Header fields that are about one request, and not about all that a connection asks for."""
T = TypeVar("T")


class Operations:
    """Carries out the operations of a protocol. A request may take so many `seconds`."""

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
    ) -> None:
        self._spoken = spoken
        self._answer = answer
        self._throttle = throttle
        self._in_flight = in_flight
        self._seconds = seconds
        self._correlate = correlate
        self._failures = failures

    async def __call__(
        self, begin: Any, credentials: Credentials, actor: Actor
    ) -> Following | tuple[str, ...]:
        """Raises the problems that refuse a request as a whole; where it is the credentials that
        are no good any more, the connection has to end."""
        if self._in_flight.closed:
            raise Problem(OVERLOADED, retry_after=1)
        request = _request(credentials.request)
        return await self._in_time(self._begun(begin, request, actor))

    async def _begun(
        self, begin: Any, request: Request, actor: Actor
    ) -> Following | tuple[str, ...]:
        request_id = self._correlate(request.headers).request_id
        route, speech = self._spoken.route(request), self._spoken.speech
        tally = None if self._throttle is None else Tally(self._throttle, request)
        if tally is not None:
            await tally.known(actor)
        answer = answering(self._answer, tally, route, request_id, self._failures)
        now = datetime.now(UTC)
        begun = await self._spoken.begin(begin.asked, request, actor, now, request_id, answer)
        if isinstance(begun, Done):
            return speech.replies(begin.id, begun)
        if tally is not None:
            await tally.understood(charged(begun.ask.form), route)
        telling = speech.telling(begin.id, begun.told)
        return Following(begun.ask, Start(after=begun.after), telling)

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
