"""What can be set of the gRPC interface."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class GrpcSettings:
    """Bounds are inclusive. Sizes are bytes, times are seconds. Pages, bulk writes and what they
    may cost have the bounds of the REST interface."""

    port: int | None = None
    """The port to serve gRPC at. By default it is not served."""
    host: str | None = None
    """The address to serve gRPC at. By default that of `host`."""
    reflection: bool | None = None
    """Tell clients which services there are (`grpcurl list`). By default yes, but not in
    production."""
    max_request: int = 1_048_576
    """Bytes of one request message."""
    max_streams: int = 256
    """Calls under way at once on one connection. More wait."""
    max_metadata: int = 16_384
    """Bytes of the metadata of a call."""
    keepalive_time: float = 60.0
    """Seconds without a word from a client before it is asked whether it is there."""
    keepalive_timeout: float = 20.0
    """Seconds that it may take to answer that, before its connection is closed."""
    keepalive_least: float = 20.0
    """Seconds between two such questions of a client: one that asks more often is sent away."""
    certificate: Path | None = None
    """The server's certificate and those that lead to its authority, as PEM. Without one, gRPC is
    served in plain text."""
    key: Path | None = None
    """The private key of the certificate, as PEM."""
    client_ca: Path | None = None
    """The authorities of clients, as PEM: only clients with a certificate of theirs are served
    (mutual TLS)."""

    def __post_init__(self) -> None:
        """Raises ValueError where a value makes no sense."""
        for name, (least, most) in _BOUNDS.items():
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                raise ValueError(f"{name} must be from {least} to {most}")
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together")
        if self.client_ca is not None and self.certificate is None:
            raise ValueError("client_ca needs a certificate and a key")


_BOUNDS: dict[str, tuple[float, float]] = {
    "port": (1, 65_535),
    "max_request": (1024, 1 << 30),
    "max_streams": (1, 1_000_000),
    "max_metadata": (1024, 1 << 20),
    "keepalive_time": (1, 86_400),
    "keepalive_timeout": (0.1, 3600),
    "keepalive_least": (1, 86_400),
}
