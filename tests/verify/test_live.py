"""What the database of a running service tells of its indexes."""

import json
from pathlib import Path

import apsw
import pytest

from charter.cli.main import main
from charter.verify.data.fill import fill_database
from charter.verify.data.sizes import sizes_of
from charter.verify.plans.live import LiveReport, Sign, live_report
from tests.support.mysql import MysqlServer
from tests.support.postgres import PostgresServer
from tests.verify.forum import FITTING, forum, forum_file


def signs(report: LiveReport) -> set[tuple[Sign, str | None]]:
    return {(one.sign, one.name) for one in report.findings}


async def test_on_postgresql(
    tmp_path: Path, postgres_server: PostgresServer, postgres_url: str
) -> None:
    contract = forum(tmp_path, *FITTING)
    await fill_database(contract, postgres_url, sizes_of(contract, 3_000))
    name = postgres_url.rpartition("/")[2]
    before = signs(await live_report(contract, postgres_url))
    for text in (
        "CREATE INDEX notes_by_team ON notes (team)",
        "CREATE INDEX notes_made ON notes (created_at)",
        "CREATE TABLE stray WITH (autovacuum_enabled = false)"
        " AS SELECT generate_series(1, 5000) AS number",
    ):
        postgres_server.execute(text, name)
    postgres_server.execute("SELECT pg_stat_force_next_flush()", name)
    report = await live_report(contract, postgres_url)
    found = signs(report)
    assert (Sign.COVERED, "notes_by_team") in found
    assert (Sign.UNUSED, "notes_made") in found
    assert (Sign.UNUSED, "notes_made") not in before
    assert any(one.table == "stray" and one.sign is Sign.UNKNOWN for one in report.findings)
    assert not [one for one in report.findings if one.table.startswith("charter_")]
    unused = {one.name: one.remedy for one in report.findings if one.sign is Sign.UNUSED}
    assert "line" in unused["notes_team_idx"]
    assert unused["notes_made"] == "DROP INDEX CONCURRENTLY notes_made;"


async def test_on_mysql(tmp_path: Path, mysql_server: MysqlServer, mysql_url: str) -> None:
    contract = forum(tmp_path, *FITTING)
    await fill_database(contract, mysql_url, sizes_of(contract, 3_000))
    name = mysql_url.rpartition("/")[2]
    for text in (
        "CREATE INDEX notes_by_team ON notes (team)",
        "CREATE INDEX notes_made ON notes (created_at)",
        "CREATE INDEX notes_kept ON notes (opened_at)",
    ):
        await mysql_server.asked(text, name)
    uncounted = await live_report(contract, mysql_url)
    assert signs(uncounted) == {(Sign.COVERED, "notes_by_team")}
    assert not uncounted.counts
    assert "userstat" in uncounted.hint
    await mysql_server.asked("SET GLOBAL userstat = 1")
    try:
        await mysql_server.asked("SELECT count(*) FROM notes FORCE INDEX (notes_kept)", name)
        report = await live_report(contract, mysql_url)
    finally:
        await mysql_server.asked("SET GLOBAL userstat = 0")
    assert report.counts
    assert report.since is not None
    found = signs(report)
    assert {(Sign.COVERED, "notes_by_team"), (Sign.UNUSED, "notes_made")} <= found
    assert (Sign.UNUSED, "notes_kept") not in found
    unused = {one.name: one.remedy for one in report.findings if one.sign is Sign.UNUSED}
    assert "line" in unused["notes_team_idx"]
    assert unused["notes_made"] == "DROP INDEX notes_made ON notes;"
    assert not [one for one in report.findings if one.table.startswith("charter_")]


def test_the_command_on_sqlite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = forum_file(tmp_path, *FITTING)
    database = tmp_path / "forum.db"
    given = ["verify", str(path), "--plans", "--live", f"sqlite:///{database}"]
    assert main(given) == 1
    assert "no such file" in capsys.readouterr().err
    assert not database.exists()
    connection = apsw.Connection(str(database))
    connection.execute("CREATE TABLE notes (id TEXT PRIMARY KEY, team TEXT) STRICT")
    connection.execute("CREATE INDEX team_id ON notes (team, id)")
    assert main(given) == 0
    assert "Nothing is found" in capsys.readouterr().out
    connection.execute("CREATE INDEX team ON notes (team DESC)")
    connection.close()
    assert main([*given, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [(one["index"], one["sign"]) for one in found] == [
        ("team", "another index does the same")
    ]
