"""Everything that an operator can set, as one typed value."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path

from charter.access.rates.settings import RatesSettings
from charter.access.settings import AccessSettings
from charter.serve.settings.cors import CorsSettings
from charter.serve.settings.identity import IdentitySettings
from charter.serve.settings.live import LiveSettings
from charter.store.settings import StoreSettings
from charter.wire.graphql.settings import GraphqlSettings
from charter.wire.grpc.settings import GrpcSettings
from charter.wire.rest.settings import RestSettings

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class LogLevel(StrEnum):
    """The least important lines that are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How lines are written: coloured text in development and JSON in production, or as told."""

    AUTO = "auto"
    TEXT = "text"
    JSON = "json"


class ProxyFields(StrEnum):
    """Which header fields a trusted proxy tells about the client in."""

    X_FORWARDED = "x-forwarded"
    FORWARDED = "forwarded"


class EventLoop(StrEnum):
    """Which event loop serves. `auto` takes uvloop where it is installed."""

    AUTO = "auto"
    ASYNCIO = "asyncio"
    UVLOOP = "uvloop"


class Interface(StrEnum):
    """How the server and the app speak with each other."""

    RSGI = "rsgi"
    ASGI = "asgi"


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """The process that serves. Times are seconds, sizes are bytes, bounds are inclusive."""

    database: str | None = field(default=None, repr=False)
    """The database: `sqlite:///file.db` or `postgresql://user:password@host/name`. By default a
    SQLite file in the working directory, with the name of the contract. A PostgreSQL URL can name
    several hosts, with commas: the one that is the primary is used."""
    database_replicas: str | None = field(default=None, repr=False)
    """Read replicas of a PostgreSQL database: their URLs, with spaces between them."""
    host: str = "127.0.0.1"
    """The address to listen at."""
    port: int = 8000
    """The port to listen at."""
    production: bool | None = None
    """Refuse to start without a key of one's own, write JSON logs, show nothing of the inside.
    By default yes, unless `host` is the loopback address."""
    workers: int = 1
    """Processes. More than one make sense where there are as many processors."""
    loop: EventLoop = EventLoop.AUTO
    """The event loop: `auto` (uvloop where it is installed), `asyncio` or `uvloop`."""
    interface: Interface = Interface.RSGI
    """How the server and the app speak with each other: `rsgi`, which is faster, or `asgi`, with
    which WebSockets have subprotocols and close codes: GraphQL over WebSocket needs them."""
    max_connections: int = 4096
    """Connections open at once, for each process. More wait in the backlog."""
    max_in_flight: int = 512
    """Requests under way at once, for each process. More are answered with 503 at once."""
    max_target: int = 16_384
    """Bytes of path and query together."""
    max_headers: int = 64
    """Fields in the header of a request."""
    max_header_bytes: int = 32_768
    """Bytes of all header fields together."""
    max_body: int = 1_048_576
    """Bytes of the body of a request."""
    header_timeout: float = 10.0
    """Seconds that a client may take to send the header of a request."""
    body_timeout: float = 15.0
    """Seconds that a client may take to send the body of a request."""
    request_timeout: float = 30.0
    """Seconds that the work for one request may take. A stream must go on within this time."""
    command_timeout: float = 10.0
    """Seconds that the function of a command may take."""
    key_lifetime: float = 86_400.0
    """Seconds for which the answer to an Idempotency-Key is kept."""
    stop_timeout: float = 20.0
    """Seconds that requests under way may take to end when the process is asked to stop."""
    docs: bool = True
    """Serve the documentation pages at /docs."""
    account_page: bool = True
    """Serve the page at /account on which people register and sign in, where the contract has
    accounts."""
    public: Path | None = None
    """A folder of static files to serve beside the API, with its `index.html` at `/`."""
    public_csp: str = (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )
    """The Content-Security-Policy that these files are sent with. By default they load nothing
    from elsewhere, and run no scripts and styles that stand inside a page."""
    cursor_key: str | None = field(default=None, repr=False)
    """The secret that signs cursors, at least 32 bytes. By default it is derived from the first
    HS256 key; where there is none, it is random and cursors end with the process."""
    audit_key: str | None = field(default=None, repr=False)
    """The secret that signs the audit log, at least 32 bytes. By default it is derived from the
    first HS256 key; where there is none, the rows of the log are chained and not signed."""
    allowed_hosts: tuple[str, ...] = ()
    """The hosts that are answered for, as in the Host field: `api.example.com`, or with a leading
    dot (`.example.com`) a host and all below it; a port is not looked at. By default any."""
    trusted_proxies: tuple[str, ...] = ()
    """The networks of proxies in front of the service, such as `10.0.0.0/8`, or `unix` for
    connections without an address. What they say about the client is believed; what others say
    is not."""
    proxy_fields: ProxyFields = ProxyFields.X_FORWARDED
    """Where trusted proxies say it: `x-forwarded` (X-Forwarded-For, -Proto and -Host) or
    `forwarded` (RFC 7239). The other is not read: a proxy may let it pass as it came."""
    hsts: int = 63_072_000
    """Seconds for which browsers are told to use nothing but HTTPS (RFC 6797), where a request
    came by it; 0 for not at all."""
    hsts_subdomains: bool = False
    """Tell them the same about all hosts below this one."""
    log_level: LogLevel = LogLevel.INFO
    """The least important lines that are logged: debug, info, warning or error."""
    log_format: LogFormat = LogFormat.AUTO
    """How log lines are written: auto, text or json."""
    access_log: bool = True
    """Log a line for each request."""

    def __post_init__(self) -> None:
        """Raises ValueError where a value makes no sense."""
        for name, (least, most) in BOUNDS.items():
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"{name} must be from {least} to {most}")
        for name in ("cursor_key", "audit_key"):
            secret = getattr(self, name)
            if secret is not None and len(secret.encode()) < SHORTEST_KEY:
                raise ValueError(f"{name} must have at least {SHORTEST_KEY} bytes")
        if _FIELD_VALUE.fullmatch(self.public_csp) is None:
            raise ValueError("public_csp must be one line of printable ASCII")
        for host in self.allowed_hosts:
            if _HOST.fullmatch(host) is None:
                raise ValueError(f"allowed_hosts: {host!r} is no host")
        for network in self.trusted_proxies:
            if network != UNIX:
                _check_network(network)

    @property
    def in_production(self) -> bool:
        return self.host not in LOOPBACK if self.production is None else self.production

    @property
    def logs_json(self) -> bool:
        if self.log_format is LogFormat.AUTO:
            return self.in_production
        return self.log_format is LogFormat.JSON


def _check_network(text: str) -> None:
    try:
        ip_network(text)
    except ValueError as error:
        raise ValueError(f"trusted_proxies: {error}") from None


SHORTEST_KEY = 32
UNIX = "unix"
_HOST = re.compile(r"\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")
_FIELD_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")
_LONGEST_WAIT = 3600
BOUNDS: dict[str, tuple[float, float]] = {
    "port": (1, 65_535),
    "workers": (1, 256),
    "max_connections": (1, 1_000_000),
    "max_in_flight": (1, 1_000_000),
    "max_target": (64, 65_534),
    "max_headers": (8, 100),
    "max_header_bytes": (1024, 262_144),
    "max_body": (0, 1 << 30),
    "header_timeout": (0.1, _LONGEST_WAIT),
    "body_timeout": (0.1, _LONGEST_WAIT),
    "request_timeout": (0.1, _LONGEST_WAIT),
    "command_timeout": (0.1, _LONGEST_WAIT),
    "key_lifetime": (1, 31_536_000),
    "stop_timeout": (1, _LONGEST_WAIT),
    "hsts": (0, 315_360_000),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, by what they are about."""

    serve: ServeSettings = field(default_factory=ServeSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    auth: AccessSettings = field(default_factory=AccessSettings)
    rest: RestSettings = field(default_factory=RestSettings)
    graphql: GraphqlSettings = field(default_factory=GraphqlSettings)
    grpc: GrpcSettings = field(default_factory=GrpcSettings)
    identity: IdentitySettings = field(default_factory=IdentitySettings)
    rates: RatesSettings = field(default_factory=RatesSettings)
    cors: CorsSettings = field(default_factory=CorsSettings)
    live: LiveSettings = field(default_factory=LiveSettings)
