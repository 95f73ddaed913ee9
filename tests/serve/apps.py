"""Served apps for tests: in this process over ASGI, and in one of their own over sockets."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2

from charter.access.issue import Grant, issue_token
from charter.access.keys import secret_key
from charter.access.settings import AccessSettings
from charter.core.signals import Listener
from charter.serve.asgi import AsgiApp, application
from charter.serve.settings.model import ServeSettings, Settings

CONTRACT = Path(__file__).with_name("slow_contract.py")
SOURCE = Path(__file__).resolve().parents[2] / "src"
SECRET = "a secret that is long enough for HS256"
SECONDS_TO_START = 60.0


def token(subject: str = "ann") -> str:
    return issue_token(secret_key(SECRET.encode(), None, "test"), Grant(subject), now=time.time())


def bearer(subject: str = "ann") -> dict[str, str]:
    return {"authorization": f"Bearer {token(subject)}"}


def settings_in(directory: Path, **serve: Any) -> Settings:
    database = f"sqlite:///{directory}/test.db"
    return Settings(
        serve=replace(ServeSettings(database=database), **serve), auth=AccessSettings(secret=SECRET)
    )


@asynccontextmanager
async def opened(
    directory: Path, listener: Listener | None = None, **serve: Any
) -> AsyncIterator[AsgiApp]:
    app = application(CONTRACT, settings_in(directory, **serve), listener=listener)
    await app.open()
    try:
        yield app
    finally:
        await app.close()


def client_of(app: AsgiApp, root_path: str = "") -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app, root_path=root_path)
    return httpx2.AsyncClient(transport=transport, base_url="http://test", headers=bearer())


@dataclass(frozen=True)
class Served:
    """`charter run` in a process of its own."""

    process: subprocess.Popen[str]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=self.url, headers=bearer(), timeout=30)

    def lines(self) -> list[dict[str, Any]]:
        """The log, which is JSON."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHARTER_")}
    return {**kept, "PYTHONPATH": str(SOURCE), "CHARTER_AUTH_SECRET": SECRET}


@contextmanager
def served(directory: Path, *flags: str, contract: Path = CONTRACT) -> Iterator[Served]:
    """A service in a process of its own, until it is ready; ended afterwards."""
    port, log = free_port(), directory / "log.jsonl"
    command = [sys.executable, "-m", "charter", "run", str(contract), "--port", str(port)]
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [*command, "--log-format", "json", *flags],
            cwd=directory, env=environment(), stdout=subprocess.PIPE, stderr=errors, text=True,
        )  # fmt: skip
    found = Served(process, port, log)
    try:
        _await_ready(found)
        yield found
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)


def _await_ready(found: Served) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if found.process.poll() is not None:
            raise AssertionError(f"charter run has ended:\n{found.log.read_text()}")
        try:
            with httpx2.Client(base_url=found.url) as client:
                if client.get("/health/ready").status_code == 200:
                    return
        except httpx2.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"charter run is not ready:\n{found.log.read_text()}")


async def until(condition: Any, seconds: float = 30.0) -> None:
    """Wait until an async condition holds."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "what was waited for did not come"
        await asyncio.sleep(0.05)
