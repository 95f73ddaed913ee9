"""Work on an open service, from the command line."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from charter.cli.guard import Refused
from charter.migrate.folder import FOLDER, read_folder
from charter.migrate.history import noted
from charter.serve.engine.service import Service
from charter.serve.engine.startup import SchemaDiffers
from charter.sql.own.history import Noted

T = TypeVar("T")


def run_on(service: Service, work: Callable[[], Awaitable[T]], noted: Sequence[Noted] = ()) -> T:
    """Open a service, run some work on it, and close it. A new database has the migrations that
    are `noted`. Raises Refused as `run_opening` does."""

    async def opened() -> T:
        await service.open(noted)
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
            differs.remedy,
        ]
        raise Refused("\n".join(lines)) from None


def noted_beside(contract: Path) -> tuple[Noted, ...]:
    """The migrations in the folder beside a contract. Raises MigrationFault."""
    return noted(read_folder(contract.parent / FOLDER))
