"""Rate limits of requests: which hold for whom, and what an answer says of them."""

from collections.abc import Awaitable, Mapping

from charter.access.rates.limit import Limit
from charter.access.rates.settings import RatesSettings, limits_of
from charter.access.rates.store import Store
from charter.access.rates.verdict import Verdict
from charter.core.codes import RATE_LIMITED
from charter.core.problems import Problem
from charter.plan.actor import API_KEY, Actor
from charter.plan.ask import Can, Read, Write
from charter.serve.web.addresses import subscriber
from charter.serve.web.charges import Charges
from charter.wire.http import Request
from charter.wire.rest.headers import Headers

AUTH = "/auth/"
_LENIENT = frozenset({"refresh", "sign-out", "token"})
"""What is below `AUTH` and takes nothing that could be guessed."""


class Throttle:
    """The limits of one app. `prefix` is what the paths of the API begin with, and `queried` the
    path at which a POST may be a read as well."""

    def __init__(
        self, settings: RatesSettings, prefix: str, store: Store, queried: str = ""
    ) -> None:
        limits = limits_of(settings)
        self.address, self.actor, self.key = limits.address, limits.actor, limits.key
        self.sign_in = limits.sign_in
        self.routes: Mapping[tuple[str, str], Limit] = {
            (route.method, route.template): route.limit for route in limits.routes
        }
        self.charges = Charges(settings.write_cost, settings.rows_per_unit)
        self.store = store
        self._auth = prefix + AUTH
        self._queried = queried

    def base(self, request: Request) -> int:
        """What a request costs at least: all that is known before it is understood."""
        reads = request.path == self._queried
        return self.charges.base("GET" if reads else request.method)

    def signs_in(self, request: Request) -> bool:
        """Whether a request tries a password or a code, or has mail sent."""
        if request.method != "POST" or not request.path.startswith(self._auth):
            return False
        return request.path[len(self._auth) :] not in _LENIENT


class Tally:
    """What one request is charged, step by step, as more becomes known of it.

    Each step raises `rate_limited` where a limit is used up.
    """

    __slots__ = ("_limit", "_request", "_spent", "_subject", "_throttle", "_verdicts")

    def __init__(self, throttle: Throttle, request: Request) -> None:
        self._throttle = throttle
        self._request = request
        self._verdicts: list[Verdict] = []
        self._limit: Limit | None = None
        self._subject: str | None = None
        self._spent = 0

    async def arrived(self) -> None:
        """Before anything of the request is read: who has no credentials is its address."""
        throttle, request = self._throttle, self._request
        headers = request.headers
        if throttle.sign_in is not None and throttle.signs_in(request):
            await self._take(throttle.sign_in, subscriber(request.client), 1)
        if "authorization" not in headers and "cookie" not in headers:
            await self.unknown()

    async def unknown(self) -> None:
        """It has no credentials, or they are no good: the address that it comes from pays."""
        if self._subject is None:
            await self._charge(self._throttle.address, subscriber(self._request.client))

    async def known(self, actor: Actor) -> None:
        """Its credentials have been verified. An actor pays for itself, an API key too."""
        if self._subject is not None:
            return
        if actor.id is None:
            await self.unknown()
        elif API_KEY in actor.methods:
            # The key alone: its scheme can be spelt and spaced in many ways.
            field = self._request.headers.get("authorization", actor.id)
            await self._charge(self._throttle.key, field.rpartition(" ")[2])
        else:
            await self._charge(self._throttle.actor, actor.id)

    async def understood(
        self, form: Read | Write | Can, route: str, *, further: bool = False
    ) -> None:
        """What it asks for is known: the rest of its cost, and the limit of its route. What it
        asks for `further` is charged as well."""
        throttle, subject = self._throttle, self._subject
        if subject is None:
            return
        if further:
            self._spent = 0
        whole = throttle.charges.whole(form)
        if whole > self._spent and self._limit is not None:
            await self._take(self._limit, subject, whole - self._spent)
            self._spent = whole
        if throttle.routes and not further:
            limit = throttle.routes.get((self._request.method, route))
            if limit is not None:
                await self._take(limit, subject, 1)

    def _charge(self, limit: Limit | None, subject: str) -> Awaitable[None]:
        self._subject, self._limit = subject, limit
        self._spent = self._throttle.base(self._request)
        return self._take(limit, subject, self._spent)

    async def _take(self, limit: Limit | None, subject: str, cost: int) -> None:
        if limit is None:
            return
        found = self._throttle.store.take(limit, subject, cost)
        verdict = found if isinstance(found, Verdict) else await found
        verdicts = self._verdicts
        if verdicts and verdicts[-1].limit is limit:
            verdicts.pop()
        verdicts.append(verdict)
        if not verdict.allowed:
            raise refusal(verdict)

    def fields(self) -> Headers:
        """RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-11) for all the
        limits that were asked."""
        verdicts = self._verdicts
        if len(verdicts) == 1:
            return (
                ("ratelimit-policy", verdicts[0].limit.policy),
                ("ratelimit", verdicts[0].state),
            )
        if not verdicts:
            return ()
        policies = ", ".join(verdict.limit.policy for verdict in verdicts)
        states = ", ".join(verdict.state for verdict in verdicts)
        return (("ratelimit-policy", policies), ("ratelimit", states))


def refusal(verdict: Verdict) -> Problem:
    """What is said to whoever has used up a limit."""
    limit = verdict.limit
    return Problem(
        RATE_LIMITED,
        f"No more than {limit.quota} units in {limit.window} s are allowed "
        f"(limit {limit.name!r}); this request costs {verdict.cost}.",
        retry_after=verdict.wait,
        members={"violated-policies": [limit.name]},
    )
