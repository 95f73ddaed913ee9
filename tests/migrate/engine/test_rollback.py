"""The way back: real, in order, and not before it was said what is lost."""

from dataclasses import replace

import pytest

from charter.migrate.faults import MigrationFault
from charter.migrate.step import Batch, Fill
from charter.sql.own.history import State, fingerprint_of
from tests.migrate.engine.databases import ADD, FILL, INDEX, LAST, ROWS, Place, first, grown

ALL = (first(), grown(ADD, FILL, INDEX, LAST))


async def test_the_last_migration_is_undone_and_can_be_applied_again(place: Place) -> None:
    before = await place.there()
    await place.apply(*ALL)
    assert await place.rollback(*ALL) == ("0002_grown",)
    assert await place.there() == before
    assert [entry.name for entry in await place.entries()] == ["0001_first"]
    await place.apply(*ALL)
    assert await place.rows("SELECT count(*) FROM items WHERE note IS NULL") == [(0,)]


async def test_several_are_undone_down_to_the_one_that_is_named(place: Place) -> None:
    more = grown(replace(LAST, name="more"), name="0003_more", after=("0002_grown",))
    two = (first(), grown(ADD), more)
    await place.apply(*two)
    assert await place.rollback(*two, first="0002_grown") == ("0003_more", "0002_grown")
    assert await place.columns() == {"id", "name"}
    (entry,) = await place.entries()
    assert entry.after == fingerprint_of(place.schema(first()))


async def test_what_going_back_loses_has_to_be_named(place: Place) -> None:
    lossy = replace(ADD, loses_down="what items.note holds is lost")
    await place.apply(first(), grown(lossy))
    with pytest.raises(MigrationFault) as caught:
        await place.rollback(first(), grown(lossy))
    assert caught.value.code.name == "step_refused"
    assert "undoing 'add items.note': what items.note holds is lost" in str(caught.value)
    assert await place.columns() == {"id", "name", "note"}
    assert (await place.entries())[-1].state is State.APPLIED
    await place.rollback(first(), grown(lossy), allowed=frozenset({lossy.name}))
    assert await place.columns() == {"id", "name"}


async def test_rows_are_filled_on_the_way_back_too(place: Place) -> None:
    back = Batch(
        "items", ("id",), (Fill("name", "concat('back from ', note)"),), "name NOT LIKE 'back%'"
    )
    await place.apply(first(), grown(ADD, replace(FILL, batch_down=back)))
    await place.rollback(first(), grown(ADD, replace(FILL, batch_down=back)))
    found = "SELECT count(*) FROM items WHERE name = concat('back from note of Item ', id)"
    assert await place.rows(found) == [(ROWS,)]


async def test_a_migration_that_a_new_database_was_noted_with_can_be_undone(empty: Place) -> None:
    await empty.apply(*ALL)
    await empty.run("CREATE TABLE last_seen (id integer)", *INDEX.up)
    await empty.rollback(*ALL)
    assert await empty.columns() == {"id", "name"}
    (entry,) = await empty.entries()
    assert entry.after == fingerprint_of(empty.schema(first()))


async def test_a_migration_that_failed_half_way_goes_back(place: Place) -> None:
    broken = replace(INDEX, up=("CREATE INDEX items_note_idx ON nowhere (note)",))
    with pytest.raises(MigrationFault):
        await place.apply(first(), grown(ADD, FILL, broken))
    await place.rollback(first(), grown(ADD, FILL, broken))
    assert await place.columns() == {"id", "name"}


@pytest.mark.parametrize("name", [None, "0009_other"])
async def test_what_is_not_there_cannot_be_undone(empty: Place, name: str | None) -> None:
    with pytest.raises(MigrationFault) as caught:
        await empty.rollback(first(), first=name)
    assert caught.value.code.name == "nothing_to_roll_back"
