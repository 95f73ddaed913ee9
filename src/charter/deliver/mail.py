"""Mail: handed over to a server, or in development written to files."""

from datetime import datetime
from typing import Protocol

from charter.deliver.letter import Letter


class MailRefused(Exception):
    """The server will never take this letter: to try again is of no use."""


class MailUnavailable(Exception):
    """The letter could not be handed over now."""


class Mailer(Protocol):
    """Hands letters over."""

    async def send(self, letter: Letter, written: datetime) -> str:
        """Hand one over; where it went, as a log may say it. Raises MailRefused and
        MailUnavailable."""
