"""Accounts on every database; each test has a service of its own on an empty one."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.behaviour.databases import DATABASES
from tests.identity.guests import with_provider
from tests.identity.people import Place, opened, settings_for
from tests.identity.shop import shop
from tests.support.oidc.provider import OpenIdProvider, why_not


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


@pytest.fixture(scope="session")
def provider() -> Iterator[OpenIdProvider]:
    """A real OpenID provider."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    found = OpenIdProvider()
    found.start()
    yield found
    found.stop()


@pytest_asyncio.fixture
async def club(url: str, tmp_path: Path, provider: OpenIdProvider) -> AsyncIterator[Place]:
    """The service with that provider, whose addresses count where they are verified."""
    async with with_provider(url, tmp_path / "mail", provider) as found:
        yield found
        assert not found.witness.failures, found.witness.failures
