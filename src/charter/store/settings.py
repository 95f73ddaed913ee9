"""How a database is used: sizes, and how long anything may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """All times are seconds. Each process has its own connections: sizes are per process."""

    pool_size: int = 10
    """Connections to PostgreSQL that read, and as many again that write, each made when needed."""
    queue_size: int = 1000
    """How many may wait for a connection, a reader thread or the writer. More are refused."""
    pool_timeout: float = 5.0
    """The longest wait for a connection or a reader thread, reconnecting included."""
    connect_timeout: float = 5.0
    """The longest that one attempt to connect to PostgreSQL may take."""
    statement_timeout: float = 10.0
    """The longest that one statement may run."""
    slow_statement: float = 0.2
    """From how long on a statement is slow: it is logged, for some of them with the database's
    plan."""
    lock_timeout: float = 5.0
    """The longest wait for a lock: a row's on PostgreSQL, the turn to write on SQLite."""
    transaction_timeout: float = 15.0
    """The longest that a transaction may stay open, whatever its code waits for."""
    idle_timeout: float = 60.0
    """How long a stream waits for its reader to ask for more rows."""
    reader_threads: int = 4
    """Threads for the SQLite reads that are too long for the event loop."""
    streams: int = 8
    """How many streams may be open at once. Each has a connection of its own."""
    batch_rows: int = 500
    """How many rows a stream gives at a time."""
    inline_budget: float = 0.002
    """Processor time that a SQLite statement may take on the event loop before it is moved
    to a thread."""
    cached_statements: int = 512
    """Prepared statements kept for each connection."""
    isolation: str = "read committed"
    """PostgreSQL's isolation level of writes: or `repeatable read`, or `serializable`."""
    replica_lag: float = 5.0
    """How old may be what a read replica shows. One that is further behind is not read from."""
    replica_check: float = 0.25
    """How often the primary and its replicas are asked how far they are. After a write its actor
    reads from the primary for about as long."""

    def __post_init__(self) -> None:
        """Raises ValueError where a value makes no sense."""
        for name in COUNTS:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
        for name in TIMES:
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be more than 0 seconds")
        if self.isolation not in ISOLATIONS:
            raise ValueError(f"isolation must be one of {', '.join(ISOLATIONS)}")


ISOLATIONS = ("read committed", "repeatable read", "serializable")
COUNTS = (
    "pool_size",
    "queue_size",
    "reader_threads",
    "streams",
    "batch_rows",
    "cached_statements",
)
TIMES = (
    "pool_timeout",
    "connect_timeout",
    "statement_timeout",
    "slow_statement",
    "lock_timeout",
    "transaction_timeout",
    "idle_timeout",
    "inline_budget",
    "replica_lag",
    "replica_check",
)
