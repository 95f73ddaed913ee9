"""What `apply` makes of a database: in order, once, and no further than it is allowed."""

import asyncio
from dataclasses import replace

import pytest

from charter.migrate.events import Adopted, Created, StepBegun
from charter.migrate.faults import MigrationFault
from charter.migrate.migration import Change, Effects, Migration
from charter.migrate.step import Phase, Work
from charter.sql import ddl
from charter.sql.own.history import State, fingerprint_of
from tests.migrate.engine.databases import (
    ADD,
    FILL,
    INDEX,
    LAST,
    MIGRATED,
    ROWS,
    Place,
    first,
    grown,
    items,
    until,
)


def begun(place: Place) -> list[str]:
    return [event.step.name for event in place.events if isinstance(event, StepBegun)]


async def test_an_empty_database_gets_the_schema_and_has_all_migrations(empty: Place) -> None:
    await empty.apply(first(), grown(ADD, FILL))
    assert await empty.columns() == {"id", "name", "note"}
    found = await empty.entries()
    assert [(item.name, item.state) for item in found] == [
        ("0001_first", State.APPLIED),
        ("0002_grown", State.APPLIED),
    ]
    assert [type(event) for event in empty.events] == [Created]


async def test_what_is_pending_is_applied_in_order_and_once(place: Place) -> None:
    migrations = (first(), grown(ADD, FILL, INDEX))
    await place.apply(*migrations)
    assert begun(place) == ["add items.note", "fill items.note", "index items.note"]
    assert await place.rows("SELECT count(*) FROM items WHERE note = concat('note of ', name)") == [
        (ROWS,)
    ]
    (_, entry) = await place.entries()
    assert (entry.state, entry.done, entry.step, entry.reached) == (State.APPLIED, 3, None, None)
    assert entry.before == fingerprint_of(place.schema(first()))
    assert entry.after == fingerprint_of(place.schema(*migrations))
    place.events.clear()
    await place.apply(*migrations)
    assert place.events == []


async def test_a_database_made_before_there_were_migrations_is_adopted(empty: Place) -> None:
    schema = items(empty.dialect)
    await empty.run(*ddl.statements(schema, empty.dialect))
    await empty.apply(first(), grown(ADD))
    assert empty.events[0] == Adopted(("0001_first",))
    assert begun(empty) == ["add items.note"]


async def test_a_database_that_no_migration_leads_to_is_left_alone(empty: Place) -> None:
    await empty.run("CREATE TABLE items (id integer PRIMARY KEY, other integer)")
    with pytest.raises(MigrationFault) as caught:
        await empty.apply(first())
    assert caught.value.code.name == "no_baseline"
    assert await empty.columns() == {"id", "other"}


async def test_a_new_database_whose_contract_was_ahead_takes_the_later_plan_as_there(
    empty: Place,
) -> None:
    ahead = empty.schema(first(), grown(ADD))
    await empty.apply(first(), wanted=ahead)
    assert await empty.columns() == {"id", "name", "note"}
    await empty.apply(first(), grown(ADD))
    assert empty.events[-1] == Adopted(("0002_grown",))


async def test_a_changed_file_is_refused(place: Place) -> None:
    changed = replace(first(), does="something else")
    with pytest.raises(MigrationFault) as caught:
        await place.apply(changed, grown(ADD))
    assert caught.value.code.name == "history_changed"
    assert first().fingerprint in str(caught.value)
    assert await place.columns() == {"id", "name"}


async def test_a_missing_file_is_refused(place: Place) -> None:
    await place.apply(first(), grown(ADD))
    with pytest.raises(MigrationFault) as caught:
        await place.apply(first())
    assert caught.value.code.name == "history_unknown"


async def test_a_migration_without_steps_for_the_database_is_refused(place: Place) -> None:
    other = Migration("0002_other", ("0001_first",), {"other": Change(Effects(), ())})
    with pytest.raises(MigrationFault) as caught:
        await place.apply(first(), other)
    assert caught.value.code.name == "dialect_missing"
    assert len(await place.entries()) == 1


