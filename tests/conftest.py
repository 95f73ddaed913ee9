"""What every test can use: the real servers of tests/support, and Hypothesis' settings."""

import os

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.support.postgres",
    "tests.support.mysql",
    "tests.support.replication",
    "tests.support.bao",
]

# No deadline: the machine is shared, and no test is to fail by the clock.
settings.register_profile("default", deadline=None)
settings.register_profile(
    "ci", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "default")

LONGEST = (
    "tests/hostile/test_schemathesis.py",
    "tests/verify/test_plans.py",
    "tests/matrix",
    "tests/crash",
    "tests/identity/test_attacked.py",
    "tests/store/test_replicas.py",
    "tests/migrate",
    "tests/behaviour/test_laws.py",
)
"""What takes longest goes first: at the end one worker would wait for the other."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        found = (at for at, place in enumerate(LONGEST) if item.nodeid.startswith(place))
        return next(found, len(LONGEST))

    items.sort(key=rank)
