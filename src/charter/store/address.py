"""The URL of a database: which dialect it speaks, and for SQLite which file."""

import ssl
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

MEMORY = ":memory:"
FORMS = (
    "sqlite:///file.db, sqlite:////absolute/file.db, postgresql://user:password@host/name"
    " or mysql://user:password@host/name"
)
MYSQL_PORT = 3306


class Dialect(StrEnum):
    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"
    MYSQL = "mysql"


SCHEMES = {
    "sqlite": Dialect.SQLITE,
    "postgresql": Dialect.POSTGRESQL,
    "postgres": Dialect.POSTGRESQL,
    "mysql": Dialect.MYSQL,
    "mariadb": Dialect.MYSQL,
}


def dialect_of(url: str) -> Dialect:
    """Which dialect a database speaks. Raises ValueError for a URL that names none."""
    scheme, separator, _ = url.partition("://")
    dialect = SCHEMES.get(scheme.lower())
    if dialect is None or not separator:
        named = f"{scheme!r} is not a kind of database" if separator else "a database URL is needed"
        raise ValueError(f"{named}: use {FORMS}")
    return dialect


def sqlite_path(url: str) -> Path | None:
    """The file that a SQLite URL names; None for `sqlite:///:memory:`.

    As in SQLAlchemy, three slashes begin a relative path and four an absolute one.
    Raises ValueError.
    """
    parts = split(url)
    if parts.netloc:
        raise ValueError(f"a SQLite URL names no host: use {FORMS}")
    if parts.query or parts.fragment:
        raise ValueError("a SQLite URL takes no parameters (write ? as %3F and # as %23)")
    name = unquote(parts.path[1:])
    if not name:
        raise ValueError(f"the SQLite URL names no file: use {FORMS}")
    if "\0" in name:
        raise ValueError("the SQLite URL has a NUL in its path")
    return None if name == MEMORY else Path(name)


def postgresql_dsn(url: str) -> str:
    """A PostgreSQL URL as the driver takes it. Raises ValueError."""
    parts = split(url)
    hosts = hosts_of(parts)
    for _, port in hosts:
        if port and not (port.isascii() and port.isdigit() and int(port) < 65536):
            raise ValueError("the port of the PostgreSQL URL is not a number below 65536")
        if port and int(port) == 0:
            raise ValueError("the port of the PostgreSQL URL is 0")
    if not all(host for host, _ in hosts) and "host=" not in parts.query:
        raise ValueError(f"the PostgreSQL URL names no host: use {FORMS}")
    return url


def mysql_parts(url: str) -> dict[str, Any]:
    """The parts of a MySQL or MariaDB URL. Raises ValueError.

    `?socket=/path` names a socket instead of a host. `?tls=verify` wants TLS with a certificate
    that an authority of the system vouches for, `?tls=verify&ca=/path.pem` one of another.
    """
    parts = split(url)
    try:
        port = parts.port
    except ValueError:
        raise ValueError("the port of the MySQL URL is not a number below 65536") from None
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(query.keys() - {"socket", "tls", "ca"})
    if unknown:
        raise ValueError(f"the MySQL URL has a parameter that Charter does not know: {unknown[0]}")
    if port == 0:
        raise ValueError("the port of the MySQL URL is 0")
    if not parts.hostname and "socket" not in query:
        raise ValueError(f"the MySQL URL names no host: use {FORMS}")
    database = unquote(parts.path[1:])
    if not database or "/" in database:
        raise ValueError(f"the MySQL URL names no database: use {FORMS}")
    if query.get("tls", "verify") != "verify" or ("ca" in query and "tls" not in query):
        raise ValueError("tls of the MySQL URL can be verify, and ca goes with it")
    return {
        "host": parts.hostname or "",
        "port": port or MYSQL_PORT,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": database,
        "socket": query.get("socket"),
        "tls": ssl.create_default_context(cafile=query.get("ca")) if "tls" in query else None,
    }


def hosts_of(parts: SplitResult) -> list[tuple[str, str]]:
    """The hosts of a URL with their ports as text; PostgreSQL URLs can name several, with commas.

    An IPv6 address stands in brackets (RFC 3986, section 3.2.2).
    """
    found = []
    for one in parts.netloc.rpartition("@")[2].split(","):
        host, colon, port = one.rpartition(":")
        found.append((host, port) if colon and not port.endswith("]") else (one, ""))
    return found


def each_host(url: str) -> list[str]:
    """A URL of several hosts as one URL for each of them."""
    parts = split(url)
    credentials, at, hosts = parts.netloc.rpartition("@")
    return [parts._replace(netloc=credentials + at + host).geturl() for host in hosts.split(",")]


def shown(url: str) -> str:
    """A database URL for people to read: without password and parameters."""
    try:
        parts = split(url)
    except ValueError:
        return "(a malformed database URL)"
    user = f"{parts.username}@" if parts.username else ""
    hosts = ",".join(f"{host}:{port}" if port else host for host, port in hosts_of(parts))
    return f"{parts.scheme}://{user}{hosts}{parts.path}"


def split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        # Not chained: the message of urlsplit quotes the URL, and so may show the password.
        raise ValueError(f"the database URL is malformed: use {FORMS}") from None
