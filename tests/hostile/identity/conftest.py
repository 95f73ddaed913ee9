"""A guild that is attacked: one service and its members for all tests of a module."""

from collections.abc import AsyncIterator
from dataclasses import replace
from inspect import iscoroutinefunction
from pathlib import Path

import pytest
import pytest_asyncio

from charter.access.settings import AccessSettings
from tests.behaviour.databases import DATABASES
from tests.hostile.identity.forging import AUDIENCE, KEYS
from tests.hostile.identity.guild import guild
from tests.identity.people import ORIGIN, Person, Place, opened, settings_for

HERE = Path(__file__).parent
ANN, BOB = "ann@example.com", "bob@example.com"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests run in the loop of the service that they share."""
    for item in items:
        waits = isinstance(item, pytest.Function) and iscoroutinefunction(item.function)
        if HERE in item.path.parents and waits:
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


@pytest.fixture(scope="module", params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database; override in a module where it matters which one it is."""
    found: str = request.param
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(
    request: pytest.FixtureRequest, database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    mail = tmp_path_factory.mktemp("mail")
    with DATABASES[database](request) as url:
        settings = settings_for(url, mail, secret="a secret of this test, to seal with")
        auth = AccessSettings(jwks=KEYS, audience=AUDIENCE, issuer=ORIGIN)
        async with opened(guild.build(), replace(settings, auth=auth), mail) as found:
            yield found
            assert not found.witness.failures, found.witness.failures


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ann(place: Place) -> Person:
    """Who attacks, with an account of her own."""
    return await place.person(ANN)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bob(place: Place) -> Person:
    """Who is attacked."""
    return await place.person(BOB)
