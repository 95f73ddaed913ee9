"""Hypothesis strategies for expressions over the rows of the shop, with the values they need."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from charter.contract import expression as e
from charter.contract.resource import Computed, Field
from charter.contract.types import (
    BOOLEAN,
    DATETIME,
    FLOAT,
    INTEGER,
    NUMERIC,
    TEXT,
    TEXTUAL,
    Scalar,
    Type,
)
from charter.core.text import fold
from charter.plan.plan import SortBy
from tests.sql import shop

Draw = Callable[[st.SearchStrategy[Any]], Any]
ORDERINGS = (e.Operator.LT, e.Operator.LE, e.Operator.GT, e.Operator.GE)
COMPARISONS = (e.Operator.EQ, e.Operator.NE, *ORDERINGS)
FACTS = (
    e.Fact(e.FactName.MFA),
    e.Fact(e.FactName.SIGNED_IN_WITH, "pwd"),
    e.Fact(e.FactName.SIGNED_IN_WITHIN, 600),
    e.Fact(e.FactName.SIGNED_IN_WITHIN, 60),
    e.Fact(e.FactName.ADDRESS_IN, ("10.0.0.0/8", "2001:db8::/32")),
    e.Fact(e.FactName.MACHINE),
)
PATHS: dict[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "Product": (((), "Product"),),
    "Order": (
        ((), "Order"),
        (("customer",), "User"),
        (("parent",), "Order"),
        (("parent", "customer"), "User"),
    ),
    "OrderLine": (
        ((), "OrderLine"),
        (("product",), "Product"),
        (("order",), "Order"),
        (("order", "parent"), "Order"),
    ),
    "User": (((), "User"),),
    "Label": (((), "Label"),),
}
TO_MANY: dict[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "Order": (
        (("lines",), "OrderLine"),
        (("lines", "product"), "Product"),
        (("labels",), "Label"),
        (("children",), "Order"),
        (("children", "lines"), "OrderLine"),
        (("parent",), "Order"),
    ),
    "OrderLine": ((("order", "lines"), "OrderLine"), (("product",), "Product")),
}
PRECISE = Type(Scalar.DECIMAL, digits=18, places=4)


@dataclass
class Draft:
    """Draws one expression; `values` are those that its slots need."""

    draw: Draw
    values: list[Any] = field(default_factory=list)
    scopes: int = 1

    def one(self, options: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(list(options)))

    def part(self, options: Sequence[e.Expression]) -> e.Expression:
        chosen: e.Expression = self.one(options)
        return chosen

    def slot(self, value: Any, kind: Type) -> e.Slot:
        self.values.append(value)
        return e.Slot(len(self.values) - 1, kind)

    # -- values ----------------------------------------------------------------------------
    def columns(self, resource: str, scope: int, scalars: frozenset[Scalar]) -> list[e.Column]:
        found = []
        for path, name in PATHS[resource]:
            target = shop.RESOURCES[name]
            items: tuple[Field | Computed, ...] = (*target.fields, *target.computed)
            for item in items:
                if item.type.scalar in scalars and not item.type.many:
                    found.append(e.Column(scope, path, item.name, item.type))
        return found

    def given(self, kind: Type) -> e.Expression:
        """A constant or slot of about the type."""
        value, exact = self.draw(literals(kind))
        if self.draw(st.booleans()):
            return e.Constant(value, exact)
        return self.slot(value, exact)

    def number(self, resource: str, scope: int, depth: int) -> e.Expression:
        kinds = ["column", "column", "given"]
        kinds += ["compute"] if depth else []
        kinds += ["aggregate"] if depth and resource in TO_MANY else []
        columns = self.columns(resource, scope, NUMERIC)
        match self.one(kinds):
            case "given":
                return self.given(self.one([INTEGER, FLOAT, shop.PRICE, shop.DISCOUNT]))
            case "compute":
                return e.Compute(
                    self.one(list(e.Arithmetic)),
                    self.number(resource, scope, 0),
                    self.number(resource, scope, 0),
                    PRECISE,
                )
            case "aggregate":
                return self.aggregate(resource, scope, depth)
            case _:
                return self.part(columns)

    def aggregate(self, resource: str, scope: int, depth: int) -> e.Expression:
        path, target = self.one(TO_MANY[resource])
        self.scopes += 1
        inner = self.scopes
        where = self.condition(target, inner, depth - 1) if self.draw(st.booleans()) else None
        numbers = [
            column
            for column in self.columns(target, inner, NUMERIC - {Scalar.FLOAT})
            if column.field not in {"mean", "total"}
        ]
        function = self.one([item for item in e.Function if item is not e.Function.EXISTS])
        if function is e.Function.COUNT:
            return e.Aggregate(function, scope, path, inner, where, None, INTEGER)
        value = self.one(numbers)
        kind = PRECISE if function is e.Function.AVG else value.type
        return e.Aggregate(function, scope, path, inner, where, value, kind)

    def text(self, resource: str, scope: int) -> e.Expression:
        kinds = ["column"] * 3 + ["given", "actor", "claim", "tenant"]
        columns = self.columns(resource, scope, frozenset(TEXTUAL))
        match self.one(kinds if columns else kinds[3:]):
            case "actor":
                return e.ActorId(TEXT)
            case "tenant":
                return e.ActorTenant(TEXT)
            case "claim":
                return e.Claim(self.one(["name", "age", "none"]), TEXT)
            case "given":
                return self.given(TEXT)
            case _:
                return self.part(columns)

    def of(self, scalar: Scalar, resource: str, scope: int) -> e.Expression:
        columns = self.columns(resource, scope, frozenset({scalar}))
        others = [e.Now(DATETIME)] if scalar is Scalar.DATETIME else []
        options: list[e.Expression | None] = [*columns, *others, None]
        return self.one(options) or self.given(Type(scalar))

    # -- conditions ------------------------------------------------------------------------
    def condition(self, resource: str, scope: int, depth: int) -> e.Expression:
        leaves = [self.numbers, self.texts, self.others, self.simple, self.like, self.lists]
        deeper = [self.many, self.negation, self.exists] if depth > 0 else []
        made: e.Expression = self.one([*leaves, *deeper])(resource, scope, depth)
        return made

    def numbers(self, resource: str, scope: int, depth: int) -> e.Expression:
        left, right = (self.number(resource, scope, depth) for _ in range(2))
        if self.one([True, True, False]):
            return e.Compare(self.one(COMPARISONS), left, right)
        return e.OneOf(left, (right, self.number(resource, scope, 0)))

    def texts(self, resource: str, scope: int, depth: int) -> e.Expression:
        return e.Compare(
            self.one(COMPARISONS), self.text(resource, scope), self.text(resource, scope)
        )

    def others(self, resource: str, scope: int, depth: int) -> e.Expression:
        scalar = self.one([Scalar.DATE, Scalar.DATETIME, Scalar.UUID, Scalar.BOOLEAN])
        left, right = (self.of(scalar, resource, scope) for _ in range(2))
        return e.Compare(self.one(COMPARISONS), left, right)

    def simple(self, resource: str, scope: int, depth: int) -> e.Expression:
        options: list[e.Expression] = [
            e.Truth(True),
            e.Truth(False),
            e.HasRole("buyer"),
            e.Authenticated(),
            self.one(FACTS),
            *self.columns(resource, scope, frozenset({Scalar.BOOLEAN})),
            *(e.IsNull(one) for one in self.columns(resource, scope, frozenset(Scalar))),
        ]
        return self.part(options)

    def like(self, resource: str, scope: int, depth: int) -> e.Expression:
        pattern = self.draw(patterns)
        right = self.one([e.Constant(pattern, TEXT), None]) or self.slot(pattern, TEXT)
        if resource == "Product" and self.draw(st.booleans()):
            field = self.one(["name", "remark"])
            return e.Compare(e.Operator.FOLDED_LIKE, shop.own(field, TEXT, scope), right)
        columns = self.columns(resource, scope, frozenset(TEXTUAL))
        return e.Compare(e.Operator.LIKE, self.one(columns), right) if columns else e.NEVER

    def lists(self, resource: str, scope: int, depth: int) -> e.Expression:
        if resource == "Product" and self.draw(st.booleans()):
            if self.draw(st.booleans()):
                words = self.draw(st.lists(texts.map(fold), min_size=1, max_size=3))
                fields = self.one([("name",), ("name", "remark"), ("remark",)])
                return e.Search(scope, fields, self.slot(words, TEXT))
            return e.Contains(*self.one([
                (shop.own("tags", shop.TAGS, scope), self.text(resource, scope)),
                (shop.own("prices", shop.PRICES, scope), shop.own("price", shop.PRICE, scope)),
                (shop.own("prices", shop.PRICES, scope), self.slot(Decimal("1.50"), shop.PRICE)),
            ]))  # fmt: skip
        left = self.one(self.columns(resource, scope, frozenset(Scalar) - {Scalar.JSON}))
        options = self.draw(st.lists(literals(left.type).map(lambda pair: pair[0]), max_size=4))
        return e.OneOfSlot(left, self.slot(options, left.type))

    def many(self, resource: str, scope: int, depth: int) -> e.Expression:
        parts = [
            self.condition(resource, scope, depth - 1) for _ in range(self.draw(st.integers(0, 3)))
        ]
        return e.AllOf(tuple(parts)) if self.draw(st.booleans()) else e.AnyOf(tuple(parts))

    def negation(self, resource: str, scope: int, depth: int) -> e.Expression:
        return e.Not(self.condition(resource, scope, depth - 1))

    def exists(self, resource: str, scope: int, depth: int) -> e.Expression:
        if resource not in TO_MANY:
            return self.simple(resource, scope, depth)
        path, target = self.one(TO_MANY[resource])
        self.scopes += 1
        inner = self.scopes
        outer = self.one([scope, None])
        where = self.condition(target, inner, depth - 1)
        if outer is not None and self.draw(st.booleans()):
            where = e.AllOf((where, self.condition(resource, outer, 0)))
        return e.Aggregate(e.Function.EXISTS, scope, path, inner, where, None, BOOLEAN)


texts = st.one_of(
    st.sampled_from([*shop.NAMES, "note 1", "ada", "tool", "REMARK", "säge", "fine"]),
    st.text(st.sampled_from("aAbß*?%_[]\\ſ😀ﬁ"), max_size=3),
)
patterns = st.builds(
    "".join,
    st.lists(
        st.one_of(st.sampled_from(["*", "?", "\\*", "\\?", "\\\\", "\\", "[", "%", "_"]), texts),
        max_size=4,
    ),
)


def literals(kind: Type) -> st.SearchStrategy[tuple[Any, Type]]:
    """Values like those of the rows, with their types."""
    match kind.scalar:
        case Scalar.INTEGER:
            found: st.SearchStrategy[Any] = st.one_of(
                st.integers(-3, 12), st.sampled_from([10**9, -(10**9)])
            )
        case Scalar.FLOAT:
            found = st.integers(-8, 16).map(lambda quarter: quarter / 4)
        case Scalar.DECIMAL:
            places = kind.places or 0
            found = st.integers(-6000, 9000).map(lambda units: Decimal(units).scaleb(-places))
        case Scalar.BOOLEAN:
            found = st.booleans()
        case Scalar.DATE:
            found = st.integers(0, 400).map(lambda days: date(2020, 1, 1) + timedelta(days))
        case Scalar.DATETIME:
            found = st.integers(-5, 80).map(lambda step: shop.NOON + timedelta(hours=step * 12))
        case Scalar.UUID:
            found = st.builds(shop.uuid, st.integers(1, 3), st.integers(0, 9))
        case _:
            found = texts
    return found.map(lambda value: (value, kind))


@st.composite
def conditions(draw: Draw, resource: str, depth: int = 2) -> tuple[e.Expression, list[Any]]:
    """A condition over a row of a resource, and the values of its slots."""
    draft = Draft(draw)
    return draft.condition(resource, e.ROW, depth), draft.values


@st.composite
def sorts(draw: Draw, resource: str) -> tuple[SortBy, ...]:
    """A total order over rows of a resource, over fields, computed ones and other rows."""
    draft = Draft(draw)
    scalars = frozenset(Scalar) - {Scalar.JSON}
    columns = draft.columns(resource, e.ROW, scalars)
    chosen = draw(st.lists(st.sampled_from(columns), max_size=3, unique=True))
    parts = [
        SortBy(column, column.type, draw(st.booleans()), nullable(resource, column))
        for column in chosen
    ]
    key = shop.own("id", shop.RESOURCES[resource].key.type)
    return (*parts, SortBy(key, key.type, draw(st.booleans()), nullable=False))


def nullable(resource: str, column: e.Column) -> bool:
    field = shop.RESOURCES[resource].field_named.get(column.field)
    return bool(column.path) or field is None or field.optional
