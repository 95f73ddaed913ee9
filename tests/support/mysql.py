"""A real MariaDB or MySQL for the tests: a server of our own, and a fresh database for each test.

The server is the `mariadbd` of the machine (the Debian package `mariadb-server`), or the
`mariadbd` or `mysqld` in the directory that ``CHARTER_TEST_MYSQL`` names. Each test process has
its own server, in a temporary directory, on a free loopback port.
"""

import asyncio
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.account import Account, server_account
from tests.support.postgres import free_port
from tests.support.processes import end

try:
    import asyncmy
except ImportError:
    asyncmy = None  # type: ignore[assignment]

START_SECONDS = 60.0
STOP_SECONDS = 30.0
PORT_TRIES = 5
PLACES = ("/usr/sbin", "/usr/libexec", "/usr/local/sbin", "/usr/bin")
USER = "charter"

# Kept away from what Charter would like to find: whatever leans on a server default shows.
SETTINGS = {
    "bind-address": "127.0.0.1",
    "character-set-server": "latin1",
    "collation-server": "latin1_swedish_ci",
    "default-time-zone": "+05:45",
    "group-concat-max-len": "1024",
    "innodb-buffer-pool-size": "64M",
    # A test makes many tables: in files of their own, each costs some waits for the disk.
    "innodb-file-per-table": "OFF",
    # A test may kill the server, but not the machine: nothing has to wait for the disk.
    "innodb-flush-log-at-trx-commit": "2",
    "innodb-lock-wait-timeout": "30",
    "lower-case-table-names": "0",
    "max-connections": "300",
    "max-allowed-packet": "32M",
    "sql-mode": "",
    "transaction-isolation": "REPEATABLE-READ",
}


class MysqlUnavailable(Exception):
    """Neither MariaDB nor MySQL is installed, or it did not start; the message says why."""


