"""Lists: filters, order, pages, search, counts and what is shown of each row."""

from typing import Any

import pytest
import pytest_asyncio

from tests.behaviour.actors import ADA, BOB, EDITOR
from tests.behaviour.clients.base import (
    Both,
    Client,
    Either,
    Has,
    Page,
    Refused,
    Row,
    Someone,
    Unless,
    Where,
)

ROWS: list[dict[str, Any]] = [
    {"name": "Apple", "number": 3, "price": "1.50", "flag": True, "kind": "red",
     "day": "2026-01-01", "moment": "2026-01-01T10:00:00Z", "words": ["a", "b"],
     "ratio": 0.5, "notes": "crisp", "level": "low", "email": "a@x.org"},
    {"name": "apricot", "number": -1, "price": "10.00", "flag": False, "kind": "green",
     "day": "2026-01-02", "moment": "2026-01-01T10:00:00.5Z", "words": ["b"], "ratio": -2.25},
    {"name": "Banana", "number": None, "price": "9.99", "flag": None, "kind": "blue",
     "day": None, "notes": "ÇA VA STRASSE", "words": []},
    {"name": "Ångström", "number": 3, "price": None, "kind": "red", "flag": True,
     "notes": "50%_off*?", "counts": [1, 2]},
    {"name": "zebra", "number": 0, "price": "-0.01", "kind": "green",
     "moment": "2025-12-31T23:59:59.999999Z"},
]  # fmt: skip


@pytest_asyncio.fixture(loop_scope="module")
async def rows(client: Client) -> list[Row]:
    return await client.create_all("Sample", ROWS)


async def found(client: Client, where: Where | None = None, **options: Any) -> list[str]:
    page = await client.page("Sample", where=where, **{"sort": "name", **options})
    return [row["name"] for row in page.items]


@pytest.mark.parametrize(
    ("name", "comparator", "value", "expected"),
    [
        ("name", "eq", "Apple", "A"),
        ("name", "eq", "apple", ""),
        ("name", "ne", "Apple", "paBz Å"),
        ("name", "gt", "Banana", "pzÅ"),
        ("name", "lte", "Banana", "AB"),
        ("name", "like", "Ap*", "A"),
        ("name", "like", "ap*", "p"),
        ("name", "ilike", "aP*", "Ap"),
        ("name", "ilike", "å*", "Å"),
        ("name", "like", "?????", "Az"),
        ("name", "in", ["Apple", "zebra", "none"], "Az"),
        ("name", "nin", ["Apple", "zebra"], "pBÅ"),
        ("notes", "like", "50%_off\\*\\?", "Å"),
        ("notes", "like", "50%*", "Å"),
        ("notes", "like", "%", ""),
        ("notes", "ilike", "ça va strasse", "B"),
        ("notes", "ilike", "ça va straße", "B"),
        ("notes", "null", True, "pz"),
        ("notes", "null", False, "ABÅ"),
        ("number", "eq", 3, "AÅ"),
        ("number", "ne", 3, "pBz"),
        ("number", "lt", 3, "pz"),
        ("number", "gte", 0, "AzÅ"),
        ("number", "in", [0, -1], "pz"),
        ("number", "nin", [3], "pBz"),
        ("price", "eq", "1.5", "A"),
        ("price", "gt", "9.99", "p"),
        ("price", "lt", "0", "z"),
        ("price", "gte", "99999999999999999999999", "!"),
        ("flag", "eq", True, "AÅ"),
        ("flag", "ne", True, "pBz"),
        ("day", "lt", "2026-01-02", "A"),
        ("moment", "gt", "2026-01-01T10:00:00Z", "p"),
        ("moment", "eq", "2026-01-01T11:00:00.500+01:00", "p"),
        ("moment", "lt", "2026-01-01T10:00:00Z", "z"),
        ("ratio", "lt", "0", "p"),
        ("ratio", "eq", "5e-1", "A"),
        ("kind", "in", ["red", "blue"], "ABÅ"),
        ("level", "eq", "low", "A"),
        ("email", "like", "*@x.org", "A"),
        ("words", "contains", "b", "Ap"),
        ("counts", "contains", 2, "Å"),
        ("counts", "null", False, "Å"),
    ],
)
async def test_a_filter_gives_the_rows_that_fit(
    client: Client, rows: list[Row], name: str, comparator: str, value: Any, expected: str
) -> None:
    letters = {"A": "Apple", "p": "apricot", "B": "Banana", "Å": "Ångström", "z": "zebra"}
    if expected == "!":
        with pytest.raises(Refused) as refused:
            await found(client, Has(name, comparator, value))
        assert refused.value.flaws[0].code == "out_of_range"
        return
    wanted = {letters[letter] for letter in expected if letter in letters}
    assert set(await found(client, Has(name, comparator, value))) == wanted


