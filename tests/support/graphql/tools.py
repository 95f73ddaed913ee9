"""Tools of others for GraphQL, from npm. `npm ci` in this folder installs them; where they are not
installed, or Node is missing, tests that need them are skipped and say so."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
SECONDS = 60


def why_not() -> str | None:
    """Why the tools cannot be used here, or None."""
    if shutil.which("node") is None:
        return "Node.js is not installed, and these tools run on it"
    if not all((MODULES / name).is_dir() for name in ("graphql-http", "graphql-ws")):
        return "run `npm ci` in tests/support/graphql for the GraphQL tools of the tests"
    return None


needs_tools = pytest.mark.skipif(why_not() is not None, reason=why_not() or "")


def audits(url: str) -> list[dict[str, Any]]:
    """The results of the audits of graphql-http, one after the other."""
    done = _run(["node", "audit.js", url], HERE)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def relay_compiled(folder: Path) -> subprocess.CompletedProcess[str]:
    """What the Relay compiler says of the project in a folder."""
    return _run(["node", str(MODULES / "relay-compiler" / "cli.js")], folder)


@dataclass(frozen=True)
class Subscriber:
    """A client of others, with one operation. What it tells is a kind and a value: `connected`,
    `next`, `error`, `complete`, `closed`, `failed`."""

    process: asyncio.subprocess.Process

    async def told(self) -> tuple[str, Any]:
        """The next that happens. Raises EOFError at its end."""
        if self.process.stdout is None:
            raise TypeError("its output is not read")
        async with asyncio.timeout(SECONDS):
            line = await self.process.stdout.readline()
        if not line:
            raise EOFError
        found = json.loads(line)
        return found["kind"], found["value"]

    async def next(self) -> Any:
        """The next response; what comes before it is left out. Raises AssertionError where it is
        over."""
        while True:
            kind, value = await self.told()
            if kind == "next":
                return value
            assert kind not in {"error", "complete"}, (kind, value)

    async def until(self, kind: str) -> Any:
        """The value of the next thing of a kind."""
        while True:
            found, value = await self.told()
            if found == kind:
                return value


@asynccontextmanager
async def subscribed(
    transport: str,
    url: str,
    query: str,
    variables: Mapping[str, Any] | None = None,
    *,
    token: str = "",
    retries: int = 0,
) -> AsyncIterator[Subscriber]:
    """A client of graphql-ws (`ws`) or of graphql-sse (`sse`) that runs an operation."""
    given = json.dumps(variables or {})
    process = await asyncio.create_subprocess_exec(
        "node", "subscribe.js", transport, url, token, query, given, str(retries),
        cwd=HERE, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 26,
    )  # fmt: skip
    try:
        yield Subscriber(process)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            raise


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
    )
