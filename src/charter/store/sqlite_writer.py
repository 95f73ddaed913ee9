"""The one writer of a process: writes that wait are committed together.

Each work runs in the task of its caller when its turn comes, inside a savepoint of its own. The
last turn of a group commits in the writer's thread; callers get their answers after that.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, TypeVar

import apsw

from charter.core.signals import Committed, Listener
from charter.store.errors import Contended, StoreError, TimedOut, Unavailable
from charter.store.settings import StoreSettings
from charter.store.slow_shapes import SlowShapes
from charter.store.sqlite_commits import Checkpoints, begin, commit
from charter.store.sqlite_connection import Guard, Opening
from charter.store.sqlite_errors import translated
from charter.store.sqlite_thread import WriterThread
from charter.store.sqlite_transaction import Overran, SqliteTransaction

T = TypeVar("T")

Work = Callable[[SqliteTransaction], Awaitable[T]]

ATTEMPTS = 10
"""Runs of one work, the others being undone together with works that were interrupted."""
GROUP_SIZE = 256
GROUP_SECONDS = 0.05
"""No turn begins later than this after its group began."""

Ending = BaseException | Literal["committed", "again"]


class Undone(Exception):
    """The transaction of the group is gone, for a reason that is not this work's own."""


@dataclass(slots=True, eq=False)
class Group:
    """Works that are committed together. `changes` is SQLite's count when it began."""

    until: float
    changes: int
    ended: list[asyncio.Future[Ending]] = field(default_factory=list)

    def end(self, ending: Ending) -> None:
        """Tell every member; one whose caller is gone is no longer interested."""
        for member in self.ended:
            if not member.done():
                member.set_result(ending)


