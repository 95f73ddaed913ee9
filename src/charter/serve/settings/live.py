"""What an operator sets about live changes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """Subscriptions to changes. Times are seconds, sizes are bytes; of each process."""

    enabled: bool = True
    """Tell of changes, over WebSocket and as server-sent events."""
    max_connections: int = 3_000
    """Connections that are told of changes, at once. They count among the `max_connections` of
    the process as well, which have to leave room for others."""
    max_subscriptions: int = 100
    """Subscriptions of one connection."""
    max_rows: int = 10_000
    """Rows of one subscription."""
    max_message: int = 1_048_576
    """Bytes of one message of a client."""
    max_buffer: int = 1_048_576
    """Bytes of changes that wait for a client that is slow to read; then its connection is
    closed, and it can go on from where it was."""
    connect_timeout: float = 10.0
    """Seconds that a client may take to say who it is."""
    heartbeat: float = 30.0
    """Seconds between two signs of life; a client that answers none of two is gone."""
    recheck: float = 5.0
    """Seconds after which the rights of a connection are looked at again."""
    poll: float = 1.0
    """Seconds after which the log of changes is read though no other process has said that it
    wrote. Where processes cannot tell each other (all databases but PostgreSQL, and poolers in
    transaction mode) it is read every 0.1 s instead."""
    retention: float = 3600.0
    """Seconds for which the log of changes is kept: so long can a position be old."""

    def __post_init__(self) -> None:
        """Raises ValueError where a value makes no sense."""
        for name, (least, most) in BOUNDS.items():
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"{name} must be from {least} to {most}")


BOUNDS: dict[str, tuple[float, float]] = {
    "max_connections": (1, 1_000_000),
    "max_subscriptions": (1, 10_000),
    "max_rows": (1, 1_000_000),
    "max_message": (1024, 1 << 26),
    "max_buffer": (4096, 1 << 30),
    "connect_timeout": (0.1, 3600),
    "heartbeat": (0.1, 3600),
    "recheck": (0.05, 3600),
    "poll": (0.05, 3600),
    "retention": (1, 31_536_000),
}
