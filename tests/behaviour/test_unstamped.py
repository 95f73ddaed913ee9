"""Policies and constraints once more, over existing tables without times and versions."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from charter.contract.contract import Contract
from tests.behaviour import test_constraints, test_policies
from tests.behaviour.conftest import EXISTING
from tests.behaviour.databases import run_script
from tests.behaviour.existing import existing, script
from tests.behaviour.serving import Served, serving

for module in (test_constraints, test_policies):
    globals().update({name: one for name, one in vars(module).items() if name.startswith("test_")})


@pytest.fixture(scope="module", params=EXISTING)
def kind(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(contract: Contract, url: str, kind: str) -> AsyncIterator[Served]:
    unstamped = existing(contract, EXISTING[kind], stamped=False)
    await run_script(url, script(unstamped, EXISTING[kind]))
    async with serving(unstamped, url) as found:
        yield found
