"""The Chinook data through Charter, beside what SQLite answers on the original file."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings

from charter.cli.main import main as charter
from charter.language.load import load_contract
from examples.music import convert
from tests.behaviour.clients import rest
from tests.behaviour.clients.base import (
    Both,
    Either,
    Has,
    Page,
    Refused,
    Row,
    Someone,
    Unless,
    Where,
    Within,
)
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.serving import Served, serving
from tests.examples import chinook
from tests.examples.chinook import SIGNED_IN, TABLES, Chinook
from tests.examples.questions import Question, questions

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(
        not chinook.SOURCE.exists(), reason="the Chinook data is not there (../shared/data/chinook)"
    ),
]

STAFF = Someone("jane", roles=("staff",))
LEONIE = Someone("leonie")
MADE = ("created_at", "updated_at", "version")


class Music:
    """The loaded data behind a client."""

    def __init__(self, client: RestClient, served: Served) -> None:
        self.client = client
        self.served = served

    def __repr__(self) -> str:
        """Short: reports of failures show it, and the witness has heard much."""
        return "Music()"

    async def walk(self, resource: str, **options: Any) -> list[Row]:
        """All rows of a list, page by page, without what Charter adds to them."""
        page = await self.client.page(resource, STAFF, **{"limit": 500, **options})
        items = [plain(row) for row in page.items]
        while page.next is not None:
            page = await self.client.follow(page, STAFF)
            items += [plain(row) for row in page.items]
        return items


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items() if name not in MADE}
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def original() -> Iterator[Chinook]:
    found = chinook.opened()
    yield found
    found.database.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def music(
    database: str, examples: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Music]:
    """All the data, loaded by the commands that examples/music/README.md has."""
    directory = tmp_path_factory.mktemp("music")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert convert.main([str(chinook.SOURCE), str(directory)]) == 0
    users = directory / "users.ndjson"
    users.write_text('{"id": "leonie", "name": "Leonie Köhler"}\n', encoding="utf-8")
    contract = examples / "music" / "contract.py"
    files = [f"User={users}", *printed.getvalue().split()]
    arguments = ["load", str(contract), *files, "--database", database]
    assert await asyncio.to_thread(charter, arguments) == 0
    async with (
        serving(load_contract(contract), database) as served,
        rest.connect(served) as client,
    ):
        for key, user in SIGNED_IN.items():
            await client.update("Customer", key, {"user_id": user}, STAFF)
        yield Music(client, served)
        assert served.witness.failures == []


@pytest.mark.parametrize("resource", [name for name in TABLES if name != "InvoiceLine"])
async def test_every_row_is_what_it_was(music: Music, original: Chinook, resource: str) -> None:
    """Over pages of a size that divides nothing."""
    assert await music.walk(resource, limit=97) == original.rows(resource)


async def test_an_export_has_every_row(music: Music, original: Chinook) -> None:
    rows = await music.client.export("Track", STAFF, sort="-composer,name")
    assert [plain(row) for row in rows] == original.rows("Track", sort="-composer,name,id")


async def test_albums_come_with_their_artist_and_tracks(music: Music, original: Chinook) -> None:
    albums = await music.walk("Album", include="artist,tracks.genre", limit=100)
    artists, genres = by_key(original.rows("Artist")), by_key(original.rows("Genre"))
    tracks = original.rows("Track")
    assert albums == [
        {
            **album,
            "artist": artists[album["artist_id"]],
            "tracks": [
                {**track, "genre": genres[track["genre_id"]]}
                for track in tracks
                if track["album_id"] == album["id"]
            ],
        }
        for album in original.rows("Album")
    ]


async def test_invoices_come_with_their_lines_and_tracks(music: Music, original: Chinook) -> None:
    invoices = await music.walk("Invoice", include="customer.support_rep,lines.track")
    customers, reps = by_key(original.rows("Customer")), by_key(original.rows("Employee"))
    tracks, lines = by_key(original.rows("Track")), original.rows("InvoiceLine")
    for customer in customers.values():
        customer["support_rep"] = reps[customer["support_rep_id"]]
    assert invoices == [
        {
            **invoice,
            "customer": customers[invoice["customer_id"]],
            "lines": [
                {**line, "track": tracks[line["track_id"]]}
                for line in lines
                if line["invoice_id"] == invoice["id"]
            ],
        }
        for invoice in original.rows("Invoice")
    ]


async def test_playlists_come_with_their_first_tracks_and_lead_to_all(
    music: Music, original: Chinook
) -> None:
    links: dict[int, list[int]] = {row["id"]: [] for row in original.rows("Playlist")}
    for link in original.select("SELECT * FROM PlaylistTrack ORDER BY PlaylistId, TrackId"):
        links[link["PlaylistId"]].append(link["TrackId"])
    playlists = await music.walk("Playlist", fields="id,tracks.id")
    assert {row["id"]: [track["id"] for track in row["tracks"]] for row in playlists} == {
        key: tracks[:1000] for key, tracks in links.items()
    }
    cut = {row["id"] for row in playlists if row.get("tracks_cut") is True}
    assert cut == {key for key, tracks in links.items() if len(tracks) > 1000} != set()
    assert all("tracks_cut" not in row for row in playlists if row["id"] not in cut)
    for key in (1, 5, 7, 18):
        below = await music.walk("Track", within=Within("Playlist", key, "tracks"), fields="id")
        assert [track["id"] for track in below] == links[key]


async def test_employees_come_with_who_is_above_and_below(music: Music, original: Chinook) -> None:
    employees = by_key(original.rows("Employee"))
    assert await music.walk("Employee", include="reports_to,reports") == [
        {
            **row,
            "reports_to": employees.get(row["reports_to_id"]),
            "reports": [item for item in employees.values() if item["reports_to_id"] == row["id"]],
        }
        for row in employees.values()
    ]


async def test_a_nested_read_is_one_statement(music: Music) -> None:
    statements = music.served.witness.statements
    before = len(statements)
    await music.client.page(
        "Invoice", STAFF, include="customer.support_rep,lines.track.album.artist", count="exact",
        where=Has("lines.track.genre.name", "eq", "Jazz"), sort="-total",
    )  # fmt: skip
    assert len(statements) - before == 1


FILTERS: Sequence[tuple[str, Where]] = [
    ("Track", Has("composer", "null", True)),
    ("Track", Has("composer", "null", False)),
    ("Track", Has("composer", "eq", "AC/DC")),
    ("Track", Has("composer", "ne", "AC/DC")),
    ("Track", Has("composer", "in", ["AC/DC", "Jerry Cantrell", "Nobody"])),
    ("Track", Has("composer", "nin", ["AC/DC", "Jerry Cantrell"])),
    ("Track", Has("composer", "gt", "Z")),
    ("Track", Has("composer", "ilike", "*ROGER glover*")),
    ("Track", Has("name", "like", "*´*")),
    ("Track", Has("name", "like", "*\\?")),
    ("Track", Has("name", "like", "?a*[*]")),
    ("Track", Has("name", "like", "*%*")),
    ("Track", Has("name", "ilike", "ÚLTIMO*")),
    ("Track", Both((Has("milliseconds", "gte", 200_000), Has("milliseconds", "lt", 210_000)))),
    ("Track", Both((Has("milliseconds", "gt", 343_719), Has("milliseconds", "lte", 343_719)))),
    ("Track", Has("unit_price", "eq", "1.99")),
    ("Track", Has("unit_price", "lt", "1.00")),
    ("Track", Has("bytes", "gt", 1 << 29)),
    ("Track", Has("album.artist.name", "eq", "Led Zeppelin")),
    ("Track", Has("album.artist.name", "ilike", "*ANTÔNIO*")),
    ("Track", Has("playlists.name", "eq", "Grunge")),
    ("Track", Has("playlists.track_count", "lt", 75)),
    ("Track", Unless(Has("playlists.name", "like", "*Music*"))),
    ("Track", Unless(Either((Has("genre.name", "eq", "Rock"), Has("composer", "null", True))))),
    ("Artist", Has("albums.tracks.genre.name", "eq", "Reggae")),
    ("Artist", Has("album_count", "eq", 0)),
    ("Artist", Has("album_count", "gte", 5)),
    ("Album", Has("milliseconds", "gt", 10_000_000)),
    ("Album", Has("title", "like", "*[*]*")),
    ("Album", Has("title", "like", "[1997]*")),
    ("Invoice", Has("total", "gte", "13.86")),
    ("Invoice", Has("invoice_date", "lt", "2021-02-01T00:00:00Z")),
    ("Invoice", Has("billing_state", "in", ["AB", "WA"])),
    ("Invoice", Has("customer.country", "nin", ["USA", "Canada"])),
    ("Invoice", Has("lines.amount", "gt", "0.99")),
    ("Customer", Has("invoices.total", "gt", "20")),
    ("Customer", Has("support_rep.last_name", "eq", "Peacock")),
    ("Employee", Has("reports_to.title", "ne", "Sales Manager")),
    ("Employee", Has("reports_to_id", "null", True)),
    ("Employee", Unless(Has("customers.country", "eq", "Brazil"))),
]


@pytest.mark.parametrize(("resource", "where"), FILTERS, ids=str)
async def test_a_filter_finds_what_sql_finds(
    music: Music, original: Chinook, resource: str, where: Where
) -> None:
    expected = original.rows(resource, where)
    page = await music.client.page(resource, STAFF, where=where, limit=500, count="exact")
    assert page.count == len(expected)
    assert [plain(row) for row in page.items] == expected[:500]
    assert (page.next is None) == (len(expected) <= 500)


@pytest.mark.parametrize(
    ("resource", "sort"),
    [
        ("Track", "composer"),
        ("Track", "-composer,milliseconds"),
        ("Track", "genre_id,-unit_price,name"),
        ("Track", "-unit_price,-id"),
        ("Customer", "-company,state,-last_name"),
        ("Customer", "fax,-postal_code"),
        ("Invoice", "-total,invoice_date"),
        ("Invoice", "billing_state,-billing_city"),
        ("Artist", "-album_count,name"),
        ("Employee", "-reports_to_id,hire_date"),
    ],
)
async def test_a_sort_orders_as_sql_does(
    music: Music, original: Chinook, resource: str, sort: str
) -> None:
    """Nulls and equal values stand on the borders of pages, too; equal rows go the last way."""
    last = sort.rpartition(",")[2]
    total = sort if last in {"id", "-id"} else f"{sort},{'-' if last.startswith('-') else ''}id"
    assert await music.walk(resource, sort=sort, limit=83) == original.rows(resource, sort=total)


@pytest.mark.parametrize(
    ("resource", "measures", "group", "columns"),
    [
        ("Track", "count", "", "count(*) AS count"),
        ("Track", "count", "genre_id", "count(*) AS count"),
        (
            "Track",
            "count(composer),min(milliseconds),max(milliseconds),min(composer),max(unit_price)",
            "media_type_id",
            "count(composer) AS count_composer, min(milliseconds) AS min_milliseconds,"
            " max(milliseconds) AS max_milliseconds, min(composer) AS min_composer,"
            " printf('%.2f', max(unit_price)) AS max_unit_price",
        ),
        (
            "Invoice",
            "sum(total),count,max(invoice_date)",
            "billing_country",
            "printf('%.2f', sum(total)) AS sum_total, count(*) AS count,"
            " max(invoice_date) AS max_invoice_date",
        ),
        (
            "Invoice",
            "sum(total)",
            "billing_country,billing_state",
            "printf('%.2f', sum(total)) AS sum_total",
        ),
        ("Album", "sum(milliseconds)", "artist_id", "sum(milliseconds) AS sum_milliseconds"),
        ("Artist", "count,max(name)", "album_count", "count(*) AS count, max(name) AS max_name"),
    ],
)
async def test_aggregates_are_what_sql_works_out(
    music: Music, original: Chinook, resource: str, measures: str, group: str, columns: str
) -> None:
    found = await music.client.summarize(resource, measures, STAFF, group=group, sort=group)
    assert found == original.summary(resource, columns, group)


async def test_averages_are_what_sql_works_out(music: Music, original: Chinook) -> None:
    where = Has("composer", "null", False)
    found = await music.client.summarize(
        "Track", "avg(milliseconds),avg(unit_price)", STAFF, group="genre_id", sort="genre_id",
        where=where,
    )  # fmt: skip
    expected = original.summary(
        "Track", "avg(milliseconds) AS length, avg(unit_price) AS price", "genre_id", where
    )
    assert [row["genre_id"] for row in found] == [row["genre_id"] for row in expected]
    for row, wanted in zip(found, expected, strict=True):
        assert float(row["avg_milliseconds"]) == pytest.approx(wanted["length"], abs=1e-6)
        assert float(row["avg_unit_price"]) == pytest.approx(wanted["price"], abs=1e-6)


SEARCHED = {"Artist": ("name",), "Album": ("title",), "Track": ("name", "composer")}


@pytest.mark.parametrize(
    ("resource", "text"),
    [
        ("Artist", "the"),
        ("Artist", "MÖTLEY"),
        ("Artist", "orchestra london"),
        ("Album", "greatest  HITS"),
        ("Track", "jagger RICHARDS wild"),
        ("Track", "coração"),
        ("Track", "100%"),
        ("Track", "no-such-word-anywhere"),
    ],
)
async def test_a_search_finds_words_in_any_case(
    music: Music, original: Chinook, resource: str, text: str
) -> None:
    expected = original.rows(resource, search=(text, SEARCHED[resource]))
    assert await music.walk(resource, search=text) == expected


async def test_a_customer_sees_nobody_elses_invoices(music: Music, original: Chinook) -> None:
    mine = original.rows("Invoice", Has("customer_id", "eq", 2))
    page = await music.client.page("Invoice", LEONIE, count="exact")
    assert [plain(row) for row in page.items] == mine
    assert page.count == len(mine)
    customers: Page = await music.client.page("Customer", LEONIE)
    assert [row["id"] for row in customers.items] == [2]
    with pytest.raises(Refused, match="not_found"):
        await music.client.read("Invoice", mine[0]["id"] + 1, LEONIE)
    with pytest.raises(Refused, match="forbidden"):
        await music.client.page("Employee", LEONIE)
    with pytest.raises(Refused, match="unauthenticated"):
        await music.client.page("Invoice")
    assert await music.client.summarize("Invoice", "count", LEONIE) == [{"count": len(mine)}]


@given(question=questions())
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


def by_key(rows: Sequence[Row]) -> dict[Any, Row]:
    return {row["id"]: dict(row) for row in rows}
