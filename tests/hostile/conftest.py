"""The hostile requests meet the studio of the behaviour suite, on every database."""

from tests.behaviour.conftest import (  # noqa: F401 - fixtures
    contract,
    http,
    served,
    shared,
    url,
)
