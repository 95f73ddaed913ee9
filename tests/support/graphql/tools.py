"""Tools of others for GraphQL, from npm. `npm ci` in this folder installs them; where they are not
installed, or Node is missing, tests that need them are skipped and say so."""

import json
import shutil
import subprocess
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
    if not (MODULES / "graphql-http").is_dir():
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


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
    )
