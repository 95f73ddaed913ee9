"""Content codings: gzip and zstd (RFC 9110, section 8.4; RFC 8878).

Compression can leak a secret that stands in one body with text an attacker chose (BREACH).
That attack needs a browser that adds the victim's credentials by itself. Charter's are bearer
tokens, never cookies, so a page of the attacker's cannot make an authenticated request at all.
"""

import gzip
import sys
import zlib
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_GZIP_LEVEL = 6
_ZSTD_LEVEL = 3
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class Coding(StrEnum):
    """The codings that bodies are given in, the best first."""

    ZSTD = "zstd"
    GZIP = "gzip"


def chosen(accepted: str | None) -> Coding | None:
    """The coding to use for an Accept-Encoding field; None where it is best to use none.

    The greatest weight wins; of equal ones the better coding (RFC 9110, section 12.5.3). What
    is malformed counts as absent.
    """
    if not accepted:
        return None
    weights = _weights(accepted)
    other = weights.get("*", 0.0)
    best = max(Coding, key=lambda coding: weights.get(coding, other))
    weight = weights.get(best, other)
    return best if weight > 0 and weight >= weights.get("identity", 0.0) else None


def _weights(accepted: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in accepted.split(","):
        name, _, parameters = part.partition(";")
        name = name.strip().lower()
        found["gzip" if name == "x-gzip" else name] = _weight(parameters)
    return found


def _weight(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


def compressed(coding: Coding, body: bytes) -> bytes:
    """The body in a coding; the same bytes always give the same result."""
    if coding is Coding.GZIP:
        return gzip.compress(body, _GZIP_LEVEL, mtime=0)
    return zstd.compress(body, _ZSTD_LEVEL)


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


def _compressor(coding: Coding) -> _Compressor:
    if coding is Coding.GZIP:
        return zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    return zstd.ZstdCompressor(_ZSTD_LEVEL)


async def compressed_stream(coding: Coding, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks of a body in a coding, with no more than one chunk held at a time."""
    compressor = _compressor(coding)
    async for chunk in body:
        if ready := compressor.compress(chunk):
            yield ready
    yield compressor.flush()
