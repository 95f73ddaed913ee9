"""Limits: so many units in so long, for each key."""

import re
from dataclasses import dataclass, field

SECOND = 1_000_000
"""Microseconds, in which all times of rate limits are counted: whole numbers make every store
decide the same, and those since 1970 still fit into the doubles of Lua."""

LARGEST_QUOTA = 10_000_000
LONGEST_WINDOW = 7 * 86_400
"""Seconds."""
OFF = "off"

_TEXT = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,5})?([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `quota` units at once, coming back evenly over `window` seconds: a token bucket.

    `interval` is the time in which one unit comes back, and `horizon` that in which all do.
    """

    name: str
    quota: int
    window: int
    interval: int = field(init=False)
    horizon: int = field(init=False)
    policy: str = field(init=False)
    """The limit as an item of the RateLimit-Policy field."""
    opening: str = field(init=False)
    """The beginning of an item of the RateLimit field, up to what is left."""

    def __post_init__(self) -> None:
        """Raises ValueError for a limit that cannot be kept."""
        if not 1 <= self.quota <= LARGEST_QUOTA:
            raise ValueError(f"a quota is from 1 to {LARGEST_QUOTA}")
        if not 1 <= self.window <= LONGEST_WINDOW:
            raise ValueError(f"a window is from 1 second to {LONGEST_WINDOW // 86_400} days")
        interval = max(1, round(self.window * SECOND / self.quota))
        object.__setattr__(self, "interval", interval)
        object.__setattr__(self, "horizon", interval * self.quota)
        object.__setattr__(self, "policy", f'"{self.name}";q={self.quota};w={self.window}')
        object.__setattr__(self, "opening", f'"{self.name}";r=')


def limit_of(name: str, text: str) -> Limit | None:
    """The limit that a text such as `600/1m` or `20/s` says; None for `off`.

    Raises ValueError. The name stands in header fields, so it is of plain characters.
    """
    if text == OFF:
        return None
    found = _TEXT.fullmatch(text)
    if found is None:
        raise ValueError(f"a limit is like 600/1m (units/time, with s, m, h or d) or off: {text!r}")
    return Limit(name, int(found[1]), int(found[2] or 1) * _SECONDS[found[3]])