async def test_conditions_are_combined_with_all_any_and_not(
    client: Client, rows: list[Row]
) -> None:
    three = Has("number", "eq", 3)
    red = Has("kind", "eq", "red")
    dear = Has("price", "gt", "5")
    assert await found(client, Both((three, red))) == ["Apple", "Ångström"]
    assert await found(client, Either((dear, three))) == ["Apple", "Banana", "apricot", "Ångström"]
    assert await found(client, Unless(Either((dear, three)))) == ["zebra"]
    assert await found(client, Both((red, Unless(Has("price", "null", True))))) == ["Apple"]
    quoted = Either((Has("name", "eq", 'a,b)("\\'), Has("name", "eq", "zebra")))
    assert await found(client, quoted) == ["zebra"]


NULLS = [
    ("name", ["Apple", "Banana", "apricot", "zebra", "Ångström"]),
    ("number,name", ["apricot", "zebra", "Apple", "Ångström", "Banana"]),
    ("-number,name", ["Banana", "Apple", "Ångström", "zebra", "apricot"]),
    ("price", ["zebra", "Apple", "Banana", "apricot", "Ångström"]),
    ("-price", ["Ångström", "apricot", "Banana", "Apple", "zebra"]),
    ("flag,name", ["apricot", "Apple", "Ångström", "Banana", "zebra"]),
    ("day,-name", ["Apple", "apricot", "Ångström", "zebra", "Banana"]),
    ("moment,name", ["zebra", "Apple", "apricot", "Banana", "Ångström"]),
    ("ratio,name", ["apricot", "Apple", "Banana", "zebra", "Ångström"]),
]


@pytest.mark.parametrize(("sort", "expected"), NULLS)
async def test_the_order_is_the_same_everywhere_and_null_is_largest(
    client: Client, rows: list[Row], sort: str, expected: list[str]
) -> None:
    assert await found(client, sort=sort) == expected


@pytest.mark.parametrize("limit", [1, 2, 4])
@pytest.mark.parametrize(("sort", "expected"), NULLS)
async def test_pages_follow_each_other_in_any_order(
    client: Client, rows: list[Row], sort: str, expected: list[str], limit: int
) -> None:
    pages = await walked(client, await client.page("Sample", sort=sort, limit=limit))
    assert [len(page.items) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert [row["name"] for page in pages for row in page.items] == expected


async def walked(client: Client, page: Page) -> list[Page]:
    pages = [page]
    while page.next is not None:
        page = await client.follow(page)
        pages.append(page)
    return pages


async def test_a_last_page_that_is_full_has_no_next(client: Client, rows: list[Row]) -> None:
    assert (await client.page("Sample", limit=5)).next is None
    assert (await client.page("Sample", limit=4)).next is not None
    empty = await client.page("Sample", where=Has("name", "eq", "none"))
    assert (empty.items, empty.next) == ([], None)


async def test_a_page_is_full_where_a_filter_leaves_enough_rows(
    client: Client, rows: list[Row]
) -> None:
    first = await client.page("Sample", where=Has("number", "null", False), sort="-name", limit=2)
    pages = await walked(client, first)
    assert [[row["name"] for row in page.items] for page in pages] == [
        ["Ångström", "zebra"], ["apricot", "Apple"],
    ]  # fmt: skip


async def test_an_order_by_a_computed_field_can_be_paged(client: Client) -> None:
    for index, hours in enumerate([["3"], [], ["1", "1.5"], ["0.5"]]):
        tasks = [{"title": "t", "hours": value} for value in hours]
        body = {"name": f"{index}", "code": f"{index}", "tasks": tasks}
        await client.create("Project", body, ADA)
    page = await client.page("Project", ADA, sort="-longest,name", limit=2)
    rest = await client.follow(page, ADA)
    assert [row["name"] for row in page.items + rest.items] == ["1", "0", "2", "3"]
    where = Has("hours", "gte", "2.5")
    found = await client.page("Project", ADA, where=where, sort="hours")
    assert [row["name"] for row in found.items] == ["2", "0"]


@pytest.mark.parametrize("damage", ["", "x", "AAAA"])
async def test_a_cursor_that_was_changed_is_refused(
    client: Client, rows: list[Row], damage: str
) -> None:
    page = await client.page("Sample", limit=2)
    assert page.next is not None
    broken = page.next[:-2] + damage
    with pytest.raises(Refused) as refused:
        await client.follow(Page([], broken), None)
    assert refused.value.code == "invalid_cursor"


async def test_a_cursor_opens_no_other_list(client: Client, rows: list[Row]) -> None:
    page = await client.page("Sample", limit=2, where=Has("number", "null", False))
    assert page.next is not None
    for other in (
        page.next.replace("null%5D=false", "null%5D=true").replace("null]=false", "null]=true"),
        page.next.replace("samples", "tickets"),
        page.next + "&sort=name",
    ):
        assert other != page.next
        with pytest.raises(Refused) as refused:
            await client.follow(Page([], other), ADA)
        assert refused.value.code in {"invalid_cursor", "unknown_parameter", "invalid_parameter"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("apple", ["Apple"]),
        ("AP", ["Apple", "apricot"]),
        ("strasse", ["Banana"]),
        ("STRAßE ça", ["Banana"]),
        ("va strasse banana", ["Banana"]),
        ("ångström", ["Ångström"]),
        ("ÅNGSTRÖM", ["Ångström"]),
        ("%", ["Ångström"]),
        ("50%_off*?", ["Ångström"]),
        ("apple zebra", []),
        ("'; --", []),
    ],
)
async def test_a_search_finds_every_word_in_some_search_field(
    client: Client, rows: list[Row], words: str, expected: list[str]
) -> None:
    assert await found(client, search=words) == expected


