"""A signer of each algorithm."""

import pytest

from charter.access.keys import Algorithm, TokenKey
from tests.access.forge import key


@pytest.fixture(params=list(Algorithm), ids=str)
def signer(request: pytest.FixtureRequest) -> TokenKey:
    algorithm: Algorithm = request.param
    return key(algorithm, "first")
