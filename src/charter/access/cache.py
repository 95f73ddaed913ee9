"""Verified tokens, remembered for as long as they are valid."""

from collections import OrderedDict

from charter.access.claims import Admission
from charter.plan.actor import Actor

MOST_BYTES = 8 << 20


class TokenCache:
    """The admissions used last, by the text that was admitted. Bounded by their number and by
    the length of their texts together. Refusals are not kept: they are cheap, and a token that
    is refused now may be good later. For one event loop: it takes no locks."""

    def __init__(self, entries: int, most_bytes: int = MOST_BYTES) -> None:
        self._most_entries = entries
        self._most_bytes = most_bytes
        self._entries: OrderedDict[str, Admission] = OrderedDict()
        self._bytes = 0

    def get(self, text: str, now: float) -> Actor | None:
        """The actor, the same object each time, or None where there is none valid now."""
        found = self._entries.get(text)
        if found is None:
            return None
        if found.since <= now < found.until:
            self._entries.move_to_end(text)
            return found.actor
        self._drop(text)
        return None

    def put(self, text: str, admission: Admission) -> None:
        """Remember an admission; those used longest ago make room."""
        self._drop(text)
        if len(text) > self._most_bytes or self._most_entries == 0:
            return
        self._entries[text] = admission
        self._bytes += len(text)
        while len(self._entries) > self._most_entries or self._bytes > self._most_bytes:
            oldest, _ = self._entries.popitem(last=False)
            self._bytes -= len(oldest)

    def clear(self) -> None:
        self._entries.clear()
        self._bytes = 0

    def _drop(self, text: str) -> None:
        if self._entries.pop(text, None) is not None:
            self._bytes -= len(text)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size(self) -> int:
        """The length of all remembered texts together."""
        return self._bytes
