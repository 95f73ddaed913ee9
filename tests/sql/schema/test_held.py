"""What the database itself refuses, whoever writes: the same on every database."""

import pytest

from charter.sql.ddl import create
from charter.sql.derive import schema_of
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE
from charter.sql.system_statements import serial_catch_up
from tests.sql.schema.databases import REFUSALS, LiveDatabase
from tests.sql.schema.samples import SHOP

KEYS = tuple(f"019aaaaa-0000-7000-8000-00000000000{number}" for number in range(6))
TIME = "2026-11-22T21:37:00+00:00"
LATER = "2026-11-22T21:37:00.5+00:00"
SYSTEM = {"created_at": TIME, "updated_at": TIME, "version": 1}


@pytest.fixture
def shop(database: LiveDatabase) -> LiveDatabase:
    """The tables of the shop, and one user."""
    database.script(create(schema_of(SHOP, database.dialect), database.dialect))
    insert(database, "users", id="ann", name=None, **SYSTEM)
    return database


def literal(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            raise TypeError("booleans are written in the dialect's own way")
        case int() | float():
            return repr(value)
        case _:
            return "'" + str(value).replace("'", "''") + "'"


def insert(database: LiveDatabase, table: str, **values: object) -> None:
    names = ", ".join(database.dialect.quote(name) for name in values)
    texts = ", ".join(map(literal, values.values()))
    if database.dialect is MYSQL:
        # It takes times in UTC, without saying so.
        texts = texts.replace("+00:00'", "'")
    database.script(f"INSERT INTO {table} ({names}) VALUES ({texts})")


def product(database: LiveDatabase, at: int = 0, **values: object) -> None:
    """A product that fits, but for the values given. Prices are in cents where stored so."""
    sqlite = database.dialect is SQLITE
    price = values.pop("price", "12.50")
    plain = {
        "id": KEYS[at],
        "sku": None,
        "name": "Tea",
        "name_folded": "tea",
        "note": None,
        "note_folded": None,
        "price": int(str(price).replace(".", "")) if sqlite else price,
        "weight": None,
        "sold": "f" if database.dialect is POSTGRES else 0,
        "labels": "[]",
        "details": None,
        **SYSTEM,
    }
    insert(database, "products", **{**plain, **values})


def order(database: LiveDatabase, at: int = 0, **values: object) -> None:
    plain = {
        "id": KEYS[at],
        "customer_id": "ann",
        "replaces_id": None,
        "number": at,
        "status": "draft",
        "starts_at": TIME,
        "ends_at": LATER,
        "day": None,
        **SYSTEM,
    }
    insert(database, "orders", **{**plain, **values})


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"sku": "x" * 20, "name": "é" * 20, "note": "x" * 5000, "note_folded": ""},
        {"price": "0.00"},
        {"price": "9999999999.99"},
        {"weight": 99.5},
        {"details": '{"a": [1]}'},
        {"details": "null"},
    ],
)
def test_what_fits_is_taken(shop: LiveDatabase, values: dict[str, object]) -> None:
    product(shop, 0, **values)
    assert shop.rows("SELECT count(*) FROM products") == [(1,)]


@pytest.mark.parametrize(
    "values",
    [
        {"name": None},
        {"name": ""},
        {"name": "x" * 21},
        {"name_folded": None},
        {"sku": "x" * 21},
        {"price": "-0.01"},
        {"price": "10000000000.00"},
        {"weight": 0.0},
        {"weight": 99.6},
        {"sold": 2},
        {"sold": None},
        {"labels": None},
        {"labels": "[1"},
        {"details": "nothing"},
    ],
)
def test_what_does_not_fit_is_refused(shop: LiveDatabase, values: dict[str, object]) -> None:
    with pytest.raises(REFUSALS):
        product(shop, 0, **values)


@pytest.mark.parametrize(
    "values",
    [
        {"status": "lost"},
        {"status": "it"},
        {"customer_id": "bob"},
        {"replaces_id": KEYS[5]},
        {"ends_at": TIME},
        {"ends_at": None},
    ],
)
def test_a_rule_that_does_not_hold_is_refused(
    shop: LiveDatabase, values: dict[str, object]
) -> None:
    """A comparison with nothing does not hold, so that it is refused too."""
    order(shop, status="it's placed")
    with pytest.raises(REFUSALS):
        order(shop, 1, **values)


