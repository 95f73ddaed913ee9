"""The feed: it follows the log, and tells of what is new in it.

It looks when this process has written, when the bell says that another has, and unasked: often
where there is no bell to be heard, and else now and then, for what nobody told of.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from charter.core.signals import Failed, Listener
from charter.core.tasks import ended
from charter.serve.live.log import Log, Read
from charter.sql.log import Mark
from charter.store.bell import Bell

POLL_SECONDS = 0.1
"""After so long it looks for what other processes have written and cannot tell."""
PAUSE_SECONDS = 0.005
"""It looks no more often than this, so that writes that follow each other are told together."""
TROUBLE_SECONDS = 1.0
"""Between two looks where the database is away."""


class Feed:
    """Follows the log while somebody wants it to. For one event loop.

    `poll` is after how many seconds it looks unasked while it hears the bell.
    """

    def __init__(
        self,
        log: Log,
        hear: Callable[[Read], None],
        listener: Listener | None,
        bell: Bell | None,
        poll: float,
    ) -> None:
        self._log = log
        self._hear = hear
        self._listener = listener
        self._bell = bell
        self._poll = poll
        self._awake = asyncio.Event()
        self._starting = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self.mark = Mark(0)
        """All up to here has been told of."""

    def wake(self) -> None:
        """Something may have been written."""
        if self._task is not None:
            self._awake.set()

    async def start(self) -> None:
        """Follow the log from now on, where it is not followed already. Raises StoreError."""
        async with self._starting:
            if self._task is None:
                self.mark = await self._log.head()
                if self._bell is not None:
                    self._bell.listen(self.wake)
                self._task = asyncio.create_task(self._go_on())

    async def stop(self) -> None:
        """Follow it no more."""
        task, self._task = self._task, None
        await ended(task)
        if self._bell is not None:
            await self._bell.rest()

    async def _go_on(self) -> None:
        failing = False
        while True:
            try:
                await self._look()
                failing = False
                await asyncio.sleep(PAUSE_SECONDS)
                # `wait_for` may miss that it is cancelled, before Python 3.12.
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._patience):
                        await self._awake.wait()
            except Exception as error:
                if self._listener is not None and not failing:
                    self._listener(Failed(None, error))
                failing = True
                await asyncio.sleep(TROUBLE_SECONDS)

    @property
    def _patience(self) -> float:
        return self._poll if self._bell is not None and self._bell.hears else POLL_SECONDS

    async def _look(self) -> None:
        self._awake.clear()
        read = await self._log.since(self.mark)
        self.mark = read.mark
        if read.entries != ():
            self._hear(read)
