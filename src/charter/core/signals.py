"""Signals: the closed set of observations. Logs, metrics and traces are readers of them."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answered:
    """A request has been answered. Durations are seconds."""

    request_id: str
    trace_id: str | None
    protocol: str
    method: str
    route: str
    status: int
    code: str | None
    actor: str | None
    seconds: float
    bytes_in: int
    bytes_out: int


@dataclass(frozen=True, slots=True)
class Queried:
    """A statement has run. `rows` counts what came back."""

    request_id: str | None
    statement: str
    seconds: float
    rows: int


@dataclass(frozen=True, slots=True)
class Slow:
    """A statement took longer than is expected of any. `plan` is how the database runs it, told
    for some of them and without arguments; `left_out` counts those since the last one that were
    not told."""

    request_id: str | None
    statement: str
    seconds: float
    rows: int
    plan: str | None = None
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Committed:
    """A transaction has ended well after `attempts` tries."""

    request_id: str | None
    seconds: float
    attempts: int


@dataclass(frozen=True, slots=True)
class Failed:
    """An exception that no contract declared reached the pipeline."""

    request_id: str | None
    error: BaseException


@dataclass(frozen=True, slots=True)
class Started:
    """The service is ready at an address."""

    address: str


@dataclass(frozen=True, slots=True)
class Mailed:
    """A letter was handed over: to which server, or into which file."""

    subject: str
    where: str


@dataclass(frozen=True, slots=True)
class Stopping:
    """The service drains: no new requests, `running` still under way."""

    running: int


Signal = Answered | Queried | Slow | Committed | Failed | Started | Mailed | Stopping
Listener = Callable[[Signal], None]