def test_nothing_is_never_the_same_as_nothing(shop: LiveDatabase) -> None:
    product(shop, 0, sku=None)
    product(shop, 1, sku=None)
    order(shop, 0, number=7, day=None)
    order(shop, 1, number=7, day=None)
    order(shop, 2, number=7, day="2026-11-22")
    with pytest.raises(REFUSALS):
        order(shop, 3, number=7, day="2026-11-22")


def test_a_value_is_unique(shop: LiveDatabase) -> None:
    product(shop, 0, sku="a")
    product(shop, 1, sku="A")
    with pytest.raises(REFUSALS):
        product(shop, 2, sku="a")


def test_a_bound_between_two_values_is_as_strict_as_it_says(shop: LiveDatabase) -> None:
    tag = {**SYSTEM, "order": 99}
    insert(shop, "tags", **tag)
    insert(shop, "tags", **tag)
    assert shop.rows("SELECT id FROM tags ORDER BY id") == [(1,), (2,)]
    for number in (0, 100):
        with pytest.raises(REFUSALS):
            insert(shop, "tags", **SYSTEM, order=number)


def test_a_key_given_up_is_not_given_again(shop: LiveDatabase) -> None:
    tag = {**SYSTEM, "order": 1}
    insert(shop, "tags", **tag)
    shop.script("DELETE FROM tags")
    insert(shop, "tags", **tag)
    assert shop.rows("SELECT id FROM tags") == [(2,)]


def catch_up(shop: LiveDatabase) -> None:
    statement = serial_catch_up(shop.dialect, SHOP.resource_named["Tag"])
    if statement is not None:
        shop.rows(statement.text)


def test_numbers_go_on_after_rows_that_came_with_keys(shop: LiveDatabase) -> None:
    tag = {**SYSTEM, "order": 1}
    for given, following in (([], 1), ([41, 7], 42)):
        for key in given:
            insert(shop, "tags", id=key, **tag)
        catch_up(shop)
        insert(shop, "tags", **tag)
        assert shop.rows("SELECT max(id) FROM tags") == [(following,)]
    shop.script("DELETE FROM tags")
    catch_up(shop)
    insert(shop, "tags", **tag)
    assert shop.rows("SELECT id FROM tags") == [(43,)]


def test_the_rows_of_one_owner_come_in_order_without_a_sort(shop: LiveDatabase) -> None:
    query = f"SELECT id FROM orders WHERE customer_id = 'ann' AND id > '{KEYS[0]}' ORDER BY id"
    explain = "EXPLAIN QUERY PLAN" if shop.dialect is SQLITE else "EXPLAIN"
    plan = str(shop.rows(f"{explain} {query} LIMIT 20"))
    assert "orders_customer_id_idx" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


def test_parts_go_with_their_owner_and_references_hold(shop: LiveDatabase) -> None:
    product(shop)
    order(shop, 0)
    order(shop, 1, replaces_id=KEYS[0])
    line = {"id": KEYS[0], "order_id": KEYS[0], "product_id": KEYS[0], "quantity": 1}
    insert(shop, "order_lines", **line, **SYSTEM)
    insert(shop, "tags", **SYSTEM, order=1)
    insert(shop, "product_tags", p=KEYS[0], t=1)

    for table in ("products", "users"):
        with pytest.raises(REFUSALS):
            shop.script(f"DELETE FROM {table}")
    with pytest.raises(REFUSALS):
        insert(shop, "product_tags", p=KEYS[0], t=1)

    shop.script(f"DELETE FROM orders WHERE id = '{KEYS[0]}'")
    assert shop.rows("SELECT count(*) FROM order_lines") == [(0,)]
    assert shop.rows("SELECT replaces_id FROM orders") == [(None,)]
    shop.script("DELETE FROM products")
    assert shop.rows("SELECT count(*) FROM product_tags") == [(0,)]
