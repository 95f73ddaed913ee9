"""What the writer's thread does to its connection: waiting for the lock, COMMIT, checkpoints."""

import random
import time
from contextlib import suppress

import apsw

from charter.store.errors import Unavailable
from charter.store.sqlite_connection import Opening, connect
from charter.store.sqlite_errors import translated

LOCK_SECONDS = 0.1
"""How long the thread waits for another process's lock before it looks who still wants it."""
LOCK_PAUSE = 0.002
CHECKPOINT_PAGES = 2000
"""Pages of write-ahead log (4 KiB each) after which they are copied into the database."""
RESET_PAGES = 8 * CHECKPOINT_PAGES
"""Pages after which new readers have to let the log start anew."""
RESET_WAIT_MS = 250
RESET_PAUSE = 5.0


def write_connection(opening: Opening) -> apsw.Connection:
    """The writer's connection: never waits for a lock, and checkpoints only when told to."""
    connection = connect(opening, writable=True)
    connection.set_busy_timeout(0)
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


def begin(connection: apsw.Connection) -> bool:
    """Wait a little for the lock and begin; False when another process keeps it.

    SQLite's own waiting grows to 100 ms a time and so loses to whoever writes without pause.
    """
    until = time.monotonic() + LOCK_SECONDS

    def again(_: int) -> bool:
        time.sleep(random.uniform(0, LOCK_PAUSE))  # noqa: S311 - spreads the processes
        return time.monotonic() < until

    connection.set_busy_handler(again)
    try:
        connection.execute("BEGIN IMMEDIATE")
    except apsw.BusyError:
        return False
    except apsw.Error as error:
        raise translated(error) from error
    finally:
        connection.set_busy_timeout(0)
    return True


def commit(connection: apsw.Connection) -> None:
    """Commit durably. Where that fails nothing stays: raises Unavailable.

    (A deferred foreign key that fails at this moment raises Violated, for the whole group.)
    """
    try:
        connection.execute("COMMIT")
    except apsw.Error as error:
        if connection.in_transaction:
            # Whatever ROLLBACK itself reports, it ends the transaction.
            with suppress(apsw.Error):
                connection.execute("ROLLBACK")
        meaning = translated(error)
        if isinstance(error, apsw.ConstraintError):
            raise meaning from error
        raise Unavailable(f"the transaction could not be committed ({error})") from error


class Checkpoints:
    """Keeps the write-ahead log from growing without end.

    After CHECKPOINT_PAGES a passive checkpoint, which waits for nobody; the next writer then
    starts the log anew unless a reader still needs it. Readers without a gap could keep it
    growing for ever: after RESET_PAGES, and at most every RESET_PAUSE seconds, the writer waits
    RESET_WAIT_MS for the readers of old pages and truncates the log.
    """

    __slots__ = ("_connection", "_due", "_pages", "_reset_after")

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._pages = 0
        self._due = CHECKPOINT_PAGES
        self._reset_after = 0.0
        connection.set_wal_hook(self._committed)

    @property
    def due(self) -> bool:
        return self._pages >= self._due

    def run(self) -> None:
        """Checkpoint. A failure is no one's loss: the log keeps all, and the next one tries."""
        now = time.monotonic()
        reset = self._pages >= RESET_PAGES and now >= self._reset_after
        try:
            if reset:
                self._reset_after = now + RESET_PAUSE
                self._connection.set_busy_timeout(RESET_WAIT_MS)
                self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            else:
                self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.Error:
            pass
        finally:
            self._connection.set_busy_timeout(0)
        self._due = self._pages + CHECKPOINT_PAGES

    def _committed(self, connection: apsw.Connection, database: str, pages: int) -> int:
        # A log that has started anew is short again.
        if pages < self._pages:
            self._due = CHECKPOINT_PAGES
        self._pages = pages
        return apsw.SQLITE_OK