async def test_a_search_follows_updates(client: Client, rows: list[Row]) -> None:
    await client.update("Sample", rows[0]["id"], {"name": "Cherry"})
    assert await found(client, search="apple") == []
    assert await found(client, search="CHERRY crisp") == ["Cherry"]


@pytest.mark.parametrize("way", ["exact", "estimated"])
async def test_a_count_is_of_all_rows_that_fit(client: Client, rows: list[Row], way: str) -> None:
    page = await client.page("Sample", count=way, limit=2, where=Has("number", "eq", 3))
    assert page.count == 2
    page = await client.page("Sample", count=way, limit=1)
    assert page.count == 5
    assert (await client.follow(page)).count == 5
    none = await client.page("Sample", count=way, where=Has("name", "eq", "none"))
    assert none.count == 0
    assert (await client.page("Sample")).count is None


async def test_a_count_counts_what_one_may_read(client: Client) -> None:
    for owner in (ADA, ADA, BOB):
        code = f"{owner.id}{len((await client.page('Project', owner)).items)}"
        await client.create("Project", {"name": "x", "code": code}, owner)
    assert (await client.page("Project", ADA, count="exact")).count == 2
    assert (await client.page("Project", BOB, count="exact")).count == 1


async def test_a_count_stands_beside_rows_that_are_sorted_and_have_others_inside(
    client: Client,
) -> None:
    project = await client.create(
        "Project", {"name": "x", "code": "x", "visibility": "private"}, ADA
    )
    for text in ("first", "second"):
        await client.create("Note", {"project_id": project["id"], "body": text}, ADA)

    async def asked(somebody: Someone | None) -> Page:
        inside, sort = "project.owner", "-body"
        return await client.page(
            "Note", somebody, limit=1, include=inside, sort=sort, count="exact"
        )

    page = await asked(ADA)
    assert [row["body"] for row in page.items] == ["second"]
    assert page.items[0]["project"]["owner"]["id"] == ADA.id
    assert page.count == 2
    for somebody in (None, BOB, EDITOR):
        assert (await asked(somebody)).count == 0


async def test_only_the_fields_asked_for_are_shown(client: Client, rows: list[Row]) -> None:
    page = await client.page("Sample", fields="name,price", sort="name", limit=1)
    assert page.items == [{"name": "Apple", "price": "1.50"}]
    read = await client.read("Sample", rows[0]["id"], fields="number")
    assert read == {"number": 3}


