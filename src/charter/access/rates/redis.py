"""Spending kept in Redis or Valkey, for the processes of many machines."""

import asyncio
import time
from hashlib import blake2b

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from charter.access.rates.limit import Limit
from charter.access.rates.store import Store, taken
from charter.access.rates.verdict import Verdict
from charter.core.codes import LIMITS_UNAVAILABLE
from charter.core.problems import Problem
from charter.core.signals import Failed, Listener

PREFIX = "charter:rates:"
MOST_CONNECTIONS = 32
PAUSE = 1.0
"""Seconds for which a server that failed is not asked again."""

# The clock is the server's, so that those of the asking machines do not matter. Where it is set
# back, what was kept lies too far ahead, and counts as all spent. A key that has got everything
# back is forgotten. The numbers are below 2^53, but Lua would write them with 14 digits.
_SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local arrival = tonumber(redis.call('GET', KEYS[1]) or '0') or 0
local cost, horizon = tonumber(ARGV[1]), tonumber(ARGV[2])
local spent = math.min(math.max(arrival - now, 0), horizon)
local after = spent + cost
if after > horizon then
  return {0, spent}
end
redis.call('SET', KEYS[1], string.format('%.0f', now + after), 'PX', math.ceil(after / 1000))
return {1, after}
"""


class RedisStore:
    """A server named by URL. One script decides and notes in one step.

    Where the server fails or takes longer than `timeout` seconds, `instead` decides, and without
    it nothing passes. The listener hears of the first failure of each outage.
    """

    def __init__(
        self,
        url: str,
        timeout: float,
        instead: Store | None,
        listener: Listener | None = None,
    ) -> None:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=MOST_CONNECTIONS,
            timeout=timeout,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 1),
        )
        self._client = Redis.from_pool(pool)
        self._script = self._client.register_script(_SCRIPT)
        self._timeout = timeout
        self._instead = instead
        self._listener = listener
        self._paused_until = 0.0
        self._failing = False

    async def take(self, limit: Limit, key: str, cost: int) -> Verdict:
        if time.monotonic() < self._paused_until:
            return await self._without(limit, key, cost)
        units = min(cost, limit.quota) * limit.interval
        try:
            async with asyncio.timeout(self._timeout):
                found = await self._script([_name(limit, key)], [units, limit.horizon])
        except (RedisError, OSError) as error:
            self._failed(error)
            return await self._without(limit, key, cost)
        self._failing = False
        return Verdict(limit, bool(found[0]), int(found[1]), cost)

    def _failed(self, error: Exception) -> None:
        self._paused_until = time.monotonic() + PAUSE
        if not self._failing and self._listener is not None:
            self._listener(Failed(None, error))
        self._failing = True

    async def _without(self, limit: Limit, key: str, cost: int) -> Verdict:
        if self._instead is None:
            raise Problem(LIMITS_UNAVAILABLE, retry_after=round(PAUSE))
        return await taken(self._instead, limit, key, cost)

    async def close(self) -> None:
        await self._client.aclose()
        if self._instead is not None:
            await self._instead.close()


def _name(limit: Limit, key: str) -> str:
    """The server's key: of bounded length, and without what may be somebody's name."""
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"{PREFIX}{limit.name}:{digest}"
