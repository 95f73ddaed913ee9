"""Existing tables whose rows count no versions and know no times, and what only such tables have:
views, keys that come with the rows, forms of their own."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from charter import (
    Actor,
    Contract,
    Event,
    Policy,
    Resource,
    Unit,
    allow,
    computed,
    field,
    inverse,
    linked,
    owned,
    total,
)
from charter.serve.engine.startup import SchemaDiffers
from charter.sql.statement import Statement
from charter.store.address import dialect_of
from charter.store.open import open_database
from tests.behaviour.actors import ADA
from tests.behaviour.clients import rest
from tests.behaviour.clients.base import Has, Refused
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.conftest import EXISTING
from tests.behaviour.databases import run_script
from tests.behaviour.serving import Served, serving

shop = Contract("shop")


@shop.resource(table="Kunde", key="Nummer", given_keys=True)
class Customer(Resource[int]):
    name: str = field(column="Name", max_length=40, search=True)
    born: date | None = field(column="Geboren", default=None, stored="naive")
    token: UUID | None = field(column="Zeichen", default=None, stored="hex")
    raw: UUID | None = field(column="Roh", default=None, stored="bytes")
    rating: float | None = field(column="Note", default=None, stored="number")
    orders: list["Order"] = inverse()


@shop.resource(table="Best Ellung", key="Id")
class Order(Resource[int]):
    customer: Customer = field(column="Kunde")
    placed: datetime | None = field(column="Zeit", default=None, stored="unix")
    exact: datetime | None = field(column="Genau", default=None, stored="unix_ms")
    discount: Decimal = field(
        column="Rabatt", default=Decimal(0), digits=6, places=2, stored="scaled"
    )
    note: str | None = field(column="Notiz", max_length=200, default=None)
    lines: list["Line"] = owned()
    labels: list["Label"] = linked(table="Paar", near="Best", far="Marke")
    worth: Decimal = computed(lambda order: total(order.lines, lambda line: line.price))


@shop.resource(table="Zeile", key="Id")
class Line(Resource[int]):
    order: Order = field(column="Best")
    price: Decimal = field(column="Preis", digits=9, places=2, stored="text", ge=0)
    pieces: int = field(column="Zahl", default=1, ge=1, le=1000)


@shop.resource(table="Marke", key="Wort", updated_at="Geaendert", stamps_stored="naive")
class Label(Resource[str]):
    orders: list[Order] = linked()


@shop.resource(table="Umsatz", key="Nummer", read_only=True)
class Turnover(Resource[int]):
    name: str | None = field(column="Name", max_length=40)
    orders: int | None = field(column="Zahl")


@shop.resource
class Remark(Resource):
    """In a table that Charter makes, beside the others."""

    customer: Customer = field(on_delete="cascade")
    about: list[Label] = linked()
    text: str = field(max_length=200)


shop.check(Line, lambda line: line.pieces * line.price <= 10_000, "That is too much for a line.")


@shop.policy(Customer, Order, Label, Turnover, Remark)
def everything(row: Any, actor: Actor) -> Policy:
    yield allow("*", when=actor.authenticated)


@shop.event
class Raised(Event):
    order: Order


@shop.command(Order)
async def double(order: Order, unit: Unit) -> Order:
    """Twice as many pieces of everything."""
    for line in order.lines:
        line.pieces *= 2
    unit.emit(Raised(order=order))
    return order


@shop.command(Customer)
async def register(unit: Unit, *, number: int, name: str) -> Customer:
    """A customer of one's own number, with an order."""
    made = Customer(name=name)
    made.id = number
    unit.add(made)
    unit.add(Order(customer=made, note="welcome"))
    return made


shop.audited(Order)

