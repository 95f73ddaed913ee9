"""The bank on every database; it is empty at the start of each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.behaviour.clients import rest
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.databases import DATABASES, emptied
from tests.behaviour.serving import Served, serving
from tests.security.contract import bank

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests run in the loop of the service that they share."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


@pytest.fixture(scope="module", params=DATABASES)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    with DATABASES[request.param](request) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(url: str) -> AsyncIterator[Served]:
    async with serving(bank.build(), url) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def client(shared: Served) -> AsyncIterator[RestClient]:
    await emptied(shared)
    async with rest.connect(shared) as found:
        yield found
