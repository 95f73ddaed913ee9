"""Real `charter` processes, started and ended by tests."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from tests.support.postgres import free_port
from tests.support.processes import children, end

ROOT = Path(__file__).parents[2]
START_SECONDS = 40.0
STOP_SECONDS = 25.0
COMMAND = "import sys; from charter.cli.main import main; sys.exit(main(sys.argv[1:]))"


@dataclass(slots=True)
class Running:
    """A contract served by `charter run` on a loopback port that stays the same."""

    contract: Path
    folder: Path
    settings: Mapping[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "charter.log"

    def start(self) -> None:
        """Start, and return once it says that it is ready. Raises RuntimeError with its log."""
        environment = {name: value for name, value in os.environ.items() if "CHARTER" not in name}
        environment |= {f"CHARTER_{name.upper()}": text for name, text in self.settings.items()}
        environment["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    COMMAND,
                    "run",
                    str(self.contract),
                    "--port",
                    str(self.port),
                ],
                env=environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = self.log.read_text(errors="replace")[-3000:]
                self.kill9()
                raise RuntimeError(f"the service did not start:\n{said}")
            time.sleep(0.05)

    def kill9(self) -> None:
        """Kill the server and its workers at once, as a crash of the machine would."""
        process, self.process = self.process, None
        if process is None:
            return
        family = descendants(process.pid) if process.poll() is None else []
        for pid in [process.pid, *family]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait(STOP_SECONDS)

    def stop(self) -> int:
        """Ask it to stop, and give its exit status."""
        process, self.process = self.process, None
        return 0 if process is None else end(process, signal.SIGTERM, STOP_SECONDS)

    def _ready(self) -> bool:
        try:
            answer = httpx2.get(f"{self.url}/health/ready", timeout=5)
        except httpx2.TransportError:
            return False
        return answer.status_code == 200


def descendants(pid: int) -> list[int]:
    """The processes below a process, at any depth."""
    found: list[int] = []
    for child in children(pid):
        found += [child, *descendants(child)]
    return found


@contextlib.contextmanager
def running(contract: Path, folder: Path, **settings: str) -> Iterator[Running]:
    """A served contract. It is not left behind, whatever the test does to it. Rates are limited
    only where the test says so: it sends as much as it can."""
    service = Running(contract, folder, {"rates_enabled": "false", **settings})
    service.start()
    try:
        yield service
    finally:
        service.kill9()
