"""PostgreSQL: a pool of connections without resets, through asyncpg."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from charter.core.signals import Committed, Listener, Queried
from charter.sql.statement import Statement
from charter.store.database import Row, Transaction
from charter.store.errors import Contended, NotAtOnce, StoreError, TimedOut, Unavailable
from charter.store.permits import Permits
from charter.store.postgres_connection import Link
from charter.store.postgres_errors import (
    FAILURES,
    SERIALIZATION,
    STALE,
    breaks_connection,
    leaves_in_doubt,
    sqlstate,
    translated,
)
from charter.store.postgres_pool import ANSWER_SECONDS, Pool
from charter.store.postgres_transaction import PostgresTransaction
from charter.store.settings import StoreSettings
from charter.store.usage import PoolUse

T = TypeVar("T")

ATTEMPTS = 6
PAUSE = 0.01
"""Seconds: the first pause before another attempt at most; each later one is twice as long."""
UNDO = "ROLLBACK"
AT_ONCE = "read committed"
"""The isolation of a statement outside a transaction."""
NOTHING = "SELECT"
"""After a read was cancelled: waits until the server is done with it, and changes nothing."""


class Again(Exception):
    """Nothing of the attempt stays in the database, and another may get through."""


class Pools(NamedTuple):
    """Sessions that can only read, and sessions that can write."""

    readers: Pool
    writers: Pool


class PostgresDatabase:
    """A Database of database.py on a PostgreSQL server.

    `patience` is for how many seconds a server that is away is tried again; the pool timeout
    where it is None.
    """

    def __init__(
        self,
        dsn: str,
        settings: StoreSettings,
        listener: Listener | None = None,
        patience: float | None = None,
    ) -> None:
        self._dsn = dsn
        self._settings = settings
        self._listener = listener
        self._patience = patience
        self._begin = f"BEGIN ISOLATION LEVEL {settings.isolation.upper()} READ WRITE"
        self._opened: Pools | None = None
        self._streams = self._stream_permits()

    async def open(self) -> None:
        if self._opened is None:
            pools = Pools(
                Pool(self._dsn, self._settings, writes=False, patience=self._patience),
                Pool(self._dsn, self._settings, writes=True, patience=self._patience),
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
            await link.connection.execute("BEGIN READ ONLY")
            cursor = await (await link.prepared(statement.text)).cursor(*arguments)
            patience = self._settings.statement_timeout + ANSWER_SECONDS
            while rows := await cursor.fetch(self._settings.batch_rows, timeout=patience):
                count += len(rows)
                yield rows  # type: ignore[misc]
        except FAILURES as error:
            raise translated(error, statement.text) from error
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
        if error is not None and breaks_connection(error):
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
        async def run(transaction: PostgresTransaction) -> None:
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
        except FAILURES as error:
            again = undone(link, error)
            put_back(pool, link, error, NOTHING if isinstance(error, TimeoutError) else None)
            if again:
                raise Again from error
            raise translated(error, text) from error
        except BaseException:
            pool.recycle(link, NOTHING)
            raise
        pool.release(link)
        return rows

    async def _write_at_once(self, text: str, arguments: Sequence[Any]) -> Sequence[Row]:
        pool = self._pools().writers
        link = await pool.acquire(self._settings.statement_timeout)
        try:
            rows = await link.fetch(text, arguments)
        except FAILURES as error:
            put_back(pool, link, error, NOTHING if isinstance(error, TimeoutError) else None)
            if leaves_in_doubt(error):
                raise Unavailable("it is unknown whether the write was committed") from error
            failure = translated(error, text)
            raise failure if isinstance(failure, TimedOut) else NotAtOnce(str(failure)) from error
        except BaseException:
            pool.recycle(link, NOTHING)
            raise
        pool.release(link)
        return rows

    async def _transact(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """One attempt. Raises Again where nothing stays and another attempt may help."""
        pool = self._pools().writers
        link = await pool.acquire(self._settings.transaction_timeout)
        transaction = PostgresTransaction(link, self._listener)
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
            if cause is not None and undone(link, cause):
                put_back(pool, link, cause, UNDO)
                raise Again from cause
            await pool.undo(link, UNDO)
            if isinstance(error, TimeoutError) and limit.expired():
                raise TimedOut("the transaction was open for too long") from error
            raise
        except BaseException:
            transaction.end()
            pool.recycle(link, UNDO)
            raise
        await self._commit(pool, link, transaction)
        return result

    async def _commit(self, pool: Pool, link: Link, transaction: PostgresTransaction) -> None:
        try:
            await transaction.command("COMMIT")
        except StoreError as error:
            cause = cause_of(error)
            if cause is not None and (lost(link, cause) or isinstance(cause, TimeoutError)):
                pool.lost(link)
                raise Unavailable("it is unknown whether the transaction was committed") from cause
            await pool.undo(link, UNDO)
            if sqlstate(cause) in SERIALIZATION:
                raise Again from cause
            raise
        except BaseException:
            pool.recycle(link, UNDO)
            raise
        finally:
            transaction.end()
        pool.release(link)

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


def cause_of(error: BaseException) -> BaseException | None:
    """The driver's own error behind one of the store's."""
    return error.__cause__ if isinstance(error, StoreError) else None


def lost(link: Link, error: BaseException) -> bool:
    return link.connection.is_closed() or breaks_connection(error)


def undone(link: Link, error: BaseException) -> bool:
    """Whether a failure undid the transaction for a reason that another attempt may not meet."""
    return lost(link, error) or isinstance(error, STALE) or sqlstate(error) in SERIALIZATION


def put_back(pool: Pool, link: Link, error: BaseException, ending: str | None) -> None:
    """Give a connection back after a failure, with what has to run on it before its next user."""
    if lost(link, error):
        pool.lost(link)
        return
    if isinstance(error, STALE):
        link.forget()
    if ending is None:
        pool.release(link)
    else:
        pool.recycle(link, ending)
