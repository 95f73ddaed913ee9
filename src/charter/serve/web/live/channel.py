"""Channels: what can be begun over a WebSocket at a path, and how that is said."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from charter.plan.actor import Actor
from charter.plan.ask import Ask, Can, Read, ReadMany, Write
from charter.plan.news import News
from charter.serve.live.view import Start
from charter.serve.web.live.credentials import Credentials
from charter.wire.live.speech import Speech

CHARGED_ROWS = 500
"""A subscription is charged as a page of so many rows."""
Telling = Callable[[News], Iterable[str]]
"""Gives the texts that tell a client some news; they may be made as they are sent."""


@dataclass(frozen=True, slots=True)
class Following:
    """A read that is to be followed."""

    ask: Ask
    start: Start
    telling: Telling


class Begins(Protocol):
    """Begins what a client asks for, as somebody: something to follow, or all that is said of it.
    Raises problems."""

    def __call__(
        self, begin: Any, credentials: Credentials, actor: Actor
    ) -> Awaitable[Following | tuple[str, ...]]: ...


@dataclass(frozen=True, slots=True)
class Channel:
    """A protocol of messages, and what it can begin. Where each thing that is begun is a request
    of its own (`confirms`), credentials are looked at again for each."""

    speech: Speech
    begins: Begins
    confirms: bool = False


def charged(form: Read | Write | Can) -> Read | Write | Can:
    """The form by which what is followed is charged."""
    return replace(form, limit=CHARGED_ROWS) if isinstance(form, ReadMany) else form
