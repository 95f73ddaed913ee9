"""What a client is told of an operation: the response to it, or one response after the other;
and who gives what is told."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass

from charter.plan.ask import Ask
from charter.plan.news import News
from charter.plan.outcome import Outcome

Answer = Callable[[Ask], Awaitable[Outcome]]
Follow = Callable[
    [Ask, str | None, Callable[[News], Iterable[str]]], Awaitable[AsyncIterator[bytes]]
]
"""Follows a read, from a position on where there is one, and gives the pieces of the answer that
its news come to. Raises the problems of the read."""


@dataclass(frozen=True, slots=True)
class Done:
    """The response to an operation, and its status where it says something. `errors` is a JSON
    array: why nothing of it was done."""

    body: str
    status: int = 200
    errors: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One response of many. `position` is how far it reaches; `errors` is a JSON array, and says
    why there are no more."""

    body: str
    position: str | None = None
    errors: str | None = None


@dataclass(frozen=True, slots=True)
class Followed:
    """A read that is to be followed, from a position on where there is one, and what is told of
    the news of it."""

    ask: Ask
    after: str | None
    told: Callable[[News], Iterable[Told]]
