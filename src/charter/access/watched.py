"""Keys from a file that is read again when it changes, so that keys can be rotated."""

import os
from collections.abc import Callable
from pathlib import Path

from charter.access.keys import BadKey, KeySet
from charter.core.signals import Failed, Listener

SECONDS_BETWEEN_LOOKS = 5.0

_Stamp = tuple[int, int, int] | None


def _stamp(path: Path) -> _Stamp:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class WatchedKeys:
    """The keys of a file. It is looked at once in `SECONDS_BETWEEN_LOOKS` at most, and read only
    when it has changed. A changed file that is bad leaves the last good keys in force and is
    signalled once."""

    def __init__(self, path: Path, load: Callable[[], KeySet], listener: Listener) -> None:
        self._path = path
        self._load = load
        self._listener = listener
        self._stamp = _stamp(path)
        self._keys = load()
        self._looked = float("-inf")

    def current(self, now: float) -> KeySet:
        if not self._looked <= now < self._looked + SECONDS_BETWEEN_LOOKS:
            self._looked = now
            self._look()
        return self._keys

    def _look(self) -> None:
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._keys = self._load()
        except BadKey as error:
            self._listener(Failed(None, error))

    def __repr__(self) -> str:
        return f"WatchedKeys({str(self._path)!r}, {self._keys!r})"
