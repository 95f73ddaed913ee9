"""Whether somebody who is told of changes may still be told of them."""

from collections.abc import Iterable

from charter.core.livecodes import RIGHTS_CHANGED
from charter.core.problems import Family, Problem
from charter.serve.live.hub import Hub, Subscription
from charter.serve.web.live.credentials import Credentials


async def lost_rights(
    credentials: Credentials, hub: Hub, subscriptions: Iterable[Subscription]
) -> Problem | None:
    """Why subscriptions have to end; None where all is as it was, or nobody can say."""
    try:
        await credentials.confirm()
    except Problem as problem:
        return None if problem.code.family is Family.UNAVAILABLE else problem
    return None if all(map(hub.holds, subscriptions)) else Problem(RIGHTS_CHANGED)
