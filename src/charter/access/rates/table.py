"""What was spent, in a table of fixed size, whatever keys clients come with.

A key belongs to one set of eight slots; a slot has the fingerprint of its key and its theoretical
arrival time. A newcomer to a full set takes over the slot of the one that has spent least, with
what that has spent (as in the Space-Saving algorithm of Metwally, Agrawal and El Abbadi, 2005):
so a key may get less than its limit while a table overflows, but never more.
"""

from functools import lru_cache
from hashlib import blake2b

from charter.access.rates.limit import Limit
from charter.access.rates.verdict import Verdict, decide

WAYS = 8
SET_WORDS = 2 * WAYS
SET_BYTES = 8 * SET_WORDS
_REMEMBERED = 4096
"""Fingerprints that need not be worked out again."""


class Table:
    """The spending of one limit, in words of 64 bits that belong to somebody else.

    `words` are those of the table alone: for each set, its fingerprints (0 for none) and then
    its times. The secret keeps anybody from finding keys that share a set.
    """

    def __init__(self, words: "memoryview[int]", secret: bytes) -> None:
        self._words = words
        self._sets = len(words) // SET_WORDS
        self._secret = secret
        self.fingerprint = lru_cache(_REMEMBERED)(self._fingerprint)

    def _fingerprint(self, key: str) -> int:
        digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8, key=self._secret)
        return int.from_bytes(digest.digest(), "little") or 1

    def set_of(self, fingerprint: int) -> int:
        """The number of the set that a key belongs to."""
        return fingerprint % self._sets

    def take(self, limit: Limit, fingerprint: int, cost: int, now: int) -> Verdict:
        """Spend, if there is enough. Nobody else may work on the key's set meanwhile."""
        words = self._words
        first = (fingerprint % self._sets) * SET_WORDS
        try:
            slot = first + words[first : first + WAYS].tolist().index(fingerprint)
            arrival = words[slot + WAYS]
        except ValueError:
            times = words[first + WAYS : first + SET_WORDS].tolist()
            arrival = min(times)
            slot = first + times.index(arrival)
        verdict = decide(limit, arrival, now, cost)
        if verdict.allowed:
            words[slot] = fingerprint
            words[slot + WAYS] = now + verdict.spent
        return verdict

    def release(self) -> None:
        """Let go of the words."""
        self._words.release()


def sets_for(keys: int) -> int:
    """Sets that have room for about so many keys."""
    return max(1, -(-keys // WAYS))
