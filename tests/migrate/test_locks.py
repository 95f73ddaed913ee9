"""What is claimed of steps on PostgreSQL, held against what the server itself does."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from charter.migrate.locks import LOCKS, Operation, claim, strongest
from charter.migrate.step import Step, Work
from charter.sql.postgres import POSTGRES
from tests.migrate.cases import Pair, cases
from tests.migrate.runner import put_in
from tests.migrate.test_walk import plan
from tests.sql.schema.databases import PostgresDatabase
from tests.support.postgres import PostgresServer

AGREEMENT = 0.98
_MODES = {f"{''.join(word.title() for word in lock.split())}Lock": lock for lock in LOCKS if lock}


@dataclass(frozen=True, slots=True)
class Observed:
    """A step in one direction: what it is said to do, and what it did."""

    case: str
    step: str
    claimed: tuple[str, bool, bool]
    """The lock, whether the table is written anew, whether it is read through."""
    found: tuple[str, bool, bool]

    @property
    def agrees(self) -> bool:
        return self.claimed == self.found


class Server:
    """Two connections to an empty schema."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.runner = asyncio.Runner()

    async def observe(self, case: str, steps: Sequence[Step]) -> list[Observed]:
        """Run all steps up, then all of them down."""
        one = await self.connected()
        other = await self.connected()
        found: list[Observed] = []
        try:
            for step in steps:
                found += await self._step(case, step, False, one, other)
            for step in reversed(steps):
                found += await self._step(case, step, True, one, other)
        finally:
            await one.close()
            await other.close()
        return found

    async def connected(self) -> Any:
        return await asyncpg.connect(self.url, server_settings={"search_path": "locked"})

    async def _step(
        self, case: str, step: Step, back: bool, one: Any, other: Any
    ) -> list[Observed]:
        statements = step.down if back else step.up
        if not statements:
            return []
        lock, work = (step.lock_down, step.work_down) if back else (step.lock, step.work)
        claimed = (lock, work is Work.REWRITE, work in {Work.SCAN, Work.REWRITE})
        oid = await one.fetchval("SELECT to_regclass($1)::oid", POSTGRES.quote(step.table))
        if await _nothing(one, statements):
            return []
        if step.transaction:
            facts = await _within(one, statements, oid)
        else:
            facts = await _beside(one, other, statements, oid)
            claimed = (lock, False, False)
        name = f"{step.name} ({'down' if back else 'up'})"
        return [] if oid is None else [Observed(case, name, claimed, facts)]


_DROP = "DROP INDEX CONCURRENTLY IF EXISTS "


async def _nothing(one: Any, statements: Sequence[str]) -> bool:
    """Whether there is nothing to do: an index that went with its constraint."""
    for text in statements:
        if not text.startswith(_DROP):
            return False
        if await one.fetchval("SELECT to_regclass($1)::oid", text.removeprefix(_DROP)):
            return False
    return True


async def _within(one: Any, statements: Sequence[str], oid: int) -> tuple[str, bool, bool]:
    """What a transaction holds, has written anew and has read when all is done in it."""
    async with one.transaction():
        before, scans = await _file(one, oid), await _scans(one, oid)
        for text in statements:
            await one.execute(text)
        locks = await _locks(one, await one.fetchval("SELECT pg_backend_pid()"), oid)
        after, read = await _file(one, oid), await _scans(one, oid) > scans
    return locks, after is not None and before != after, read


async def _scans(one: Any, oid: int) -> int:
    """How often the table was read through; some of them may be those of transactions before."""
    return int(await one.fetchval("SELECT pg_stat_get_xact_numscans($1)", oid) or 0)


async def _file(one: Any, oid: int) -> Any:
    return await one.fetchval("SELECT relfilenode FROM pg_class WHERE oid = $1", oid)


async def _locks(one: Any, pid: int, oid: int) -> str:
    rows = await one.fetch(
        "SELECT mode FROM pg_locks WHERE pid = $1 AND relation = $2 AND granted", pid, oid
    )
    return strongest(_MODES[row[0]] for row in rows)


