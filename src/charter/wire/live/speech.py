"""What every protocol of messages over a WebSocket has: whoever connects says who it is, begins and
ends things under names of its own, and gives signs of life."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from charter.core.livecodes import NOT_CONNECTED
from charter.core.problems import Problem
from charter.wire.live.messages import Connect, Ping, Pong, Unsubscribe

__all__ = ["Begin", "Breach", "Connect", "Ending", "Ping", "Pong", "Speech", "Unsubscribe"]


class How(Enum):
    """How a client does not keep to the order of things."""

    EARLY = "early"
    """It asks for something before it has said who it is."""
    LATE = "late"
    """It has not said in time who it is."""
    AGAIN = "again"
    """It says so a second time."""
    TAKEN = "taken"
    """It uses a name twice."""


class Breach(Problem):
    """The client does not keep to the order of things, which ends the connection."""

    def __init__(self, how: How, message: str | None = None) -> None:
        super().__init__(NOT_CONNECTED, message)
        self.how = how


class Begin(Protocol):
    """Something is to be begun, under a name of the client's."""

    @property
    def id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Ending:
    """How a connection is ended: what is said last, where anything is, and the close frame."""

    last: str | None
    code: int
    reason: str


class Speech(Protocol):
    """How one protocol says things. `required` is whether a client has to ask for it by the name
    of the subprotocol, and `eager` whether signs of life may come before anything else."""

    @property
    def subprotocol(self) -> str: ...

    @property
    def required(self) -> bool: ...

    @property
    def eager(self) -> bool: ...

    @property
    def ping(self) -> str: ...

    @property
    def pong(self) -> str: ...

    def read(self, text: str | bytes) -> Any:
        """What a client says: Connect, Unsubscribe, Ping, Pong, or something to begin. Raises
        `malformed` and `invalid_values`, and the problems of credentials."""

    def connected(self, heartbeat: float) -> str:
        """The client is known."""

    def problem(self, problem: Problem, name: str) -> str:
        """What was to be begun cannot be."""

    def taken(self, name: str) -> Problem:
        """What a client is told that uses a name twice."""

    def ending(self, problem: Problem) -> Ending: ...
