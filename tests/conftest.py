"""What every test can use: the real servers of tests/support, and Hypothesis' settings."""

import os

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
