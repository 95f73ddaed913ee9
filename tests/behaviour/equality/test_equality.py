"""All protocols say the same, and what the contract means: whatever the contract, the rows, who
asks and what is asked. The same rows, the same hidden fields, the same denials by the same codes.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, note, settings

from charter.contract.resource import Resource
from charter.plan.unfit import Unfit
from charter.plan.values import json_reader
from tests.behaviour.clients import rest
from tests.behaviour.clients.base import Someone
from tests.behaviour.conftest import PROTOCOLS
from tests.behaviour.databases import DATABASES
from tests.behaviour.equality.asking import Denied, Keys, Protocols, connected, values_of
from tests.behaviour.equality.drawn import Case, Looking, Reading, Writing, cases
from tests.behaviour.library import Reader, Ruled, typed
from tests.behaviour.live.watching import actor_of
from tests.behaviour.serving import serving
from tests.behaviour.test_laws import Rows
from tests.matrix.oracle import Oracle, Verdict
from tests.support.evaluate import Row, Store

QUIET = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)
CODES = {
    Verdict.MISSING: "not_found",
    Verdict.FORBIDDEN: "forbidden",
    Verdict.UNAUTHENTICATED: "unauthenticated",
}
NAMES = ("Shelf", "Book", "Remark")


@dataclass(frozen=True)
class Expected(Reader):
    """What somebody may see and do, by the rules of the contract, row by row."""

    @property
    def oracle(self) -> Oracle:
        return Oracle(self.store, self.actor, datetime.now(UTC))

    def resource(self, name: str) -> Resource:
        return self.store.contract.resource_named[name]

    def may_read(self, name: str, row: Row) -> bool:
        return self.oracle.readable(self.resource(name), row)

    def shows(self, name: str, row: Row, member: str) -> bool:
        return self.oracle.visible(self.resource(name), row, member)

    def related(self, name: str, row: Row, path: str) -> list[Row]:
        return self.oracle.related(self.resource(name), row, path)

    def body(self, name: str, row: Row, fields: str) -> dict[str, Any]:
        shown = self.oracle.shown(self.resource(name), row)
        names = fields.split(",") if fields else list(shown)
        return {name: shown[name] for name in names if name in shown}

    # -- what an answer has to be --------------------------------------------------------
    def judge_list(self, reading: Reading, said: Any) -> None:
        verdict = self.oracle.listed(self.resource(reading.resource))
        if isinstance(said, Denied):
            self.judge_refusal(said, verdict, reading)
            return
        assert verdict is Verdict.ALLOWED or verdict is Verdict.MISSING
        if reading.search is not None:
            return
        rows = [row for items, _ in said for row in items]
        above = self.rows_below(reading)
        wanted = [
            row
            for row in self.list(reading.resource, reading.where, reading.sort)
            if above is None or row["id"] in above
        ]
        assert bare(rows) == [self.body(reading.resource, row, reading.fields) for row in wanted]
        if reading.count:
            assert {count for _, count in said} == {len(wanted)}

    def rows_below(self, reading: Reading) -> set[Any] | None:
        """The keys of the rows that a list is below of."""
        if reading.below is None:
            return None
        above = {"Book": ("Shelf", "books"), "Remark": ("Book", "remarks")}[reading.resource]
        owner = self.store.rows[above[0]][reading.below]
        return {row["id"] for row in self.related(above[0], owner, above[1])}

    def judge_refusal(self, said: Denied, verdict: Verdict, reading: Reading) -> None:
        """A refusal is right where nothing can be seen, or where the row above cannot, or a
        filter or order is by what is never shown."""
        if said.code in {"unauthenticated", "forbidden"}:
            closed = {verdict} if reading.below is None else set(Verdict)
            assert said.code in {CODES.get(one) for one in closed}, (said, verdict)
        elif said.code == "not_found":
            assert reading.below is not None
        else:
            assert said.code in {"unknown_field", "invalid_parameter", "unknown_parameter"}, said
            assert any(self.resource(name).policy.hides for name in NAMES)

    def judge_row(self, looking: Looking, row: Row | None, said: Any) -> None:
        verdict = self.oracle.read(self.resource(looking.resource), row)
        if isinstance(said, Denied):
            hides = any(self.resource(name).policy.hides for name in NAMES)
            if hides and said == Denied("unknown_parameter", ("unknown_field",)):
                return
            assert said.code == CODES[verdict]
            return
        assert verdict is Verdict.ALLOWED
        assert row is not None
        (found,) = bare([said])
        assert found == self.body(looking.resource, row, looking.fields)

    def judge_write(self, writing: Writing, row: Row | None, values: Row, said: Any) -> None:
        """What rules decide of a write; what else can be wrong with it comes before or after."""
        resource, oracle = self.resource(writing.resource), self.oracle
        if writing.what == "create":
            verdict = oracle.create(resource, new_row(resource, values))
        elif writing.what in {"update", "replace"} and row is not None:
            kept = {} if writing.what == "update" else emptied(resource)
            verdict = oracle.change(resource, "update", row, {**row, **kept, **values})
        else:
            action = "update" if writing.what == "replace" else writing.what
            verdict = oracle.change(resource, action, row)
        if not isinstance(said, Denied):
            assert verdict is Verdict.ALLOWED
        elif said.code in CODES.values() and writing.what != "lend":
            assert said.code == CODES.get(verdict), (said, verdict)
        if verdict is not Verdict.ALLOWED:
            assert isinstance(said, Denied)


def bare(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without those that they lead to."""
    relations = {"shelf", "books", "book", "remarks", "books_cut", "remarks_cut"}
    return [{name: row[name] for name in row if name not in relations} for row in rows]


