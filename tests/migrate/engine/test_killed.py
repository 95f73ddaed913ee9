"""Killed with SIGKILL at every boundary of its steps, in their midst and in a backfill, a migration
goes on or goes back, and loses no row."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from charter.sql.own.history import State
from tests.migrate.engine.databases import ROWS, Place, transaction, until
from tests.migrate.engine.killed import migrations, moments

ROOT = Path(__file__).parents[3]


async def kill(place: Place, action: str, moment: str) -> int:
    """Run until the moment of death; the exit status, 0 where it was faster than that."""
    command = [sys.executable, "-m", "tests.migrate.engine.killed", place.url, action, moment]
    done = await asyncio.to_thread(
        subprocess.run,
        command,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    return done.returncode


async def whole(place: Place) -> None:
    """The migration is there, all of it."""
    (_, entry) = await place.entries()
    assert (entry.state, entry.step, entry.reached) == (State.APPLIED, None, None)
    assert await place.rows("SELECT count(*) FROM items WHERE note = concat('note of ', name)") == [
        (ROWS,)
    ]
    (table,) = (item for item in (await place.there()).tables if item.name == "items")
    assert [(item.name, item.modifiers) for item in table.indexes] == [("items_note_idx", "")]
    assert "last_seen" in (await place.there()).table_named


async def gone(place: Place) -> None:
    """Nothing of the migration is there."""
    assert [entry.name for entry in await place.entries()] == ["0001_first"]
    (table,) = (item for item in (await place.there()).tables if item.name == "items")
    assert ([column.name for column in table.columns], table.indexes) == (["id", "name"], ())
    assert "last_seen" not in (await place.there()).table_named
    assert await place.rows("SELECT count(*) FROM items") == [(ROWS,)]


def certain(moment: str) -> bool:
    """Whether death comes surely: in the midst of a step it may come too late."""
    return not moment.startswith("midst")


def tried(action: str, *, all_of: bool) -> list[tuple[str, str]]:
    """Each kind of database with each moment; where MySQL's are not `all_of` them, after steps."""
    return [
        (kind, moment)
        for kind in ("sqlite", "postgresql", "mysql")
        for moment in moments(action)
        if kind != "mysql" or all_of or moment.startswith("done")
    ]


@pytest.mark.parametrize(("empty", "moment"), tried("apply", all_of=True), indirect=["empty"])
async def test_killed_while_it_is_applied(place: Place, moment: str) -> None:
    status = await kill(place, "apply", moment)
    assert not certain(moment) or status == -signal.SIGKILL
    await place.apply(*migrations(place.url))
    await whole(place)
    status = await kill(place, "rollback", "begun3")
    assert status == -signal.SIGKILL
    await place.rollback(*migrations(place.url))
    await gone(place)


@pytest.mark.parametrize(("empty", "moment"), tried("apply", all_of=False), indirect=["empty"])
async def test_killed_while_it_is_applied_and_rolled_back(place: Place, moment: str) -> None:
    status = await kill(place, "apply", moment)
    if status == 0 or not await begun(place):
        return
    await place.rollback(*migrations(place.url))
    await gone(place)
    await place.apply(*migrations(place.url))
    await whole(place)


@pytest.mark.parametrize(("empty", "moment"), tried("rollback", all_of=False), indirect=["empty"])
async def test_killed_while_it_is_rolled_back(place: Place, moment: str) -> None:
    await place.apply(*migrations(place.url))
    status = await kill(place, "rollback", moment)
    assert not certain(moment) or status == -signal.SIGKILL
    if await begun(place):
        # The other way again: half undone is done anew.
        await place.apply(*migrations(place.url))
        await whole(place)
        await place.rollback(*migrations(place.url))
    await gone(place)


async def test_killed_while_an_index_is_built_beside_others(postgres: Place) -> None:
    """What PostgreSQL leaves then is an index that is not valid: every write pays for it."""
    invalid = "SELECT 1 FROM pg_index WHERE NOT indisvalid"
    await kill(postgres, "apply", "begun3")
    # The index waits for whoever writes to the table.
    async with transaction(postgres, "UPDATE items SET name = name WHERE id = 1"):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.migrate.engine.killed", postgres.url, "apply", "never",
            cwd=ROOT, env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PATH": ""},
        )  # fmt: skip
        await until(postgres, invalid)
        process.kill()
        await process.wait()
        # The server notices within a second that nobody waits for the answer.
        await until(
            postgres,
            "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE query LIKE 'CREATE UNIQUE%' AND pid <> pg_backend_pid())",
        )
    assert await postgres.rows(invalid) == [(1,)]
    await postgres.apply(*migrations(postgres.url))
    await whole(postgres)


async def begun(place: Place) -> bool:
    return len(await place.entries()) > 1
