"""What Schemathesis has to know of this API besides its schema.

Its check that data valid by the schema is accepted stays on, in a form that knows what no schema
can say: whether a request fits the rows that are there just now.
"""

from typing import Any

import schemathesis
from schemathesis.core.failures import Failure
from schemathesis.specs.openapi.checks import positive_data_acceptance

STATE = frozenset(
    {
        "check_failed",
        "common_password",
        "empty_order",
        "guessable_password",
        "in_progress",
        "invalid_callback",
        "invalid_one_time_token",
        "invalid_passkey",
        "key_reused",
        "no_such_reference",
        "not_found",
        "not_unique",
        "still_referenced",
        "version_conflict",
        "version_required",
        "wrong_password",
        "wrong_state",
    }
)
"""Codes of refusals that depend on rows, or on requests that came before."""

LONGEST_TEXT = 100_000
"""The limit of texts that have none of their own."""


@schemathesis.hook
def before_load_schema(_: Any, raw_schema: dict[str, Any]) -> None:
    """Leave that limit out: to make texts for a pattern of such a length took more time than all
    else together. That it holds is tested elsewhere, by one text."""
    unlimited(raw_schema)


def unlimited(schema: Any) -> None:
    if isinstance(schema, dict):
        if schema.get("maxLength") == LONGEST_TEXT:
            del schema["maxLength"]
        for item in schema.values():
            unlimited(item)
    elif isinstance(schema, list):
        for item in schema:
            unlimited(item)


@schemathesis.check
def fitting_data_acceptance(ctx: Any, response: Any, case: Any) -> bool | None:
    """Data that is valid by the schema is refused for the state of the database only."""
    try:
        result: bool | None = positive_data_acceptance(ctx, response, case)
    except Failure:
        if not _for_its_state(response):
            raise
        return None
    return result


def _for_its_state(response: Any) -> bool:
    if response.headers.get("content-type") != ["application/problem+json"]:
        return False
    problem = response.json()
    flaws = problem.get("flaws", ())
    if problem["code"] == "invalid_values":
        return bool(flaws) and all(flaw["code"] in STATE for flaw in flaws)
    return problem["code"] in STATE