async def test_related_rows_are_included_where_they_are_asked_for(client: Client) -> None:
    body = {"name": "p", "code": "p", "tasks": [{"title": "t", "steps": [{"text": "s"}]}]}
    made = await client.create("Project", body, ADA)
    flat = await client.read("Project", made["id"], ADA)
    assert not {"tasks", "owner", "tags", "parent"} & flat.keys()
    read = await client.read("Project", made["id"], ADA, include="owner,tasks.steps,parent,tags")
    assert read["owner"]["name"] == "Ada"
    assert read["tasks"][0]["steps"][0]["text"] == "s"
    assert (read["parent"], read["tags"]) == (None, [])
    page = await client.page("Project", ADA, fields="name,owner.name,tasks.steps.text")
    assert page.items == [
        {"name": "p", "owner": {"name": "Ada"}, "tasks": [{"steps": [{"text": "s"}]}]}
    ]


@pytest.mark.parametrize(
    "options",
    [
        {"where": Has("colour", "eq", "red")},
        {"where": Has("name", "almost", "x")},
        {"where": Has("name.x", "eq", "x")},
        {"where": Has("seen", "eq", 1)},
        {"where": Has("secret", "eq", "x")},
        {"where": Has("secret", "like", "h*")},
        {"sort": "secret"},
        {"sort": "colour"},
        {"sort": "words"},
        {"sort": "extra"},
        {"fields": "name,colour"},
        {"fields": "secret"},
        {"include": "colour"},
        {"limit": 501},
        {"search": " "},
        {"where": Has("kind", "eq", "pink")},
        {"where": Has("number", "eq", "1.5")},
        {"where": Has("number", "eq", "99999999999999999999")},
        {"where": Has("flag", "eq", "maybe")},
        {"where": Has("link", "eq", "x")},
        {"where": Has("day", "eq", "2026-02-30")},
        {"where": Has("words", "eq", "a")},
        {"where": Has("kind", "ilike", "r*")},
        {"where": Has("name", "in", ["x"] * 501)},
        {"where": Both(tuple(Has("number", "eq", 1) for _ in range(51)))},
    ],
)
async def test_what_cannot_be_asked_is_refused(client: Client, options: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        await client.page("Sample", **options)
    assert refused.value.code in {
        "invalid_parameter", "unknown_parameter", "unknown_field", "too_complex",
    }  # fmt: skip
    assert refused.value.flaws


async def test_a_misspelt_name_is_answered_with_the_right_one(client: Client) -> None:
    with pytest.raises(Refused) as refused:
        await client.page("Sample", where=Has("nmae", "eq", "x"))
    assert "`name`" in refused.value.flaws[0].message


async def test_aggregates_by_groups(client: Client, rows: list[Row]) -> None:
    measures = "count,count(price),sum(price),min(number),max(name),avg(number)"
    items = await client.summarize("Sample", measures, group="kind", sort="kind")
    assert items == [
        {"kind": "blue", "count": 1, "count_price": 1, "sum_price": "9.99", "min_number": None,
         "max_name": "Banana", "avg_number": None},
        {"kind": "green", "count": 2, "count_price": 2, "sum_price": "9.99", "min_number": -1,
         "max_name": "zebra", "avg_number": -0.5},
        {"kind": "red", "count": 2, "count_price": 1, "sum_price": "1.50", "min_number": 3,
         "max_name": "Ångström", "avg_number": 3.0},
    ]  # fmt: skip
    total = await client.summarize("Sample", "count,sum(number),sum(ratio)")
    assert total == [{"count": 5, "sum_number": 5, "sum_ratio": -1.75}]
    none = await client.summarize("Sample", "count,sum(price)", where=Has("name", "eq", "none"))
    assert none == [{"count": 0, "sum_price": "0.00"}]
    nulls = await client.summarize("Sample", "count", group="flag", sort="-flag")
    assert nulls == [
        {"flag": None, "count": 2}, {"flag": True, "count": 2}, {"flag": False, "count": 1},
    ]  # fmt: skip


async def test_an_export_is_the_whole_list(client: Client, rows: list[Row]) -> None:
    exported = await client.export("Sample", where=Has("number", "null", False), sort="-name")
    assert [row["name"] for row in exported] == ["Ångström", "zebra", "apricot", "Apple"]
    assert exported[3] == await client.read("Sample", rows[0]["id"])
