"""Real OpenID providers, each started once for the tests of this folder."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from charter.access.outbound import Outbound, open_outbound
from tests.support.oidc.provider import Browser, OpenIdProvider, why_not


def started(provider: OpenIdProvider) -> Iterator[OpenIdProvider]:
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    provider.start()
    yield provider
    provider.stop()


@pytest.fixture(scope="session", params=["RS256", "ES256", "EdDSA"])
def provider(request: pytest.FixtureRequest) -> Iterator[OpenIdProvider]:
    """A provider for each algorithm."""
    algorithm: str = request.param
    yield from started(OpenIdProvider(algorithm, claims_in_id_token=algorithm == "ES256"))


@pytest.fixture(scope="session")
def one() -> Iterator[OpenIdProvider]:
    yield from started(OpenIdProvider())


@pytest.fixture(scope="session")
def other() -> Iterator[OpenIdProvider]:
    """Another provider, for the tests in which two of them are confused."""
    yield from started(OpenIdProvider())


@pytest.fixture
def rotating() -> Iterator[OpenIdProvider]:
    """A provider that a test starts anew with other keys."""
    yield from started(OpenIdProvider())


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    client = open_outbound(development=True)
    yield client
    await client.close()


@pytest.fixture
def browser() -> Iterator[Callable[[str], Browser]]:
    """Browsers of people, by their names at the provider."""
    opened: list[Browser] = []

    def of(person: str) -> Browser:
        opened.append(Browser(person))
        return opened[-1]

    yield of
    for each in opened:
        each.close()