class Writer:
    """Runs works one after the other and commits them in groups."""

    def __init__(
        self,
        opening: Opening,
        settings: StoreSettings,
        slow: SlowShapes,
        listener: Listener | None = None,
    ) -> None:
        self._settings = settings
        self._slow = slow
        self._listener = listener
        self._guard = Guard(settings.inline_budget)
        self._thread = WriterThread(opening, timeout=settings.statement_timeout)
        self._checkpoints = Checkpoints(self._thread.connection)
        self._waiting: deque[asyncio.Future[Group]] = deque()
        self._busy = False
        self._closed = False
        self._idle: asyncio.Event = asyncio.Event()
        self._idle.set()

    async def write(self, work: Work[T]) -> T:
        """Run a work and commit it. Raises what it raises, and StoreError."""
        started = time.perf_counter()
        guard: Guard | None = self._guard
        for attempt in range(1, ATTEMPTS + 1):
            try:
                result = await self._attempt(work, guard)
            except Undone as undone:
                if isinstance(undone.__cause__, Overran):
                    # It may have other long statements: none of them is to undo it once more.
                    guard = None
                continue
            if self._listener is not None:
                self._listener(Committed(None, time.perf_counter() - started, attempt))
            return result
        raise Contended(f"the transaction was undone together with others, {ATTEMPTS} times")

    async def drain(self) -> None:
        """Refuse newcomers, and let those who wait have their turns."""
        self._closed = True
        await self._idle.wait()

    async def close(self) -> None:
        """Close the connection, once drained."""
        await self._thread.close()

    async def _attempt(self, work: Work[T], guard: Guard | None) -> T:
        group = await self._turn()
        ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        group.ended.append(ended)
        try:
            result = await self._within(work, guard)
        except Overran as error:
            self._pass_on(group)
            # Those who came before it take their turns before it again.
            await asyncio.sleep(0)
            raise Undone from error
        except Exception:
            undoing = not self._thread.connection.in_transaction
            self._pass_on(group)
            if not undoing:
                # It may rest on what others of the group have written: let that be durable.
                joined(await ended)
            raise
        except BaseException:
            self._pass_on(group)
            raise
        self._pass_on(group)
        joined(await ended)
        return result

    async def _within(self, work: Work[T], guard: Guard | None) -> T:
        """Run a work inside a savepoint, which a failure undoes."""
        thread = self._thread
        transaction = SqliteTransaction(thread, guard, self._slow, self._listener)
        thread.control("SAVEPOINT work")
        limit = asyncio.timeout(self._settings.transaction_timeout)
        try:
            async with limit:
                result = await work(transaction)
                await thread.settled()
                if transaction.failed is not None:
                    raise transaction.failed
            thread.control("RELEASE work")
        except BaseException as error:
            try:
                await thread.settled()
            finally:
                thread.undo("work")
            if isinstance(error, Exception) and isinstance(transaction.failed, Overran):
                raise transaction.failed from error
            if isinstance(error, TimeoutError) and limit.expired():
                raise TimedOut("the transaction was open for too long") from error
            raise
        finally:
            transaction.end()
        return result

    async def _turn(self) -> Group:
        """Wait for the turn to write. Raises TimedOut, Unavailable."""
        if self._closed:
            raise Unavailable("the database is closed")
        if len(self._waiting) >= self._settings.queue_size:
            raise Unavailable("too many requests wait to write")
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Group] = loop.create_future()
        self._waiting.append(turn)
        if not self._busy:
            self._busy = True
            self._idle.clear()
            self._begin()
        if turn.done():
            return turn.result()
        timer = loop.call_later(self._settings.lock_timeout, self._expire, turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._pass_on(turn.result())
            raise
        finally:
            timer.cancel()

    def _expire(self, turn: asyncio.Future[Group]) -> None:
        if not turn.done():
            self._waiting.remove(turn)
            turn.set_exception(TimedOut("the wait for the turn to write was too long"))

    def _begin(self) -> None:
        """Begin a group: at once, or in the thread when another process is writing."""
        try:
            self._thread.control("BEGIN IMMEDIATE")
        except apsw.BusyError:
            job = self._thread.start(partial(begin, self._thread.connection))
            job.add_done_callback(self._begun)
        except apsw.Error as error:
            self._refuse(translated(error))
        else:
            self._open()

    def _begun(self, job: asyncio.Future[bool]) -> None:
        error = job.exception()
        if error is not None:
            self._refuse(error)
        elif job.result():
            self._open()
        else:
            self._next()

    def _open(self) -> None:
        until = time.monotonic() + GROUP_SECONDS
        group = Group(until, self._thread.connection.total_changes())
        if not self._grant(group):
            self._thread.control("ROLLBACK")
            self._next()

    def _grant(self, group: Group) -> bool:
        """Give the turn to the one who has waited longest; False when nobody waits."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(group)
                return True
        return False

    def _pass_on(self, group: Group) -> None:
        """End a turn: the next of the group, or its commit."""
        connection = self._thread.connection
        if not connection.in_transaction:
            group.end("again")
            self._next()
            return
        full = len(group.ended) >= GROUP_SIZE or time.monotonic() > group.until
        if not full and self._grant(group):
            return
        if connection.total_changes() == group.changes:
            # Nothing to make durable (or the schema alone, which is not counted).
            self._finish(group)
            return
        job = self._thread.start(partial(commit, connection))
        job.add_done_callback(partial(self._committed, group))

    def _finish(self, group: Group) -> None:
        try:
            commit(self._thread.connection)
        except StoreError as error:
            group.end(error)
        else:
            group.end("committed")
        self._next()

    def _committed(self, group: Group, job: asyncio.Future[None]) -> None:
        error = job.exception()
        group.end("committed" if error is None else error)
        if error is None and self._checkpoints.due:
            self._thread.start(self._checkpoints.run).add_done_callback(self._next)
        else:
            self._next()

    def _refuse(self, error: BaseException) -> None:
        """Fail all who wait: there can be no transaction now."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(error)
        self._next()

    def _next(self, _: object = None) -> None:
        if self._waiting:
            self._begin()
        else:
            self._busy = False
            self._idle.set()


def joined(ending: Ending) -> None:
    """Return when the group was committed. Raises Undone or what kept it from being so."""
    if ending == "again":
        raise Undone
    if isinstance(ending, BaseException):
        raise ending
