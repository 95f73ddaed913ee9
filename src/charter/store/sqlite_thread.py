"""The writer's connection and its thread: at any moment just one of thread and loop uses it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import apsw

from charter.store.sqlite_commits import write_connection
from charter.store.sqlite_connection import Opening

T = TypeVar("T")


class WriterThread:
    """Runs statements of the writer in a thread, under the statement timeout."""

    __slots__ = ("_job", "_threads", "_timeout", "connection", "cursor")

    def __init__(self, opening: Opening, *, timeout: float) -> None:
        self.connection = write_connection(opening)
        self.cursor = self.connection.cursor()
        self._timeout = timeout
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="charter-sqlite-write")
        self._job: asyncio.Future[Any] | None = None

    @property
    def running(self) -> bool:
        """Whether a statement is under way in the thread."""
        return self._job is not None

    def control(self, text: str) -> None:
        """Run SAVEPOINT, RELEASE and the like here and now."""
        self.cursor.execute(text)

    def undo(self, savepoint: str) -> bool:
        """Undo what was done since a savepoint; False when the whole transaction is gone."""
        if not self.connection.in_transaction:
            return False
        try:
            self.control(f"ROLLBACK TO {savepoint}")
            self.control(f"RELEASE {savepoint}")
        except apsw.Error:
            # Half of it must not stay: rather nothing, and the group runs again.
            with suppress(apsw.Error):
                self.control("ROLLBACK")
            return False
        return True

    async def run(
        self,
        how: Callable[[apsw.Connection, apsw.Cursor, str, Any], T],
        text: str,
        arguments: Any,
    ) -> T:
        """Run a statement in the thread. A caller who is cancelled interrupts it."""
        loop = asyncio.get_running_loop()
        # The guard's looks at the clock would take the interpreter from the event loop.
        self.connection.set_progress_handler(None)
        self._job = job = self.start(partial(how, self.connection, self.cursor, text, arguments))
        timer = loop.call_later(self._timeout, self.connection.interrupt)

        def back(done: asyncio.Future[T]) -> None:
            timer.cancel()
            done.exception()
            self._job = None

        job.add_done_callback(back)
        try:
            return await asyncio.shield(job)
        except asyncio.CancelledError:
            self.connection.interrupt()
            await self.settled()
            raise

    def start(self, job: Callable[[], T]) -> asyncio.Future[T]:
        """Begin a job in the thread."""
        return asyncio.get_running_loop().run_in_executor(self._threads, job)

    async def settled(self) -> None:
        """Wait until no statement is under way in the thread, cancelled or not."""
        cancelled: asyncio.CancelledError | None = None
        while self._job is not None:
            try:
                await asyncio.wait({self._job})
            except asyncio.CancelledError as error:
                cancelled = error
                self.connection.interrupt()
        if cancelled is not None:
            raise cancelled

    async def close(self) -> None:
        """Close the connection, in the thread: the last one of a file copies the log."""
        await self.start(self.connection.close)
        self._threads.shutdown(wait=False)
