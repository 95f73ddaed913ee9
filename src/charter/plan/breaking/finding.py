"""What a comparison of two contracts finds."""

from dataclasses import dataclass
from enum import StrEnum

from charter.core.places import NOWHERE, Place


class Severity(StrEnum):
    """What a change does to those who use what it changes."""

    BREAKING = "breaking"
    """Something that worked does not, or means something else."""
    ADDITIVE = "additive"
    """Everything works as before, and more does."""
    NEUTRAL = "neutral"
    """Nobody's program notices, but a person may want to know."""


@dataclass(frozen=True, slots=True)
class ChangeCode:
    """One entry of the registry in `codes`; its part of the reference is made from it.

    `instead` is the compatible way to the same end; only what breaks has one.
    """

    name: str
    severity: Severity
    title: str
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One change: to what, what it means there, and where both contracts speak of it.

    A place is `NOWHERE` where a contract has no such thing, or was read from `contract.json`.
    """

    code: ChangeCode
    subject: str
    message: str
    before: Place = NOWHERE
    after: Place = NOWHERE

    @property
    def severity(self) -> Severity:
        return self.code.severity