async def test_two_branches_are_applied_in_whatever_order_they_come(place: Place) -> None:
    mine, other = grown(ADD, name="0002_mine"), _table("0002_other", "others")
    await place.apply(first(), other)
    await place.apply(first(), mine, other)
    assert [item.name for item in await place.entries()] == [
        "0001_first",
        "0002_other",
        "0002_mine",
    ]
    assert await place.columns() == {"id", "name", "note"}


def _table(name: str, table: str) -> Migration:
    step = replace(
        LAST, name=f"create {table}", phase=Phase.EXPAND,
        up=(f"CREATE TABLE {table} (id integer)",), down=(f"DROP TABLE {table}",), table=table,
    )  # fmt: skip
    alone = replace(step, transaction=False)
    changes = {
        found: Change(Effects(), (alone if found == "mysql" else step,)) for found in MIGRATED
    }
    return Migration(name, ("0001_first",), changes)


async def test_a_step_that_loses_data_runs_only_once_it_was_named(place: Place) -> None:
    lossy = replace(ADD, name="drop it", loses="what items.note holds is lost")
    with pytest.raises(MigrationFault) as caught:
        await place.apply(first(), grown(lossy))
    assert caught.value.code.name == "step_refused"
    assert "'drop it': what items.note holds is lost" in str(caught.value)
    assert len(await place.entries()) == 1
    await place.apply(first(), grown(lossy), allowed=frozenset({"drop it"}))
    assert await place.columns() == {"id", "name", "note"}


async def test_a_last_phase_that_loses_data_waits_until_it_is_named(place: Place) -> None:
    last = replace(LAST, loses="something is lost")
    found = await place.apply(first(), grown(ADD, last), _table("0003_more", "more"))
    assert (found.waits, [step.name for step in found.refused]) == ("0002_grown", [last.name])
    assert found.pending == ("0003_more",)
    assert (await place.entries())[-1].state is State.EXPANDED
    found = await place.apply(
        first(), grown(ADD, last), _table("0003_more", "more"), allowed=frozenset({last.name})
    )
    assert found.waits is None
    assert {"last_seen", "more"} <= set((await place.there()).table_named)


async def test_a_step_that_would_block_for_long_has_to_be_named(postgres: Place) -> None:
    slow = replace(ADD, work=Work.REWRITE)
    hurried = replace(postgres.pace, lock_timeout=0.005)
    hasty = Place(postgres.url, hurried)
    with pytest.raises(MigrationFault) as caught:
        await hasty.apply(first(), grown(slow))
    assert caught.value.code.name == "step_refused"
    assert "holds ACCESS EXCLUSIVE on items" in str(caught.value)
    await hasty.apply(first(), grown(slow), allowed=frozenset({slow.name}))
    assert await postgres.columns() == {"id", "name", "note"}


async def test_two_at_once_do_every_step_once(place: Place) -> None:
    migrations = (first(), grown(ADD, FILL, INDEX, LAST))
    other = Place(place.url)
    await asyncio.gather(place.apply(*migrations), other.apply(*migrations))
    assert (await place.entries())[-1].state is State.APPLIED
    assert await place.rows("SELECT count(*) FROM items WHERE note IS NULL") == [(0,)]


async def test_a_second_one_gives_up_after_a_while(postgres: Place) -> None:
    sleep = replace(ADD, up=(*ADD.up, "SELECT pg_sleep(1.5)"))
    task = asyncio.create_task(Place(postgres.url).apply(first(), grown(sleep)))
    await until(postgres, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory'")
    impatient = Place(postgres.url, replace(postgres.pace, turn=0.1))
    with pytest.raises(MigrationFault) as caught:
        await impatient.apply(first(), grown(sleep))
    assert caught.value.code.name == "already_running"
    await task
