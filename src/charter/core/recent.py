"""A bounded map of what was made lately."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Makes a value for a key once, and forgets the oldest half when it is full.

    Forgetting by halves keeps a hit as cheap as a dictionary's.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._made: dict[K, V] = {}

    def get(self, key: K, make: Callable[[], V]) -> V:
        found = self._made.get(key)
        if found is None:
            found = make()
            if len(self._made) >= self._limit:
                for old in list(self._made)[: self._limit // 2]:
                    del self._made[old]
            self._made[key] = found
        return found

    def __len__(self) -> int:
        return len(self._made)
