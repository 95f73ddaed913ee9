"""Writes on both databases: what goes in comes out, and what must not go in does not."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from charter.contract import expression as e
from charter.contract.types import INTEGER, TEXT
from charter.plan.actor import Actor
from charter.plan.plan import SortBy
from charter.sql import system_statements as system
from charter.sql import writes
from charter.sql.aggregate import Inserts, Rows, insert_aggregate
from charter.sql.statement import Sources, Statement
from tests.sql import shop
from tests.sql.databases import Database

NOW = shop.NOON + timedelta(hours=1)
PRODUCT, ORDER, LINE = (shop.RESOURCES[name] for name in ("Product", "Order", "OrderLine"))
LABEL, USER = shop.RESOURCES["Label"], shop.RESOURCES["User"]


@pytest.fixture(autouse=True)
def rolled_back(database: Database) -> Iterator[None]:
    """Every test in a transaction that leaves nothing."""
    database.run("BEGIN")
    yield
    database.run("ROLLBACK")


def run(database: Database, statement: Statement | None, *values: Any) -> list[tuple[Any, ...]]:
    assert statement is not None
    return database.fetch(statement, Sources(values, Actor("ada"), NOW))


def loaded(database: Database, resource: Any, key: Any) -> dict[str, Any]:
    columns = tuple(resource.field_named)
    own = e.Compare(e.Operator.EQ, shop.own("id", resource.key.type), e.Slot(0, resource.key.type))
    statement = writes.load(
        shop.CONTRACT, database.dialect, resource, columns, own, (), None, lock=True
    )
    [row] = run(database, statement, key)
    decoders = [database.dialect.decoder(field.type) for field in resource.fields]
    values = [read(one) if read else one for read, one in zip(decoders, row, strict=True)]
    return dict(zip(columns, values, strict=True))


def as_lists(row: Any) -> dict[str, Any]:
    return {name: list(one) if isinstance(one, tuple) else one for name, one in row.items()}


def test_rows_come_out_as_they_went_in(database: Database) -> None:
    rows = [{**row, "id": shop.uuid(7, at)} for at, row in enumerate(shop.products())]
    columns = tuple(rows[0])
    statement = writes.insert(database.dialect, PRODUCT, columns, len(rows))
    run(database, statement, *(row[column] for row in rows for column in columns))
    for row in rows:
        assert loaded(database, PRODUCT, row["id"]) == as_lists(row)


def test_keys_that_the_database_makes_are_given_back_in_order(database: Database) -> None:
    columns = ("text", "created_at", "updated_at", "version")
    statement = writes.insert(database.dialect, LABEL, columns)
    catch_up = system.serial_catch_up(database.dialect, LABEL)
    if catch_up is not None:
        run(database, catch_up)
    keys = [run(database, statement, text, NOW, NOW, 1)[0][0] for text in ("x", "y")]
    assert keys == [5, 6]
    assert loaded(database, LABEL, 6)["text"] == "y"


def test_an_update_counts_the_version_and_folds_search_fields(database: Database) -> None:
    key = shop.uuid(1, 1)
    statement = writes.update(database.dialect, PRODUCT, ("name", "price"))
    assert run(database, statement, "GROẞ", Decimal("-0.50"), key) == [(2,)]
    row = loaded(database, PRODUCT, key)
    assert (row["name"], row["price"], row["version"]) == ("GROẞ", Decimal("-0.50"), 2)
    assert (row["updated_at"], row["created_at"]) == (NOW, shop.NOON)
    like = e.Compare(e.Operator.FOLDED_LIKE, shop.own("name", TEXT), e.Constant("gros*", TEXT))
    found = writes.load(shop.CONTRACT, database.dialect, PRODUCT, ("version",), like)
    assert run(database, found) == [(2,)]
    assert run(database, writes.touch(database.dialect, PRODUCT), key) == [(3,)]
    assert run(database, writes.touch(database.dialect, PRODUCT), shop.uuid(9, 9)) == []


def test_a_check_tells_each_condition_and_is_never_null(database: Database) -> None:
    note = shop.own("note", TEXT)
    conditions = (
        e.Compare(e.Operator.EQ, note, e.Slot(1, TEXT)),
        e.Compare(e.Operator.NE, note, e.Slot(1, TEXT)),
        e.Compare(
            e.Operator.EQ, shop.own("number", INTEGER, path=("parent",)), e.Constant(0, INTEGER)
        ),
        e.ALWAYS,
    )
    columns = (shop.own("number", INTEGER), note)
    statement = writes.check(shop.CONTRACT, database.dialect, ORDER, conditions, columns, lock=True)
    for row in shop.orders():
        [found] = run(database, statement, row["id"], "note 1")
        equal = row["note"] == "note 1"
        parent = row["parent_id"] == shop.uuid(2, 0)
        assert found == (1, equal, not equal, parent, True, row["number"], row["note"])
        assert None not in found[:5]
    assert run(database, statement, shop.uuid(9, 9), "note 1") == []


def test_rows_are_loaded_in_order_and_up_to_a_limit(database: Database) -> None:
    sort = (SortBy(shop.own("number", INTEGER), INTEGER, descending=True, nullable=False),)
    statement = writes.load(
        shop.CONTRACT, database.dialect, ORDER, ("number",), e.ALWAYS, sort, 3, lock=True
    )
    assert run(database, statement) == [(8,), (7,), (6,)]


def test_a_delete_takes_what_cascades_along(database: Database) -> None:
    statement = writes.delete(shop.CONTRACT, database.dialect, ORDER)
    assert statement.heavy
    assert not writes.delete(shop.CONTRACT, database.dialect, LINE).heavy
    lines = "SELECT count(*) FROM order_lines"
    assert database.run(lines) == [(20,)]
    run(database, writes.update(database.dialect, ORDER, ("parent_id",)), None, shop.uuid(2, 7))
    for at in (6, 3):
        run(database, writes.link_clear(database.dialect, LINK), shop.uuid(2, at))
    run(database, statement, shop.uuid(2, 6))
    assert database.run(lines) == [(18,)]


LINK = next(relation.link for relation in ORDER.relations if relation.link)


def test_links_are_added_once_and_cleared(database: Database) -> None:
    order = shop.uuid(2, 8)
    add = writes.link_add(database.dialect, LINK, 2)
    run(database, add, order, 1, order, 2)
    run(database, add, order, 2, order, 3)
    count = "SELECT count(*) FROM orders_labels"
    before = database.run(count)[0][0]
    run(database, writes.link_clear(database.dialect, LINK), order)
    assert before - database.run(count)[0][0] == 3


def test_rows_that_keep_one_from_going_are_found(database: Database) -> None:
    statement = writes.inbound(shop.CONTRACT, database.dialect, PRODUCT)
    assert run(database, statement, shop.uuid(1, 5)) == [("OrderLine", "product_id")]
    assert run(database, statement, shop.uuid(9, 9)) == []
    assert writes.inbound(shop.CONTRACT, database.dialect, LABEL) is None


PLACED = (("placed", "Order"), ("placed", "Order"))


def outbox_rows() -> tuple[Any, ...]:
    rows = [(UUID(int=one), str(UUID(int=one)), '{"a": "\\u2028"}') for one in (1, 2)]
    return ("r1", *(value for row in rows for value in row))


def test_the_outbox_takes_several_rows(database: Database) -> None:
    run(database, system.outbox_insert(database.dialect, PLACED), *outbox_rows())
    rows = database.run('SELECT event, "key", actor FROM charter_outbox ORDER BY sequence')
    assert rows == [("placed", str(UUID(int=number)), "ada") for number in (1, 2)]


def test_an_aggregate_and_its_events_are_one_statement(database: Database) -> None:
    order = {**shop.orders()[0], "id": shop.uuid(7, 0), "number": 100}
    lines = [
        {**row, "id": shop.uuid(7, at + 1), "order_id": order["id"]}
        for at, row in enumerate(shop.lines()[:3])
    ]
    parts = (Rows(ORDER, tuple(order)), Rows(LINE, tuple(lines[0]), 3))
    statement = insert_aggregate(database.dialect, Inserts(parts, PLACED))
    if not database.dialect.combines_writes:
        assert statement is None
        return
    values = [*order.values(), *(one for line in lines for one in line.values())]
    run(database, statement, *values, *outbox_rows())
    assert loaded(database, ORDER, order["id"]) == order
    assert [loaded(database, LINE, line["id"]) for line in lines] == lines
    assert database.run("SELECT count(*) FROM charter_outbox") == [(2,)]


def test_an_answer_is_found_until_it_expires(database: Database) -> None:
    dialect = database.dialect
    later = NOW + timedelta(hours=1)
    lock = system.once_lock(dialect)
    if lock is not None:
        assert run(database, lock, "me", "k") == [(True,)]
    run(database, system.once_keep(dialect), "me", "k", b"\x00f", b"\xff", NOW, later)
    find = system.once_find(dialect)
    [(fingerprint, answer)] = run(database, find, "me", "k", NOW)
    assert (bytes(fingerprint), bytes(answer)) == (b"\x00f", b"\xff")
    assert run(database, find, "you", "k", NOW) == []
    assert run(database, find, "me", "k", later) == []
    run(database, system.once_expire(dialect), NOW)
    assert len(run(database, find, "me", "k", NOW)) == 1
    run(database, system.once_expire(dialect), later)
    assert run(database, find, "me", "k", NOW) == []


def test_a_user_is_provisioned_once(database: Database) -> None:
    columns = ("id", "name", "created_at", "updated_at", "version")
    statement = writes.provision(database.dialect, USER, columns)
    run(database, statement, "eve", "Eve", NOW, NOW, 1)
    run(database, statement, "eve", "Other", NOW, NOW, 1)
    row = loaded(database, USER, "eve")
    assert (row["name"], row["version"], row["created_at"]) == ("Eve", 1, NOW)
