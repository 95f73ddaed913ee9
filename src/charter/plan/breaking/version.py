"""Which step of the version a change asks for (Semantic Versioning 2.0.0), and whether it is made.

A contract's version has one to three numbers; those that are left out are zero. Before 1.0.0
(SemVer, item 4) what breaks is a step of the second number, and what adds one of the third.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from charter.plan.breaking.finding import Finding, Severity

_VERSION = re.compile(r"(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:[-+][0-9A-Za-z.+-]+)?")

Numbers = tuple[int, int, int]


class Step(IntEnum):
    """How far a version has to move."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


_STEPS = {
    Severity.BREAKING: Step.MAJOR,
    Severity.ADDITIVE: Step.MINOR,
    Severity.NEUTRAL: Step.PATCH,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the new version says what changed. `wanted` is the least version that does."""

    step: Step
    old: str
    new: str
    wanted: str
    said: bool


def step_of(findings: Iterable[Finding]) -> Step:
    """The step that the gravest finding asks for."""
    return max((_STEPS[item.severity] for item in findings), default=Step.NONE)


def verdict(old: str, new: str, step: Step) -> Verdict:
    """A step that only neutral changes ask for (a patch) need not be made, but no version may
    go back. What is no version is compared with itself only: any other text says nothing."""
    before, after = _numbers(old), _numbers(new)
    if before is None or after is None:
        unknown = "MAJOR.MINOR.PATCH" if step > Step.PATCH or old != new else new
        return Verdict(step, old, new, unknown, old == new and step <= Step.PATCH)
    least = _after(before, step) if step > Step.PATCH else before
    wanted = _after(before, step)
    return Verdict(step, old, new, ".".join(map(str, wanted)), after >= least)


def _numbers(version: str) -> Numbers | None:
    found = _VERSION.fullmatch(version)
    if found is None:
        return None
    major, minor, patch = (int(part or 0) for part in found.groups())
    return major, minor, patch


def _after(version: Numbers, step: Step) -> Numbers:
    """The next version that makes a step."""
    major, minor, patch = version
    if major == 0 and step > Step.PATCH:
        step = Step(step - 1)
    match step:
        case Step.MAJOR:
            return major + 1, 0, 0
        case Step.MINOR:
            return major, minor + 1, 0
        case Step.PATCH:
            return major, minor, patch + 1
        case _:
            return version
