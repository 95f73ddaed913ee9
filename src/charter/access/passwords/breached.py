"""Passwords that were published in breaches, looked up in a file by their SHA-1.

The file is one as Have I Been Pwned gives them out ("ordered by hash"): lines of 40 hexadecimal
digits, a colon and a count, sorted. It may have any size; a look-up reads some 30 of its lines.
"""

import hashlib
import mmap
import re
from pathlib import Path

_DIGITS = 40
_LINE = re.compile(rb"[0-9A-F]{40}(:|\r?\n|$)")


class Breached:
    """The passwords of such a file. ValueError where it is none; OSError where it cannot be
    read."""

    __slots__ = ("_lines",)

    def __init__(self, path: Path) -> None:
        wrong = f"{path} is no list of passwords by their SHA-1, ordered by hash"
        with path.open("rb") as file:
            if not file.read(1):
                raise ValueError(wrong)
            self._lines = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        last = self._lines.rfind(b"\n", 0, len(self._lines) - 1) + 1
        ends = (self._lines[:_DIGITS], self._lines[last : last + _DIGITS])
        if not (_LINE.match(self._lines) and _LINE.match(self._lines, last)) or ends[0] > ends[1]:
            raise ValueError(wrong)

    def __contains__(self, password: object) -> bool:
        """Whether a password is among them."""
        if not isinstance(password, str):
            return False
        # SHA-1 is what these lists are made with; nothing is kept by it here.
        digest = hashlib.sha1(password.encode("utf-8", "surrogatepass"), usedforsecurity=False)
        return self._has(digest.hexdigest().upper().encode())

    def _has(self, wanted: bytes) -> bool:
        lines, low, high = self._lines, 0, len(self._lines)
        while low < high:
            start = lines.rfind(b"\n", low, (low + high) // 2) + 1 or low
            found = lines[start : start + _DIGITS]
            if found == wanted:
                return True
            if found > wanted:
                high = start
            else:
                end = lines.find(b"\n", start, high)
                low = high if end < 0 else end + 1
        return False
