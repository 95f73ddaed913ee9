"""The Chinook file itself behind a contract that names its tables: read beside plain SQL, and
written so that plain SQL finds what it is used to."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings

from charter.language.load import load_contract
from tests.behaviour.clients import rest
from tests.behaviour.clients.base import Refused, Within
from tests.behaviour.serving import serving
from tests.examples import chinook
from tests.examples.chinook import Chinook
from tests.examples.questions import Question, questions
from tests.examples.test_music import (
    STAFF,
    Music,
    test_a_filter_finds_what_sql_finds,
    test_a_nested_read_is_one_statement,
    test_a_search_finds_words_in_any_case,
    test_a_sort_orders_as_sql_does,
    test_aggregates_are_what_sql_works_out,
    test_albums_come_with_their_artist_and_tracks,
    test_an_export_has_every_row,
    test_averages_are_what_sql_works_out,
    test_employees_come_with_who_is_above_and_below,
    test_every_row_is_what_it_was,
    test_invoices_come_with_their_lines_and_tracks,
    test_playlists_come_with_their_first_tracks_and_lead_to_all,
)

__all__ = [
    "test_a_filter_finds_what_sql_finds",
    "test_a_nested_read_is_one_statement",
    "test_a_search_finds_words_in_any_case",
    "test_a_sort_orders_as_sql_does",
    "test_aggregates_are_what_sql_works_out",
    "test_albums_come_with_their_artist_and_tracks",
    "test_an_export_has_every_row",
    "test_averages_are_what_sql_works_out",
    "test_employees_come_with_who_is_above_and_below",
    "test_every_row_is_what_it_was",
    "test_invoices_come_with_their_lines_and_tracks",
    "test_playlists_come_with_their_first_tracks_and_lead_to_all",
]

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(
        not chinook.SOURCE.exists(), reason="the Chinook data is not there (../shared/data/chinook)"
    ),
]

NO_USER = frozenset({"user_id"})
"""What only the converted data has."""


@pytest.fixture(scope="module")
def original() -> Iterator[Chinook]:
    found = chinook.opened([("Customer", "user_id")])
    yield found
    found.database.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the file."""
    copy = tmp_path_factory.mktemp("chinook") / "chinook.db"
    shutil.copyfile(chinook.SOURCE, copy)
    return copy


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def music(file: Path, examples: Path) -> AsyncIterator[Music]:
    contract = load_contract(examples / "music" / "as_it_is.py")
    async with serving(contract, f"sqlite:///{file}") as served, rest.connect(served) as client:
        yield Music(client, served)
        assert served.witness.failures == []


