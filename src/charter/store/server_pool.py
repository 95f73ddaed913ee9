"""Connections to a database server, handed out and taken back."""

import asyncio
import random

from charter.store.driver import Driver, Link
from charter.store.errors import Unavailable
from charter.store.permits import Permits
from charter.store.settings import StoreSettings
from charter.store.usage import PoolUse

FIRST_PAUSE = 0.02
LONGEST_PAUSE = 1.0
CLEANING_SECONDS = 5.0
ANSWER_SECONDS = 5.0
"""How much longer than the server may take an answer may be on its way."""
WATCH_SECONDS = 1.0


class Pool:
    """At most `pool_size` connections; the one used last is used next, so that few stay warm.

    Without `writes`, they are sessions in which the server refuses every change. A server that
    does not take connections is tried again for `patience` seconds (None: the pool timeout).
    """

    def __init__(
        self,
        driver: Driver,
        settings: StoreSettings,
        *,
        writes: bool,
        patience: float | None = None,
    ) -> None:
        self._driver = driver
        self._writes = writes
        self._settings = settings
        self._patience = settings.pool_timeout if patience is None else patience
        self._idle: list[Link] = []
        self._cleaning: set[asyncio.Task[None]] = set()
        self._down = False
        self._out: set[Link] = set()
        self._watch: asyncio.TimerHandle | None = None
        self._permits = Permits(
            settings.pool_size,
            queue=settings.queue_size,
            seconds=settings.pool_timeout,
            what="database connection",
        )

    async def acquire(self, seconds: float) -> Link:
        """A sound connection for at most so long, made where there is none. Raises Unavailable."""
        await self._permits.acquire()
        try:
            link = self._last() or await self.connect(idle=self._settings.transaction_timeout)
        except BaseException:
            self._permits.release()
            raise
        link.until = asyncio.get_running_loop().time() + seconds + ANSWER_SECONDS
        self._out.add(link)
        return link

    async def connect(self, *, idle: float) -> Link:
        """A new connection, outside the pool. Raises Unavailable.

        A server that restarts is tried again and again while there is patience. When that was in
        vain, the next ones try once each, until somebody gets through.
        """
        driver, loop = self._driver, asyncio.get_running_loop()
        until = loop.time() + self._patience
        pause = FIRST_PAUSE
        while True:
            try:
                link = await driver.connect(self._settings, idle=idle, writes=self._writes)
            except driver.failures as error:
                later = driver.may_connect_later(error)
                if self._down or not later or loop.time() + pause > until:
                    self._down = True
                    raise Unavailable(f"cannot connect to {driver.name}: {error!r}") from error
            else:
                self._down = False
                return link
            await asyncio.sleep(random.uniform(0.5, 1) * pause)  # noqa: S311 - jitter
            pause = min(2 * pause, LONGEST_PAUSE)

    def release(self, link: Link) -> None:
        """Take a connection back. One that is broken or inside a transaction goes no further."""
        self._out.discard(link)
        if link.sound:
            self._idle.append(link)
        else:
            link.drop()
        self._permits.release()

    def lost(self, link: Link) -> None:
        """Take a broken connection back. The idle ones may be dead of the same cause."""
        self._out.discard(link)
        link.drop()
        while self._idle:
            self._idle.pop().drop()
        self._permits.release()

    def recycle(self, link: Link, ending: str) -> None:
        """Take a connection back in the middle of something: first `ending` runs on it.

        Nobody waits for that; when it fails or takes long, the connection is dropped, and the
        server undoes the transaction.
        """
        if link.closed:
            self.release(link)
            return
        self._cleaned(link, ending)

    async def undo(self, link: Link, ending: str) -> None:
        """Recycle a connection and wait for it: what its transaction locked is free again."""
        if link.closed:
            self.release(link)
            return
        await asyncio.shield(self._cleaned(link, ending))

    def dismiss(self, link: Link) -> None:
        """Close a connection from outside the pool, without waiting for it."""
        task = asyncio.get_running_loop().create_task(self._bye(link))
        self._cleaning.add(task)
        task.add_done_callback(self._cleaning.discard)

    def break_off(self) -> None:
        """Break all connections: what runs on them fails now instead of when it took too long."""
        for link in (*self._out, *self._idle):
            link.drop()

    def usage(self, name: str) -> PoolUse:
        return self._permits.usage(name, len(self._idle))

    async def close(self) -> None:
        """Wait until all connections are back, and close them."""
        if self._watch is not None:
            self._watch.cancel()
        await self._permits.close()
        if self._cleaning:
            await asyncio.wait(self._cleaning)
        while self._idle:
            await self._bye(self._idle.pop())

    def watch(self) -> None:
        """Break the connections that have been out too long: their server may be gone.

        Once a second for all of them: a timer for each statement costs a third of a read.
        """
        loop = asyncio.get_running_loop()
        now = loop.time()
        for link in self._out:
            if now > link.until:
                link.drop()
        self._watch = loop.call_later(WATCH_SECONDS, self.watch)

    def _last(self) -> Link | None:
        """The connection used last that is still sound."""
        while self._idle:
            link = self._idle.pop()
            if link.sound:
                return link
            link.drop()
        return None

    def _cleaned(self, link: Link, ending: str) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(self._clean(link, ending))
        self._cleaning.add(task)
        task.add_done_callback(self._cleaning.discard)
        return task

    async def _clean(self, link: Link, ending: str) -> None:
        try:
            async with asyncio.timeout(CLEANING_SECONDS):
                await link.command(ending)
        except self._driver.failures:
            link.drop()
        finally:
            self.release(link)

    async def _bye(self, link: Link) -> None:
        """Close a connection politely, or else abruptly."""
        try:
            await link.close(CLEANING_SECONDS)
        except self._driver.failures:
            link.drop()
