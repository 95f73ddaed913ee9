"""What tests of live changes share."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.behaviour.live.watching import Watching, watching
from tests.behaviour.serving import Served


@pytest_asyncio.fixture(loop_scope="module")
async def live(served: Served) -> AsyncIterator[Watching]:
    async with watching(served) as found:
        yield found
