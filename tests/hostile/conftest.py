"""The hostile requests meet the studio of the behaviour suite, on every database."""

import pytest

from tests.behaviour.conftest import (  # noqa: F401 - fixtures
    contract,
    http,
    served,
    shared,
    url,
)
from tests.behaviour.databases import DATABASES


@pytest.fixture(scope="module", params=[*DATABASES])
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of a database."""
    found: str = request.param
    return found