async def _beside(
    one: Any, other: Any, statements: Sequence[str], oid: int
) -> tuple[str, bool, bool]:
    """What statements hold while they wait for another transaction that writes the table."""
    pid = await one.fetchval("SELECT pg_backend_pid()")
    seen: list[str] = []
    table = await other.fetchval("SELECT $1::oid::regclass::text", oid)
    for text in statements:
        writes = other.transaction()
        await writes.start()
        await other.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")
        running = asyncio.ensure_future(one.execute(text))
        while not running.done():
            seen.append(await _locks(other, pid, oid))
            if seen[-1]:
                break
            await asyncio.sleep(0.001)
        await writes.rollback()
        await running
    return strongest(seen), False, False


@pytest.fixture(scope="module")
def server(postgres_server: PostgresServer) -> Iterator[Server]:
    postgres_server.start()
    postgres_server.create_database("locks")
    found = Server(postgres_server.url("locks"))
    with found.runner:
        yield found
    postgres_server.drop_database("locks")


@pytest.fixture(scope="module")
def observed(server: Server) -> list[Observed]:
    return [item for case in cases(every=3) for item in observe(server, case)]


def observe(server: Server, case: Pair) -> list[Observed]:
    name, before, after = case
    change = plan(before, after, POSTGRES)
    if change is None:
        return []
    with PostgresDatabase(server.url) as database:
        database.script("DROP SCHEMA IF EXISTS locked CASCADE; CREATE SCHEMA locked")
        database.script("SET search_path TO locked")
        put_in(database, before, {item.table: [] for item in before.resources})
    return server.runner.run(server.observe(name, change.steps))


def test_locks_and_rewrites_are_as_they_are_claimed(
    observed: list[Observed], capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = [item for item in observed if not item.agrees]
    share = 1 - len(wrong) / len(observed)
    with capsys.disabled():
        sys.stdout.write(f"\n{len(observed)} cases of DDL, agreement {share:.4f}\n")
    assert len(observed) >= 300
    assert share >= AGREEMENT, "\n".join(map(str, wrong[:20]))
    assert not [item for item in wrong if LOCKS.index(item.found[0]) > LOCKS.index(item.claimed[0])]


def test_the_claims_are_no_mere_guess(observed: list[Observed]) -> None:
    """Each kind of lock and of work that is claimed was seen."""
    assert {item.found[0] for item in observed} >= {
        "",
        "SHARE UPDATE EXCLUSIVE",
        "SHARE ROW EXCLUSIVE",
        "ACCESS EXCLUSIVE",
    }
    assert any(item.found[1] for item in observed)
    assert any(item.found[2] for item in observed)


def test_what_older_versions_cannot_do_cheaply() -> None:
    assert claim(Operation.ADD_COLUMN_WITH_DEFAULT, 10).work is Work.REWRITE
    assert claim(Operation.ADD_COLUMN_WITH_DEFAULT, 14).work is Work.CATALOG
    assert claim(Operation.SET_NOT_NULL_AFTER_CHECK, 11).work is Work.SCAN
    rewrites = {item for item in Operation if claim(item).work is Work.REWRITE}
    assert rewrites == {Operation.NARROW_DECIMAL, Operation.ADD_GENERATED_COLUMN}


def test_locks_on_the_table_that_is_referred_to(server: Server) -> None:
    before, after = next((old, new) for name, old, new in cases() if name == "reference")
    change = plan(before, after, POSTGRES)
    assert change is not None
    (add,) = (step for step in change.steps if step.name == "refer orders_note_id_fkey")
    (rest,) = (step for step in change.steps if step.name == "validate orders_note_id_fkey")
    found = []
    with PostgresDatabase(server.url) as database:
        database.script("DROP SCHEMA IF EXISTS locked CASCADE; CREATE SCHEMA locked")
        database.script("SET search_path TO locked")
        put_in(database, before, {item.table: [] for item in before.resources})
        for step in change.steps[: change.steps.index(add)]:
            for text in step.up:
                database.script(text)
        for texts in (add.up, rest.up, add.down):
            database.script(f"BEGIN; {'; '.join(texts)}")
            modes = database.rows(
                "SELECT mode FROM pg_locks WHERE relation = 'notes'::regclass AND granted"
            )
            found.append(strongest(_MODES[mode] for (mode,) in modes))
            database.script("COMMIT")
    assert found == [
        claim(Operation.ADD_REFERENCE_NOT_VALID).target,
        claim(Operation.VALIDATE_REFERENCE).target,
        claim(Operation.DROP_REFERENCE).target,
    ]
