"""A contract made by hand, with every kind of field and relation, and rows for it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from charter.contract import expression as e
from charter.contract.contract import Contract
from charter.contract.resource import (
    Computed,
    Field,
    Index,
    Link,
    Made,
    OnDelete,
    Relation,
    Resource,
    SetBy,
)
from charter.contract.types import BOOLEAN, DATETIME, FLOAT, INTEGER, TEXT, Scalar, Type
from charter.contract.types import UUID as KEY
from tests.support.evaluate import Row, Store

PRICE = Type(Scalar.DECIMAL, digits=12, places=2)
DISCOUNT = Type(Scalar.DECIMAL, digits=9, places=3)
TOTAL = Type(Scalar.DECIMAL, digits=18, places=5)
AVERAGE = Type(Scalar.DECIMAL, digits=18, places=4)
KIND = Type(Scalar.CHOICE, choices=("tool", "toy"))
TAGS = Type(Scalar.TEXT, many=True)
PRICES = Type(Scalar.DECIMAL, many=True, digits=12, places=2)
JSON = Type(Scalar.JSON)
DATE = Type(Scalar.DATE)


def system(key: Type = KEY) -> tuple[Field, ...]:
    made = Made.SERIAL if key == INTEGER else None if key == TEXT else Made.UUID7
    return (
        Field("id", key, default=made, set_by=SetBy.SYSTEM),
        Field("created_at", DATETIME, set_by=SetBy.SYSTEM),
        Field("updated_at", DATETIME, set_by=SetBy.SYSTEM),
        Field("version", INTEGER, set_by=SetBy.SYSTEM),
    )


def own(field: str, kind: Type, scope: int = e.ROW, path: tuple[str, ...] = ()) -> e.Column:
    return e.Column(scope, path, field, kind)


USER = Resource("User", "users", "users", (*system(TEXT), Field("name", TEXT, optional=True)))
PRODUCT = Resource(
    "Product",
    "products",
    "products",
    (
        *system(),
        Field("name", TEXT, search=True),
        Field("remark", TEXT, optional=True, search=True),
        Field("price", PRICE),
        Field("cost", DISCOUNT, optional=True),
        Field("weight", FLOAT, optional=True),
        Field("stock", INTEGER),
        Field("active", BOOLEAN),
        Field("kind", KIND),
        Field("released", DATE, optional=True),
        Field("seen_at", DATETIME, optional=True),
        Field("tags", TAGS),
        Field("prices", PRICES, optional=True),
        Field("extra", JSON, optional=True),
        Field("order", INTEGER, optional=True),
    ),
    indexes=(Index("products_price", ("price", "id")),),
)
LABEL = Resource("Label", "labels", "labels", (*system(INTEGER), Field("text", TEXT)))
LINE = Resource(
    "OrderLine",
    "order_lines",
    "order-lines",
    (
        *system(),
        Field("order_id", KEY, references="Order", on_delete=OnDelete.CASCADE),
        Field("product_id", KEY, references="Product"),
        Field("quantity", INTEGER),
        Field("discount", DISCOUNT, optional=True),
    ),
    relations=(
        Relation("order", "Order", "one", "order_id", "id"),
        Relation("product", "Product", "one", "product_id", "id"),
    ),
    computed=(
        Computed(
            "amount",
            TOTAL,
            e.Compute(
                e.Arithmetic.MULTIPLY,
                own("quantity", INTEGER),
                own("price", PRICE, path=("product",)),
                TOTAL,
            ),
        ),
    ),
    owner="order",
)


def over_lines(function: e.Function, value: e.Expression | None, kind: Type) -> e.Aggregate:
    return e.Aggregate(function, e.ROW, ("lines",), 2, None, value, kind)


ORDER = Resource(
    "Order",
    "orders",
    "orders",
    (
        *system(),
        Field("customer_id", TEXT, references="User"),
        Field("parent_id", KEY, optional=True, references="Order"),
        Field("number", INTEGER, unique=True),
        Field("note", TEXT, optional=True),
        Field("placed_at", DATETIME, optional=True),
    ),
    relations=(
        Relation("customer", "User", "one", "customer_id", "id"),
        Relation("parent", "Order", "one", "parent_id", "id", optional=True),
        Relation("children", "Order", "many", "id", "parent_id"),
        Relation("lines", "OrderLine", "many", "id", "order_id", owned=True),
        Relation(
            "labels",
            "Label",
            "link",
            "id",
            "id",
            link=Link("orders_labels", "order_id", "label_id"),
        ),
    ),
    computed=(
        Computed("line_count", INTEGER, over_lines(e.Function.COUNT, None, INTEGER)),
        Computed("total", PRICE, over_lines(e.Function.SUM, own("amount", TOTAL, scope=2), TOTAL)),
        Computed(
            "pieces",
            INTEGER,
            over_lines(e.Function.SUM, own("quantity", INTEGER, scope=2), INTEGER),
        ),
        Computed(
            "mean",
            AVERAGE,
            over_lines(e.Function.AVG, own("price", PRICE, 2, ("product",)), AVERAGE),
        ),
        Computed(
            "big", BOOLEAN, e.Compare(e.Operator.GT, own("total", PRICE), e.Constant(50, INTEGER))
        ),
    ),
)
CONTRACT = Contract("shop", "1", (USER, PRODUCT, LABEL, LINE, ORDER))
RESOURCES = CONTRACT.resource_named

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
STAMPS: dict[str, Any] = {"created_at": NOON, "updated_at": NOON, "version": 1}


def uuid(kind: int, number: int) -> UUID:
    return UUID(int=(0x019A << 112) | (0x7 << 76) | (0x2 << 62) | kind << 32 | number)


NAMES = [
    "Hammer",
    "saw",
    "Säge",
    "SAW *50%*",
    "a_b",
    "a\\b",
    "naïve “x”\u2028\x01\x7f",
    "[x]",
    "ﬁne",
    "",
    "😀",
]


def products() -> list[Row]:
    rows: list[Row] = []
    for at, name in enumerate(NAMES):
        rows.append(
            {
                "id": uuid(1, at), **STAMPS,
                "name": name,
                "remark": None if at % 3 == 0 else f"Remark {name.upper()}",
                "price": Decimal(at * 333 - 500).scaleb(-2),
                "cost": None if at % 4 == 1 else Decimal(at * 3335 - 5000).scaleb(-3),
                "weight": None if at % 5 == 2 else at * 0.25 - 1,
                "stock": at * 3 % 7 - 1,
                "active": at % 2 == 0,
                "kind": KIND.choices[at % 2],
                "released": None if at % 3 == 1 else date(1 if at == 0 else 2020, 1 + at, 28),
                "seen_at": None if at % 4 == 0 else NOON.replace(microsecond=at * 125000 % 10**6),
                "tags": tuple(NAMES[:at:2]),
                "prices": None if at % 2 else (Decimal("1.50"), Decimal(at)),
                "extra": None if at % 3 == 2 else {"a": [at, None, "x\u2028"], "b": {"c": True}},
                "order": None if at % 2 else at % 3,
            }
        )  # fmt: skip
    return rows


def orders(count: int = 9) -> list[Row]:
    return [
        {
            "id": uuid(2, at), **STAMPS,
            "customer_id": "ada" if at % 3 else "bob",
            "parent_id": uuid(2, at // 2) if at % 2 else None,
            "number": at,
            "note": None if at % 4 == 0 else f"note {at % 3}",
            "placed_at": None if at % 3 == 0 else NOON.replace(day=1 + at),
        }
        for at in range(count)
    ]  # fmt: skip


def lines() -> list[Row]:
    return [
        {
            "id": uuid(3, at), **STAMPS,
            "order_id": uuid(2, at % 7),
            "product_id": uuid(1, at * 5 % len(NAMES)),
            "quantity": at % 4,
            "discount": None if at % 3 == 0 else Decimal(at * 1237 % 5000).scaleb(-3),
        }
        for at in range(20)
    ]  # fmt: skip


def store() -> Store:
    return Store(
        CONTRACT,
        {
            "User": [
                {"id": "ada", **STAMPS, "name": "Ada"},
                {"id": "bob", **STAMPS, "name": None},
            ],
            "Product": products(),
            "Label": [{"id": at, **STAMPS, "text": f"label {at}"} for at in range(1, 5)],
            "Order": orders(),
            "OrderLine": lines(),
        },
        {"orders_labels": [(uuid(2, at % 5), 1 + at % 4) for at in range(0, 18, 3)]},
    )
