"""Outcomes: what came of an ask. Bodies are JSON text as the database made it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from charter.core.problems import Problem


@dataclass(slots=True)
class RowOutcome:
    """One row, read or written."""

    resource: str
    key: Any
    body: str
    version: int
    created: bool = False
    deleted: bool = False
    """For a deleted row `body` is empty."""


@dataclass(slots=True)
class PageOutcome:
    """A page of rows: JSON texts with a comma, and perhaps a line end, between them.

    `last` holds the sort values of the last row where more rows follow, typed or as JSON has them.
    """

    rows: str
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
class TogetherOutcome:
    """Several reads as one JSON object, in which those that were `refused` are null."""

    body: str
    refused: tuple[tuple[str, Problem], ...] = ()


@dataclass(frozen=True, slots=True)
class ValueOutcome:
    """What a command gave back that is not a row: JSON text, or None for nothing."""

    body: str | None


WriteOutcome = RowOutcome | ValueOutcome


@dataclass(frozen=True, slots=True)
class ManyOutcome:
    """What came of several operations in one transaction, in their order."""

    parts: tuple[WriteOutcome, ...]


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """One rule of a contract, in words, and where it stands. `holds` is None where that depends
    on values that are not known."""

    rule: str
    at: str
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Explanation:
    decision: str
    rules: tuple[RuleOutcome, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """Whether an action is allowed. `code` says what its values would be refused with."""

    allowed: bool
    code: str | None = None
    readable: tuple[str, ...] | None = None
    writable: tuple[str, ...] | None = None
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True)
class CanOutcome:
    """What came of several checks, in their order."""

    results: tuple[CheckOutcome, ...]


Outcome = (
    RowOutcome
    | PageOutcome
    | StreamOutcome
    | SummaryOutcome
    | TogetherOutcome
    | ValueOutcome
    | ManyOutcome
    | CanOutcome
)
