"""When each actor wrote last: in the memory of one process, or of all workers of a machine.

A table of fixed size. Keys that share a slot share its time, which is the later of theirs: it
can only make somebody read from the primary who need not.
"""

import mmap
import os
import struct
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SLOTS = 1 << 16
_TIME = struct.Struct("=d")
_SIZE = SLOTS * _TIME.size


class Written:
    """Times are of the monotonic clock, which all processes of a machine share."""

    def __init__(self, path: Path | None = None) -> None:
        if path is None:
            self._table: mmap.mmap = mmap.mmap(-1, _SIZE)
        else:
            with path.open("r+b") as file:
                self._table = mmap.mmap(file.fileno(), _SIZE)

    def note(self, key: str) -> None:
        """The actor has written, up to now."""
        _TIME.pack_into(self._table, _place(key), time.monotonic())

    def last(self, key: str) -> float:
        """When it did last; 0 where that is not known any more, or never was."""
        found: float = _TIME.unpack_from(self._table, _place(key))[0]
        return found

    def close(self) -> None:
        self._table.close()


@contextmanager
def shared_table() -> Iterator[Path]:
    """A file for the workers of one machine, gone at the end."""
    handle, name = tempfile.mkstemp(prefix="charter-written-")
    path = Path(name)
    try:
        os.ftruncate(handle, _SIZE)
        os.close(handle)
        yield path
    finally:
        path.unlink(missing_ok=True)


def _place(key: str) -> int:
    return zlib.crc32(key.encode(errors="surrogatepass")) % SLOTS * _TIME.size
