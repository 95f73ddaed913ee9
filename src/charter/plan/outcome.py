"""Outcomes: what came of an ask. Bodies are JSON text as the database made it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """One row, read or written."""

    resource: str
    key: Any
    body: str
    version: int
    created: bool = False
    deleted: bool = False
    """For a deleted row `body` is empty."""


@dataclass(frozen=True, slots=True)
class PageOutcome:
    """A page of rows. `last` holds the sort values of the last row where more rows follow."""

    bodies: Sequence[str]
    last: tuple[Any, ...] | None
    count: int | None = None
    count_is_exact: bool = True


@dataclass(frozen=True, slots=True)
class StreamOutcome:
    """All rows of a list, in batches of bodies."""

    batches: AsyncIterator[Sequence[str]]


@dataclass(frozen=True, slots=True)
class SummaryOutcome:
    bodies: Sequence[str]


@dataclass(frozen=True, slots=True)
class ValueOutcome:
    """What a command gave back that is not a row: JSON text, or None for nothing."""

    body: str | None


WriteOutcome = RowOutcome | ValueOutcome


@dataclass(frozen=True, slots=True)
class ManyOutcome:
    """What came of several operations in one transaction, in their order."""

    parts: tuple[WriteOutcome, ...]


Outcome = RowOutcome | PageOutcome | StreamOutcome | SummaryOutcome | ValueOutcome | ManyOutcome
