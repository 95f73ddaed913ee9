"""Answering the asks that a protocol makes of one request."""

from collections.abc import Awaitable, Callable

from charter.core.codes import INTERNAL
from charter.core.problems import Problem
from charter.core.signals import Failed, Listener
from charter.plan.ask import Ask
from charter.plan.outcome import Outcome
from charter.serve.web.link import Gone
from charter.serve.web.throttle import Tally
from charter.wire.graphql.told import Answer


def answering(
    answer: Callable[[Ask], Awaitable[Outcome]],
    tally: Tally | None,
    route: str,
    request_id: str,
    failures: Listener | None,
) -> Answer:
    """What answers the asks of one request, each of which is charged by itself. Whatever fails in
    a way that nobody foresaw is told, and is a problem without details."""
    asked = 0

    async def answered(ask: Ask) -> Outcome:
        nonlocal asked
        asked += 1
        if tally is not None:
            await tally.understood(ask.form, route, further=asked > 1)
        try:
            return await answer(ask)
        except (Problem, Gone):
            raise
        except Exception as error:
            if failures is not None:
                failures(Failed(request_id, error))
            raise Problem(INTERNAL) from error

    return answered
