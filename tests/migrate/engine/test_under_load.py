"""Each kind of migration while clients read and write without pause, first the old release and
then the new one: no request fails. A request that waits for a lock for longer than the lock
timeout of the migration is one that fails. `python -m bench.migrations` does the same with a
million rows."""

import os
from pathlib import Path

import pytest

from bench.migrations import KINDS, Kind, measured
from charter.serve.engine import heartbeat

ROWS = 3_000
MOST_TELLING = {
    *("add a required field", "search a field", "rename a field", "change a type"),
    "drop a field",
}
"""What goes through every phase. `CHARTER_KINDS=all` tries the others as well."""
EVERY = os.environ.get("CHARTER_KINDS") == "all"
TRIED = [kind for kind in KINDS if kind.name in MOST_TELLING or EVERY]
TRIED_ON_MYSQL = [
    kind for kind in KINDS if kind.name in {"change a type", "rename a table"} or EVERY
]


@pytest.mark.parametrize("kind", TRIED, ids=lambda kind: kind.name)
async def test_nobody_fails(
    kind: Kind, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever watches a release sees sooner that it lives.
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.2)
    found = await measured(kind, postgres_url, tmp_path, ROWS)
    assert found.failures == ()
    assert found.requests


@pytest.mark.parametrize("kind", TRIED_ON_MYSQL, ids=lambda kind: kind.name)
async def test_nobody_fails_on_mysql(
    kind: Kind, mysql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.2)
    found = await measured(kind, mysql_url, tmp_path, ROWS)
    assert found.failures == ()
    assert found.requests
