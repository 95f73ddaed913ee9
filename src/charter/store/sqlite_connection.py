"""One connection to a SQLite file, and the guard over what it runs on the event loop."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from charter.core.text import fold
from charter.store.database import Row
from charter.store.sqlite_errors import FAILURES, translated

GUARD_STEPS = 1000
"""Steps of SQLite's machine between two looks at the clock: 5 µs for a scan, 20 µs where each
row builds JSON."""
WAITING_FACTOR = 8
CACHE_KIBIBYTES = 16 * 1024
PRAGMAS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA synchronous = FULL",
    # Memory-mapped reads were not faster, and turn a failing disk into a crash of the process.
    "PRAGMA mmap_size = 0",
    f"PRAGMA cache_size = -{CACHE_KIBIBYTES}",
    f"PRAGMA journal_size_limit = {64 * 1024 * 1024}",
)


@dataclass(frozen=True, slots=True)
class Opening:
    """How to open a file: `busy_timeout` is how long (seconds) to wait for others' locks."""

    path: Path
    cached_statements: int
    busy_timeout: float


def connect(opening: Opening, *, writable: bool = False) -> apsw.Connection:
    """Open a connection. One that is not writable refuses every write. Raises StoreError."""
    try:
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        connection = apsw.Connection(
            str(opening.path.absolute()), flags, statementcachesize=opening.cached_statements
        )
        connection.set_busy_timeout(int(opening.busy_timeout * 1000))
        # Searches of tables that have no columns of folded texts.
        connection.create_scalar_function("charter_fold", _folded, 1, deterministic=True)
        if writable:
            connection.execute("PRAGMA journal_mode = WAL")
        for pragma in PRAGMAS:
            connection.execute(pragma)
        if not writable:
            connection.execute("PRAGMA query_only = ON")
    except apsw.Error as error:
        raise translated(error) from error
    return connection


def _folded(*texts: Any) -> str | None:
    return fold(texts[0]) if isinstance(texts[0], str) else None


def fetch(connection: apsw.Connection, text: str, arguments: Sequence[Any]) -> list[Row]:
    """Run a statement to its end, in whatever thread calls. Raises StoreError."""
    try:
        return connection.execute(text, arguments).fetchall()  # type: ignore[return-value]
    except FAILURES as error:
        raise translated(error, text) from error


class Guard:
    """Interrupts a statement on the event loop that has used up its processor time.

    Processor time, so that a busy machine condemns no statement; but one that waits for a slow
    disk is interrupted as well, after WAITING_FACTOR times the budget. The clocks start at the
    first call, which comes within GUARD_STEPS steps: a short statement pays nothing.
    """

    __slots__ = ("_armed", "_budget", "_processor", "_started", "_wall")

    def __init__(self, budget: float) -> None:
        self._budget = budget
        self._armed = False
        self._started = False
        self._processor = 0.0
        self._wall = 0.0

    def arm(self) -> None:
        """A statement is about to run."""
        self._armed = True
        self._started = False

    def disarm(self) -> None:
        """Interrupt nothing until armed again."""
        self._armed = False

    def watch(self, connection: apsw.Connection) -> None:
        """Look after what a connection runs in the thread of the event loop."""
        connection.set_progress_handler(self, GUARD_STEPS)

    def __call__(self) -> bool:
        """Whether to interrupt; SQLite asks now and then while it works."""
        if not self._armed:
            return False
        if not self._started:
            self._started = True
            self._processor = time.thread_time()
            self._wall = time.perf_counter()
            return False
        waited = time.perf_counter() - self._wall
        if waited < self._budget:
            return False
        used = time.thread_time() - self._processor
        return used > self._budget or waited > WAITING_FACTOR * self._budget
