"""Identifiers that sort by the time they were made: UUID version 7 (RFC 9562, section 5.7)."""

import os
import struct
import threading
import time
import uuid
from collections.abc import Callable


class Uuid7:
    """Makes UUIDv7 values that never decrease within one process, whatever its clock does.

    The 12 bits after the time are a counter (RFC 9562, section 6.2, method 1). A clock that
    stands still or jumps back makes the counter go on from the last time seen; a counter that
    is full borrows a millisecond.
    """

    def __init__(self, clock: Callable[[], int] = time.time_ns) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last = 0
        self._count = 0

    def __call__(self) -> uuid.UUID:
        return self.several(1)[0]

    def several(self, count: int) -> list[uuid.UUID]:
        """So many of them, in their order."""
        *noise, start = struct.unpack(f">{count}QH", os.urandom(8 * count + 2))
        now = self._clock() // 1_000_000
        with self._lock:
            heads = [self._head(now, start) for _ in noise]
        return [
            uuid.UUID(int=head << 64 | 0x2 << 62 | tail & 0x3FFF_FFFF_FFFF_FFFF)
            for head, tail in zip(heads, noise, strict=True)
        ]

    def _head(self, now: int, start: int) -> int:
        """The next first half: the time, the version, and the counter, which may begin anew."""
        if now > self._last:
            self._last = now
            self._count = start & 0x7FF
        elif self._count < 0xFFF:
            self._count += 1
        else:
            self._last += 1
            self._count = 0
        return (self._last & 0xFFFF_FFFF_FFFF) << 16 | 0x7 << 12 | self._count


uuid7 = Uuid7()
uuid7s = uuid7.several
