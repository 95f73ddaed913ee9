"""Existing tables of MySQL, whose texts compare as their columns say, and whose columns hold more
than their types tell."""

import secrets
from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal

import pytest
import pytest_asyncio

from charter import Actor, Contract, Json, Policy, Resource, allow, field, inverse
from tests.behaviour.actors import ADA
from tests.behaviour.clients import rest
from tests.behaviour.clients.base import Has, Refused, Someone
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.databases import run_script
from tests.behaviour.serving import Served, serving
from tests.support.mysql import MysqlServer

notes = Contract("notes")


@notes.resource(table="Shelf", key="Code")
class Shelf(Resource[str]):
    notes: list["Note"] = inverse()


@notes.resource(table="Note", key="Id")
class Note(Resource[int]):
    owner: str = field(column="Owner", max_length=40)
    title: str = field(column="Title", max_length=40, search=True)
    latin: str = field(column="Latin", max_length=40, default="x")
    shelf: Shelf | None = field(column="Shelf", default=None)
    state: Literal["old", "new"] = field(column="State", stored="enum", default="new")
    done: bool = field(column="Done", default=False)
    extra: Json | None = field(column="Extra", stored="text", default=None)


@notes.policy(Shelf)
def shelves(shelf: Shelf, actor: Actor) -> Policy:
    yield allow("*", when=actor.authenticated)


@notes.policy(Note)
def own_notes(note: Note, actor: Actor) -> Policy:
    yield allow("*", when=note.owner == actor.id)


TABLES = """
CREATE TABLE Shelf (Code varchar(20) NOT NULL PRIMARY KEY)
    DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE Note (Id int NOT NULL AUTO_INCREMENT PRIMARY KEY, Owner varchar(40) NOT NULL,
    Title varchar(40) NOT NULL, Latin varchar(40) CHARACTER SET latin1 NOT NULL, Shelf varchar(20),
    State enum('old', 'new', 'lost') NOT NULL, Done tinyint(1) NOT NULL, Extra text,
    KEY (Title), FOREIGN KEY (Shelf) REFERENCES Shelf (Code))
    DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
"""


@pytest.fixture(scope="module")
def kind() -> str:
    return "mysql"


@pytest.fixture(scope="module")
def url(mysql_server: MysqlServer) -> Iterator[str]:
    mysql_server.start()
    name = f"notes_{secrets.token_hex(8)}"
    mysql_server.create_database(name)
    yield mysql_server.url(name)
    mysql_server.drop_database(name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(url: str) -> AsyncIterator[Served]:
    await run_script(url, TABLES)
    async with serving(notes.build(), url) as found:
        yield found
        assert found.witness.failures == []


@pytest_asyncio.fixture(loop_scope="module")
async def served(shared: Served) -> Served:
    await shared.service.database.script("DELETE FROM Note; DELETE FROM Shelf")
    return shared


@pytest_asyncio.fixture(loop_scope="module")
async def api(served: Served) -> AsyncIterator[RestClient]:
    async with rest.connect(served) as found:
        yield found


async def put(served: Served, *rows: str) -> None:
    """Rows as another program writes them: owner, title and the rest."""
    columns = "Owner, Title, Latin, Shelf, State, Done, Extra"
    values = ", ".join(f"({row})" for row in rows)
    await served.service.database.script(f"INSERT INTO Note ({columns}) VALUES {values}")


def note(owner: str = "ada", title: str = "x", more: str = "'x', NULL, 'new', 0, NULL") -> str:
    return f"'{owner}', '{title}', {more}"


async def titles(api: RestClient, **how: Any) -> list[Any]:
    return [row["title"] for row in (await api.page("Note", ADA, **how)).items]


async def test_nobody_is_taken_for_another(api: RestClient, served: Served) -> None:
    """In this collation `ADA` is `ada`: for policies it is not."""
    await put(served, note("ada", "hers"), note("ADA", "not hers"), note("ada ", "nor this"))
    assert await titles(api) == ["hers"]
    other = Someone(id="ADA")
    assert [row["title"] for row in (await api.page("Note", other)).items] == ["not hers"]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (Has("title", "eq", "Red"), ["Red"]),
        (Has("title", "ne", "Red"), ["red", "RED", "Réd"]),
        (Has("title", "in", ["Red", "RED", "blue"]), ["Red", "RED"]),
        (Has("title", "like", "R*d"), ["Red", "Réd"]),
        (Has("title", "ilike", "red"), ["Red", "red", "RED"]),
    ],
)
async def test_conditions_tell_texts_apart(
    api: RestClient, served: Served, where: Has, found: list[str]
) -> None:
    await put(served, *(note(title=title) for title in ("Red", "red", "RED", "Réd")))
    assert await titles(api, where=where) == found


async def test_pages_in_the_order_of_a_column_lose_no_row(api: RestClient, served: Served) -> None:
    """Rows that are equal for the column come in the order of their keys."""
    await put(served, *(note(title=title) for title in ("b", "A", "a", "B", "Ä", "c", "á")))
    page = await api.page("Note", ADA, sort="title", limit=2)
    seen = [row["title"] for row in page.items]
    while page.next:
        page = await api.follow(page, ADA)
        seen += [row["title"] for row in page.items]
    assert seen == ["A", "a", "Ä", "á", "b", "B", "c"]


async def test_rows_are_joined_as_their_foreign_keys_say(api: RestClient, served: Served) -> None:
    await api.create("Shelf", {"id": "Top"}, ADA)
    await put(served, note(more="'x', 'TOP', 'new', 0, NULL"))
    (found,) = (await api.page("Note", ADA, include="shelf")).items
    assert found["shelf"] == {"id": "Top"}
    shelf = await api.read("Shelf", "Top", ADA, include="notes")
    assert [row["title"] for row in shelf["notes"]] == ["x"]


async def test_what_a_character_set_lacks_is_refused(api: RestClient) -> None:
    with pytest.raises(Refused) as refused:
        await api.create("Note", {"owner": "ada", "title": "x", "latin": "年"}, ADA)
    assert refused.value.code == "invalid_values"
    with pytest.raises(Refused) as refused:
        await api.page("Note", ADA, where=Has("latin", "eq", "年"))
    assert refused.value.code == "invalid_values"


async def test_what_stands_in_columns_is_shown_as_what_it_is(
    api: RestClient, served: Served
) -> None:
    """A truth of 2, JSON that a person has laid out, a choice of an enumeration."""
    extra = '{"a": [1,\\n\\t\\t2],\\n\\t"b":\\t"c,\\\\td"}'
    await put(served, note(more=f"'é', NULL, 'old', 2, '{extra}'"))
    (found,) = (await api.page("Note", ADA)).items
    assert (found["done"], found["state"], found["latin"]) == (True, "old", "é")
    assert found["extra"] == {"a": [1, 2], "b": "c,\td"}
    for where in (Has("done", "eq", True), Has("state", "eq", "old"), Has("state", "in", ["old"])):
        assert await titles(api, where=where) == ["x"]


async def test_enumerations_sort_by_their_texts(api: RestClient, served: Served) -> None:
    await put(served, *(note(title=s, more=f"'x', NULL, '{s}', 0, NULL") for s in ("old", "new")))
    assert await titles(api, sort="state") == ["new", "old"]
    assert await titles(api, sort="-state", limit=1) == ["old"]


async def test_texts_are_searched_without_their_case(api: RestClient, served: Served) -> None:
    await put(served, note(title="Große STRASSE"), note(title="other"))
    for words in ("strasse", "GROSSE", "große straße"):
        assert await titles(api, search=words) == ["Große STRASSE"]
