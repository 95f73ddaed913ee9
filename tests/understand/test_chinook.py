"""The Chinook file in three commands: understood, opened by one rule, served."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from charter.sql.statement import Statement
from charter.store.open import open_database
from tests.examples import chinook
from tests.examples.chinook import SOURCE, Chinook
from tests.serve.apps import Served, bearer, environment, served
from tests.support.mysql import MysqlServer
from tests.understand.copies import mysql_copy
from tests.understand.places import understood

pytestmark = pytest.mark.skipif(
    not SOURCE.exists(), reason="the Chinook data is not there (../shared/data/chinook)"
)
PATHS = {
    "Artist": "artists", "Album": "albums", "Genre": "genres", "MediaType": "media-types",
    "Track": "tracks", "Playlist": "playlists", "Employee": "employees", "Customer": "customers",
    "Invoice": "invoices",
}  # fmt: skip
NOT_STORED = {"album_count", "track_count", "amount", "user_id"}
"""What the example of the same data adds to it."""


@pytest.fixture(scope="module", params=["sqlite", "mysql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A copy of the file, and the same rows in a MySQL database."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("copy") / "chinook.db"
        shutil.copyfile(SOURCE, path)
        return f"sqlite:///{path}"
    server: MysqlServer = request.getfixturevalue("mysql_server")
    server.start()
    server.drop_database("chinook")
    server.create_database("chinook")
    return mysql_copy(SOURCE, server.url("chinook"))


@pytest.fixture(scope="module")
def directory(url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a contract is that was drafted from it."""
    found = tmp_path_factory.mktemp("chinook")
    subprocess.run(
        [sys.executable, "-m", "charter", "understand", url, "--output", "contract.py"],
        cwd=found, env=environment(), check=True, capture_output=True,
    )  # fmt: skip
    return found


@pytest.fixture(scope="module")
def service(directory: Path, url: str) -> Iterator[Served]:
    text = (directory / "contract.py").read_text(encoding="utf-8")
    opened = directory / "opened.py"
    opened.write_text(text.replace('allow("*", when=False)', 'allow("*")'), encoding="utf-8")
    with served(directory, "--database", url, contract=opened) as found:
        yield found


def stored(url: str, text: str) -> list[tuple[Any, ...]]:
    """What another client of the database is told."""

    async def read() -> list[tuple[Any, ...]]:
        database = open_database(url)
        await database.open()
        try:
            return [tuple(row) for row in await database.read(Statement(text), ())]
        finally:
            await database.close()

    return asyncio.run(read())


def walk(service: Served, path: str, more: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    following: str | None = f"/v1/{path}?limit=200{more}"
    with httpx2.Client(base_url=service.url, headers=bearer()) as client:
        while following is not None:
            page = client.get(following).raise_for_status().json()
            found += page["items"]
            following = page.get("next")
    return found


@pytest.mark.parametrize("resource", PATHS)
def test_every_row_is_served_as_it_stands_in_the_file(service: Served, resource: str) -> None:
    assert walk(service, PATHS[resource]) == original_rows(resource)


def test_parts_are_served_with_their_owners(service: Served) -> None:
    invoices = walk(service, "invoices", "&include=lines")
    lines = [line for invoice in invoices for line in invoice["lines"]]
    assert sorted(lines, key=lambda line: line["id"]) == original_rows("InvoiceLine")


def original_rows(resource: str) -> list[dict[str, Any]]:
    """What plain SQLite finds in the original file, under the names that the contract has."""
    original = chinook.opened()
    with closing(original.database):
        found = Chinook(original.database).rows(resource)
    made = NOT_STORED | ({"milliseconds"} if resource == "Album" else set())
    return [{name: row[name] for name in row if name not in made} for row in found]


def test_relations_lead_where_the_file_says(service: Served) -> None:
    with httpx2.Client(base_url=service.url, headers=bearer()) as client:
        album = client.get("/v1/albums/1?include=artist,tracks").json()
        playlist = client.get("/v1/playlists/18?include=tracks").json()
        boss = client.get("/v1/employees/2?include=reports,reports_to").json()
    assert album["artist"] == {"id": 1, "name": "AC/DC"}
    assert len(album["tracks"]) == 10
    assert [track["id"] for track in playlist["tracks"]] == [597]
    assert {row["reports_to_id"] for row in boss["reports"]} == {2}
    assert boss["reports_to"]["id"] == 1


def test_rows_are_written_into_the_tables(service: Served, url: str) -> None:
    invoice = {
        "customer_id": 1,
        "invoice_date": "2026-11-23T10:00:00Z",
        "total": "1.98",
        "lines": [{"track_id": 1, "unit_price": "0.99", "quantity": 2}],
    }
    with httpx2.Client(base_url=service.url, headers=bearer()) as client:
        made = client.post("/v1/invoices", json=invoice)
        assert made.status_code == 201, made.text
        key = made.json()["id"]
        etag = {"if-match": made.headers["etag"]}
        changed = client.patch(f"/v1/invoices/{key}", json={"total": "2.50"}, headers=etag)
        assert changed.status_code == 200, changed.text
        again = client.patch(f"/v1/invoices/{key}", json={"total": "3.50"}, headers=etag)
        assert again.status_code == 412
        own = f"WHERE InvoiceId = {int(key)}"
        ((day, *row),) = stored(url, f"SELECT InvoiceDate, Total, CustomerId FROM Invoice {own}")
        assert (str(day), *row) == ("2026-11-23 10:00:00", 2.5, 1)
        assert stored(url, f"SELECT TrackId, Quantity FROM InvoiceLine {own}") == [(1, 2)]
        assert client.delete(f"/v1/invoices/{key}").status_code == 204
        assert client.get(f"/v1/invoices/{key}").status_code == 404


def test_what_charter_keeps_beside_the_tables_is_no_part_of_a_draft(
    service: Served, directory: Path, url: str
) -> None:
    before = (directory / "contract.py").read_text(encoding="utf-8")
    _, after = understood(url, "chinook")
    begin = 'chinook = Contract("chinook")'
    assert after[after.index(begin) :] == before[before.index(begin) :]


def test_a_draft_as_it_is_lets_nobody_in(directory: Path, url: str) -> None:
    contract = directory / "contract.py"
    with (
        served(directory, "--database", url, contract=contract) as closed,
        httpx2.Client(base_url=closed.url, headers=bearer()) as client,
    ):
        for path in PATHS.values():
            assert client.get(f"/v1/{path}").status_code == 403
        assert client.post("/v1/artists", json={"name": "x"}).status_code == 403
