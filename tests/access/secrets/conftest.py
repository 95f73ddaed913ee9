"""Real stores of secrets."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from tests.support.processes import end

STOP_SECONDS = 10.0


@pytest.fixture(scope="session")
def aws_server() -> Iterator[str]:
    """The address of moto's AWS Secrets Manager."""
    if find_spec("moto") is None or find_spec("botocore") is None:
        pytest.skip("moto[server] and botocore are not installed")
    command = "from moto.server import main; main(['-H', '127.0.0.1', '-p', '0'])"
    process = subprocess.Popen(
        [sys.executable, "-u", "-W", "ignore", "-c", command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        yield _address(process)
    finally:
        end(process, signal.SIGTERM, STOP_SECONDS)
        if process.stderr is not None:
            process.stderr.close()


def _address(process: subprocess.Popen[bytes]) -> str:
    for line in process.stderr or ():
        text = line.decode(errors="replace")
        if "http://127.0.0.1:" in text:
            return "http://127.0.0.1:" + text.rpartition("http://127.0.0.1:")[2].split()[0]
    raise RuntimeError("moto did not start")
