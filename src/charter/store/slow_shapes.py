"""The statements that have proved too long for the event loop."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Sentence:
    """How long a statement stays away from the event loop."""

    until: float
    seconds: float


class SlowShapes:
    """Remembers the texts of statements that overran their budget.

    The first time a text is held for `first` seconds, and whenever it overruns again soon after,
    for twice as long as the time before, at most `longest`: one slow run (a cold cache, an
    unusual argument) is forgotten at once, and what is always slow is tried once a minute.
    At most `capacity` texts are kept, those that overran last.
    """

    __slots__ = ("_capacity", "_clock", "_first", "_held", "_longest")

    def __init__(
        self,
        *,
        capacity: int = 512,
        first: float = 1.0,
        longest: float = 64.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._held: OrderedDict[str, Sentence] = OrderedDict()
        self._capacity = capacity
        self._first = first
        self._longest = longest
        self._clock = clock

    def __len__(self) -> int:
        return len(self._held)

    def holds(self, text: str) -> bool:
        """Whether a statement is to stay away from the event loop now."""
        sentence = self._held.get(text)
        return sentence is not None and self._clock() < sentence.until

    def overran(self, text: str) -> None:
        """Hold a statement that has taken too long."""
        now = self._clock()
        sentence = self._held.get(text)
        again = sentence is not None and now < sentence.until + 2 * sentence.seconds
        seconds = min(2 * sentence.seconds, self._longest) if sentence and again else self._first
        self._held[text] = Sentence(now + seconds, seconds)
        self._held.move_to_end(text)
        if len(self._held) > self._capacity:
            self._held.popitem(last=False)
