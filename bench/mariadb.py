"""A MariaDB of the benchmark's own, in a temporary directory, gone when the run ends."""

from __future__ import annotations

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import asyncmy

from bench.dataset import COLUMNS, LAST_DAY, Record
from bench.postgres import free_port
from bench.servers import MARIADB_PLACES

USER = "bench"
DATABASE = "shop"
START_LIMIT_SECONDS = 60.0
ROWS_AT_ONCE = 1000

SETTINGS = {
    "bind-address": "127.0.0.1",
    "innodb-buffer-pool-size": "512M",
    "innodb-flush-log-at-trx-commit": "1",
    "max-connections": "300",
}
"""Durable, as PostgreSQL is beside it; without a binary log, as that is without a replica."""


@contextmanager
def mariadb() -> Iterator[str]:
    """Start a MariaDB with an empty database, and give its URL; delete it at the end."""
    program = shutil.which("mariadbd", path=MARIADB_PLACES)
    if program is None:
        raise RuntimeError("there is no mariadbd (Debian: apt-get install mariadb-server)")
    home = Path(tempfile.mkdtemp(prefix="charter-bench-mariadb-"))
    owner = "nobody" if os.geteuid() == 0 else None
    if owner is not None:
        os.chown(home, pwd.getpwnam(owner).pw_uid, -1)
    password, port = secrets.token_urlsafe(16), free_port()
    start = home / "start.sql"
    start.write_text(
        f"CREATE DATABASE {DATABASE};\n"
        f"CREATE USER {USER}@'%' IDENTIFIED BY '{password}';\n"
        f"GRANT ALL ON *.* TO {USER}@'%';\n"
    )
    # A server that starts clears up there: not after another.
    env = {**os.environ, "TMPDIR": str(home)}
    data = ["--no-defaults", f"--datadir={home / 'data'}"]
    process: subprocess.Popen[bytes] | None = None
    try:
        install = ["mariadb-install-db", *data, "--skip-test-db"]
        subprocess.run(install, check=True, user=owner, cwd=home, env=env, capture_output=True)
        options = [f"--{name}={value}" for name, value in SETTINGS.items()]
        where = [f"--port={port}", f"--socket={home / 'socket'}", f"--init-file={start}"]
        with (home / "log").open("wb") as log:
            process = subprocess.Popen(
                [program, *data, *where, *options],
                stdout=log,
                stderr=log,
                user=owner,
                cwd=home,
                env=env,
                start_new_session=True,
            )
        url = f"mysql://{USER}:{password}@127.0.0.1:{port}/{DATABASE}"
        _wait_ready(process, url, home)
        yield url
    finally:
        if process is not None:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
        shutil.rmtree(home, ignore_errors=True)


async def seed_mariadb(url: str, tables: Iterable[tuple[str, list[Record]]]) -> None:
    """Load the tables of this database, which Charter has created."""
    connection = await _connect(url)
    try:
        cursor = connection.cursor()
        for table, records in tables:
            columns = COLUMNS[table]
            marks = ", ".join(["%s"] * len(columns))
            text = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
            for first in range(0, len(records), ROWS_AT_ONCE):
                some = records[first : first + ROWS_AT_ONCE]
                await cursor.executemany(text, [tuple(map(_value, row)) for row in some])
            await connection.commit()
        await cursor.execute(f"ANALYZE TABLE {', '.join(COLUMNS)}")
    finally:
        await connection.ensure_closed()


async def forget_writes_mariadb(url: str) -> None:
    """Delete what the benchmark wrote, so that every measurement meets the same tables."""
    connection = await _connect(url)
    try:
        cursor = connection.cursor()
        for table in ("order_lines", "orders"):
            text = f"DELETE FROM {table} WHERE created_at > %s"
            await cursor.execute(text, (_value(LAST_DAY),))
        await cursor.execute("DELETE FROM charter_outbox")
        await connection.commit()
    finally:
        await connection.ensure_closed()


async def _connect(url: str) -> asyncmy.Connection:
    parts = urlsplit(url)
    return await asyncmy.connect(
        host=parts.hostname,
        port=parts.port or 0,
        user=parts.username,
        password=parts.password or "",
        database=DATABASE,
        init_command="SET time_zone = '+00:00'",
    )


def _value(value: object) -> object:
    """A value as Charter's tables store it: keys as text, times in UTC."""
    match value:
        case UUID():
            return str(value)
        case datetime():
            return value.replace(tzinfo=None)
        case _:
            return value


def _wait_ready(process: subprocess.Popen[bytes], url: str, home: Path) -> None:
    async def greet() -> None:
        await (await _connect(url)).ensure_closed()

    deadline = time.monotonic() + START_LIMIT_SECONDS
    while True:
        try:
            asyncio.run(greet())
        except (asyncmy.errors.MySQLError, OSError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"MariaDB did not start: {(home / 'log').read_text()}") from None
            time.sleep(0.1)
        else:
            return
