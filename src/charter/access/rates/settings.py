"""What an operator sets about rate limits."""

from dataclasses import dataclass, field
from enum import StrEnum

from charter.access.rates.limit import Limit, limit_of

SCHEMES = ("redis://", "rediss://", "unix://")
MOST_ROUTES = 32
MOST_KEYS = 16_777_216
LONGEST_TIMEOUT = 10.0
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_SUBJECTS = ("address", "actor", "key", "sign_in")


class Failing(StrEnum):
    """What happens to requests while the store of spending cannot be reached."""

    OPEN = "open"
    """Each process counts for itself."""
    CLOSED = "closed"
    """They are refused."""


@dataclass(frozen=True, slots=True)
class RouteLimit:
    """A limit of one actor, key or address on one route."""

    method: str
    template: str
    limit: Limit


@dataclass(frozen=True, slots=True)
class RatesSettings:
    """The settings `CHARTER_RATES_…`. A limit is a text such as `600/1m`: so many units at once,
    which come back evenly over that time (`s`, `m`, `h` or `d`); `off` is no limit."""

    enabled: bool = True
    """Hold the limits below."""
    address: str = "1200/1m"
    """Of one client address, for requests without credentials, or with bad ones. IPv6 addresses
    count as one by their first 64 bits."""
    actor: str = "12000/1m"
    """Of one actor, for requests with its token."""
    key: str = "30000/1m"
    """Of one API key."""
    sign_in: str = "60/5m"
    """Of one client address, for what tries passwords and codes or sends mail: the POST requests
    below /v1/auth, but for those that renew or end a session. It holds besides `address`."""
    routes: tuple[str, ...] = ()
    """Limits of single routes besides the others, for each actor, key or address, such as
    `POST /v1/orders/{id}/place = 10/1m`."""
    write_cost: int = 5
    """Units that a write costs. A read costs one."""
    rows_per_unit: int = 100
    """Rows that one unit is good for, by estimate: a list of 250 rows costs three, and related
    rows count as they do for `rest.max_cost`. A bulk write costs as many writes as it has times
    so many rows."""
    store: str | None = field(default=None, repr=False)
    """Where spending is kept: `redis://host:6379/0` (also `rediss://` and `unix://`) for Redis or
    Valkey. By default it is in memory that the workers of one machine share."""
    failing: Failing = Failing.OPEN
    """While that server cannot be reached: `open` (each process counts for itself) or `closed`
    (requests are answered with 503)."""
    timeout: float = 0.25
    """Seconds that the server may take to answer before it counts as failing."""
    keys: int = 65_536
    """Keys of each limit that are remembered in memory, at 16 bytes each. With more at once, some
    get less than their limit, and none gets more."""

    def __post_init__(self) -> None:
        """Raises ValueError where a value makes no sense."""
        for name in _SUBJECTS:
            try:
                limit_of(name, getattr(self, name))
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        for name, most in (("write_cost", 10_000), ("rows_per_unit", 1_000_000)):
            if not 1 <= getattr(self, name) <= most:
                raise ValueError(f"{name} must be from 1 to {most}")
        if not 8 <= self.keys <= MOST_KEYS:
            raise ValueError(f"keys must be from 8 to {MOST_KEYS}")
        if not 0.01 <= self.timeout <= LONGEST_TIMEOUT:
            raise ValueError(f"timeout must be from 0.01 to {LONGEST_TIMEOUT}")
        if self.store is not None and not self.store.startswith(SCHEMES):
            raise ValueError(f"store begins with one of {', '.join(SCHEMES)}")
        if len(routes_of(self)) > MOST_ROUTES:
            raise ValueError(f"routes may name {MOST_ROUTES} routes")


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits that are held; None for those that are off."""

    address: Limit | None
    actor: Limit | None
    key: Limit | None
    sign_in: Limit | None
    routes: tuple[RouteLimit, ...] = field(default=())

    @property
    def all(self) -> tuple[Limit, ...]:
        """Every limit, in an order that depends on the settings only."""
        plain = (self.address, self.actor, self.key, self.sign_in)
        routes = (route.limit for route in self.routes)
        return (*(limit for limit in plain if limit is not None), *routes)


def limits_of(settings: RatesSettings) -> Limits:
    """The limits that the settings name."""
    return Limits(
        limit_of("address", settings.address),
        limit_of("actor", settings.actor),
        limit_of("key", settings.key),
        limit_of("sign-in", settings.sign_in),
        routes_of(settings),
    )


def routes_of(settings: RatesSettings) -> tuple[RouteLimit, ...]:
    """The limits of routes. Raises ValueError for a text that names none, or one twice."""
    found: dict[tuple[str, str], RouteLimit] = {}
    for number, text in enumerate(settings.routes, 1):
        target, equals, quota = text.rpartition("=")
        method, _, template = target.strip().partition(" ")
        if not equals or method not in METHODS or not template.startswith("/"):
            raise ValueError(f"routes: {text!r} is not like POST /v1/orders = 10/1m")
        limit = limit_of(f"route-{number}", quota.strip())
        if limit is None or (method, template) in found:
            raise ValueError(f"routes: {text!r} has no limit, or is there twice")
        found[method, template] = RouteLimit(method, template, limit)
    return tuple(found.values())
