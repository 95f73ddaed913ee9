"""Rows that a command makes with parts, and parts of parts, are written with all of them."""

from uuid import UUID

import pytest

from charter import Actor, Contract, Policy, Resource, Unit, allow, owned
from charter.contract.contract import Contract as Hub
from tests.behaviour.actors import ADA
from tests.behaviour.clients.base import Client

library = Contract("library")


@library.resource
class Shelf(Resource):
    name: str
    books: list["Book"] = owned()


@library.resource
class Book(Resource):
    shelf: Shelf
    title: str
    pages: list["Page"] = owned()


@library.resource
class Page(Resource):
    book: Book
    text: str


@library.policy(Shelf)
def shelf_policy(shelf: Shelf, actor: Actor) -> Policy:
    yield allow("*")


@library.command(allow=lambda actor: actor.authenticated)
async def furnish(unit: Unit, *, titles: list[str]) -> Shelf:
    """A shelf with books, each with two pages."""
    shelf = unit.add(Shelf(name="new"))
    for title in titles:
        book = Book(shelf=shelf, title=title)
        book.pages = [Page(book=book, text=f"{title} {number}") for number in (1, 2)]
        shelf.books.append(book)
    return shelf


@library.command(Shelf)
async def extend(shelf: Shelf, unit: Unit, *, title: str) -> Shelf:
    """One book more, with a page."""
    book = Book(shelf=shelf, title=title)
    book.pages.append(Page(book=book, text="only"))
    shelf.books.append(book)
    return shelf


@pytest.fixture(scope="module")
def contract() -> Hub:
    return library.build()


async def pages_of(client: Client, key: UUID) -> dict[str, list[str]]:
    read = await client.read("Shelf", key, ADA, include="books.pages")
    return {book["title"]: [page["text"] for page in book["pages"]] for book in read["books"]}


async def test_a_new_row_comes_with_its_parts_and_theirs(client: Client) -> None:
    made = await client.call("furnish", ADA, inputs={"titles": ["a", "b"]})
    assert await pages_of(client, made["id"]) == {"a": ["a 1", "a 2"], "b": ["b 1", "b 2"]}


async def test_a_new_part_comes_with_its_parts(client: Client) -> None:
    made = await client.call("furnish", ADA, inputs={"titles": ["a"]})
    inputs = {"title": "z"}
    await client.call("extend", ADA, resource="Shelf", key=made["id"], inputs=inputs)
    assert (await pages_of(client, made["id"]))["z"] == ["only"]
