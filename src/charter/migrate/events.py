"""What happens while migrations are applied or rolled back, for whoever shows it."""

from collections.abc import Callable
from dataclasses import dataclass

from charter.migrate.step import Step


@dataclass(frozen=True, slots=True)
class Created:
    """The database was empty: it has the schema of the contract now, and so all migrations."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Adopted:
    """Migrations that were not in the history are there already: they are noted."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Begun:
    """A migration is taken up, at the step with this number; numbers count from 1."""

    migration: str
    back: bool
    number: int
    steps: int


@dataclass(frozen=True, slots=True)
class StepBegun:
    """A step begins."""

    step: Step
    number: int
    steps: int
    back: bool


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step is done, and noted, after so many seconds."""

    step: Step
    number: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Filled:
    """A batch is committed. `walked` rows have been looked at, of about so many in the table."""

    step: Step
    walked: int
    changed: int
    rows: int


@dataclass(frozen=True, slots=True)
class Paused:
    """A backfill lets others go first, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Retrying:
    """A lock was not had; the next try comes after a pause (seconds)."""

    step: str
    attempt: int
    pause: float


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """The database is gone; the next try comes after a pause (seconds)."""

    reason: str
    pause: float


@dataclass(frozen=True, slots=True)
class Queued:
    """Another `charter migrate` is at work: this one waits for its turn."""


@dataclass(frozen=True, slots=True)
class Watching:
    """Releases that need what would go are watched for a sign of life, for so many seconds."""

    releases: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Finished:
    """A migration is applied, or rolled back."""

    migration: str
    back: bool


Event = (
    Created
    | Adopted
    | Begun
    | StepBegun
    | StepDone
    | Filled
    | Paused
    | Retrying
    | Reconnecting
    | Queued
    | Watching
    | Finished
)
Tell = Callable[[Event], None]


def nobody(_: Event) -> None:
    """Tells nobody."""
