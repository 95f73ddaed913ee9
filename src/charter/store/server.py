"""A database server: pools of connections without resets, reads, and transactions that write."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, NamedTuple, TypeVar

from charter.core.signals import Committed, Listener, Queried
from charter.sql.statement import Statement
from charter.store.database import Row, Transaction
from charter.store.driver import Driver, Link
from charter.store.errors import Contended, NotAtOnce, StoreError, TimedOut, Unavailable
from charter.store.permits import Permits
from charter.store.server_pool import ANSWER_SECONDS, Pool
from charter.store.server_transaction import ServerTransaction
from charter.store.settings import StoreSettings
from charter.store.usage import PoolUse

T = TypeVar("T")

ATTEMPTS = 6
PAUSE = 0.01
"""Seconds: the first pause before another attempt at most; each later one is twice as long."""
AT_ONCE = "read committed"
"""The isolation of a statement outside a transaction."""
FREE = "DO RELEASE_ALL_LOCKS()"
"""Gives back what the names in a `Statement.holds` stand for."""


class Again(Exception):
    """Nothing of the attempt stays in the database, and another may get through."""


class Pools(NamedTuple):
    """Sessions that can only read, and sessions that can write."""

    readers: Pool
    writers: Pool


class ServerDatabase:
    """A Database of database.py on a server.

    `patience` is for how many seconds a server that is away is tried again; the pool timeout
    where it is None.
    """

    def __init__(
        self,
        driver: Driver,
        settings: StoreSettings,
        listener: Listener | None = None,
        patience: float | None = None,
    ) -> None:
        self._driver = driver
        self._settings = settings
        self._listener = listener
        self._patience = patience
        self._begin = driver.begin(settings.isolation)
        self._opened: Pools | None = None
        self._streams = self._stream_permits()

    async def open(self) -> None:
        if self._opened is None:
            pools = Pools(
                Pool(self._driver, self._settings, writes=False, patience=self._patience),
                Pool(self._driver, self._settings, writes=True, patience=self._patience),
            )
            pools.readers.release(await pools.readers.acquire(self._settings.statement_timeout))
            for pool in pools:
                pool.watch()
            self._streams = self._stream_permits()
            self._opened = pools

    async def close(self) -> None:
        pools, self._opened = self._opened, None
        if pools is not None:
            await self._streams.close()
            for pool in pools:
                await pool.close()

    def usage(self) -> tuple[PoolUse, ...]:
        """The connections that read, those that write, and the streams."""
        if self._opened is None:
            return ()
        readers, writers = self._opened
        return readers.usage("readers"), writers.usage("writers"), self._streams.usage("streams")

    def break_off(self) -> None:
        """Give up all connections that read: their server has fallen silent."""
        if self._opened is not None:
            self._opened.readers.break_off()

    async def read(self, statement: Statement, arguments: Sequence[Any]) -> Sequence[Row]:
        if self._listener is None:
            return await self._read(statement.text, arguments)
        started = time.perf_counter()
        rows = await self._read(statement.text, arguments)
        elapsed = time.perf_counter() - started
        self._listener(Queried(None, statement.label, elapsed, len(rows)))
        return rows

    async def stream(
        self, statement: Statement, arguments: Sequence[Any]
    ) -> AsyncGenerator[list[Row], None]:
        pool = self._pools().readers
        await self._streams.acquire()
        link: Link | None = None
        started, count = time.perf_counter(), 0
        try:
            link = await pool.connect(idle=self._settings.idle_timeout)
            patience = self._settings.statement_timeout + ANSWER_SECONDS
            size = self._settings.batch_rows
            batches = link.stream(statement.text, arguments, size, patience)
            async with aclosing(batches):
                async for rows in batches:
                    count += len(rows)
                    yield list(rows)
        except self._driver.failures as error:
            raise self._driver.translated(error, statement.text) from error
        finally:
            if link is not None:
                pool.dismiss(link)
            self._streams.release()
            if self._listener is not None:
                elapsed = time.perf_counter() - started
                self._listener(Queried(None, statement.label, elapsed, count))

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        started = time.perf_counter()
        error: BaseException | None = None
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(random.uniform(0, PAUSE * 2**attempt))  # noqa: S311 - jitter
            try:
                result = await self._transact(work)
            except Again as again:
                error = again.__cause__
                continue
            if self._listener is not None:
                elapsed = time.perf_counter() - started
                self._listener(Committed(None, elapsed, attempt + 1))
            return result
        if error is not None and self._driver.breaks_connection(error):
            raise Unavailable(f"the connection was lost {ATTEMPTS} times") from error
        raise Contended(f"the transaction did not get through in {ATTEMPTS} tries") from error

    async def write_at_once(self, statement: Statement, arguments: Sequence[Any]) -> Sequence[Row]:
        if self._settings.isolation != AT_ONCE:
            raise NotAtOnce("this isolation is that of a transaction")
        if self._listener is None:
            return await self._write_at_once(statement.text, arguments)
        started = time.perf_counter()
        rows = await self._write_at_once(statement.text, arguments)
        elapsed = time.perf_counter() - started
        self._listener(Queried(None, statement.label, elapsed, len(rows)))
        self._listener(Committed(None, elapsed, 1))
        return rows

    async def script(self, text: str) -> None:
        async def run(transaction: ServerTransaction) -> None:
            await transaction.command(text)

        await self.write(run)  # type: ignore[arg-type]

    async def _read(self, text: str, arguments: Sequence[Any]) -> Sequence[Row]:
        try:
            return await self._try_read(text, arguments)
        except Again:
            # Reading twice harms nobody: a connection that died while idle costs no answer.
            pass
        try:
            return await self._try_read(text, arguments)
        except Again as again:
            raise Unavailable("the read could not be finished twice") from again.__cause__

    async def _try_read(self, text: str, arguments: Sequence[Any]) -> Sequence[Row]:
        pool = self._pools().readers
        link = await pool.acquire(self._settings.statement_timeout)
        try:
            rows = await link.fetch(text, arguments)
        except self._driver.failures as error:
            again = self._undone(link, error)
            nothing = self._driver.nothing
            self._put_back(pool, link, error, nothing if isinstance(error, TimeoutError) else None)
            if again:
                raise Again from error
            raise self._driver.translated(error, text) from error
        except BaseException:
            pool.recycle(link, self._driver.nothing)
            raise
        pool.release(link)
        return rows

    async def _write_at_once(self, text: str, arguments: Sequence[Any]) -> Sequence[Row]:
        pool = self._pools().writers
        link = await pool.acquire(self._settings.statement_timeout)
        try:
            rows = await link.fetch(text, arguments)
        except self._driver.failures as error:
            nothing = self._driver.nothing
            self._put_back(pool, link, error, nothing if isinstance(error, TimeoutError) else None)
            if self._driver.leaves_in_doubt(error):
                raise Unavailable("it is unknown whether the write was committed") from error
            failure = self._driver.translated(error, text)
            raise failure if isinstance(failure, TimedOut) else NotAtOnce(str(failure)) from error
        except BaseException:
            pool.recycle(link, self._driver.nothing)
            raise
        pool.release(link)
        return rows

    async def _transact(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """One attempt. Raises Again where nothing stays and another attempt may help."""
        pool = self._pools().writers
        link = await pool.acquire(self._settings.transaction_timeout)
        transaction = ServerTransaction(self._driver, link, self._listener)
        limit = asyncio.timeout(self._settings.transaction_timeout)
        try:
            async with limit:
                await transaction.command(self._begin)
                result = await work(transaction)
                if transaction.failed is not None:
                    raise transaction.failed
        except Exception as error:
            cause = cause_of(transaction.failed or error)
            transaction.end()
            undo = self._ending(transaction)
            if cause is not None and self._undone(link, cause):
                self._put_back(pool, link, cause, undo)
                raise Again from cause
            await pool.undo(link, undo)
            if isinstance(error, TimeoutError) and limit.expired():
                raise TimedOut("the transaction was open for too long") from error
            raise
        except BaseException:
            transaction.end()
            pool.recycle(link, self._ending(transaction))
            raise
        await self._commit(pool, link, transaction)
        return result

    async def _commit(self, pool: Pool, link: Link, transaction: ServerTransaction) -> None:
        try:
            await transaction.command("COMMIT")
        except StoreError as error:
            cause = cause_of(error)
            if cause is not None and (self._lost(link, cause) or isinstance(cause, TimeoutError)):
                pool.lost(link)
                raise Unavailable("it is unknown whether the transaction was committed") from cause
            await pool.undo(link, self._ending(transaction))
            if self._driver.lost_to_others(cause):
                raise Again from cause
            raise
        except BaseException:
            pool.recycle(link, self._ending(transaction))
            raise
        finally:
            transaction.end()
        if transaction.holds:
            await pool.undo(link, FREE)
        else:
            pool.release(link)

    def _ending(self, transaction: ServerTransaction) -> str:
        undo = self._driver.undo
        return f"{undo}; {FREE}" if transaction.holds else undo

    def _pools(self) -> "Pools":
        if self._opened is None:
            raise Unavailable("the database is not open")
        return self._opened

    def _stream_permits(self) -> Permits:
        settings = self._settings
        return Permits(
            settings.streams,
            queue=settings.queue_size,
            seconds=settings.pool_timeout,
            what="stream",
        )

    def _lost(self, link: Link, error: BaseException) -> bool:
        return link.closed or self._driver.breaks_connection(error)

    def _undone(self, link: Link, error: BaseException) -> bool:
        """Whether a failure undid the transaction for a reason that another attempt may not
        meet."""
        driver = self._driver
        return self._lost(link, error) or driver.stale(error) or driver.lost_to_others(error)

    def _put_back(self, pool: Pool, link: Link, error: BaseException, ending: str | None) -> None:
        """Give a connection back after a failure, with what has to run on it before its next
        user."""
        if self._lost(link, error):
            pool.lost(link)
            return
        if self._driver.stale(error):
            link.forget()
        if ending is None:
            pool.release(link)
        else:
            pool.recycle(link, ending)


def cause_of(error: BaseException) -> BaseException | None:
    """The driver's own error behind one of the store's."""
    return error.__cause__ if isinstance(error, StoreError) else None
