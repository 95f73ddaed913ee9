"""A process that serves says so in its database, for as long as it does."""

import asyncio
from collections.abc import Callable

import pytest

from charter.serve.engine import heartbeat
from charter.serve.engine.heartbeat import Heartbeat, release_of
from charter.sql.own import history
from charter.sql.own.history import Release
from tests.behaviour.serving import Served


async def there(served: Served) -> list[Release]:
    query = history.releases(served.service.dialect)
    rows = await served.service.database.read(query.statement, query.arguments(()))
    return [Release.read(row) for row in query.decoded(rows)]


async def until(served: Served, holds: Callable[[list[Release]], bool]) -> None:
    for _ in range(1_500):
        if holds(await there(served)):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came about")


async def test_a_release_is_known_while_it_serves(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.01)
    service = served.service
    release = release_of("studio", service.schema)
    beating = Heartbeat(service.database, service.dialect, release, None)
    await beating.start()
    (noted,) = await there(served)
    assert (noted.id, noted.schema, noted.uses) == (release.id, release.schema, release.uses)
    await until(served, lambda found: found[0].beat > 2)
    # Taken for dead by somebody, it says that it is not.
    removing = history.remove_release(service.dialect)
    await service.database.write(
        lambda transaction: transaction.execute(
            removing.statement, removing.arguments((release.id,))
        )
    )
    await until(served, lambda found: len(found) == 1)
    await beating.stop()
    assert await there(served) == []
