"""What ties a request to its log lines: its own id, and the id of the trace it is part of."""

import itertools
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

_SANE = re.compile(r"[A-Za-z0-9._:~+/=-]{1,128}")
_TRACE = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")
_ZERO = "0" * 32


@dataclass(slots=True)
class Correlation:
    """`trace_id` is that of the client's trace (32 hexadecimal digits), where it names one."""

    request_id: str
    trace_id: str | None = None


class Correlator:
    """Gives each request its correlation. For one process: two never make the same id.

    Ids are UUIDs of version 8 (RFC 9562, section 5.8): 74 random bits for the process, then a
    48-bit counter. A request on the hot path cannot wait for the operating system's randomness,
    and nobody gains by guessing one.
    """

    def __init__(self) -> None:
        noise = secrets.token_hex(10)
        self._prefix = f"{noise[:8]}-{noise[8:12]}-8{noise[12:15]}-b{noise[15:18]}-"
        self._count = itertools.count(secrets.randbits(40))

    def __call__(self, headers: Mapping[str, str]) -> Correlation:
        """The X-Request-Id of the client where it is short and plain, else a new one; and the
        trace of its `traceparent` (W3C Trace Context, section 3.2), where that is valid."""
        given = headers.get("x-request-id")
        if given is None or _SANE.fullmatch(given) is None:
            given = f"{self._prefix}{next(self._count):012x}"
        parent = headers.get("traceparent")
        return Correlation(given, None if parent is None else trace_id_of(parent))


def trace_id_of(parent: str) -> str | None:
    """The trace id in a `traceparent` field; None where it is not valid, as the standard says."""
    found = _TRACE.fullmatch(parent) if len(parent) < 512 else None
    if found is None:
        return None
    version, trace, span, more = found.groups()
    if version == "ff" or trace == _ZERO or span == _ZERO[:16] or (version == "00" and more):
        return None
    return str(trace)
