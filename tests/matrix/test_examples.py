"""The whole permission matrix of every example: what the API does is what its policies say.

Every kind of actor (nobody, somebody, each role) tries every action on every kind of row, its
own and those of others, over HTTP.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from charter.language.load import load_contract
from tests.behaviour.databases import DATABASES
from tests.matrix.cans import compare_cans
from tests.matrix.examples import EXAMPLES, VALUES
from tests.matrix.reads import compare_reads
from tests.matrix.service import Tried, kinds_of, trying
from tests.matrix.world import world_of
from tests.matrix.writes import compare_writes

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(scope="module", params=VALUES)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tried(request: pytest.FixtureRequest, database: str, name: str) -> AsyncIterator[Tried]:
    world = world_of(load_contract(EXAMPLES / name / "contract.py"), VALUES[name])
    with DATABASES[database](request) as url:
        async with trying(world, url) as found:
            yield found


async def test_everybody_reads_what_policies_say(tried: Tried) -> None:
    for kind in kinds_of(tried.contract):
        await compare_reads(tried, kind)
    tried.judge()


async def test_everybody_writes_what_policies_say(tried: Tried) -> None:
    for kind in kinds_of(tried.contract):
        await compare_writes(tried, kind)
    tried.judge()


async def test_everybody_is_told_what_they_can_do(tried: Tried) -> None:
    for kind in kinds_of(tried.contract):
        await compare_cans(tried, kind)
    tried.judge()
