"""Pairs of contracts, each of which differs in one respect: what migrations are made of."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from charter.contract.contract import Contract
from charter.contract.expression import (
    Arithmetic,
    Compare,
    Compute,
    Constant,
    Expression,
    IsNull,
    Operator,
)
from charter.contract.resource import (
    Check,
    Computed,
    Field,
    Given,
    Index,
    Link,
    Made,
    OnDelete,
    Relation,
    Unique,
)
from charter.contract.types import BOOLEAN, DATETIME, INTEGER, TEXT, Scalar, Type
from tests.migrate.walks import TYPES
from tests.sql.schema.samples import MONEY, column, reference, resource

Pair = tuple[str, Contract, Contract]
NOTES = resource("Note", "notes", Field("text", TEXT))
WORDS = Type(Scalar.CHOICE, choices=("a", "b", "c"))


def shop(*fields: Field, notes: bool = True, name: str = "orders", **more: Any) -> Contract:
    """Orders with these fields, and notes that they can refer to."""
    orders = resource("Order", name, *fields, **more)
    return Contract("shop", "1", (orders, NOTES) if notes else (orders,))


def cases(every: int = 1) -> Iterator[Pair]:
    """Every kind of change, over every type where types make a difference; or over every second,
    third… of those."""
    yield from islice(_types(), 0, None, every)
    yield from _fields()
    yield from _parts()
    yield from _tables()
    yield from _kept()
    yield from _worked_out()


def _types() -> Iterator[Pair]:
    for number, kind in enumerate(TYPES):
        field = Field("alpha", kind)
        loose = replace(field, optional=True)
        beta = replace(loose, name="beta")
        shown = f"{number} {kind.scalar}"
        yield f"add {shown}", shop(), shop(loose)
        yield f"add required {shown}", shop(), shop(replace(field, default=_default(kind)))
        yield f"require {shown}", shop(loose), shop(replace(field, default=_default(kind)))
        yield f"rename {shown}", shop(loose), shop(replace(beta, was="alpha"))
        for other in (TYPES[number - 1], TYPES[number - 6]):
            yield f"{shown} to {other.scalar}", shop(loose), shop(replace(loose, type=other))
        if not _is_json(kind):
            yield f"unique {shown}", shop(loose), shop(replace(loose, unique=True))
            indexed = shop(loose, indexes=(Index("i", ("alpha",)),))
            yield f"index {shown}", shop(loose), indexed
            again = shop(replace(loose, type=TYPES[number - 1]), indexes=(Index("i", ("alpha",)),))
            if not _is_json(TYPES[number - 1]):
                yield f"{shown} under an index", indexed, again


def _is_json(kind: Type) -> bool:
    return kind.many or kind.scalar is Scalar.JSON


def _default(kind: Type) -> Given | Made:
    if kind.many:
        return Given("[]")
    match kind.scalar:
        case Scalar.JSON:
            return Given("{}")
        case Scalar.DATETIME:
            return Made.NOW
        case Scalar.BOOLEAN:
            return Given(False)
        case Scalar.INTEGER | Scalar.FLOAT | Scalar.DECIMAL:
            return Given({Scalar.INTEGER: 1, Scalar.FLOAT: 1.0}.get(kind.scalar, Decimal(1)))
        case Scalar.CHOICE:
            return Given(kind.choices[0])
        case Scalar.DATE | Scalar.UUID:
            return Given(date(2021, 2, 3) if kind.scalar is Scalar.DATE else UUID(int=1))
        case _:
            return Given("ab")


def _fields() -> Iterator[Pair]:
    name = Field("name", TEXT)
    yield "search", shop(name), shop(replace(name, search=True))
    yield "search of a new field", shop(), shop(replace(name, search=True, default=Given("x")))
    searched = replace(name, search=True)
    yield "rename of a search", shop(searched), shop(replace(searched, name="title", was="name"))
    note = reference("note_id", "Note", optional=True)
    yield "reference", shop(), shop(note)
    for action in OnDelete:
        other = replace(note, on_delete=action)
        if action is not OnDelete.RESTRICT:
            yield f"on delete {action}", shop(note), shop(other)
    wide = replace(MONEY, digits=16)
    yield "wider decimal", shop(Field("price", MONEY)), shop(Field("price", wide))
    finer = replace(MONEY, digits=14, places=4)
    yield "finer decimal", shop(Field("price", MONEY)), shop(Field("price", finer))
    yield "number", shop(Field("n", INTEGER)), shop(Field("n", Type(Scalar.INTEGER, ge=0)))
    few = replace(WORDS, choices=("a", "b"))
    yield "fewer words", shop(Field("word", WORDS)), shop(Field("word", few))


def _parts() -> Iterator[Pair]:
    one, two = Field("one", INTEGER, optional=True), Field("two", INTEGER, optional=True)
    yield "unique of two", shop(one, two), shop(one, two, uniques=(Unique("u", ("one", "two")),))
    present = Compare(Operator.GE, column("one", INTEGER), column("two", INTEGER))
    yield "check", shop(one, two), shop(one, two, checks=(Check("said", present, "said"),))
    some = IsNull(column("one", INTEGER))
    other = Compare(Operator.GT, column("one", INTEGER), Constant(3, INTEGER))
    partial = shop(one, two, indexes=(Index("i", ("two",), some),))
    yield "partial index", shop(one, two), partial
    yield "another condition", partial, shop(one, two, indexes=(Index("i", ("two",), other),))
    descending = shop(one, two, indexes=(Index("i", ("-two",)),))
    yield "another order", shop(one, two, indexes=(Index("i", ("two",)),)), descending


def _tables() -> Iterator[Pair]:
    flag = Field("flag", BOOLEAN)
    yield "new table", shop(notes=False), shop()
    yield (
        "new table that is referred to",
        shop(notes=False),
        shop(reference("note_id", "Note", optional=True)),
    )
    yield "rename of a table", shop(flag), shop(flag, name="purchases", was="orders")
    moved = Field("mark", BOOLEAN, was="flag")
    yield "rename of both", shop(flag), shop(moved, name="purchases", was="orders")
    link = Relation("notes", "Note", "link", "id", "id", link=Link("order_notes", "order_id", "n"))
    yield "link", shop(), shop(relations=(link,))
    yield "time", shop(), shop(Field("at", DATETIME, default=Made.NOW))
    yield "list", shop(), shop(Field("words", Type(Scalar.TEXT, many=True), default=Given("[]")))


def _kept() -> Iterator[Pair]:
    """What triggers and other indexes see to."""
    one = Field("one", INTEGER)
    two, name = Field("two", INTEGER, optional=True), Field("name", TEXT)
    kinds: tuple[dict[str, Any], ...] = (
        {"append_only": True},
        {"stamped": True},
        {"append_only": True, "stamped": True},
    )
    for said in kinds:
        word = " and ".join(said)
        yield word, shop(one), shop(one, **said)
        yield f"no longer {word}", shop(one, **said), shop(one)
        found = shop(replace(name, search=True), **said)
        yield f"fill while {word}", shop(name, **said), found
        wider = replace(one, type=replace(MONEY, ge=None))
        yield f"another type while {word}", shop(one, **said), shop(wider, **said)
        renamed = shop(one, name="purchases", was="orders", **said)
        yield f"rename while {word}", shop(one, **said), renamed
        yield f"new table that is {word}", Contract("shop", "1", (NOTES,)), shop(one, **said)
    covering = shop(one, two, indexes=(Index("i", ("one",), include=("two",)),))
    yield "covering index", shop(one, two), covering
    name = replace(name, search=True)
    yield "search index", shop(name), shop(name, search_index=True)
    alone = Contract("shop", "1", (NOTES,))
    yield "new table with a search index", alone, shop(name, search_index=True)


def _worked_out() -> Iterator[Pair]:
    one, two = Field("one", INTEGER), Field("two", INTEGER, optional=True)

    def worked(value: Expression, optional: bool = False) -> Computed:
        return Computed("worked", INTEGER, value, optional, stored=True)

    def plus(number: int, name: str = "one") -> Compute:
        constant = Constant(number, INTEGER)
        return Compute(Arithmetic.ADD, column(name, INTEGER), constant, INTEGER)

    has = shop(one, computed=(worked(plus(1)),))
    indexes = (Index("w", ("worked",)),)
    yield "stored value", shop(one), has
    both = shop(one, two, computed=(worked(plus(1, "two"), optional=True),))
    yield "stored value of a new field", shop(one), both
    yield "index on a stored value", shop(one), replace_orders(has, indexes=indexes)
    another = replace_orders(has, computed=(worked(plus(2)),))
    yield "another stored value", has, another
    indexed = [replace_orders(item, indexes=indexes) for item in (has, another)]
    yield "another stored value under an index", indexed[0], indexed[1]
    renamed = shop(replace(one, name="uno", was="one"), computed=(worked(plus(1, "uno")),))
    yield "rename under a stored value", has, renamed
    money = Field("price", MONEY)
    wide = replace(money, type=replace(MONEY, digits=16))
    price = Computed("worked", MONEY, column("price", MONEY), stored=True)
    yield (
        "wider under a stored value",
        shop(money, computed=(price,)),
        shop(wide, computed=(price,)),
    )
    yield "a field that is worked out", shop(one, Field("worked", INTEGER)), has


def replace_orders(contract: Contract, **changes: Any) -> Contract:
    orders, *rest = contract.resources
    return replace(contract, resources=(replace(orders, **changes), *rest))
