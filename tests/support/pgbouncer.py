"""A real PgBouncer before the PostgreSQL of the tests."""

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support.account import server_account
from tests.support.postgres import PostgresServer, free_port
from tests.support.processes import end

START_SECONDS = 20.0
STOP_SECONDS = 10.0
STARTING = (
    "bytea_output,DateStyle,default_transaction_isolation,default_transaction_read_only,"
    "extra_float_digits,idle_in_transaction_session_timeout,IntervalStyle,jit,lock_timeout,"
    "statement_timeout,TimeZone"
)
"""What Charter says when it connects, and PgBouncer knows nothing of."""


def program() -> str | None:
    return shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


@contextmanager
def pooled(server: PostgresServer, mode: str) -> Iterator[Callable[[str], str]]:
    """A pooler in `session` or `transaction` mode: gives the address of a database through it."""
    path = program()
    if path is None:
        pytest.skip("PgBouncer is not installed")
    account = server_account()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="charter-pgbouncer-") as name, ExitStack() as stack:
        home = Path(name)
        config = home / "pgbouncer.ini"
        config.write_text(f"""
[databases]
* = host=127.0.0.1 port={server.port} user=postgres password={server.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
ignore_startup_parameters = {STARTING}
""")
        account.own(home)
        account.own(config)
        process = subprocess.Popen(
            [path, str(config)], cwd=home, user=account.user, group=account.group,
            extra_groups=account.groups, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        stack.callback(end, process, signal.SIGTERM, STOP_SECONDS)
        deadline = time.monotonic() + START_SECONDS
        while not _listens(port):
            assert process.poll() is None, "PgBouncer did not start"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield lambda database: f"postgresql://postgres@127.0.0.1:{port}/{database}"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