@given(question=questions(NO_USER))
@settings(
    max_examples=60, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_any_question_has_the_answer_that_sql_gives(
    music: Music, original: Chinook, question: Question
) -> None:
    resource, where, sort, limit = question
    expected = original.rows(resource, where, sort)
    assert await music.walk(resource, where=where, sort=sort, limit=limit) == expected
    page = await music.client.page(resource, STAFF, where=where, limit=1, count="exact")
    assert page.count == len(expected)


# -- writes, after all that compares with the original ---------------------------------------
def asked(file: Path, text: str, *values: Any) -> list[tuple[Any, ...]]:
    """What a plain client of SQLite is told. It is of the same library as the service: two of
    them in one process undo each other's locks."""
    with closing(apsw.Connection(str(file))) as database:
        return [tuple(row) for row in database.execute(text, values)]


def told(file: Path, text: str, *values: Any) -> None:
    """What a plain client of SQLite writes."""
    with closing(apsw.Connection(str(file))) as database:
        database.set_busy_timeout(5_000)
        database.execute("PRAGMA foreign_keys = ON")
        database.execute(text, values)


INVOICE = {"customer_id": 2, "invoice_date": "2026-02-03T04:05:06+02:00", "total": "3.50"}
LINE = {"track_id": 1, "unit_price": "0.99", "quantity": 2}


async def test_what_is_written_has_the_forms_of_the_file(music: Music, file: Path) -> None:
    made = await music.client.create("Invoice", {**INVOICE, "lines": [LINE]}, STAFF)
    assert asked(
        file,
        "SELECT CustomerId, InvoiceDate, Total, typeof(Total), BillingCity FROM Invoice"
        " WHERE InvoiceId = ?",
        made["id"],
    ) == [(2, "2026-02-03 02:05:06", 3.5, "real", None)]
    assert asked(
        file, "SELECT TrackId, UnitPrice, Quantity FROM InvoiceLine WHERE InvoiceId = ?", made["id"]
    ) == [(1, 0.99, 2)]
    assert made["invoice_date"] == "2026-02-03T02:05:06+00:00"
    await music.client.update("Invoice", made["id"], {"total": "4.00"}, STAFF)
    row = "SELECT Total, InvoiceDate FROM Invoice WHERE InvoiceId = ?"
    assert asked(file, row, made["id"]) == [(4, "2026-02-03 02:05:06")]


async def test_what_others_write_is_read(music: Music, file: Path) -> None:
    told(file, "INSERT INTO Genre (GenreId, Name) VALUES (900, 'Noise')")
    told(
        file,
        "INSERT INTO Invoice VALUES (900, 2, '2030-01-02 03:04:05.250', NULL, NULL, NULL, NULL,"
        " NULL, 12)",
    )
    assert (await music.client.read("Genre", 900, STAFF))["name"] == "Noise"
    invoice = await music.client.read("Invoice", 900, STAFF)
    assert (invoice["invoice_date"], invoice["total"]) == ("2030-01-02T03:04:05.25+00:00", "12.00")


async def test_a_row_goes_with_its_parts_though_the_file_says_no_action(
    music: Music, file: Path
) -> None:
    made = await music.client.create("Invoice", {**INVOICE, "lines": [LINE, LINE]}, STAFF)
    await music.client.delete("Invoice", made["id"], STAFF)
    assert asked(file, "SELECT * FROM InvoiceLine WHERE InvoiceId = ?", made["id"]) == []
    with pytest.raises(Refused, match="still_referenced"):
        await music.client.delete("Customer", 2, STAFF)


async def test_pairs_are_rows_of_the_table_of_pairs(music: Music, file: Path) -> None:
    pairs = "SELECT TrackId FROM PlaylistTrack WHERE PlaylistId = ? ORDER BY TrackId"
    made = await music.client.create("Playlist", {"name": "x", "track_ids": [3, 1]}, STAFF)
    assert asked(file, pairs, made["id"]) == [(1,), (3,)]
    await music.client.update("Playlist", made["id"], {"track_ids": [2, 3]}, STAFF)
    assert asked(file, pairs, made["id"]) == [(2,), (3,)]
    listed = await music.walk("Track", within=Within("Playlist", made["id"], "tracks"), fields="id")
    assert [track["id"] for track in listed] == [2, 3]
    await music.client.delete("Playlist", made["id"], STAFF)
    assert asked(file, pairs, made["id"]) == []


async def test_what_is_wrong_is_told_in_the_names_of_the_contract(music: Music) -> None:
    with pytest.raises(Refused) as refused:
        await music.client.create("Invoice", {**INVOICE, "customer_id": 99_999}, STAFF)
    assert refused.value.places == {"/customer_id"}
    with pytest.raises(Refused, match="invalid_values"):
        await music.client.create("Track", {"name": "x" * 201}, STAFF)


CHANGES = [
    "UPDATE Invoice SET Total = Total + 1 WHERE InvoiceId = ?",
    "UPDATE Invoice SET BillingCity = 'Wien' WHERE InvoiceId = ?",
    "UPDATE InvoiceLine SET Quantity = 7 WHERE InvoiceId = ?",
    "INSERT INTO InvoiceLine (InvoiceId, TrackId, UnitPrice, Quantity) VALUES (?, 2, 1, 1)",
    "DELETE FROM InvoiceLine WHERE InvoiceId = ?",
]


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_by_others_makes_a_tag_old(music: Music, file: Path, change: str) -> None:
    """Rows count no versions here: the tag is of all that they hold, their parts included."""
    made = await music.client.create("Invoice", {**INVOICE, "lines": [LINE]}, STAFF)
    place = f"/v1/invoices/{made['id']}"
    tag = (await music.client.send("GET", place, STAFF)).headers["etag"]
    same = (await music.client.send("GET", place, STAFF)).headers["etag"]
    assert tag == same
    told(file, change, made["id"])
    match = {"if-match": tag}
    for method, body in (("PATCH", {"total": "9.00"}), ("DELETE", None)):
        answer = await music.client.send(method, place, STAFF, body=body, headers=match)
        assert answer.status_code == 412, answer.text
    fresh = (await music.client.send("GET", place, STAFF)).headers["etag"]
    answer = await music.client.send(
        "PATCH", place, STAFF, body={"total": "9.00"}, headers={"if-match": fresh}
    )
    assert answer.status_code == 200
    assert answer.headers["etag"] != fresh
