"""Spending kept in memory: of one process, or shared by those of one machine."""

import fcntl
import mmap
import os
import secrets
import struct
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from charter.access.rates.limit import Limit
from charter.access.rates.table import SET_BYTES, Table, sets_for
from charter.access.rates.verdict import Verdict

Clock = Callable[[], int]

_HEAD = struct.Struct("<8sQQ16s24x")
_MAGIC = b"chrates1"
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - the file gets a name of its own there


def monotonic() -> int:
    """Microseconds of a clock that is never set, and is the same in all processes."""
    return time.monotonic_ns() // 1000


def _tables(
    memory: mmap.mmap, limits: Sequence[Limit], sets: int, secret: bytes, start: int
) -> tuple[dict[str, Table], "memoryview[int]"]:
    words = memoryview(memory).cast("Q")
    size = sets * SET_BYTES // 8
    tables = {}
    for number, limit in enumerate(limits):
        first = start // 8 + number * size
        tables[limit.name] = Table(words[first : first + size], secret)
    return tables, words


class MemoryStore:
    """The memory of this process, with room for about so many keys of each limit.

    It is taken from the operating system only as far as it is used.
    """

    def __init__(self, limits: Sequence[Limit], keys: int, clock: Clock = monotonic) -> None:
        sets = sets_for(keys)
        self._memory = mmap.mmap(-1, max(1, len(limits)) * sets * SET_BYTES)
        secret = secrets.token_bytes(16)
        self._tables, self._words = _tables(self._memory, limits, sets, secret, 0)
        self._clock = clock

    def take(self, limit: Limit, key: str, cost: int) -> Verdict:
        table = self._tables[limit.name]
        return table.take(limit, table.fingerprint(key), cost, self._clock())

    async def close(self) -> None:
        _release(self._tables, self._words, self._memory)


class SharedStore:
    """A file that several processes of one machine have mapped into their memory.

    Each spending is under a lock of its set, so that processes rarely wait for each other. The
    kernel drops the locks of a process that dies. The clock must be one for all processes.
    """

    def __init__(self, path: Path, limits: Sequence[Limit], clock: Clock = monotonic) -> None:
        """Raises ValueError for a file of another kind, or one made for other limits."""
        self._file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self._memory = mmap.mmap(self._file, 0)
        magic, sets, count, secret = _HEAD.unpack_from(self._memory)
        if magic != _MAGIC or count != len(limits):
            raise ValueError(f"{path} holds no rate limits, or others")
        self._tables, self._words = _tables(self._memory, limits, sets, secret, _HEAD.size)
        self._starts = {
            limit.name: _HEAD.size + number * sets * SET_BYTES
            for number, limit in enumerate(limits)
        }
        self._clock = clock

    def take(self, limit: Limit, key: str, cost: int) -> Verdict:
        table = self._tables[limit.name]
        fingerprint = table.fingerprint(key)
        start = self._starts[limit.name] + table.set_of(fingerprint) * SET_BYTES
        file = self._file
        fcntl.lockf(file, fcntl.LOCK_EX, SET_BYTES, start)
        try:
            return table.take(limit, fingerprint, cost, self._clock())
        finally:
            fcntl.lockf(file, fcntl.LOCK_UN, SET_BYTES, start)

    async def close(self) -> None:
        _release(self._tables, self._words, self._memory)
        os.close(self._file)


def _release(tables: dict[str, Table], words: "memoryview[int]", memory: mmap.mmap) -> None:
    for table in tables.values():
        table.release()
    words.release()
    memory.close()


@contextmanager
def shared_file(limits: Sequence[Limit], keys: int) -> Iterator[Path]:
    """A new file for `SharedStore`, readable by this user only; gone at the end.

    It is in memory where the operating system offers that, and takes room only as it is used.
    """
    sets = sets_for(keys)
    folder = _SHARED_MEMORY if os.access(_SHARED_MEMORY, os.W_OK) else None
    file, name = tempfile.mkstemp(prefix="charter-rates-", dir=folder)
    path = Path(name)
    try:
        os.ftruncate(file, _HEAD.size + len(limits) * sets * SET_BYTES)
        os.pwrite(file, _HEAD.pack(_MAGIC, sets, len(limits), secrets.token_bytes(16)), 0)
        os.close(file)
        yield path
    finally:
        path.unlink(missing_ok=True)