TABLES = {
    "sqlite": """
        CREATE TABLE Kunde (Nummer INT NOT NULL PRIMARY KEY, Name VARCHAR(40) NOT NULL,
            Geboren DATETIME, Zeichen CHAR(32), Roh BLOB, Note REAL, Fremd TEXT DEFAULT 'x');
        CREATE TABLE "Best Ellung" (Id INTEGER PRIMARY KEY, Kunde INT NOT NULL
            REFERENCES Kunde (Nummer), Zeit INTEGER, Genau INTEGER, Rabatt INTEGER NOT NULL,
            Notiz VARCHAR(200));
        CREATE TABLE Zeile (Id INTEGER PRIMARY KEY, Best INTEGER NOT NULL
            REFERENCES "Best Ellung", Preis VARCHAR(20) NOT NULL, Zahl SMALLINT NOT NULL);
        CREATE TABLE Marke (Wort VARCHAR(255) NOT NULL PRIMARY KEY, Geaendert DATETIME NOT NULL);
        CREATE TABLE Paar (Best INTEGER NOT NULL REFERENCES "Best Ellung" (Id),
            Marke VARCHAR(255) NOT NULL REFERENCES Marke (Wort), Seit TEXT,
            UNIQUE (Marke, Best));
        CREATE VIEW Umsatz AS SELECT k.Nummer, k.Name, count(b.Id) AS Zahl FROM Kunde k
            LEFT JOIN "Best Ellung" b ON b.Kunde = k.Nummer GROUP BY k.Nummer, k.Name;
        CREATE TABLE gone (id INTEGER); CREATE VIEW broken AS SELECT id FROM gone;
        DROP TABLE gone;
        """,
    "postgresql": """
        CREATE TABLE "Kunde" ("Nummer" integer PRIMARY KEY, "Name" varchar(40) NOT NULL,
            "Geboren" timestamp, "Zeichen" char(32), "Roh" bytea, "Note" real,
            "Fremd" text NOT NULL DEFAULT 'x');
        CREATE TABLE "Best Ellung" ("Id" serial PRIMARY KEY, "Kunde" integer NOT NULL
            REFERENCES "Kunde", "Zeit" integer, "Genau" bigint, "Rabatt" integer NOT NULL,
            "Notiz" varchar(200));
        CREATE TABLE "Zeile" ("Id" bigserial PRIMARY KEY, "Best" integer NOT NULL
            REFERENCES "Best Ellung", "Preis" varchar(20) NOT NULL, "Zahl" smallint NOT NULL);
        CREATE TABLE "Marke" ("Wort" varchar(255) PRIMARY KEY, "Geaendert" timestamp NOT NULL);
        CREATE TABLE "Paar" ("Best" integer NOT NULL REFERENCES "Best Ellung",
            "Marke" varchar(255) NOT NULL REFERENCES "Marke", "Seit" date,
            UNIQUE ("Marke", "Best"));
        CREATE VIEW "Umsatz" AS SELECT k."Nummer", k."Name", count(b."Id") AS "Zahl"
            FROM "Kunde" k LEFT JOIN "Best Ellung" b ON b."Kunde" = k."Nummer" GROUP BY 1, 2;
        """,
    "mysql": """
        CREATE TABLE Kunde (Nummer int unsigned NOT NULL PRIMARY KEY, Name varchar(40) NOT NULL,
            Geboren datetime, Zeichen char(32), Roh binary(16), Note float,
            Fremd tinytext NOT NULL DEFAULT 'x') DEFAULT CHARSET=latin1;
        CREATE TABLE "Best Ellung" (Id mediumint NOT NULL AUTO_INCREMENT PRIMARY KEY,
            Kunde int unsigned NOT NULL, Zeit int, Genau bigint, Rabatt int NOT NULL,
            Notiz varchar(200), FOREIGN KEY (Kunde) REFERENCES Kunde (Nummer))
            DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
        CREATE TABLE Zeile (Id serial PRIMARY KEY, Best mediumint NOT NULL,
            Preis varchar(20) NOT NULL, Zahl smallint NOT NULL,
            FOREIGN KEY (Best) REFERENCES "Best Ellung" (Id));
        CREATE TABLE Marke (Wort varchar(255) CHARACTER SET utf8mb3 NOT NULL PRIMARY KEY,
            Geaendert timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP);
        CREATE TABLE Paar (Best mediumint NOT NULL,
            Marke varchar(255) CHARACTER SET utf8mb3 NOT NULL, Seit date,
            UNIQUE (Marke, Best), FOREIGN KEY (Best) REFERENCES "Best Ellung" (Id),
            FOREIGN KEY (Marke) REFERENCES Marke (Wort));
        CREATE VIEW Umsatz AS SELECT k.Nummer, k.Name, count(b.Id) AS Zahl FROM Kunde k
            LEFT JOIN "Best Ellung" b ON b.Kunde = k.Nummer GROUP BY k.Nummer, k.Name;
        CREATE TABLE gone (id int); CREATE VIEW broken AS SELECT id FROM gone;
        DROP TABLE gone;
        """,
}


