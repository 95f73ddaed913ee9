"""The bell: processes on one database tell each other that something was written.

It says nothing of what was written, and may stay silent: who hears it looks into the log, and
looks there now and then unasked.
"""

from collections.abc import Callable
from typing import Protocol

BELL = "bell"
"""What its statements are called."""


class Bell(Protocol):
    """One process's end of it. For one event loop."""

    @property
    def hears(self) -> bool:
        """Whether this process is told of what others write, as far as is known."""

    def ring(self) -> None:
        """Something was committed here: tell the others soon, and of all that follows at once.

        Returns at once, and never fails. It costs nothing worth naming while nobody listens.
        """

    def listen(self, heard: Callable[[], None]) -> None:
        """Hear from now on, and again after each loss of the connection.

        `heard` is called where another process may have written, and when the bell goes deaf.
        """

    async def rest(self) -> None:
        """Hear no more."""

    async def close(self) -> None:
        """Neither hear nor ring any more."""
