"""What is claimed of steps on MySQL, held against what MariaDB itself does: it refuses an
ALGORITHM or LOCK that it cannot keep, and a table that is written anew has another number."""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from asyncmy.errors import MySQLError

from charter.migrate.locks_mysql import LOCKS, Algorithm, Operation, claim
from charter.migrate.step import Step, Work
from charter.sql.mysql import MYSQL
from charter.store.mysql_errors import number_of
from tests.migrate.cases import Pair, cases
from tests.migrate.runner import put_in
from tests.migrate.test_walk import plan, possible
from tests.sql.schema.databases import MysqlDatabase
from tests.support.mysql import MysqlServer

AGREEMENT = 0.98
IMPOSSIBLE = frozenset({1845, 1846})
"""The server cannot do it by this algorithm, or not beside others."""
_SAID = sorted((item.value for item in Algorithm if item.value), key=len, reverse=True)
_TABLE = re.compile(r'ALTER TABLE "?(\w+)"? ')


@dataclass(frozen=True, slots=True)
class Observed:
    """A step in one direction: what it is said to do, and what it did."""

    case: str
    step: str
    claimed: tuple[str, bool]
    """What others cannot do, and whether the table is written anew."""
    found: tuple[str, bool]

    @property
    def agrees(self) -> bool:
        return self.claimed == self.found


@pytest.fixture(scope="module")
def database(mysql_server: MysqlServer) -> Iterator[MysqlDatabase]:
    mysql_server.start()
    mysql_server.create_database("locks")
    with MysqlDatabase(mysql_server.url("locks")) as found:
        yield found
    mysql_server.drop_database("locks")


@pytest.fixture(scope="module")
def observed(database: MysqlDatabase) -> list[Observed]:
    return [item for case in cases(every=3) for item in observe(database, case)]


def observe(database: MysqlDatabase, case: Pair) -> list[Observed]:
    """Run all steps of a case up, then all of them down."""
    name, before, after = case
    change = plan(before, after, MYSQL) if possible((before, after)) else None
    if change is None:
        return []
    database.script("DROP DATABASE locks; CREATE DATABASE locks; USE locks")
    put_in(database, before, {item.table: [] for item in before.resources})
    up = [found for step in change.steps for found in _step(database, name, step, back=False)]
    down = [
        found for step in reversed(change.steps) for found in _step(database, name, step, back=True)
    ]
    return up + down


def _step(database: MysqlDatabase, case: str, step: Step, *, back: bool) -> list[Observed]:
    statements = step.down if back else step.up
    lock, work = (step.lock_down, step.work_down) if back else (step.lock, step.work)
    locks, anew = [], False
    for text in statements:
        altered = _TABLE.match(text)
        if altered is None:
            database.script(text)
            continue
        number = _number(database, altered[1])
        locks.append(_run(database, text))
        now = _number(database, altered[1])
        anew = anew or (None not in {number, now} and number != now)
    if not locks:
        return []
    found = (max(locks, key=LOCKS.index), anew)
    # What is locked beside it are some statements that no ALGORITHM is asked for.
    claimed = lock if lock != "EXCLUSIVE" else found[0]
    direction = "down" if back else "up"
    name = f"{step.name} ({direction})"
    return [Observed(case, name, (claimed, work is Work.REWRITE), found)]


def _number(database: MysqlDatabase, table: str) -> int | None:
    rows = database.rows(
        "SELECT table_id FROM information_schema.innodb_sys_tables"
        f" WHERE name = concat(database(), '/', '{table}')"
    )
    return int(rows[0][0]) if rows else None


def _run(database: MysqlDatabase, text: str) -> str:
    """Run an ALTER TABLE; what the server says that others cannot do meanwhile. It is asked for
    the best first, and then for what the statement says."""
    (said,) = [said for said in _SAID if text.endswith(said)][:1]
    best = text.removesuffix(said) + Algorithm.INPLACE
    try:
        database.script(best)
    except MySQLError as error:
        if number_of(error) not in IMPOSSIBLE:
            raise
        database.script(text)
        return "SHARED" if said is Algorithm.COPY.value else "NONE"
    return "NONE"


def test_locks_and_rewrites_are_as_they_are_claimed(
    observed: Sequence[Observed], capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = [item for item in observed if not item.agrees]
    share = 1 - len(wrong) / len(observed)
    with capsys.disabled():
        sys.stdout.write(f"\n{len(observed)} cases of DDL on MariaDB, agreement {share:.4f}\n")
    assert len(observed) >= 300
    assert share >= AGREEMENT, "\n".join(map(str, wrong[:20]))
    assert not [item for item in wrong if _dear(item.found) > _dear(item.claimed)]


def _dear(found: tuple[str, bool]) -> tuple[int, bool]:
    lock, anew = found
    return LOCKS.index(lock), anew


def test_the_claims_are_no_mere_guess(observed: Sequence[Observed]) -> None:
    assert {item.found for item in observed} >= {("NONE", False), ("NONE", True), ("SHARED", True)}


@pytest.mark.parametrize("operation", list(Operation), ids=lambda item: item.name.lower())
def test_who_writes_a_table_anew_while_others_wait_says_so(operation: Operation) -> None:
    found = claim(operation)
    assert (found.lock == "SHARED") == (found.algorithm is Algorithm.COPY)
    assert found.algorithm is not Algorithm.COPY or found.work is Work.REWRITE
    assert found.algorithm is not Algorithm.INSTANT or found.work is Work.CATALOG


def test_a_server_refuses_what_it_cannot_do_as_claimed(database: MysqlDatabase) -> None:
    database.script("DROP DATABASE locks; CREATE DATABASE locks; USE locks")
    database.script("CREATE TABLE t (id bigint PRIMARY KEY, one bigint)")
    for text in ("MODIFY one decimal(9, 2)", "ADD CONSTRAINT c CHECK (one > 0)"):
        with pytest.raises(MySQLError) as caught:
            database.script(f"ALTER TABLE t {text}{Algorithm.INPLACE}")
        assert number_of(caught.value) in IMPOSSIBLE
