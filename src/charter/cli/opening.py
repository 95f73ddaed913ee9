"""Work on an open service, from the command line."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from charter.cli.guard import Refused
from charter.serve.engine.startup import SchemaDiffers


def run_opening(work: Coroutine[Any, Any, None]) -> None:
    """Run work that opens a service. Raises Refused where its database has another schema."""
    try:
        asyncio.run(work)
    except SchemaDiffers as differs:
        lines = [
            "the database has another schema than the contract:",
            *(f"  {item}" for item in differs.differences),
            "Charter changes no table unasked. Take another database, or bring this one in step "
            "with the contract.",
        ]
        raise Refused("\n".join(lines)) from None
