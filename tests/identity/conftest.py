"""Accounts on every database; each test has a service of its own on an empty one."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.behaviour.databases import DATABASES
from tests.identity.people import Place, opened, settings_for
from tests.identity.shop import shop


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database, one kind after the other."""
    with DATABASES[request.param](request) as found:
        yield found


@pytest_asyncio.fixture
async def place(url: str, tmp_path: Path) -> AsyncIterator[Place]:
    mail = tmp_path / "mail"
    async with opened(shop.build(), settings_for(url, mail), mail) as found:
        yield found
        assert not found.witness.failures, found.witness.failures