@dataclass(slots=True)
class MysqlServer:
    """One server: its program, its data and, while it runs, its process.

    The port and the password stay the same from start to start, so that a client may reconnect.
    """

    program: Path
    home: Path
    account: Account
    port: int = 0
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def mariadb(self) -> bool:
        return self.program.name == "mariadbd"

    @property
    def environment(self) -> dict[str, str]:
        """A server that starts clears up where it keeps its temporary tables: not those of
        another."""
        return {**os.environ, "TMPDIR": str(self.home)}

    def url(self, database: str) -> str:
        """The address of a database, with its user and password."""
        return f"mysql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def initialise(self) -> None:
        """Make the data directory. Raises MysqlUnavailable when that fails."""
        start = self.home / "start.sql"
        start.write_text(
            f"CREATE USER '{USER}'@'%' IDENTIFIED BY '{self.password}';\n"
            f"GRANT ALL ON *.* TO '{USER}'@'%' WITH GRANT OPTION;\n"
        )
        self.account.own(start)
        if self.mariadb:
            command = ["mariadb-install-db", "--no-defaults", f"--datadir={self.data}"]
            command += ["--auth-root-authentication-method=normal", "--skip-test-db"]
        else:
            command = [str(self.program), "--no-defaults", f"--datadir={self.data}"]
            command += ["--initialize-insecure"]
        done = subprocess.run(
            command,
            user=self.account.user,
            group=self.account.group,
            extra_groups=self.account.groups,
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            output = (done.stdout + done.stderr).decode(errors="replace")
            raise MysqlUnavailable(f"no data directory could be made: {output[-2000:]}")

    def start(self) -> None:
        """Start the server and return once it takes connections.

        The first start picks a free port; later ones keep it. Raises MysqlUnavailable, with the
        end of the server's log, when it does not come up.
        """
        if self.process is not None:
            return
        first = not self.port
        tries = PORT_TRIES if first else 1
        for attempt in range(tries):
            port = self.port or free_port()
            self.process = self.launch(port, first=first)
            if self.ready(port):
                self.port = port
                (self.home / "start.sql").unlink(missing_ok=True)
                return
            end(self.process, signal.SIGKILL, STOP_SECONDS)
            self.process = None
            if attempt + 1 == tries or "Address already in use" not in self.log_end():
                raise MysqlUnavailable(f"the server did not start:\n{self.log_end()}")

    def stop(self) -> None:
        """Stop the server in good order: clients are cut off, everything is flushed."""
        if self.process is None:
            return
        end(self.process, signal.SIGTERM, STOP_SECONDS)
        self.process = None

    def kill9(self) -> None:
        """Kill the server at once, as a power cut would."""
        if self.process is None:
            return
        end(self.process, signal.SIGKILL, STOP_SECONDS)
        self.process = None

    def create_database(self, name: str) -> None:
        """Create an empty database."""
        self.execute(f"CREATE DATABASE `{name}`")

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self.execute(f"DROP DATABASE IF EXISTS `{name}`")

    def execute(self, sql: str, database: str | None = None) -> list[tuple[Any, ...]]:
        """Run a statement as an administrator; its rows."""
        # In a thread: the caller may be in the middle of an event loop of its own.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, self.asked(sql, database)).result()

    async def asked(self, sql: str, database: str | None = None) -> list[tuple[Any, ...]]:
        """The same, from within an event loop."""
        connection = await asyncmy.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=self.password,
            database=database,
            autocommit=True,
        )
        try:
            cursor = connection.cursor()
            await cursor.execute(sql)
            return list(await cursor.fetchall() or ())
        finally:
            await connection.ensure_closed()

    def launch(self, port: int, *, first: bool) -> subprocess.Popen[bytes]:
        command = [str(self.program), "--no-defaults", f"--datadir={self.data}", f"--port={port}"]
        command += [f"--socket={self.home / 'server.sock'}", f"--pid-file={self.home / 'pid'}"]
        command += [f"--{name}={value}" for name, value in SETTINGS.items()]
        command += ["--skip-log-bin"]
        if self.mariadb:
            command += ["--debug-no-sync", "--innodb-flush-method=nosync"]
        else:
            command += ["--mysqlx=OFF"]
        if first:
            command += [f"--init-file={self.home / 'start.sql'}"]
        with self.log.open("ab") as log:
            log.truncate(0)
            return subprocess.Popen(
                command,
                user=self.account.user,
                group=self.account.group,
                extra_groups=self.account.groups,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.home,
                env=self.environment,
                start_new_session=True,
            )

    def ready(self, port: int) -> bool:
        """Wait until the server greets whoever connects; False when it ends or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while self.process is not None and self.process.poll() is None:
            if "ready for connections" in self.log_end() and greets(port):
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return False

    def log_end(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]


def greets(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as found:
            return bool(found.recv(1))
    except OSError:
        return False


def installed_program() -> Path:
    """The server's program. Raises MysqlUnavailable when there is none."""
    if asyncmy is None:
        raise MysqlUnavailable("asyncmy is not installed (it is in requirements/dev.txt)")
    chosen = os.environ.get("CHARTER_TEST_MYSQL")
    places = os.pathsep.join([chosen] if chosen else [os.environ.get("PATH", ""), *PLACES])
    for name in ("mariadbd", "mysqld"):
        found = shutil.which(name, path=places)
        if found is not None:
            return Path(found)
    raise MysqlUnavailable("there is no mariadbd (Debian: apt-get install mariadb-server)")


def new_server(home: Path) -> MysqlServer:
    """A server with its data in home, started. Raises MysqlUnavailable."""
    program = installed_program()
    try:
        account = server_account()
    except LookupError as nobody:
        raise MysqlUnavailable(str(nobody)) from nobody
    account.own(home)
    server = MysqlServer(program=program, home=home, account=account)
    server.initialise()
    server.start()
    return server


@pytest.fixture(scope="session")
def mysql_server() -> Iterator[MysqlServer]:
    """A running MariaDB or MySQL. Without one, which only root can install, tests are skipped."""
    # Not pytest's tmp_path: only its owner may enter that, and the server is another user.
    with tempfile.TemporaryDirectory(prefix="charter-mysql-") as name:
        try:
            server = new_server(Path(name))
        except MysqlUnavailable as missing:
            pytest.skip(f"no MariaDB: {missing}")
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
def mysql_url(mysql_server: MysqlServer) -> Iterator[str]:
    """The address of an empty database that is this test's alone."""
    mysql_server.start()
    name = f"test_{secrets.token_hex(8)}"
    mysql_server.create_database(name)
    yield mysql_server.url(name)
    mysql_server.start()
    mysql_server.drop_database(name)
