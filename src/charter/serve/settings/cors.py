"""What an operator sets about pages of other origins (CORS)."""

import re
from dataclasses import dataclass

ANY = "*"
LONGEST_AGE = 86_400
"""Seconds; browsers keep no answer to a preflight for longer."""

_ORIGIN = re.compile(r"https?://([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class CorsSettings:
    """Which scripts of other origins may read the answers (the Fetch standard, CORS). None by
    default."""

    origins: tuple[str, ...] = ()
    """The origins that may, such as `https://app.example.com`; `*` for any, without cookies."""
    methods: tuple[str, ...] = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
    """The methods that they may use."""
    headers: tuple[str, ...] = (
        "authorization",
        "content-type",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "prefer",
        "x-csrf-token",
        "x-request-id",
    )
    """The header fields that they may send, besides those that any page may."""
    exposed: tuple[str, ...] = (
        "etag",
        "link",
        "location",
        "ratelimit",
        "ratelimit-policy",
        "retry-after",
        "x-request-id",
    )
    """The header fields of answers that they may read, besides those that any page may."""
    credentials: bool = False
    """Whether they may send cookies."""
    max_age: int = 600
    """Seconds for which browsers may keep the answer to a preflight."""

    def __post_init__(self) -> None:
        """Raises ValueError where a value makes no sense, or would open the service to all."""
        if ANY in self.origins and (len(self.origins) > 1 or self.credentials):
            raise ValueError("origins: * stands alone, and without credentials")
        for origin in self.origins:
            if origin != ANY and not _is_origin(origin):
                raise ValueError(
                    f"origins: {origin!r} is not like https://app.example.com: in lower case, "
                    "without a path, and without the port that goes without saying"
                )
        for name in ("methods", "headers", "exposed"):
            for token in getattr(self, name):
                if _TOKEN.fullmatch(token) is None or token == ANY:
                    raise ValueError(f"{name}: {token!r} is no name")
        if not 0 <= self.max_age <= LONGEST_AGE:
            raise ValueError(f"max_age must be from 0 to {LONGEST_AGE}")


def _is_origin(text: str) -> bool:
    """Whether a text is an origin as browsers write it (RFC 6454, section 6.1)."""
    scheme = text.partition(":")[0]
    return _ORIGIN.fullmatch(text) is not None and not text.endswith(_DEFAULT_PORTS[scheme])
