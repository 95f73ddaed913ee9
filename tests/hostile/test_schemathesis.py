"""Schemathesis, with all of its checks, over the example APIs as they are served."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from charter.contract.contract import Contract
from charter.serve.engine.load import Loader
from charter.serve.engine.service import Service
from examples.music.contract import music
from examples.music.convert import convert
from examples.shop.__main__ import seed
from tests.behaviour.clients.base import Someone
from tests.behaviour.serving import SECRET, token
from tests.support.charter import ROOT, running

pytestmark = pytest.mark.schemathesis

CHINOOK = ROOT.parent / "shared" / "data" / "chinook" / "Chinook_Sqlite.sqlite"
EXAMPLES = os.environ.get("CHARTER_TEST_EXAMPLES", "8")
"""Cases for each operation in each phase."""
PHASES = os.environ.get("CHARTER_TEST_PHASES")
"""For all APIs, instead of their own: `coverage,fuzzing,stateful` takes minutes for music."""
LONGEST = 900
"""Seconds after which a run is given up; it takes about a minute."""


@dataclass(frozen=True, slots=True)
class Api:
    """An API to be tested: its contract, how its database is filled, who asks, and in which
    phases (what coverage finds in one API it mostly finds in all, and it takes longest)."""

    contract: Path
    fill: Callable[[str], None]
    actor: Someone
    phases: str


def fill_shop(url: str) -> None:
    asyncio.run(seed(url))


def fill_music(url: str) -> None:
    """The Chinook data, as far as it is here."""
    asyncio.run(_load(music.build(), url))


async def _load(contract: Contract, url: str) -> None:
    service = Service(contract, url)
    await service.open()
    try:
        if CHINOOK.exists():
            loader = Loader(service.pipeline)
            folder = Path(url.removeprefix("sqlite:///")).parent / "music"
            for resource, path in convert(CHINOOK, folder).items():
                await loader.load(resource, _each(path.read_bytes().splitlines()), _nothing)
    finally:
        await service.close()


async def _each(lines: Iterable[bytes]) -> AsyncIterator[bytes]:
    for line in lines:
        yield line


def _nothing(_: int) -> None:
    """Nobody waits for the progress."""


APIS = {
    "shop": Api(
        ROOT / "examples" / "shop" / "contract.py",
        fill_shop,
        Someone("ada", ("buyer", "clerk"), {"amr": ["pwd", "otp", "mfa"]}),
        "coverage,fuzzing,stateful",
    ),
    "music": Api(
        ROOT / "examples" / "music" / "contract.py",
        fill_music,
        Someone("ann", ("staff",)),
        "fuzzing,stateful",
    ),
}


@pytest.mark.parametrize("name", APIS)
def test_schemathesis_finds_nothing(name: str, tmp_path: Path) -> None:
    api = APIS[name]
    url = f"sqlite:///{tmp_path / 'api.db'}"
    api.fill(url)
    settings = {"database": url, "auth_secret": SECRET, "access_log": "false"}
    # No schema can say what a combination of includes costs.
    with running(api.contract, tmp_path, **settings, rest_max_cost="1000000") as service:
        done = run(service.url, token(api.actor, lifetime=36_000), api.phases, tmp_path)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]


def run(
    url: str, bearer: str, phases: str, folder: Path, *more: str
) -> subprocess.CompletedProcess[str]:
    """One run; it makes the same requests each time. `more` are further arguments."""
    program = Path(sys.executable).with_name("schemathesis")
    options = {
        "--header": f"Authorization: Bearer {bearer}",
        "--checks": "all",
        "--exclude-checks": "positive_data_acceptance",
        "--max-examples": EXAMPLES,
        "--phases": PHASES or phases,
        "--max-failures": "20",
        "--warnings": "off",
    }
    arguments = [part for option in options.items() for part in option]
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "tests.hostile.schemathesis_hooks",
        "PYTHONPATH": path,
    }
    flags = ["--continue-on-failure", "--generation-deterministic", "--no-color"]
    return subprocess.run(
        [program, "run", f"{url}/openapi.json", *arguments, *flags, *more],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
