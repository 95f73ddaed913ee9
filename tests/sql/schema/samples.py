"""Contracts to make schemas of: a shop with something of everything, and any other."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from charter.contract import expression as e
from charter.contract.contract import Contract
from charter.contract.expression import ROW, Column, Compare, Constant, Expression, Operator
from charter.contract.resource import (
    Check,
    Field,
    Given,
    Index,
    Link,
    Made,
    OnDelete,
    Relation,
    Resource,
    Unique,
)
from charter.contract.types import BOOLEAN, DATETIME, INTEGER, TEXT, UUID, Scalar, Type

SHORT = Type(Scalar.TEXT, min_length=1, max_length=20)
MONEY = Type(Scalar.DECIMAL, digits=12, places=2, ge=Decimal(0))
STATUS = Type(Scalar.CHOICE, choices=("draft", "it's placed", "shipped"))
SYSTEM_FIELDS = (
    Field("created_at", DATETIME, default=Made.NOW),
    Field("updated_at", DATETIME, default=Made.NOW),
    Field("version", INTEGER, default=Given(1)),
)


def resource(name: str, table: str, *fields: Field, key: Type = UUID, **more: Any) -> Resource:
    """A resource with the fields that every resource has, and these."""
    made = {UUID: Made.UUID7, INTEGER: Made.SERIAL}.get(key)
    plain = Resource(
        name,
        table,
        table.replace("_", "-"),
        (Field("id", key, default=made), *SYSTEM_FIELDS, *fields),
    )
    return replace(plain, **more)


def column(name: str, kind: Type) -> Column:
    return Column(ROW, (), name, kind)


def reference(name: str, target: str, key: Type = UUID, **more: Any) -> Field:
    return replace(Field(name, key, references=target), **more)


_STARTS_BEFORE_END = Compare(
    Operator.LT, column("starts_at", DATETIME), column("ends_at", DATETIME)
)
_PLACED = Compare(Operator.EQ, column("status", STATUS), Constant("it's placed", STATUS))

SHOP = Contract(
    "shop",
    "1",
    (
        resource("User", "users", Field("name", SHORT, optional=True), key=SHORT),
        resource(
            "Product",
            "products",
            Field("sku", SHORT, unique=True, optional=True),
            Field("name", SHORT, search=True),
            Field("note", TEXT, optional=True, search=True),
            Field("price", MONEY),
            Field("weight", Type(Scalar.FLOAT, gt=0, le=99.5), optional=True),
            Field("sold", BOOLEAN),
            Field("labels", Type(Scalar.TEXT, many=True)),
            Field("details", Type(Scalar.JSON), optional=True),
            relations=(
                Relation("tags", "Tag", "link", "id", "id", link=Link("product_tags", "p", "t")),
            ),
        ),
        resource(
            "Tag",
            "tags",
            Field("order", Type(Scalar.INTEGER, ge=1, lt=100)),
            key=INTEGER,
            relations=(
                Relation(
                    "products", "Product", "link", "id", "id", link=Link("product_tags", "t", "p")
                ),
            ),
        ),
        resource(
            "Order",
            "orders",
            reference("customer_id", "User", SHORT),
            reference("replaces_id", "Order", optional=True, on_delete=OnDelete.SET_NULL),
            Field("number", INTEGER),
            Field("status", STATUS),
            Field("starts_at", DATETIME),
            Field("ends_at", DATETIME, optional=True),
            Field("day", Type(Scalar.DATE), optional=True),
            uniques=(Unique("number", ("number", "day")),),
            indexes=(
                Index("recent", ("-created_at", "id"), where=_PLACED),
                Index("status", ("status", "-number")),
            ),
            checks=(Check("period", _STARTS_BEFORE_END, "ends before it starts"),),
        ),
        resource(
            "OrderLine",
            "order_lines",
            reference("order_id", "Order", on_delete=OnDelete.CASCADE),
            reference("product_id", "Product"),
            Field("quantity", Type(Scalar.INTEGER, ge=1)),
            uniques=(Unique("once", ("order_id", "product_id")),),
            owner="order",
        ),
    ),
)

# Names that meet each other once they are joined by underscores, SQL's own words, and long ones.
NAMES = (
    "a",
    "b",
    "a_b",
    "b_c",
    "c",
    "a_b_c",
    "order",
    "select",
    "key",
    "check_",
    "x" * 48,
    "x" * 46,
)
TABLES = (*NAMES, "a_b_key", "a_id_seq", "a_pkey", "orders", "é")


def _bounded(scalar: Scalar, low: int, width: int) -> Type:
    return Type(scalar, ge=low, le=low + width)


def _decimal(digits: int, places: int) -> Type:
    return Type(Scalar.DECIMAL, digits=digits, places=min(digits, places))


TYPES = st.one_of(
    st.sampled_from(
        (TEXT, BOOLEAN, DATETIME, UUID, INTEGER, STATUS, MONEY, Type(Scalar.DATE),
         Type(Scalar.JSON), Type(Scalar.FLOAT), Type(Scalar.EMAIL), Type(Scalar.INTEGER, many=True))
    ),
    st.builds(_bounded, st.sampled_from((Scalar.INTEGER, Scalar.FLOAT)), st.integers(-9, 9),
              st.integers(0, 9)),
    st.builds(_decimal, st.integers(1, 18), st.integers(0, 18)),
    st.builds(lambda low, width: Type(Scalar.TEXT, min_length=low, max_length=low + width),
              st.integers(0, 3), st.integers(0, 30)),
    st.builds(lambda words: Type(Scalar.CHOICE, choices=tuple(words)),
              st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
                               max_size=5), min_size=1, max_size=4, unique=True)),
)  # fmt: skip
ORDERED = TYPES.filter(lambda kind: not kind.many and kind.scalar is not Scalar.JSON)


@st.composite
def _fields(draw: st.DrawFn, targets: list[tuple[str, Type]]) -> tuple[Field, ...]:
    fields = []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4)):
        optional = draw(st.booleans())
        if draw(st.booleans()):
            target, key = draw(st.sampled_from(targets))
            on_delete = draw(st.sampled_from(OnDelete)) if optional else OnDelete.CASCADE
            fields.append(Field(name, key, optional, references=target, on_delete=on_delete))
        elif draw(st.booleans()):
            fields.append(Field(name, draw(ORDERED), optional, unique=draw(st.booleans())))
        else:
            kind = draw(TYPES)
            text = kind.scalar is Scalar.TEXT and not kind.many
            fields.append(Field(name, kind, optional, search=text and draw(st.booleans())))
    return tuple(fields)


def _condition(field: Field) -> Expression:
    return e.IsNull(Column(ROW, (), field.name, field.type))


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """Any contract, as far as its tables go: cycles of references and meeting names included."""
    tables = draw(st.lists(st.sampled_from(TABLES), unique=True, min_size=1, max_size=4))
    keys = draw(st.lists(st.sampled_from((UUID, INTEGER, SHORT)), min_size=4, max_size=4))
    targets = [(f"R{at}", keys[at]) for at in range(len(tables))]
    made = []
    for (name, key), table in zip(targets, tables, strict=True):
        fields = draw(_fields(targets))
        listable = [f for f in fields if not f.type.many and f.type.scalar is not Scalar.JSON]
        groups = (
            st.lists(st.sampled_from(listable), min_size=1, unique=True)
            if listable
            else st.nothing()
        )
        some = st.lists(groups, max_size=2) if listable else st.just([])
        uniques = [Unique("u", tuple(f.name for f in group)) for group in draw(some)]
        indexes = [
            Index(
                "i",
                tuple(draw(st.sampled_from(("", "-"))) + f.name for f in group),
                draw(st.none() | st.sampled_from(group).map(_condition)),
            )
            for group in draw(some)
        ]
        checks = [Check(f.name, _condition(f), "said") for f in fields if draw(st.booleans())]
        other, _ = draw(st.sampled_from(targets))
        link = Link(f"{table[:40]}_links", "near_id", "far_id")
        relations = [Relation("links", other, "link", "id", "id", link=link)]
        made.append(
            resource(
                name,
                table,
                *fields,
                key=key,
                relations=tuple(relations if draw(st.booleans()) else ()),
                uniques=tuple(uniques),
                indexes=tuple(indexes),
                checks=tuple(checks),
            )
        )
    return Contract("any", "1", tuple(made))
