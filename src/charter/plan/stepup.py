"""Step-up: what a stronger or a fresher sign-in would allow (RFC 9470)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from charter.contract.contract import Contract
from charter.contract.expression import Fact, FactName
from charter.core import codes
from charter.core.problems import Problem
from charter.plan.standing import Standing
from charter.plan.view import View

STRONG = "aal2"
"""What `acr` says of a sign-in with two kinds of factor (NIST SP 800-63B, section 2.2)."""


@dataclass(frozen=True, slots=True)
class StepUp:
    """What a sign-in has to be: with two kinds of factor (`mfa`), or at most so many seconds
    old."""

    mfa: bool = False
    max_age: int | None = None


def step_up(
    contract: Contract, standing: Standing, allowed: Callable[[Standing], bool]
) -> StepUp | None:
    """The least that somebody who is denied something would have to do to be allowed it.

    `allowed` tells whether actors of a standing are. None where no sign-in would help, or where
    there is nobody who has signed in.
    """
    found = (needed for needed, better in stronger(contract, standing) if allowed(better))
    return next(found, None)


def stronger(contract: Contract, standing: Standing) -> Iterator[tuple[StepUp, Standing]]:
    """What the actor could become by signing in again, with what that takes; the least first."""
    if not standing.authenticated:
        return
    mfa = Fact(FactName.MFA)
    factors = [False, True] if mfa in contract.facts and mfa not in standing.facts else [False]
    missing = {age for age in _ages(contract.facts) if not _fresh(standing, age)}
    for strong in factors:
        for age in (None, *sorted(missing, reverse=True)):
            needed = StepUp(strong, age)
            gained = {mfa} if strong else set()
            if age is not None:
                gained |= {_within(other) for other in missing if other >= age}
            if gained:
                yield needed, replace(standing, facts=standing.facts | gained)


def refusal(view: View, what: str, allowed: Callable[[View], bool]) -> Problem:
    """Why an actor cannot do something that no rule can ever allow it as it stands.

    `what` is a verb with its object; `allowed` tells whether somebody with another view can.
    """
    standing = view.standing
    if not standing.authenticated:
        return Problem(codes.UNAUTHENTICATED, f"Credentials are needed to {what}.")

    def helps(better: Standing) -> bool:
        return allowed(replace(view, standing=better))

    if standing.scopes is not None and helps(replace(standing, scopes=None)):
        return Problem(codes.INSUFFICIENT_SCOPE, f"No scope of these credentials lets them {what}.")
    needed = step_up(view.contract, standing, helps)
    if needed is not None:
        return insufficient(needed, what)
    return Problem(codes.FORBIDDEN, f"No policy lets this actor {what}.")


def insufficient(needed: StepUp, what: str) -> Problem:
    """The problem that tells a client how to sign in again."""
    members: dict[str, object] = {}
    said = []
    if needed.mfa:
        members["acr_values"] = STRONG
        said.append("with a second factor")
    if needed.max_age is not None:
        members["max_age"] = needed.max_age
        said.append(f"of the last {needed.max_age} seconds")
    message = f"It takes a sign-in {' '.join(said)} to {what}."
    return Problem(codes.INSUFFICIENT_USER_AUTHENTICATION, message, members=members)


def _ages(facts: frozenset[Fact]) -> set[int]:
    return {
        fact.argument
        for fact in facts
        if fact.name is FactName.SIGNED_IN_WITHIN and isinstance(fact.argument, int)
    }


def _within(age: int) -> Fact:
    return Fact(FactName.SIGNED_IN_WITHIN, age)


def _fresh(standing: Standing, age: int) -> bool:
    return _within(age) in standing.facts
