"""Releases and the database: which one may start, and what waits until which one has ended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from charter.access.rates.settings import RatesSettings
from charter.access.settings import AccessSettings
from charter.contract.contract import Contract
from charter.contract.types import DATETIME
from charter.language.load import load_contract
from charter.migrate.apply import Applied, Request, apply
from charter.migrate.faults import MigrationFault
from charter.migrate.history import noted
from charter.migrate.migration import Migration
from charter.migrate.planning import Said, planned
from charter.migrate.renames import Answers
from charter.migrate.rollback import Back, rollback
from charter.serve.engine import heartbeat
from charter.serve.engine.startup import SchemaDiffers
from charter.serve.process import Process
from charter.serve.settings.model import ServeSettings, Settings
from charter.sql.derive import schema_of
from charter.sql.own.history import State
from tests.migrate.engine.contracts import NEW, OLD, written
from tests.migrate.engine.databases import MIGRATED, Place, until

SAID = Said(Answers(drops=frozenset({"books.shelf_mark"})))
DROP = "drop books.shelf_mark"


@pytest.fixture(autouse=True)
def _quick_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.05)


@pytest.fixture
def old(tmp_path: Path) -> Contract:
    return load_contract(written(tmp_path, OLD))


@pytest.fixture
def new(tmp_path: Path) -> Contract:
    return load_contract(written(tmp_path, NEW))


@asynccontextmanager
async def released(
    contract: Contract, place: Place, migrations: tuple[Migration, ...] = ()
) -> AsyncIterator[Process]:
    """A release that serves."""
    settings = Settings(
        serve=ServeSettings(database=place.url),
        auth=AccessSettings(secret="a secret of the tests, and of nothing else"),
        rates=RatesSettings(enabled=False),
    )
    process = Process(contract, settings, noted=noted(migrations))
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


def plan(contract: Contract, name: str, *so_far: Migration) -> Migration:
    found = planned(contract, so_far, list(MIGRATED), name, SAID)
    assert found is not None
    return found


async def bring(
    place: Place, contract: Contract, *migrations: Migration, force: bool = False
) -> Applied:
    wanted = schema_of(contract, place.dialect)
    allowed = frozenset(
        step.name
        for item in migrations
        for step in item.changes[place.dialect.name].steps
        if step.loses
    )
    return await apply(place.target, Request(wanted, migrations, allowed, force))


async def test_a_first_start_makes_the_schema_and_notes_the_migrations(
    empty: Place, old: Contract
) -> None:
    one = plan(old, "0001_first")
    async with released(old, empty, (one,)):
        (entry,) = await empty.entries()
    assert (entry.name, entry.fingerprint, entry.state) == (
        one.name, one.fingerprint, State.APPLIED,
    )  # fmt: skip
    assert await empty.rows("SELECT count(*) FROM charter_releases") == [(0,)]


async def test_both_sides_are_served_until_the_old_release_has_ended(
    empty: Place, old: Contract, new: Contract
) -> None:
    one = plan(old, "0001_first")
    two = plan(new, "0002_pages", one)
    async with released(old, empty, (one,)):
        with pytest.raises(SchemaDiffers) as refused:
            async with released(new, empty, (one, two)):
                raise AssertionError
        assert "0002_pages is pending: `charter migrate apply`" in refused.value.remedy
        found = await bring(empty, new, one, two)
        assert found.waits == two.name
        assert found.releases[0].name.startswith("shelf")
        assert (await empty.entries())[-1].state is State.EXPANDED
        assert {"shelf_mark", "pages"} <= await empty.columns("books")
        async with released(new, empty, (one, two)), released(old, empty, (one,)):
            assert (await bring(empty, new, one, two)).waits == two.name
    assert (await bring(empty, new, one, two)).waits is None
    assert "shelf_mark" not in await empty.columns("books")
    async with released(new, empty, (one, two)):
        pass
    with pytest.raises(SchemaDiffers) as refused:
        async with released(old, empty, (one,)):
            raise AssertionError
    assert "run the one that came after" in refused.value.remedy or (
        "has changed" in refused.value.remedy
    )


async def test_a_release_that_died_is_waited_for_only_as_long_as_it_is_silent(
    empty: Place, old: Contract, new: Contract
) -> None:
    one = plan(old, "0001_first")
    two = plan(new, "0002_pages", one)
    async with released(old, empty, (one,)):
        pass
    # Seen in the future: clocks jump, and say nothing about who lives.
    await note_release(empty, datetime(2199, 1, 1, tzinfo=UTC))
    assert (await bring(empty, new, one, two)).waits is None
    assert await empty.rows("SELECT count(*) FROM charter_releases") == [(0,)]


async def test_a_release_whose_clock_stands_still_is_alive(
    empty: Place, old: Contract, new: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Stopped":
            return cls(1970, 1, 1, tzinfo=UTC)

    monkeypatch.setattr(heartbeat, "datetime", Stopped)
    one = plan(old, "0001_first")
    two = plan(new, "0002_pages", one)
    async with released(old, empty, (one,)):
        assert (await bring(empty, new, one, two)).waits == two.name


async def test_nobody_is_waited_for_where_that_is_forced(
    empty: Place, old: Contract, new: Contract
) -> None:
    one = plan(old, "0001_first")
    two = plan(new, "0002_pages", one)
    async with released(old, empty, (one,)):
        assert (await bring(empty, new, one, two, force=True)).waits is None
    assert "shelf_mark" not in await empty.columns("books")


async def test_what_a_running_release_needs_is_not_rolled_back(
    empty: Place, old: Contract, new: Contract
) -> None:
    one = plan(old, "0001_first")
    two = plan(new, "0002_pages", one)
    async with released(old, empty, (one,)):
        pass
    await bring(empty, new, one, two)
    steps = two.changes[empty.dialect.name].steps
    allowed = frozenset(step.name for step in steps if step.loses_down)
    async with released(new, empty, (one, two)):
        with pytest.raises(MigrationFault) as caught:
            await rollback(empty.target, Back((one, two), allowed=allowed))
        assert caught.value.code.name == "releases_run"
    await rollback(empty.target, Back((one, two), allowed=allowed))
    async with released(old, empty, (one,)):
        assert "shelf_mark" in await empty.columns("books")


async def test_a_release_taken_for_dead_says_that_it_lives(empty: Place, old: Contract) -> None:
    async with released(old, empty):
        await empty.run("DELETE FROM charter_releases")
        for _ in range(200):
            await asyncio.sleep(0.05)
            if await empty.rows("SELECT count(*) FROM charter_releases") == [(1,)]:
                return
    raise AssertionError("it was not heard of again")


async def test_releases_that_were_killed_are_forgotten_by_those_that_live(
    empty: Place, old: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "TIDY_BEATS", 2)
    async with released(old, empty):
        await note_release(empty, datetime.now(UTC))
        async with released(old, empty):
            await until(
                empty,
                "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM charter_releases WHERE id = 'dead')",
            )
            await asyncio.sleep(1)
            assert await empty.rows("SELECT count(*) FROM charter_releases") == [(2,)]


async def test_a_contract_that_nobody_planned_for_is_told_what_to_do(
    empty: Place, old: Contract, new: Contract
) -> None:
    async with released(old, empty):
        pass
    with pytest.raises(SchemaDiffers) as refused:
        async with released(new, empty):
            raise AssertionError
    assert "`charter migrate plan` writes a migration" in refused.value.remedy


async def test_a_database_that_somebody_changed_is_told_apart(empty: Place, old: Contract) -> None:
    one = plan(old, "0001_first")
    async with released(old, empty, (one,)):
        pass
    await empty.run("ALTER TABLE books ADD COLUMN mine integer")
    with pytest.raises(SchemaDiffers) as refused:
        async with released(old, empty, (one,)):
            raise AssertionError
    assert "`charter migrate check` says what differs" in refused.value.remedy


async def note_release(place: Place, seen: datetime) -> None:
    """A release that was killed: nobody has taken it out."""
    then = place.dialect.literal(seen, DATETIME)
    await place.run(
        "INSERT INTO charter_releases (id, name, schema_used, uses, beat, started_at, seen_at)"
        f" VALUES ('dead', 'shelf', 'another', '{{}}', 7, {then}, {then})"
    )
