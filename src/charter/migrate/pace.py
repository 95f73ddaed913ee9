"""How patient and how gentle a migration is."""

from dataclasses import dataclass

from charter.sql.own.history import BEAT_SECONDS


@dataclass(frozen=True, slots=True)
class Pace:
    """All times are seconds."""

    lock_timeout: float = 2.0
    """The longest wait for a lock, and so the longest that others wait behind it."""
    tries: int = 10
    """How often a lock is tried for."""
    first_pause: float = 0.5
    """After the first try; each later pause is twice as long."""
    longest_pause: float = 20.0
    build_timeout: float = 600.0
    """The longest wait for the transactions of others where nobody waits for it: indexes."""
    reconnect: float = 60.0
    """For how long a database that is gone is tried for."""
    turn: float = 30.0
    """The longest wait for another `charter migrate` to end."""
    batch_rows: int = 1_000
    """Rows of the first batch; later ones are larger or smaller, to take `batch_seconds`."""
    most_rows: int = 20_000
    batch_seconds: float = 0.1
    rest: float = 0.5
    """A pause after each batch, as a part of the time that it took."""
    most_lag: float = 10.0
    """Where a replica is further behind, a backfill pauses."""
    most_waiting: int = 3
    """Where more sessions than these wait for locks, a backfill pauses."""
    rounds: int = 100
    """How often a backfill goes over a table in which rows are left that others have just then."""
    silence: float = 3 * BEAT_SECONDS
    """A release that is silent for so long is dead."""
