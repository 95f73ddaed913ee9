"""The servers that are compared: how each is started, and what it needs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Literal

from bench.postgres import free_port
from bench.tokens import AUDIENCE, ISSUER, KEY

BENCH = Path(__file__).parent
ROOT = BENCH.parent
POOL_SIZE = 10
START_LIMIT_SECONDS = 60.0
TAIL_LINES = 15
STUBS = "stubs"
MARIADB_PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin"

Role = Literal["subject", "peer", "floor"]
Kind = Literal["postgresql", "sqlite", "mysql"]


@dataclass(frozen=True, slots=True)
class Server:
    """One server. In `command` and `env`, {database} {port} {python} {charter} {stubs} {node} are
    filled in: {python} is this interpreter, {charter} the one that has Charter installed, {stubs}
    the folder of what protoc made, {node} the Node.js that its packages bring along, if any."""

    name: str
    title: str
    role: Role
    command: tuple[str, ...]
    home: Path = ROOT
    env: Mapping[str, str] = field(default_factory=dict)
    database: Kind = "postgresql"
    module: str | None = None
    """A module that {charter} must be able to find; without it the server is skipped."""
    writes_only: bool = False
    """It is measured where there is something to be written."""
    speaks: Literal["http", "grpc"] = "http"
    """What it is asked at {port}. A server that speaks gRPC can have {other_port} for HTTP."""


@dataclass(frozen=True, slots=True)
class Running:
    """A started server: its port, and the process at the root of its tree."""

    server: Server
    port: int
    pid: int


UVICORN = (
    *("{python}", "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", "{port}"),
    *("--workers", "1", "--loop", "uvloop", "--http", "httptools"),
    *("--no-access-log", "--log-level", "warning"),
)
CHARTER = (
    *("{charter}", "-m", "charter", "run", "bench/charter_shop.py", "--database", "{database}"),
    *("--host", "127.0.0.1", "--port", "{port}", "--workers", "1"),
    *("--production", "--no-access-log", "--store-pool-size", str(POOL_SIZE)),
)
BARE = (
    *("{python}", "-m", "granian", "--interface", "rsgi", "app:app"),
    *("--host", "127.0.0.1", "--port", "{port}", "--workers", "1", "--loop", "uvloop"),
    *("--no-access-log", "--log-level", "warning"),
)
CHARTER_ENV = {
    "CHARTER_AUTH_SECRET": KEY,
    "CHARTER_AUTH_AUDIENCE": AUDIENCE,
    "CHARTER_AUTH_ISSUER": ISSUER,
    # One actor asks for all that there is to be had; the other stacks do not count it either.
    "CHARTER_RATES_ENABLED": "false",
}

SERVERS = (
    Server(
        "charter",
        "Charter",
        "subject",
        CHARTER,
        env=CHARTER_ENV,
        module="charter.cli.main",
    ),
    Server(
        "charter_sqlite",
        "Charter on SQLite",
        "subject",
        CHARTER,
        env=CHARTER_ENV,
        database="sqlite",
        module="charter.cli.main",
    ),
    Server(
        "charter_mariadb",
        "Charter on MariaDB",
        "subject",
        CHARTER,
        env=CHARTER_ENV,
        database="mysql",
        module="charter.cli.main",
    ),
    Server(
        "fastapi",
        "FastAPI + SQLAlchemy",
        "peer",
        UVICORN,
        home=BENCH / "peers" / "fastapi_sqlalchemy",
    ),
    Server(
        "litestar",
        "Litestar + Advanced Alchemy",
        "peer",
        UVICORN,
        home=BENCH / "peers" / "litestar_advanced_alchemy",
    ),
    Server(
        "django",
        "Django + DRF",
        "peer",
        (
            *("{python}", "-m", "gunicorn", "shop.wsgi", "--bind", "127.0.0.1:{port}"),
            *("--workers", "1", "--worker-class", "gthread", "--threads", "4"),
            *("--log-level", "warning"),
        ),
        home=BENCH / "peers" / "django_drf",
    ),
    Server(
        "fastify",
        "Fastify + pg",
        "peer",
        ("node", "app.js"),
        home=BENCH / "peers" / "fastify_pg",
        env={"NODE_ENV": "production"},
    ),
    Server(
        "fastify_tuned",
        "Fastify + pg, tuned",
        "peer",
        ("node", "app.js"),
        home=BENCH / "peers" / "fastify_pg",
        env={"NODE_ENV": "production", "TUNED": "1"},
    ),
    Server("floor", "bare RSGI (the floor)", "floor", BARE, home=BENCH / "floor"),
    Server(
        "floor_alone",
        "bare RSGI, no events",
        "floor",
        BARE,
        home=BENCH / "floor",
        env={"ROWS_ALONE": "1"},
        writes_only=True,
    ),
)


def charter_python() -> str:
    """This interpreter when it has Charter, else the one of the project's own environment."""
    own = ROOT / ".venv" / "bin" / "python"
    return sys.executable if find_spec("charter") or not own.exists() else str(own)


def missing(server: Server, charter: str) -> str | None:
    """Why this server cannot be started here, or None if it can."""
    if server.module is not None:
        code = f"import {server.module}"
        found = subprocess.run(
            [charter, "-c", code], cwd=server.home, check=False, capture_output=True
        )
        if found.returncode != 0:
            return f"{charter} cannot import {server.module}"
    if server.database == "mysql" and which("mariadbd", path=MARIADB_PLACES) is None:
        return "MariaDB is not installed"
    if server.command[0] in ("node", "{node}"):
        if which(_node(server.home)) is None:
            return "Node.js is not installed"
        if not (server.home / "node_modules").is_dir():
            return f"its packages are missing: run npm ci in {server.home.relative_to(ROOT)}"
    return None


def _node(home: Path) -> str:
    own = home / "node_modules" / ".bin" / "node"
    return str(own) if own.exists() else "node"


@contextmanager
def started(server: Server, database: str, charter: str, logs: Path) -> Iterator[Running]:
    """Start the server, wait until it answers, and stop it at the end.

    Its output goes to a file of its name in `logs`. Raises RuntimeError with that output when
    it ends early or does not answer in time.
    """
    port = free_port()
    words = {
        "database": database,
        "port": str(port),
        "other_port": str(free_port()),
        "python": sys.executable,
        "charter": charter,
        "stubs": str(logs / STUBS),
        "node": _node(server.home),
    }
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "JWT_AUDIENCE": AUDIENCE,
        "JWT_ISSUER": ISSUER,
        "JWT_KEY": KEY,
        "POOL_SIZE": str(POOL_SIZE),
        "PORT": str(port),
        **{name: value.format(**words) for name, value in server.env.items()},
    }
    command = [word.format(**words) for word in server.command]
    path = logs / f"{server.name}.log"
    with path.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=server.home,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_ready(process, server, port, path)
        yield Running(server, port, process.pid)
    finally:
        _stop(process)


def _wait_ready(process: subprocess.Popen[bytes], server: Server, port: int, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while True:
        try:
            _knock(server, port)
            return
        except OSError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{log.stem} did not start:\n{_tail(log)}") from error
            time.sleep(0.05)


def _knock(server: Server, port: int) -> None:
    """Raises OSError as long as nobody answers."""
    if server.speaks == "grpc":
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        return
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/v1/orders")
        connection.getresponse().read()
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
