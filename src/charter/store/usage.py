"""How much of what is limited is in use: connections, and turns of any kind."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class PoolUse:
    """One pool at one moment. `longest_wait` (seconds) and `refused` count since it was opened;
    who waits no longer than allowed but in vain is refused too."""

    name: str
    size: int
    in_use: int
    idle: int
    waiting: int
    longest_wait: float
    refused: int


@dataclass(frozen=True, slots=True)
class ReplicaUse:
    """One replica. `behind` (seconds) is how old what it shows is at most; None where it is not
    known, and then nothing is read from it."""

    name: str
    up: bool
    behind: float | None


@dataclass(frozen=True, slots=True)
class DatabaseUse:
    """All pools and replicas of one process."""

    pools: tuple[PoolUse, ...]
    replicas: tuple[ReplicaUse, ...]


@runtime_checkable
class Measured(Protocol):
    """A database that tells how much of its pools is in use."""

    def usage(self) -> tuple[PoolUse, ...]:
        """One for each pool."""
