"""The PostgreSQL of the tests is what the tests believe it to be."""

import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from tests.support.postgres import PostgresServer


async def test_a_test_gets_an_empty_database_of_its_own(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    tables = await connection.fetchval(
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    )
    await connection.execute("CREATE TABLE only_mine (id int)")
    await connection.close()
    assert tables == 0


@pytest.mark.parametrize(
    ("setting", "value"),
    [("fsync", "on"), ("synchronous_commit", "on"), ("server_encoding", "UTF8")],
)
async def test_it_keeps_what_it_acknowledges(postgres_url: str, setting: str, value: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    found = await connection.fetchval("SELECT current_setting($1)", setting)
    await connection.close()
    assert found == value


async def test_a_password_is_needed(postgres_server: PostgresServer) -> None:
    wrong = postgres_server.url().replace(postgres_server.password, "guess")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(wrong)


async def test_a_committed_row_survives_kill9_and_the_address_stays(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    before = await asyncpg.connect(postgres_url)
    await before.execute("CREATE TABLE kept (id int)")
    await before.execute("INSERT INTO kept VALUES (1)")
    postgres_server.kill9()
    with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
        await before.fetchval("SELECT 1")
    before.terminate()
    postgres_server.start()
    after = await asyncpg.connect(postgres_url)
    rows = await after.fetchval("SELECT count(*) FROM kept")
    await after.close()
    assert rows == 1


def test_stop_and_start_may_be_called_twice(postgres_server: PostgresServer) -> None:
    postgres_server.stop()
    postgres_server.stop()
    postgres_server.start()
    postgres_server.start()
    assert postgres_server.execute("SELECT 1") == "1"


@pytest.mark.parametrize(("ci", "outcome"), [("false", "1 skipped"), ("true", "1 error")])
def test_without_postgres_a_test_is_skipped_and_under_ci_fails(ci: str, outcome: str) -> None:
    test = f"{__file__}::{test_a_password_is_needed.__name__}"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test],
        env={**os.environ, "CI": ci, "CHARTER_TEST_POSTGRES": "/nowhere"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in done.stdout
    assert "there is no PostgreSQL in /nowhere" in done.stdout
