"""Plans that are kept for one operation, found again by the answers to the same questions."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from charter.wire.graphql.given import Bound, Question, Watch

MOST_PLANS = 128

P = TypeVar("P")


@dataclass(slots=True)
class _Fork(Generic[P]):
    """A question, and what follows from each answer to it."""

    question: Question
    ways: dict[Hashable, "_Fork[P] | P"] = field(default_factory=dict)


class Plans(Generic[P]):
    """The plans of an operation. Planning asks its questions in an order that depends on nothing
    but the answers so far: so they make a tree."""

    def __init__(self) -> None:
        self._top: dict[Hashable, _Fork[P] | P] = {}
        self._count = 0

    def get(self, bound: Bound, make: Callable[[Watch], P]) -> P:
        """The plan for what a request gives: the one that is kept, or the one that is made now,
        which is kept under all that its making asks."""
        found = self._find(bound)
        if found is None:
            watch = Watch(bound)
            found = make(watch)
            self._keep(watch.asked.items(), found)
        return found

    def _find(self, bound: Bound) -> P | None:
        found = self._top.get(None)
        while isinstance(found, _Fork):
            found = found.ways.get(found.question.answer(bound))
        return found

    def _keep(self, asked: Iterable[tuple[Question, Hashable]], plan: P) -> None:
        if self._count >= MOST_PLANS:
            self._top, self._count = {}, 0
        ways, way = self._top, None
        for question, answer in asked:
            fork = ways.get(way)
            if not isinstance(fork, _Fork):
                fork = ways[way] = _Fork(question)
            ways, way = fork.ways, answer
        ways[way] = plan
        self._count += 1
