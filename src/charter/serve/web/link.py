"""The client's end of one request, as each server gives it."""

from collections.abc import Awaitable, Callable
from typing import Protocol

Headers = tuple[tuple[str, str], ...]


class Link(Protocol):
    """The client's end of one request, as a server gives it."""

    async def read(self, most: int, length: int | None) -> bytes:
        """The whole body. `length` is what was announced, None where only its end tells.

        Raises `too_large` as soon as more than `most` bytes have come, and Gone.
        """

    async def send(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a whole answer."""

    async def stream(self, status: int, headers: Headers) -> Callable[[bytes], Awaitable[None]]:
        """Begin an answer of unknown length; the result sends a piece of it."""

    async def finish(self) -> None:
        """End a streamed answer."""

    async def gone(self) -> None:
        """Returns when the client has left."""


class Gone(Exception):
    """The client has left before its request was complete."""
