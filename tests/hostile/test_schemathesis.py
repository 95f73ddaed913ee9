"""Schemathesis, with all of its checks, over the example APIs as they are served."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2
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
CONFIG = Path(__file__).with_name("schemathesis.toml")
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
    more: tuple[str, ...] = ()
    """Further arguments of the run."""


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
        # The others are attacked in tests/identity, by somebody who has an account.
        (
            "--exclude-operation-id-regex",
            "auth_(?!(sign_out|delete_account|end_session|change_password|reset)$)",
        ),
    ),
    "music": Api(
        ROOT / "examples" / "music" / "contract.py",
        fill_music,
        Someone("ann", ("staff",)),
        "fuzzing,stateful",
    ),
}

KEYS = {
    "shop": {
        "customer": "customers", "staff": "staffMembers", "categor": "categories",
        "product": "products", "order": "orders",
    },
    "todo": {"task": "tasks"},
}  # fmt: skip
"""For GraphQL: what is in the names of fields about a resource, and its list."""
GRAPHQL = {
    # The checks in graphql_hooks.py stand in their places.
    "--exclude-checks": "positive_data_acceptance,not_a_server_error",
    "--phases": "fuzzing",
}


@pytest.mark.parametrize("name", APIS)
def test_schemathesis_finds_nothing(name: str, tmp_path: Path) -> None:
    api = APIS[name]
    url = f"sqlite:///{tmp_path / 'api.db'}"
    api.fill(url)
    settings = {"database": url, "auth_secret": SECRET, "access_log": "false"}
    # No schema can say what a combination of includes costs.
    with running(api.contract, tmp_path, **settings, rest_max_cost="1000000") as service:
        bearer = token(api.actor, lifetime=36_000)
        done = run(service.url, bearer, api.phases, tmp_path, *api.more)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]


@pytest.mark.parametrize("name", KEYS)
def test_schemathesis_finds_nothing_in_graphql(name: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'api.db'}"
    contract, actor = ROOT / "examples" / name / "contract.py", Someone("ada")
    if name in APIS:
        APIS[name].fill(url)
        actor = APIS[name].actor
    settings = {"database": url, "auth_secret": SECRET, "access_log": "false"}
    with running(contract, tmp_path, **settings, rest_max_cost="1000000") as service:
        bearer = token(actor, lifetime=36_000)
        keys = {part: keys_of(service.url, bearer, field) for part, field in KEYS[name].items()}
        done = attack(f"{service.url}/graphql", bearer, tmp_path, GRAPHQL, {
            "SCHEMATHESIS_HOOKS": "tests.hostile.graphql_hooks",
            "CHARTER_TEST_KEYS": json.dumps(keys),
        })  # fmt: skip
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]


def keys_of(url: str, bearer: str, field: str) -> list[str]:
    """The keys of some rows, as GraphQL has them."""
    answer = httpx2.post(
        f"{url}/graphql",
        json={"query": f"{{ {field}(first: 20) {{ nodes {{ id }} }} }}"},
        headers={"authorization": f"Bearer {bearer}"},
    )
    return [row["id"] for row in answer.json()["data"][field]["nodes"]]


def run(
    url: str, bearer: str, phases: str, folder: Path, *more: str
) -> subprocess.CompletedProcess[str]:
    """One run over the REST API; `more` are further arguments."""
    options = {
        "--exclude-checks": "positive_data_acceptance",
        "--phases": PHASES or phases,
    }
    environment = {"SCHEMATHESIS_HOOKS": "tests.hostile.schemathesis_hooks"}
    return attack(f"{url}/openapi.json", bearer, folder, options, environment, *more)


def attack(
    url: str, bearer: str, folder: Path, options: Mapping[str, str],
    environment: Mapping[str, str], *more: str,
) -> subprocess.CompletedProcess[str]:  # fmt: skip
    """One run; it makes the same requests each time."""
    program = Path(sys.executable).with_name("schemathesis")
    common = {
        "--header": f"Authorization: Bearer {bearer}",
        "--checks": "all",
        "--max-examples": EXAMPLES,
        "--max-failures": "20",
        "--warnings": "off",
    }
    arguments = [part for option in (common | dict(options)).items() for part in option]
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    flags = ["--continue-on-failure", "--generation-deterministic", "--no-color"]
    return subprocess.run(
        [program, "--config-file", CONFIG, "run", url, *arguments, *flags, *more],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
