"""Laws: whatever the policy, filter, order and page, a list has just the rows it should have."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from charter.contract import contract as hub
from charter.contract import expression as e
from charter.contract.types import BOOLEAN, TEXT, Type
from charter.plan.actor import ANONYMOUS, Actor
from charter.serve.engine.compiler import Compiler
from tests.behaviour.clients.base import (
    Both,
    Client,
    Either,
    Has,
    Refused,
    Someone,
    Unless,
    Where,
)
from tests.behaviour.conftest import PROTOCOLS
from tests.behaviour.databases import emptied
from tests.behaviour.library import Reader, Ruled, library, typed
from tests.behaviour.serving import Served
from tests.support.evaluate import Store

BASE = library.build()
INNER = 2
QUESTIONS = 4
"""Questions about the same rows."""

TEXTS = st.sampled_from(["", "a", "A", "ä", "b", "a%", "_", "a_b", "\ue000", "𝒳", "a\\*", "ß"])
INTEGERS = st.sampled_from([-(2**63), -1, 0, 1, 2, 2**53 + 1, 2**63 - 1])
DECIMALS = st.sampled_from([Decimal("-1.50"), Decimal("0.00"), Decimal("0.01"), Decimal("999.99")])
FLOATS = st.sampled_from([-1.5, 0.0, 0.1, 1e300, 5e-324])
DAYS = st.sampled_from([date(1, 1, 1), date(2026, 2, 28), date(9999, 12, 31)])
TIMES = st.sampled_from(
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 1, 12, tzinfo=UTC),
        datetime(2026, 1, 1, 12, 0, 0, 500_000, tzinfo=UTC),
        datetime(2026, 1, 1, 12, 0, 0, 50_000, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ]
)
KINDS = st.sampled_from(["novel", "atlas", "comic"])

BOOK: dict[str, st.SearchStrategy[Any]] = {
    "title": TEXTS, "keeper": TEXTS, "pages": INTEGERS, "price": DECIMALS, "weight": FLOATS,
    "day": DAYS, "seen": TIMES, "lent": st.booleans(), "kind": KINDS,
}  # fmt: skip
OPTIONAL = frozenset(BOOK) - {"title", "kind"}
SHELF: dict[str, st.SearchStrategy[Any]] = {"label": TEXTS, "height": INTEGERS}
REMARK: dict[str, st.SearchStrategy[Any]] = {"text": TEXTS, "stars": INTEGERS}
PATHS = {
    "shelf.label": TEXTS, "shelf.height": INTEGERS, "remarks.stars": INTEGERS,
    "remarks.text": TEXTS, "shelf.books.title": TEXTS, "shelf.books.pages": INTEGERS,
}  # fmt: skip
UNORDERED = frozenset({"lent"})
ORDER = ("lt", "lte", "gt", "gte")


# -- rows --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Rows:
    shelves: list[dict[str, Any]]
    books: list[tuple[int | None, dict[str, Any]]]
    remarks: list[tuple[int, dict[str, Any]]]


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | date) else value


@st.composite
def rows(draw: st.DrawFn) -> Rows:
    def one(members: dict[str, st.SearchStrategy[Any]], optional: frozenset[str]) -> dict[str, Any]:
        return {
            name: plain(draw(st.none() | values if name in optional else values))
            for name, values in members.items()
        }

    shelves = [one(SHELF, frozenset({"height"})) for _ in range(draw(st.integers(0, 2)))]
    on = st.sampled_from([None, *range(len(shelves))])
    books = [(draw(on), one(BOOK, OPTIONAL)) for _ in range(draw(st.integers(1, 7)))]
    about = st.integers(0, len(books) - 1)
    remarks = [
        (draw(about), one(REMARK, frozenset({"stars"}))) for _ in range(draw(st.integers(0, 4)))
    ]
    return Rows(shelves, books, remarks)


# -- policies ----------------------------------------------------------------------------------
def kind_of(resource: str, name: str) -> Type:
    kind = BASE.resource_named[resource].type_of(name)
    assert kind is not None
    return kind


def field_conditions(
    resource: str, members: dict[str, st.SearchStrategy[Any]], scope: int, path: tuple[str, ...]
) -> st.SearchStrategy[e.Expression]:
    """Conditions on one field of a row, or of the row that a path leads to."""

    def make(name: str) -> st.SearchStrategy[e.Expression]:
        kind = kind_of(resource, name)
        column = e.Column(scope, path, name, kind)
        constants = members[name].map(lambda value: e.Constant(value, kind))
        operators = [e.Operator.EQ, e.Operator.NE]
        if name not in UNORDERED | {"kind"}:
            operators += [e.Operator.LT, e.Operator.LE, e.Operator.GT, e.Operator.GE]
        compare = st.builds(
            lambda operator, value: e.Compare(operator, column, value),
            st.sampled_from(operators),
            constants,
        )
        among = st.lists(constants, min_size=1, max_size=3).map(
            lambda options: e.OneOf(column, tuple(options))
        )
        return st.one_of(compare, among, st.just(e.IsNull(column)))

    return st.sampled_from(sorted(members)).flatmap(make)


def combined(leaves: st.SearchStrategy[e.Expression]) -> st.SearchStrategy[e.Expression]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: e.every(*parts)),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: e.some(*parts)),
            inner.map(e.negated),
        ),
        max_leaves=5,
    )


def about_actor(resource: str, member: str) -> st.SearchStrategy[e.Expression]:
    column = e.Column(e.ROW, (), member, kind_of(resource, member))
    mine = e.Compare(e.Operator.EQ, column, e.ActorId(TEXT))
    return st.sampled_from(
        [mine, e.negated(mine), e.HasRole("keeper"), e.Authenticated(), e.ALWAYS, e.NEVER]
    )


def some_remark(where: e.Expression) -> e.Expression:
    return e.Aggregate(e.Function.EXISTS, e.ROW, ("remarks",), INNER, where, None, BOOLEAN)


BOOK_RULE = combined(
    st.one_of(
        field_conditions("Book", BOOK, e.ROW, ()),
        field_conditions("Shelf", SHELF, e.ROW, ("shelf",)),
        about_actor("Book", "keeper"),
        field_conditions("Remark", REMARK, INNER, ()).map(some_remark),
    )
)
SHELF_RULE = combined(
    st.one_of(field_conditions("Shelf", SHELF, e.ROW, ()), about_actor("Shelf", "label"))
)
REMARK_RULE = combined(
    st.one_of(
        field_conditions("Remark", REMARK, e.ROW, ()),
        field_conditions("Book", BOOK, e.ROW, ("book",)),
        about_actor("Remark", "text"),
    )
)
RULES = st.builds(
    lambda book, shelf, remark, pages: Ruled(
        {"Book": book, "Shelf": shelf, "Remark": remark}, pages
    ),
    BOOK_RULE | st.just(e.ALWAYS),
    SHELF_RULE | st.just(e.ALWAYS),
    REMARK_RULE | st.just(e.ALWAYS),
    st.none() | BOOK_RULE,
)
ACTORS = st.sampled_from([None, Someone("a"), Someone("ä", roles=("keeper",))])


# -- questions ---------------------------------------------------------------------------------
def has(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Where]:
    last = name.rpartition(".")[2]
    comparators = ["eq", "ne"] + ([] if last in UNORDERED else list(ORDER))
    single = st.builds(Has, st.just(name), st.sampled_from(comparators), values)
    lists = st.lists(values, min_size=1, max_size=3, unique=True)
    among = st.builds(Has, st.just(name), st.sampled_from(["in", "nin"]), lists)
    null = st.builds(Has, st.just(name), st.just("null"), st.booleans())
    options: list[st.SearchStrategy[Where]] = [single, among, null]
    if values is TEXTS:
        patterns = st.sampled_from(["*", "a*", "?", "*b", "*\\**", "a%", "_", "\\_*", ""])
        options.append(st.builds(Has, st.just(name), st.just("like"), patterns))
    return st.one_of(options)


LEAVES: st.SearchStrategy[Where] = st.one_of(
    *(has(name, values) for name, values in (BOOK | PATHS).items()),
    has("remark_count", st.integers(0, 3)),
)
FILTERS: st.SearchStrategy[Where | None] = st.none() | st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Both(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Either(tuple(parts))),
        inner.map(Unless),
    ),
    max_leaves=5,
)
SORTS = st.lists(
    st.sampled_from([*BOOK, "remark_count", "created_at", "shelf_id"]), max_size=3, unique=True
).flatmap(
    lambda names: st.tuples(*(st.sampled_from([name, f"-{name}"]) for name in names)).map(",".join)
)
LIMITS = st.sampled_from([None, 1, 2, 3])


@dataclass(frozen=True)
class Question:
    """What one actor asks under some rules."""

    rules: Ruled
    actor: Someone | None
    where: Where | None
    sort: str
    limit: int | None


@dataclass(frozen=True)
class Case:
    """Rows, and questions about them; written in plain words where a test fails."""

    rows: Rows
    questions: tuple[Question, ...]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    made = draw(rows())
    drawn = (draw(st.tuples(RULES, ACTORS, FILTERS, SORTS, LIMITS)) for _ in range(QUESTIONS))
    return Case(made, tuple(Question(*parts) for parts in drawn))


# -- the law -----------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def contract() -> hub.Contract:
    return BASE


async def written(client: Client, made: Rows) -> Store:
    """The rows in the database, and as the service shows them."""
    shelves = await client.create_all("Shelf", made.shelves) if made.shelves else []
    books = await client.create_all(
        "Book",
        [
            {**book, "shelf_id": None if at is None else shelves[at]["id"]}
            for at, book in made.books
        ],
    )
    remarks = [{**remark, "book_id": books[at]["id"]} for at, remark in made.remarks]
    found = {
        "Shelf": shelves,
        "Book": books,
        "Remark": await client.create_all("Remark", remarks) if remarks else [],
    }
    return Store(BASE, {name: typed(BASE, name, rows) for name, rows in found.items()})


async def walked(
    client: Client, actor: Someone | None, where: Where | None, sort: str, limit: int | None
) -> list[dict[str, Any]]:
    page = await client.page("Book", actor, where=where, sort=sort, limit=limit)
    found = list(page.items)
    while page.next is not None:
        page = await client.follow(page, actor)
        found += page.items
    return found


def mentions_pages(where: Where | None, sort: str) -> bool:
    return "pages" in f"{where!r} {sort}"


def never_shown(reader: Reader) -> bool:
    """No book, whatever is in it, shows `pages` to this reader, as far as these rows tell."""
    return not any(reader.shows("Book", row, "pages") for row in reader.store.rows["Book"])


def tried(reader: Reader, refused: Refused, expected: list[Any], uses_pages: bool) -> None:
    """A refusal is right where there is nothing to see for this reader in any case."""
    if refused.code in {"unauthenticated", "forbidden"}:
        assert expected == []
    else:
        assert refused.code in {"unknown_field", "invalid_parameter", "unknown_parameter"}, refused
        assert uses_pages
        assert never_shown(reader)


def actor_of(actor: Someone | None) -> Actor:
    return ANONYMOUS if actor is None else Actor(actor.id, frozenset(actor.roles), actor.claims)


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=cases())
async def test_a_list_has_just_the_rows_that_it_should_have(
    shared: Served, protocol: str, case: Case
) -> None:
    note(f"{case}")
    await emptied(shared)
    pipeline = shared.service.pipeline
    async with PROTOCOLS[protocol](shared) as client:
        store = await written(client, case.rows)
        try:
            for question in case.questions:
                contract = question.rules.contract(shared.contract)
                compiler = Compiler(contract, pipeline.compiler.dialect)
                shared.service._pipeline = replace(pipeline, compiler=compiler)
                await answered(client, question, store)
        finally:
            shared.service._pipeline = pipeline


async def answered(client: Client, question: Question, store: Store) -> None:
    """The answer to a question is what Python makes of the rows."""
    actor, where, sort = question.actor, question.where, question.sort
    reader = Reader(store, question.rules, actor_of(actor))
    expected = reader.list("Book", where, sort)
    try:
        found = await walked(client, actor, where, sort, question.limit)
    except Refused as refused:
        tried(reader, refused, expected, mentions_pages(where, sort))
        return
    assert [row["id"] for row in found] == [str(row["id"]) for row in expected]
    shown = [reader.shows("Book", row, "pages") for row in expected]
    assert ["pages" in row for row in found] == shown