@pytest.fixture(scope="module", params=TABLES)
def kind(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(kind: str, url: str) -> AsyncIterator[Served]:
    assert kind not in EXISTING
    await run_script(url, TABLES[kind])
    async with serving(shop.build(), url) as found:
        yield found
        assert found.witness.failures == []


@pytest_asyncio.fixture(loop_scope="module")
async def served(shared: Served) -> Served:
    names = (
        "remark_about",
        "remarks",
        "Paar",
        "Zeile",
        "Best Ellung",
        "Marke",
        "Kunde",
        "charter_outbox",
    )
    await shared.service.database.script(";".join(f'DELETE FROM "{name}"' for name in names))
    shared.witness.statements.clear()
    return shared


@pytest_asyncio.fixture(loop_scope="module")
async def api(served: Served) -> AsyncIterator[RestClient]:
    async with rest.connect(served) as found:
        yield found


async def rows(served: Served, text: str) -> list[tuple[Any, ...]]:
    """What a plain client of the database is told."""
    return [tuple(row) for row in await served.service.database.read(Statement(text), ())]


ADA_ROW = {
    "id": 7,
    "name": "Ada Lovelace",
    "born": "1815-12-10",
    "token": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
    "raw": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5c",
    "rating": 0.1,
}


async def test_values_keep_the_forms_of_their_columns(
    api: RestClient, served: Served, kind: str
) -> None:
    assert await api.create("Customer", ADA_ROW, ADA) == ADA_ROW
    (stored,) = await rows(served, 'SELECT "Geboren", "Zeichen", "Roh", "Fremd" FROM "Kunde"')
    born = "1815-12-10 00:00:00" if kind == "sqlite" else datetime(1815, 12, 10)  # noqa: DTZ001
    raw = UUID("0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5c").bytes
    assert stored == (born, "0199a1b2c3d47e5f8a9b0c1d2e3f4a5b", raw, "x")
    made = await api.create(
        "Order",
        {
            "customer_id": 7, "placed": "2026-01-02T03:04:05Z", "exact": "1969-12-31T23:59:59.25Z",
            "discount": "1.25", "lines": [{"price": "2.50", "pieces": 4}],
        },
        ADA,
    )  # fmt: skip
    (stored,) = await rows(served, 'SELECT "Zeit", "Genau", "Rabatt" FROM "Best Ellung"')
    assert stored == (1767323045, -750, 125)
    assert await rows(served, 'SELECT "Preis", "Zahl" FROM "Zeile"') == [("2.50", 4)]
    read = await api.read("Order", made["id"], ADA, include="lines,customer")
    assert (read["placed"], read["exact"], read["discount"], read["worth"]) == (
        "2026-01-02T03:04:05+00:00", "1969-12-31T23:59:59.25+00:00", "1.25", "2.50",
    )  # fmt: skip
    assert read["customer"] == ADA_ROW
    assert "version" not in read
    assert "created_at" not in read
    for where in (
        Has("customer.rating", "eq", 0.1),
        Has("exact", "lt", "1970-01-01T00:00:00Z"),
        Has("lines.price", "in", ["2.5", "7"]),
        Has("customer.token", "eq", ADA_ROW["token"]),
        Has("customer.raw", "eq", ADA_ROW["raw"]),
        Has("customer.born", "lte", "1815-12-10"),
        Has("worth", "gt", "2.49"),
    ):
        assert [row["id"] for row in (await api.page("Order", ADA, where=where)).items] == [
            made["id"]
        ]


async def test_keys_that_come_with_rows_are_wanted_and_kept(api: RestClient) -> None:
    with pytest.raises(Refused) as refused:
        await api.create("Customer", {"name": "x"}, ADA)
    assert refused.value.places == {"/id"}
    await api.create("Customer", {"id": 1, "name": "x"}, ADA)
    with pytest.raises(Refused) as refused:
        await api.create("Customer", {"id": 1, "name": "y"}, ADA)
    assert (refused.value.code, refused.value.places) == ("not_unique", {"/id"})
    with pytest.raises(Refused, match="invalid_values"):
        await api.create("Customer", {"id": 2, "name": "z" * 41}, ADA)
    found = await api.call("register", ADA, resource="Customer", inputs={"number": 9, "name": "R"})
    assert found["id"] == 9


async def test_a_view_is_read_and_never_written(api: RestClient) -> None:
    await api.create("Customer", {"id": 1, "name": "x"}, ADA)
    await api.create("Order", {"customer_id": 1}, ADA)
    assert (await api.page("Turnover", ADA)).items == [{"id": 1, "name": "x", "orders": 1}]
    for method, path, body, status in (
        ("POST", "/v1/turnovers", {"name": "y"}, 405),
        ("PATCH", "/v1/turnovers/1", {"name": "y"}, 403),
        ("DELETE", "/v1/turnovers/1", None, 403),
    ):
        assert (await api.send(method, path, ADA, body=body)).status_code == status


async def test_tables_of_charters_own_stand_beside(api: RestClient, served: Served) -> None:
    await api.create("Customer", {"id": 1, "name": "x"}, ADA)
    await api.create("Label", {"id": "red"}, ADA)
    remark = {"customer_id": 1, "text": "y", "about_ids": ["red"]}
    made = await api.create("Remark", remark, ADA)
    assert made["version"] == 1
    where = Has("customer.name", "eq", "x")
    (found,) = (await api.page("Remark", ADA, where=where, include="customer,about")).items
    assert (found["customer"]["id"], [label["id"] for label in found["about"]]) == (1, ["red"])
    with pytest.raises(Refused) as refused:
        await api.create("Remark", {"customer_id": 2, "text": "y"}, ADA)
    assert refused.value.places == {"/customer_id"}
    await api.delete("Customer", 1, ADA)
    assert await rows(served, "SELECT * FROM remarks") == []
    async with serving(served.contract, served.url):
        """It fits at the second start as at the first."""


async def order(api: RestClient) -> str:
    """The path of a new order with one line."""
    await api.create("Customer", {"id": 1, "name": "x"}, ADA)
    lines = [{"price": "2.50", "pieces": 4}]
    made = await api.create("Order", {"customer_id": 1, "lines": lines}, ADA)
    return f"/v1/orders/{made['id']}"


async def test_of_changes_based_on_one_tag_exactly_one_wins(api: RestClient) -> None:
    place = await order(api)
    tag = (await api.send("GET", place, ADA)).headers["etag"]
    answers = await asyncio.gather(
        *(
            api.send("PATCH", place, ADA, body={"note": str(n)}, headers={"if-match": tag})
            for n in range(8)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, *[412] * 7]


async def test_of_changes_of_parts_based_on_one_tag_exactly_one_wins(api: RestClient) -> None:
    """The row itself stays as it is: whoever waited for it has to look at its parts again."""
    place = await order(api)
    tag = (await api.send("GET", place, ADA)).headers["etag"]
    answers = await asyncio.gather(
        *(
            api.send(
                "PATCH", place, ADA, headers={"if-match": tag},
                body={"lines": [{"price": f"{n}.00"}]},
            )
            for n in range(1, 9)
        )
    )  # fmt: skip
    assert sorted(answer.status_code for answer in answers) == [200, *[412] * 7]
    (winner,) = (answer for answer in answers if answer.status_code == 200)
    assert winner.headers["etag"] == (await api.send("GET", place, ADA)).headers["etag"]


async def test_no_update_is_lost(api: RestClient) -> None:
    """Each writer adds a line to those that it read, again and again."""
    place = await order(api)

    async def add(price: int) -> None:
        status = 412
        while status == 412:
            read = await api.send("GET", f"{place}?include=lines", ADA)
            lines = [{"id": line["id"]} for line in read.json()["lines"]]
            tag = (await api.send("GET", place, ADA)).headers["etag"]
            again = await api.send("GET", f"{place}?include=lines", ADA)
            if again.json() != read.json():
                continue
            answer = await api.send(
                "PATCH", place, ADA, headers={"if-match": tag},
                body={"lines": [*lines, {"price": f"{price}.00"}]},
            )  # fmt: skip
            status = answer.status_code
            assert status in {200, 412}, answer.text

    await asyncio.gather(*(add(price) for price in range(1, 6)))
    read = (await api.send("GET", f"{place}?include=lines", ADA)).json()
    assert sorted(line["price"] for line in read["lines"]) == [
        "1.00", "2.00", "2.50", "3.00", "4.00", "5.00",
    ]  # fmt: skip


async def test_links_are_part_of_what_a_tag_is_of(api: RestClient) -> None:
    place = await order(api)
    for word in ("red", "blue"):
        await api.create("Label", {"id": word}, ADA)
    tag = (await api.send("GET", place, ADA)).headers["etag"]
    first = {"label_ids": ["red"]}
    assert (await api.send("PATCH", place, ADA, body=first)).status_code == 200
    second = {"label_ids": ["blue"]}
    answer = await api.send("PATCH", place, ADA, body=second, headers={"if-match": tag})
    assert answer.status_code == 412
    read = (await api.send("GET", f"{place}?include=labels", ADA)).json()
    assert [label["id"] for label in read["labels"]] == ["red"]


async def test_what_the_tables_do_not_hold_is_held(api: RestClient, served: Served) -> None:
    place = await order(api)
    answer = await api.send("POST", f"{place}/lines", ADA, body={"price": "5001", "pieces": 2})
    refused = rest.refused(answer)
    assert (refused.code, refused.places) == ("invalid_values", {"/pieces", "/price"})
    # What a command writes has to keep to the bounds as well: 4, 8, …, 512, and then no more.
    for _ in range(7):
        assert (await api.send("POST", f"{place}/double", ADA, body={})).status_code == 200
    answer = await api.send("POST", f"{place}/double", ADA, body={})
    assert answer.status_code == 422
    assert await rows(served, 'SELECT "Zahl" FROM "Zeile"') == [(512,)]


async def test_events_and_the_log_tell_of_such_rows(api: RestClient, served: Served) -> None:
    place = await order(api)
    await api.send("POST", f"{place}/double", ADA, body={})
    told = {
        event: json.loads(payload)
        for event, payload in await rows(served, "SELECT event, payload FROM charter_outbox")
    }
    assert told.keys() == {
        "Customer.created", "Order.created", "Line.created", "Line.updated", "Raised",
    }  # fmt: skip
    assert told["Line.updated"].keys() == {"id", "pieces"}
    logged = await rows(served, "SELECT action FROM charter_audit WHERE resource = 'Order'")
    assert ("created",) in logged


@pytest.mark.usefixtures("shared")
async def test_a_table_that_is_something_else_is_named_with_what_to_do(kind: str, url: str) -> None:
    """Every difference at once, and nothing is changed."""
    other = Contract("other")

    @other.resource(table="Kunde", key="Nummer")
    class Person(Resource[int]):
        name: str | None = field(column="Name", max_length=60)
        rating: Decimal | None = field(column="Note", digits=9, places=2)
        missing: str = field(column="Fehlt")

    @other.resource(table="Nirgends")
    class Nothing(Resource):
        name: str

    @other.resource(table="Umsatz", key="Nummer")
    class Seen(Resource[int]):
        count_of: int | None = field(column="Zahl")

    @other.policy(Person, Nothing, Seen)
    def policy(row: Any, actor: Actor) -> Policy:
        yield allow("read")

    with pytest.raises(SchemaDiffers) as differs:
        async with serving(other.build(), url):
            pass
    found = str(differs.value)
    for text in (
        "Kunde.Fehlt is missing, Person.missing needs it",
        "Kunde.Name does not allow null, Person.name does: leave `| None` out",
        'write `stored="number"`',
        "Kunde.Nummer is not numbered by the database: write `given_keys=True` on Person",
        "Nirgends, the table of Nothing, is missing",
        "Umsatz is a view: Seen has to be `read_only=True`",
        *(["takes 40 characters, Person.name allows 60"] if kind != "sqlite" else []),
    ):
        assert text in found, found
    database = open_database(url)
    await database.open()
    await database.close()
    assert dialect_of(url).value == kind
