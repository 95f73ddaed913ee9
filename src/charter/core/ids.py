"""Identifiers that sort by the time they were made: UUID version 7 (RFC 9562, section 5.7)."""

import os
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
        random = os.urandom(10)
        now = self._clock() // 1_000_000
        with self._lock:
            if now > self._last:
                self._last = now
                self._count = int.from_bytes(random[8:], "big") & 0x7FF
            else:
                self._count += 1
                if self._count > 0xFFF:
                    self._last += 1
                    self._count = 0
            stamp, count = self._last, self._count
        tail = int.from_bytes(random[:8], "big") & 0x3FFF_FFFF_FFFF_FFFF
        return uuid.UUID(
            int=(stamp & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | count << 64 | 0x2 << 62 | tail
        )


uuid7 = Uuid7()
