"""What a verdict looks like over HTTP."""

from tests.matrix.oracle import Verdict

REFUSALS = {
    Verdict.MISSING: "404 not_found",
    Verdict.FORBIDDEN: "403 forbidden",
    Verdict.UNAUTHENTICATED: "401 unauthenticated",
    Verdict.STEP_UP: "401 insufficient_user_authentication",
}


def told_as(verdict: Verdict, allowed: str = "200") -> str:
    """The status, and the code of a refusal."""
    return REFUSALS.get(verdict, allowed)
