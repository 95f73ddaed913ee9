"""A PostgreSQL that is replicated: a primary of our own, and standbys that stream from it."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.postgres import PostgresServer, PostgresUnavailable, new_server

CATCH_UP_SECONDS = 30.0


@dataclass
class Cluster:
    """One primary and its standbys, each in a folder of its own."""

    home: Path
    primary: PostgresServer
    standbys: list[PostgresServer] = field(default_factory=list)

    def add_standby(self, *, synchronous: bool = False) -> PostgresServer:
        """A standby that streams from the primary; a commit waits for a synchronous one."""
        number = len(self.standbys) + 1
        folder = self.home / f"standby{number}"
        folder.mkdir()
        self.primary.account.own(folder)
        made = PostgresServer(
            programs=self.primary.programs,
            home=folder,
            account=self.primary.account,
            password=self.primary.password,
        )
        self._copy(made, f"standby{number}")
        made.start()
        self.standbys.append(made)
        if synchronous:
            self.primary.execute(f"ALTER SYSTEM SET synchronous_standby_names = 'standby{number}'")
            self.primary.execute("SELECT pg_reload_conf()")
        self.caught_up(made)
        return made

    def caught_up(self, standby: PostgresServer) -> None:
        """Wait until a standby has replayed what the primary has now."""
        lsn = self.primary.execute("SELECT pg_current_wal_lsn()")
        question = f"SELECT coalesce(pg_last_wal_replay_lsn() >= '{lsn}'::pg_lsn, false)"
        deadline = time.monotonic() + CATCH_UP_SECONDS
        while standby.execute(question) != "t":
            assert time.monotonic() < deadline, "the standby does not catch up"
            time.sleep(0.05)

    def stop(self) -> None:
        for server in (*self.standbys, self.primary):
            server.stop()

    def _copy(self, standby: PostgresServer, name: str) -> None:
        program = Path(self.primary.program("pg_basebackup"))
        if not program.is_file():
            raise PostgresUnavailable("there is no pg_basebackup")
        source = f"{self.primary.url().rpartition('/')[0]}/?application_name={name}"
        done = subprocess.run(
            [
                # Streamed, the log would be asked for only every ten seconds.
                str(program), "-D", str(standby.data), "-R", "-X", "fetch", "-c", "fast",
                "--no-sync", "-d", source,
            ],
            user=standby.account.user,
            group=standby.account.group,
            extra_groups=standby.account.groups,
            cwd=standby.home,
            capture_output=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise PostgresUnavailable(f"pg_basebackup: {done.stderr.decode(errors='replace')}")


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A primary without standbys. Raises PostgresUnavailable."""
    # Not pytest's tmp_path: only its owner may enter that, and the server is another user.
    with tempfile.TemporaryDirectory(prefix="charter-replication-") as name:
        home = Path(name)
        home.chmod(0o755)
        folder = home / "primary"
        folder.mkdir()
        made = Cluster(home, new_server(folder))
        try:
            with (made.primary.data / "pg_hba.conf").open("a") as rules:
                rules.write("host replication postgres 127.0.0.1/32 password\n")
            made.primary.execute("SELECT pg_reload_conf()")
            yield made
        finally:
            made.stop()
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(exist_ok=True)


@pytest.fixture
def replicated() -> Iterator[Cluster]:
    """A cluster that is this test's alone. Without PostgreSQL the test is skipped."""
    try:
        with cluster() as made:
            yield made
    except PostgresUnavailable as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(f"PostgreSQL is needed under CI: {missing}")
        pytest.skip(f"no PostgreSQL: {missing}")
