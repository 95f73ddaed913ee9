"""Where spending is kept, as the rest of the service sees it."""

from collections.abc import Awaitable
from typing import Protocol

from charter.access.rates.limit import Limit
from charter.access.rates.verdict import Verdict


class Store(Protocol):
    """Keeps what each key has spent of each limit."""

    def take(self, limit: Limit, key: str, cost: int) -> Verdict | Awaitable[Verdict]:
        """Spend units of a limit, if there are enough: decided and noted in one step. A store in
        memory answers at once.

        Raises `limits_unavailable` where the store cannot be asked and nothing is to pass then.
        """

    async def close(self) -> None:
        """Let go of what the store holds."""


async def taken(store: Store, limit: Limit, key: str, cost: int) -> Verdict:
    """The verdict of a store of either kind."""
    verdict = store.take(limit, key, cost)
    return verdict if isinstance(verdict, Verdict) else await verdict
