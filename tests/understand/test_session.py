"""Reading changes nothing, and takes no longer than it may."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from charter.sql.statement import Statement
from charter.store.errors import StoreError, TimedOut, Unavailable
from charter.understand import session as sessions
from charter.understand.session import Rows, session
from tests.understand.conftest import Made
from tests.understand.places import found_in, sqlite_file

ROWS = "information_schema.columns"
LONG_ON_MYSQL = f"SELECT count(*) FROM {ROWS} a, {ROWS} b, {ROWS} c, {ROWS} d"
LONG = """
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000)
    SELECT count(*) FROM n
"""


def run(url: str, text: str) -> Rows:
    async def opened() -> Rows:
        async with session(url) as found:
            return await found.rows(Statement(text))

    return asyncio.run(opened())


@pytest.mark.parametrize(
    "text",
    ["INSERT INTO t VALUES (2)", "DELETE FROM t", "CREATE TABLE u (a int)", "DROP TABLE t"],
)
def test_a_session_writes_nothing(made: Made, text: str) -> None:
    url = made("CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
    with pytest.raises(StoreError):
        run(url, text)
    assert [tuple(row) for row in run(url, "SELECT a FROM t")] == [(1,)]


def test_a_statement_ends_in_time(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SECONDS", 0.2)
    url = made("CREATE TABLE t (a int)")
    with pytest.raises(TimedOut):
        run(url, LONG_ON_MYSQL if url.startswith("mysql") else LONG)


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_file_stays_as_it_is(tmp_path: Path, mode: str) -> None:
    url = sqlite_file(tmp_path, f"PRAGMA journal_mode = {mode}; CREATE TABLE t (a int PRIMARY KEY)")
    path = tmp_path / "shop.db"
    before = path.read_bytes()
    found_in(url)
    assert path.read_bytes() == before
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == (mode,)


def test_no_file_is_made(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        found_in(f"sqlite:///{tmp_path}/none.db")
    assert list(tmp_path.iterdir()) == []
