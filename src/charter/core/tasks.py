"""Tasks that go on until somebody ends them."""

import asyncio
from contextlib import suppress
from typing import Any


async def ended(task: "asyncio.Task[Any] | None") -> None:
    """Cancel a task and wait until it is over; None is nothing to end. Raises what the task raised
    of its own."""
    if task is not None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
