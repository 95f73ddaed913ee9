"""A contract whose policies are replaced again and again, and what it means in plain Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cmp_to_key
from typing import Any, Literal

from charter import Actor as PolicyActor
from charter import Contract, Policy, Resource, Unit, allow, computed, count, field, inverse
from charter.contract import contract as hub
from charter.contract.expression import ALWAYS, Column, Constant, Expression
from charter.contract.resource import Allow, Hide
from charter.contract.resource import Policy as Rules
from charter.contract.types import Type
from charter.plan.actor import Actor
from charter.plan.values import json_reader
from tests.behaviour.clients.base import Both, Either, Has, Unless, Where
from tests.support.evaluate import Place, Row, Store, field_of, fits, holds, order

library = Contract("library")


@library.resource
class Shelf(Resource):
    label: str
    height: int | None = None
    books: list["Book"] = inverse()


@library.resource
class Book(Resource):
    shelf: Shelf | None = None
    title: str
    keeper: str | None = None
    pages: int | None = None
    price: Decimal | None = field(default=None, digits=8, places=2)
    weight: float | None = None
    day: date | None = None
    seen: datetime | None = None
    lent: bool | None = None
    kind: Literal["novel", "atlas", "comic"] = "novel"
    remarks: list["Remark"] = inverse()
    remark_count: int = computed(lambda book: count(book.remarks))


@library.resource
class Remark(Resource):
    book: Book
    text: str
    stars: int | None = None


@library.command(Book)
async def lend(book: Book, unit: Unit) -> Book:
    """Give it away for a while."""
    book.lent = True
    return book


@library.policy(Shelf)
def shelf_policy(shelf: Shelf, actor: PolicyActor) -> Policy:
    yield allow("*")


@library.policy(Book)
def book_policy(book: Book, actor: PolicyActor) -> Policy:
    yield allow("*")


@library.policy(Remark)
def remark_policy(remark: Remark, actor: PolicyActor) -> Policy:
    yield allow("*")


@dataclass(frozen=True, repr=False)
class Ruled:
    """The conditions under which rows can be read and `pages` of a book is shown."""

    read: Mapping[str, Expression]
    pages: Expression | None = None

    def __repr__(self) -> str:
        rules = {name: brief(rule) for name, rule in self.read.items()}
        return f"Ruled({rules}, pages={brief(self.pages)})"

    def contract(self, base: hub.Contract) -> hub.Contract:
        resources = tuple(replace(r, policy=self._policy(r.name)) for r in base.resources)
        return replace(base, resources=resources)

    def _policy(self, name: str) -> Rules:
        allows = (Allow(("read",), self.read.get(name, ALWAYS)),)
        hides = () if self.pages is None or name != "Book" else (Hide("pages", self.pages),)
        return Rules(allows, hides)


def brief(part: Any) -> str:
    """An expression in a few words, for those who read a failure."""
    if isinstance(part, tuple):
        return f"[{', '.join(map(brief, part))}]"
    if isinstance(part, Constant):
        return repr(part.value)
    if isinstance(part, Column):
        return f"{part.scope}:{'.'.join((*part.path, part.field))}"
    if not is_dataclass(part) or isinstance(part, Type):
        return str(part)
    shown = (getattr(part, item.name) for item in fields(part) if item.name != "type")
    return f"{type(part).__name__}({', '.join(map(brief, shown))})"


@dataclass(frozen=True)
class Reader:
    """Somebody who reads rows under rules; all answers are worked out row by row."""

    store: Store
    rules: Ruled
    actor: Actor

    def about(self, name: str, row: Row) -> Place:
        resource = self.store.contract.resource_named[name]
        return replace(Place(self.store, {}), actor=self.actor).about(resource, row)

    def may_read(self, name: str, row: Row) -> bool:
        return holds(self.rules.read.get(name, ALWAYS), self.about(name, row))

    def shows(self, name: str, row: Row, member: str) -> bool:
        if (name, member) != ("Book", "pages") or self.rules.pages is None:
            return True
        return holds(self.rules.pages, self.about(name, row))

    def value(self, name: str, row: Row, member: str) -> Any:
        """What the reader knows of a value: nothing where it is hidden."""
        if not self.shows(name, row, member):
            return None
        resource = self.store.contract.resource_named[name]
        return field_of(resource, row, member, self.about(name, row))

    def passes(self, name: str, row: Row, where: Where | None) -> bool:
        match where:
            case None:
                return True
            case Both(parts):
                return all(self.passes(name, row, part) for part in parts)
            case Either(parts):
                return any(self.passes(name, row, part) for part in parts)
            case Unless(part):
                return not self.passes(name, row, part)
            case Has():
                return self._has(name, row, where.name.split("."), where)

    def _has(self, name: str, row: Row, path: Sequence[str], has: Has) -> bool:
        if len(path) == 1:
            if not self.shows(name, row, path[0]):
                return False
            return compared(self.value(name, row, path[0]), has)
        target = self.store.contract.resource_named[name].relation_named[path[0]].target
        found = self.related(name, row, path[0])
        return any(self._has(target, other, path[1:], has) for other in found)

    def related(self, name: str, row: Row, path: str) -> list[Row]:
        """The rows that a relation leads to, as far as they can be read."""
        relation = self.store.contract.resource_named[name].relation_named[path]
        found = self.store.related(row, relation)
        return [other for other in found if self.may_read(relation.target, other)]

    def list(self, name: str, where: Where | None, sort: str) -> list[Row]:
        """The rows of a list in their order."""
        parts = [(part.removeprefix("-"), part.startswith("-")) for part in sort.split(",") if part]
        # Rows that are equal so far follow each other by their keys, the way of the last part.
        parts.append(("id", bool(parts) and parts[-1][1]))
        rows = [
            row
            for row in self.store.rows[name]
            if self.may_read(name, row) and self.passes(name, row, where)
        ]

        def before(left: Row, right: Row) -> int:
            for member, down in parts:
                one, other = (self.value(name, row, member) for row in (left, right))
                sign = (
                    order(one, other)
                    if one is not None and other is not None
                    else int(one is None) - int(other is None)
                )
                if sign:
                    return -sign if down else sign
            return 0

        return sorted(rows, key=cmp_to_key(before))


def compared(value: Any, has: Has) -> bool:
    """A test on one value; a comparison with nothing is false, `ne` and `nin` are opposites."""
    wanted = has.value
    match has.comparator:
        case "null":
            return (value is None) is wanted
        case "ne":
            return value is None or order(value, wanted) != 0
        case "nin":
            return value is None or all(order(value, one) != 0 for one in wanted)
        case _ if value is None:
            return False
        case "in":
            return any(order(value, one) == 0 for one in wanted)
        case "like":
            return fits(value, wanted, folded=False)
        case other:
            sign = order(value, wanted)
            signs = {"eq": sign == 0, "lt": sign < 0, "lte": sign <= 0, "gt": sign > 0}
            return signs.get(other, sign >= 0)


def typed(contract: hub.Contract, name: str, rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Rows as JSON gave them, with Python's values."""
    members = contract.resource_named[name].fields
    return [
        {
            item.name: None if row[item.name] is None else json_reader(item.type)(row[item.name])
            for item in members
        }
        for row in rows
    ]
