"""Reads of SQLite that are too long for the event loop: threads with connections of their own."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

import apsw

from charter.sql.statement import Statement
from charter.store.database import Row
from charter.store.errors import TimedOut
from charter.store.permits import Permits
from charter.store.settings import StoreSettings
from charter.store.sqlite_connection import Opening, connect, fetch
from charter.store.sqlite_errors import FAILURES, translated
from charter.store.usage import PoolUse

T = TypeVar("T")


class Readers:
    """A few threads for reads, each read under the statement timeout, and for streams.

    A stream has a connection of its own, but no thread while its client is slow.
    """

    def __init__(self, opening: Opening, settings: StoreSettings) -> None:
        self._opening = opening
        self._settings = settings
        self._threads = ThreadPoolExecutor(
            settings.reader_threads + settings.streams, thread_name_prefix="charter-sqlite-read"
        )
        self._idle = [connect(opening) for _ in range(settings.reader_threads)]
        self._reads = Permits(
            settings.reader_threads,
            queue=settings.queue_size,
            seconds=settings.pool_timeout,
            what="reader thread",
        )
        self._streams = Permits(
            settings.streams,
            queue=settings.queue_size,
            seconds=settings.pool_timeout,
            what="stream",
        )

    async def read(self, statement: Statement, arguments: Sequence[Any]) -> list[Row]:
        """Run one statement in a thread. Raises StoreError."""
        await self._reads.acquire()
        connection = self._idle.pop()
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._settings.statement_timeout, connection.interrupt)
        job = loop.run_in_executor(self._threads, fetch, connection, statement.text, arguments)

        # The connection is free when the thread is done with it: not when its caller is gone.
        def free(done: asyncio.Future[list[Row]]) -> None:
            timer.cancel()
            done.exception()
            self._idle.append(connection)
            self._reads.release()

        job.add_done_callback(free)
        try:
            return await asyncio.shield(job)
        except asyncio.CancelledError:
            connection.interrupt()
            raise

    async def stream(
        self, statement: Statement, arguments: Sequence[Any]
    ) -> AsyncGenerator[list[Row], None]:
        """Run one statement and give its rows in batches, from one snapshot."""
        await self._streams.acquire()
        stream = Stream(self._threads, self._opening, self._settings, self._streams.release)
        try:
            await stream.start(statement.text, arguments)
            while rows := await stream.next():
                yield rows
        finally:
            stream.stop()

    def usage(self) -> tuple[PoolUse, ...]:
        """The threads that read, and the streams."""
        return self._reads.usage("reader threads"), self._streams.usage("streams")

    async def close(self) -> None:
        """Wait for the reads under way, and close the connections."""
        await self._reads.close()
        await self._streams.close()
        for connection in self._idle:
            connection.close()
        self._threads.shutdown(wait=False)


class Stream:
    """One statement that is read batch by batch.

    Whoever asks for no more rows within the idle timeout loses the stream: its snapshot would
    keep the write-ahead log from being reused.
    """

    def __init__(
        self,
        threads: Executor,
        opening: Opening,
        settings: StoreSettings,
        ended: Callable[[], None],
    ) -> None:
        self._threads = threads
        self._opening = opening
        self._settings = settings
        self._ended = ended
        self._connection: apsw.Connection | None = None
        self._cursor: apsw.Cursor | None = None
        self._job: asyncio.Future[Any] | None = None
        self._stopped = False
        self._idle: asyncio.TimerHandle | None = None

    async def start(self, text: str, arguments: Sequence[Any]) -> None:
        await self._run(self._begin, text, arguments)

    async def next(self) -> list[Row]:
        if self._idle is not None:
            self._idle.cancel()
        if self._stopped:
            raise TimedOut("the reader of the stream was too slow")
        rows = await self._run(self._batch)
        self._idle = asyncio.get_running_loop().call_later(self._settings.idle_timeout, self.stop)
        return rows

    def stop(self) -> None:
        """End the stream, as soon as the thread lets go of it."""
        if self._stopped:
            return
        self._stopped = True
        if self._idle is not None:
            self._idle.cancel()
        if self._job is None or self._job.done():
            self._release()
            return
        self._interrupt()
        self._job.add_done_callback(self._release)

    def _release(self, job: asyncio.Future[Any] | None = None) -> None:
        if self._connection is not None:
            self._connection.close()
        self._ended()

    def _interrupt(self) -> None:
        if self._connection is not None:
            self._connection.interrupt()

    async def _run(self, job: Callable[..., T], *arguments: Any) -> T:
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._settings.statement_timeout, self._interrupt)
        running = loop.run_in_executor(self._threads, job, *arguments)

        def ended(done: asyncio.Future[T]) -> None:
            timer.cancel()
            done.exception()

        running.add_done_callback(ended)
        self._job = running
        return await asyncio.shield(running)

    def _begin(self, text: str, arguments: Sequence[Any]) -> None:
        self._connection = connect(self._opening)
        try:
            self._cursor = self._connection.execute(text, arguments)
        except FAILURES as error:
            raise translated(error, text) from error

    def _batch(self) -> list[Row]:
        if self._cursor is None:
            return []
        try:
            return list(islice(self._cursor, self._settings.batch_rows))
        except FAILURES as error:
            raise translated(error) from error
