"""News: what somebody is told who follows a read. Bodies are JSON text as the database made it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from charter.core.problems import Code, Problem


class Kind(StrEnum):
    """What became of a row in the view of a subscriber."""

    CREATED = "created"
    """It has come into the view: it is new, or can be seen from now on."""
    UPDATED = "updated"
    REMOVED = "removed"
    """It has fallen out of the view: it is gone, or cannot be seen any more."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A row as the subscriber may see it: its key as text, its body as JSON text, and a `tag`
    that is the same for the same body, in every process."""

    key: str
    tag: str
    body: str


@dataclass(frozen=True, slots=True)
class Change:
    """`row` is how the row is now; None where it was removed."""

    kind: Kind
    key: str
    row: Shown | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """All that there is to be seen, at the beginning. `reset` says why what the subscriber had
    before counts for nothing."""

    rows: tuple[Shown, ...]
    position: str
    reset: Code | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """What is different from before: all of it came about up to `position`, no transaction is
    told by halves."""

    changes: tuple[Change, ...]
    position: str
    resumed: bool = False
    """They are the differences from what the subscriber said that it has, at the beginning."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Nothing is different from before up to a position; `ready` says so at the beginning."""

    position: str
    ready: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """The subscription is over, and why."""

    problem: Problem


News = Rows | Changes | Reached | Ended


class Sink(Protocol):
    """Where a subscriber is told. It never waits: what it cannot pass on at once it keeps."""

    def tell(self, news: News) -> None: ...
