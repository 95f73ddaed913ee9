"""A contract with one of everything that a request can name, made by hand."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from charter.contract.command import Command, On, Parameter, Result
from charter.contract.contract import Contract
from charter.contract.expression import ROW, Aggregate, Function
from charter.contract.resource import (
    Computed,
    Field,
    Given,
    Link,
    Made,
    Relation,
    Resource,
    SetBy,
)
from charter.contract.types import BOOLEAN, DATETIME, FLOAT, INTEGER, TEXT, Scalar, Type
from charter.contract.types import UUID as UUID_TYPE
from charter.plan.actor import Actor
from charter.wire.http import Request
from charter.wire.rest.call import Call
from charter.wire.rest.parse import Parser
from charter.wire.rest.settings import RestSettings

MONEY = Type(Scalar.DECIMAL, digits=12, places=2, ge=0)
KEY = b"a key of thirty-two bytes at least"
NOW = datetime(2026, 11, 22, 21, 37, tzinfo=UTC)
ALICE = Actor("alice")
ID = UUID("0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001")
OTHER = UUID("0199aaaa-bbbb-7ccc-8ddd-eeeeffff0002")


def system(key: Field | None = None) -> tuple[Field, ...]:
    return (
        key or Field("id", UUID_TYPE, default=Made.UUID7, set_by=SetBy.SYSTEM),
        Field("created_at", DATETIME, default=Made.NOW, set_by=SetBy.SYSTEM),
        Field("updated_at", DATETIME, default=Made.NOW, set_by=SetBy.SYSTEM),
        Field("version", INTEGER, default=Given(1), set_by=SetBy.SYSTEM),
    )


def one(name: str, target: str, **more: Any) -> Relation:
    return Relation(name, target, "one", f"{name}_id", "id", **more)


USER = Resource(
    "User",
    "users",
    "users",
    (
        *system(Field("id", Type(Scalar.TEXT, max_length=255), set_by=SetBy.SYSTEM)),
        Field("name", TEXT, optional=True),
        Field("email", Type(Scalar.EMAIL), optional=True),
    ),
)
PRODUCT = Resource(
    "Product",
    "products",
    "products",
    (
        *system(),
        Field("name", Type(Scalar.TEXT, min_length=1, max_length=200), search=True),
        Field("price", MONEY),
        Field("stock", Type(Scalar.INTEGER, ge=0), default=Given(0)),
        Field("secret", TEXT, optional=True, hidden=True),
        Field("pin", TEXT, optional=True, write_only=True),
        Field("site", Type(Scalar.URL), optional=True),
        Field("sku", Type(Scalar.TEXT, pattern="[A-Z]{3}-[0-9]+"), set_by=SetBy.ONCE),
        Field("labels", Type(Scalar.TEXT, many=True, max_items=3), default=Given("[]")),
        Field("data", Type(Scalar.JSON), optional=True),
        Field("count", INTEGER, optional=True),
        Field("weight", FLOAT, optional=True),
        Field("fresh", BOOLEAN, default=Given(True)),
        Field("day", Type(Scalar.DATE), optional=True),
    ),
    (
        Relation(
            "tags", "Tag", "link", "id", "id", link=Link("product_tags", "product_id", "tag_id")
        ),
        Relation("order_lines", "OrderLine", "many", "id", "product_id"),
    ),
)
TAG = Resource("Tag", "tags", "tags", (*system(), Field("name", TEXT)), conditional_writes=True)
ORDER = Resource(
    "Order",
    "orders",
    "orders",
    (
        *system(),
        Field("customer_id", Type(Scalar.TEXT), default=Made.ACTOR, references="User"),
        Field(
            "status",
            Type(Scalar.CHOICE, choices=("draft", "placed", "shipped")),
            default=Given("draft"),
            set_by=SetBy.COMMANDS,
        ),
        Field("note", Type(Scalar.TEXT, max_length=100), optional=True),
        Field("placed_at", DATETIME, optional=True),
        Field("parent_id", UUID_TYPE, optional=True, references="Order"),
    ),
    (
        one("customer", "User"),
        one("parent", "Order", optional=True),
        Relation("lines", "OrderLine", "many", "id", "order_id", owned=True),
    ),
    (Computed("total", MONEY, Aggregate(Function.SUM, ROW, ("lines",), 2, None, None, MONEY)),),
)
LINE = Resource(
    "OrderLine",
    "order_lines",
    "order-lines",
    (
        *system(),
        Field("order_id", UUID_TYPE, references="Order", set_by=SetBy.ONCE),
        Field("product_id", UUID_TYPE, references="Product"),
        Field("quantity", Type(Scalar.INTEGER, ge=1)),
    ),
    (one("order", "Order"), one("product", "Product")),
    owner="order",
)
COMMANDS = (
    Command(
        "place",
        "Order",
        On.ROW,
        (
            Parameter("note", Type(Scalar.TEXT, max_length=20), default=Given("")),
            Parameter("product", UUID_TYPE, optional=True, references="Product"),
        ),
        Result("Order"),
    ),
    Command("purge_all", "Order", On.COLLECTION, (Parameter("before", DATETIME),), Result()),
    Command("ping", None, On.NOTHING, (), Result(type=TEXT)),
)
SHOP = Contract("shop", "1", (USER, PRODUCT, TAG, ORDER, LINE), COMMANDS)


def parser(**settings: Any) -> Parser:
    return Parser(SHOP, KEY, RestSettings(**settings))


PARSER = parser()


def ask(
    method: str,
    target: str,
    body: bytes | str = b"",
    headers: Mapping[str, str] | None = None,
    *,
    by: Parser = PARSER,
    actor: Actor = ALICE,
) -> Call:
    """The call that a request is; a body is JSON unless the headers say otherwise."""
    path, _, query = target.partition("?")
    raw = body.encode() if isinstance(body, str) else body
    given = {"content-type": "application/json"} if raw else {}
    request = Request(method, path, query, {**given, **(headers or {})}, raw)
    return by.parse(request, actor, NOW, "r1")
