"""Work on an open service, from the command line."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from charter.cli.guard import Refused
from charter.serve.engine.service import Service
from charter.serve.engine.startup import SchemaDiffers

T = TypeVar("T")


def run_on(service: Service, work: Callable[[], Awaitable[T]]) -> T:
    """Open a service, run some work on it, and close it. Raises Refused as `run_opening` does."""

    async def opened() -> T:
        await service.open()
        try:
            return await work()
        finally:
            await service.close()

    return run_opening(opened())


def run_opening(work: Coroutine[Any, Any, T]) -> T:
    """Run work that opens a service. Raises Refused where its database has another schema."""
    try:
        return asyncio.run(work)
    except SchemaDiffers as differs:
        lines = [
            "the database has another schema than the contract:",
            *(f"  {item}" for item in differs.differences),
            "Charter changes no table unasked. Take another database, or bring this one in step "
            "with the contract.",
        ]
        raise Refused("\n".join(lines)) from None
