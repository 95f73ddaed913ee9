"""The law of rate limits: the generic cell rate algorithm (ITU-T I.371), and what it decides.

Of each key one number is kept, its *theoretical arrival time*: when all that it has spent will
have come back. It is behind the present for whoever has spent nothing lately, and never further
ahead than the horizon of the limit.
"""

from typing import NamedTuple

from charter.access.rates.limit import SECOND, Limit


class Verdict(NamedTuple):
    """Whether a request of a cost may pass, and what is spent after it.

    `spent` is in microseconds: how long it takes until all has come back.
    """

    limit: Limit
    allowed: bool
    spent: int
    cost: int = 1

    @property
    def remaining(self) -> int:
        """Units that are left."""
        return (self.limit.horizon - self.spent) // self.limit.interval

    @property
    def wait(self) -> int:
        """Whole seconds after which a refused request would pass; for one that passed, those
        after which there will be more than what remains. At least one."""
        limit, _, spent, cost = self
        left = limit.horizon - spent
        units = left // limit.interval + 1 if self.allowed else min(cost, limit.quota)
        return -((left - units * limit.interval) // SECOND) or 1

    @property
    def state(self) -> str:
        """The state as an item of the RateLimit field: what is left, and for how long there
        will be no more."""
        limit, allowed, spent, _ = self
        left = limit.horizon - spent
        remaining = left // limit.interval
        if not allowed:
            return f"{limit.opening}{remaining};t={self.wait}"
        # The same as in `wait`, for the many that pass.
        more = -((left - (remaining + 1) * limit.interval) // SECOND) or 1
        return f"{limit.opening}{remaining};t={more}"


def decide(limit: Limit, arrival: int, now: int, cost: int) -> Verdict:
    """Whether `cost` units may be spent `now`, after an arrival time that was kept.

    A cost beyond the quota is taken as the whole of it. What is refused spends nothing. An arrival
    time that no spending can have led to (the clock was set back) is taken as all spent.
    """
    horizon, spent = limit.horizon, arrival - now
    if spent < 0:
        spent = 0
    elif spent > horizon:
        spent = horizon
    after = spent + limit.interval * (cost if cost < limit.quota else limit.quota)
    if after > horizon:
        return Verdict(limit, False, spent, cost)
    return Verdict(limit, True, after, cost)
