"""How often each statement runs, and how long it takes: a database that counts.

Counting costs about a third of a microsecond for each statement. A shape is known by its text,
which holds no values; of more shapes than are kept, the further ones are counted together.
"""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from typing import Any, TypeVar

from charter.sql.statement import Statement
from charter.store.database import Database, Row, Transaction

T = TypeVar("T")
SHAPES = 2_000
OTHERS = "others"

OnSlow = Callable[[Statement, float, int], None]
"""Is told of a slow statement: how many seconds it took, and how many rows it gave."""


@dataclass(slots=True)
class Count:
    """What is known of one shape. Times are seconds; `rows` counts those that came back."""

    label: str
    calls: int = 0
    seconds: float = 0.0
    longest: float = 0.0
    rows: int = 0


class Tally:
    """Counts by shape, at most SHAPES of them. `slow` is the time in seconds from which on a
    statement is slow, and `on_slow` is told."""

    __slots__ = ("_counts", "_others", "_slow", "on_slow")

    def __init__(self, slow: float) -> None:
        self._counts: dict[str, Count] = {}
        self._others = Count(OTHERS)
        self._slow = slow
        self.on_slow: OnSlow | None = None

    def note(self, statement: Statement, seconds: float, rows: int) -> None:
        count = self._counts.get(statement.text)
        if count is None:
            count = self._new(statement)
        count.calls += 1
        count.seconds += seconds
        count.rows += rows
        count.longest = max(count.longest, seconds)
        if seconds >= self._slow and self.on_slow is not None:
            self.on_slow(statement, seconds, rows)

    @property
    def texts(self) -> Collection[str]:
        """The shapes that are told apart."""
        return self._counts.keys()

    def counts(self) -> tuple[Count, ...]:
        """All shapes, the one that took most time in all first."""
        found = [*self._counts.values(), *([self._others] if self._others.calls else [])]
        return tuple(sorted(found, key=lambda count: -count.seconds))

    def _new(self, statement: Statement) -> Count:
        if len(self._counts) >= SHAPES:
            return self._others
        count = Count(statement.label)
        self._counts[statement.text] = count
        return count


def _nothing() -> None:
    """Nobody wants to know."""


class CountingDatabase:
    """A Database of store/database.py that tells a tally of every statement.

    `wrote` is called after each write that came to its end, whatever its end was.
    """

    def __init__(self, database: Database, tally: Tally) -> None:
        self.wrote: Callable[[], None] = _nothing
        self._database = database
        self._note = tally.note
        # What is not counted goes straight through.
        self.open = database.open
        self.close = database.close
        self.script = database.script

    async def read(self, statement: Statement, arguments: Sequence[Any]) -> Sequence[Row]:
        started = time.perf_counter()
        rows = await self._database.read(statement, arguments)
        self._note(statement, time.perf_counter() - started, len(rows))
        return rows

    async def stream(
        self, statement: Statement, arguments: Sequence[Any]
    ) -> AsyncGenerator[list[Row], None]:
        # How long a stream takes is its reader's affair: it is counted, and never slow.
        count = 0
        async with aclosing(self._database.stream(statement, arguments)) as batches:
            async for rows in batches:
                count += len(rows)
                yield rows
        self._note(statement, 0.0, count)

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        note = self._note

        def counted(transaction: Transaction) -> Awaitable[T]:
            return work(CountingTransaction(transaction, note))

        try:
            return await self._database.write(counted)
        finally:
            self.wrote()

    async def write_at_once(self, statement: Statement, arguments: Sequence[Any]) -> Sequence[Row]:
        started = time.perf_counter()
        try:
            rows = await self._database.write_at_once(statement, arguments)
        finally:
            self.wrote()
        self._note(statement, time.perf_counter() - started, len(rows))
        return rows


class CountingTransaction:
    """A Transaction of store/database.py that does the same."""

    __slots__ = ("_note", "_transaction")

    def __init__(
        self, transaction: Transaction, note: Callable[[Statement, float, int], None]
    ) -> None:
        self._transaction = transaction
        self._note = note

    async def fetch(self, statement: Statement, arguments: Sequence[Any]) -> Sequence[Row]:
        started = time.perf_counter()
        rows = await self._transaction.fetch(statement, arguments)
        self._note(statement, time.perf_counter() - started, len(rows))
        return rows

    async def execute(self, statement: Statement, arguments: Sequence[Any]) -> int:
        started = time.perf_counter()
        changed = await self._transaction.execute(statement, arguments)
        self._note(statement, time.perf_counter() - started, changed)
        return changed

    async def execute_many(self, statement: Statement, arguments: Sequence[Sequence[Any]]) -> None:
        started = time.perf_counter()
        await self._transaction.execute_many(statement, arguments)
        self._note(statement, time.perf_counter() - started, len(arguments))

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        return self._transaction.savepoint()
