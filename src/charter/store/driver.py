"""What a database server's driver has to offer, so that one kind of pool serves all of them."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence
from typing import Any, ClassVar

from charter.store.database import Row
from charter.store.errors import StoreError
from charter.store.settings import StoreSettings


class Link(ABC):
    """A connection. Charter leaves no session state behind: no setting, temporary table, session
    lock or cursor outlives its transaction. So it needs no reset before its next user.

    `until` is when, by the loop's clock, its user has to be done with it.
    """

    __slots__ = ("until",)

    def __init__(self) -> None:
        self.until = 0.0

    @abstractmethod
    async def fetch(self, text: str, arguments: Sequence[Any]) -> Sequence[Row]:
        """Run a statement and give its rows."""

    @abstractmethod
    async def execute(self, text: str, arguments: Sequence[Any]) -> int:
        """Run a statement; how many rows it changed."""

    @abstractmethod
    async def execute_many(self, text: str, arguments: Sequence[Sequence[Any]]) -> None:
        """Run a statement for each of many tuples of arguments."""

    @abstractmethod
    async def command(self, text: str) -> None:
        """Run commands without arguments, with semicolons between them."""

    @abstractmethod
    def stream(
        self, text: str, arguments: Sequence[Any], rows: int, seconds: float
    ) -> AsyncGenerator[Sequence[Row], None]:
        """Run a reading statement in a transaction of its own, and give so many rows at a time,
        each time within so many seconds."""

    @abstractmethod
    def forget(self) -> None:
        """Prepare all statements anew: the schema has changed."""

    @abstractmethod
    def drop(self) -> None:
        """Close the connection at once."""

    @abstractmethod
    async def close(self, seconds: float) -> None:
        """Close the connection politely, within so many seconds."""

    @property
    @abstractmethod
    def closed(self) -> bool:
        """Whether the connection is gone."""

    @property
    @abstractmethod
    def sound(self) -> bool:
        """Whether somebody else may use the connection as it is."""


class Driver(ABC):
    """One kind of server, at one address. It has no state but that."""

    name: ClassVar[str]
    """For people."""
    failures: ClassVar[tuple[type[Exception], ...]]
    """All that running a statement can raise for a reason outside the program: TimeoutError is
    an OSError."""
    nothing: ClassVar[str]
    """A command after a read was cancelled: it waits until the server is done with that, and
    changes nothing."""
    undo: ClassVar[str] = "ROLLBACK"

    @abstractmethod
    async def connect(self, settings: StoreSettings, *, idle: float, writes: bool) -> Link:
        """Connect. `idle` is how long (seconds) a transaction may do nothing; without `writes`,
        the server refuses every change. Raises what is in `failures`."""

    @abstractmethod
    def begin(self, isolation: str) -> str:
        """The command that begins a transaction that writes."""

    @abstractmethod
    def translated(self, error: Exception, text: str = "") -> StoreError:
        """The error of errors.py for one of the driver's; `text` is the statement that met it."""

    @abstractmethod
    def breaks_connection(self, error: BaseException) -> bool:
        """Whether the connection is of no use any more, or its state is not known."""

    @abstractmethod
    def leaves_in_doubt(self, error: BaseException) -> bool:
        """Whether it is unknown if a statement outside a transaction was committed: no answer of
        the server's own says that it was not."""

    @abstractmethod
    def may_connect_later(self, error: BaseException) -> bool:
        """Whether the server may only be starting, restarting or full."""

    @abstractmethod
    def lost_to_others(self, error: BaseException | None) -> bool:
        """Whether the server undid the transaction for the sake of others: another attempt may
        get through."""

    @abstractmethod
    def stale(self, error: BaseException) -> bool:
        """Whether a prepared statement is older than the schema."""