def new_row(resource: Resource, values: Row) -> Row:
    """A row as it is made of values."""
    return {"id": uuid4(), **emptied(resource), **values}


def emptied(resource: Resource) -> dict[str, Any]:
    """The values of fields that a client gives none."""
    defaults: dict[str, Any] = {"kind": "novel"}
    server = {"id", "created_at", "updated_at", "version"}
    return {one.name: defaults.get(one.name) for one in resource.fields if one.name not in server}


async def filled(client: rest.RestClient, made: Rows) -> None:
    shelves = await client.create_all("Shelf", made.shelves) if made.shelves else []
    books = [
        {**book, "shelf_id": None if at is None else shelves[at]["id"]} for at, book in made.books
    ]
    stored = await client.create_all("Book", books)
    remarks = [{**remark, "book_id": stored[at]["id"]} for at, remark in made.remarks]
    if remarks:
        await client.create_all("Remark", remarks)


async def all_rows(client: rest.RestClient) -> Mapping[str, list[dict[str, Any]]]:
    return {name: await client.export(name, sort="id") for name in NAMES}


async def agree(case: Case, url: str) -> None:
    """Serve the contract, and hold the answers to what is asked against each other."""
    drawn = case.drawn
    note(f"{drawn}\n{case.rows}")
    async with AsyncExitStack() as closing:
        filling = await closing.enter_async_context(serving(drawn.open, url))
        keeper = await closing.enter_async_context(rest.connect(filling))
        await filled(keeper, case.rows)
        before = await all_rows(keeper)
        served = await closing.enter_async_context(serving(drawn.ruled, url))
        protocols = await connected(served, PROTOCOLS, closing)
        store = Store(drawn.ruled, {name: typed(drawn.ruled, name, before[name]) for name in NAMES})
        keys = {name: [row["id"] for row in before[name]] for name in NAMES}
        for who, asked in case.asked:
            note(f"{who} asks {asked}")
            expected = Expected(store, Ruled({}), actor_of(who))
            await judged(protocols, expected, asked, who, keys)
        assert await all_rows(keeper) == before
        assert not served.witness.failures, served.witness.failures


async def judged(
    protocols: Protocols, expected: Expected, asked: Any, who: Someone | None, keys: Keys
) -> None:
    rows = expected.store.rows
    match asked:
        case Reading():
            expected.judge_list(asked, await protocols.read(asked, who, keys))
        case Looking():
            row = found_at(rows[asked.resource], asked.at)
            expected.judge_row(asked, row, await protocols.read(asked, who, keys))
        case Writing():
            said = await protocols.write(asked, who, keys)
            values = typed_values(expected.resource(asked.resource), asked, keys)
            if values is None:
                assert isinstance(said, Denied)
            else:
                expected.judge_write(asked, found_at(rows[asked.resource], asked.at), values, said)


def found_at(rows: Any, at: int) -> Row | None:
    return rows[at] if at < len(rows) else None


def typed_values(resource: Resource, writing: Writing, keys: Keys) -> Row | None:
    """The values of a write with Python's types; None where one of them is none."""
    found: dict[str, Any] = {}
    try:
        for name, value in values_of(writing, keys).items():
            kind = resource.type_of(name)
            assert kind is not None
            found[name] = None if value is None else json_reader(kind)(value)
    except Unfit:
        return None
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
@given(case=cases())
async def test_all_protocols_say_the_same(request: pytest.FixtureRequest, case: Case) -> None:
    with DATABASES["sqlite"](request) as url:
        await agree(case, url)


@settings(max_examples=4, deadline=None, suppress_health_check=QUIET)
@given(case=cases(questions=12))
async def test_so_do_they_on_a_server(request: pytest.FixtureRequest, case: Case) -> None:
    with DATABASES["postgresql"](request) as url:
        await agree(case, url)
