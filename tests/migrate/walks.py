"""Contracts that change, and rows to keep meanwhile."""

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from charter.contract import expression as e
from charter.contract.contract import Contract
from charter.contract.expression import ROW, Column
from charter.contract.resource import (
    Check,
    Computed,
    Default,
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
from charter.contract.types import BOOLEAN, DATETIME, INTEGER, TEXT, Scalar, Type, places_of
from charter.contract.types import UUID as UUID_TYPE
from tests.sql.schema.samples import MONEY, SHORT, resource

TABLES = {"orders": UUID_TYPE, "items": INTEGER, "notes": SHORT, "buys": UUID_TYPE}
FIELDS = ("alpha", "beta", "gamma", "delta", "order")
TYPES = (
    TEXT, SHORT, INTEGER, BOOLEAN, DATETIME, UUID_TYPE, MONEY,
    Type(Scalar.DATE), Type(Scalar.JSON), Type(Scalar.FLOAT), Type(Scalar.EMAIL),
    Type(Scalar.INTEGER, many=True), Type(Scalar.INTEGER, ge=0, le=50),
    Type(Scalar.DECIMAL, digits=14, places=2), Type(Scalar.DECIMAL, digits=14, places=4),
    Type(Scalar.DECIMAL, digits=5, places=1), Type(Scalar.TEXT, max_length=3),
    Type(Scalar.CHOICE, choices=("a", "b")), Type(Scalar.CHOICE, choices=("a", "it's", "c")),
)  # fmt: skip


@st.composite
def _field(draw: st.DrawFn, name: str, tables: list[str]) -> Field:
    optional = draw(st.booleans())
    if draw(st.integers(0, 4)) == 0:
        target = draw(st.sampled_from(tables))
        actions = tuple(OnDelete) if optional else (OnDelete.CASCADE, OnDelete.RESTRICT)
        return Field(
            f"{name}_id",
            TABLES[target],
            optional,
            references=target,
            on_delete=draw(st.sampled_from(actions)),
        )
    kind = draw(st.sampled_from(TYPES))
    is_text = kind.scalar is Scalar.TEXT
    plain = not kind.many and kind.scalar is not Scalar.JSON
    default: Default | None = None
    if draw(st.booleans()):
        value = value_of(kind, random.Random(draw(st.integers(0, 9))))
        default = Given(json.dumps(value)) if not plain else Given(value)
        if kind.scalar is Scalar.DATETIME and draw(st.booleans()):
            default = Made.NOW
    return Field(
        name,
        kind,
        optional,
        default,
        unique=plain and draw(st.integers(0, 5)) == 0,
        search=is_text and draw(st.booleans()),
    )


@st.composite
def _computed(draw: st.DrawFn, fields: list[Field]) -> list[Computed]:
    """A value of a row that is stored, which rests on one of its fields."""
    if not fields or draw(st.integers(0, 2)):
        return []
    field = draw(st.sampled_from(fields))
    if field.type.scalar is Scalar.INTEGER and not field.type.many and draw(st.booleans()):
        column = _column(field)
        value = e.Compute(e.Arithmetic.ADD, column, e.Constant(1, INTEGER), INTEGER)
        return [Computed("worked", INTEGER, value, field.optional, stored=True)]
    plain = not field.type.many and field.type.scalar is not Scalar.JSON
    if plain and field.references is None and draw(st.booleans()):
        return [Computed("worked", field.type, _column(field), field.optional, stored=True)]
    return [Computed("worked", BOOLEAN, _present(field), stored=True)]


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """Any contract over three tables and five names of fields, so that two of them have much in
    common."""
    tables = draw(st.lists(st.sampled_from(sorted(TABLES)), unique=True, min_size=1))
    made: list[Resource] = []
    for table in tables:
        names = draw(st.lists(st.sampled_from(FIELDS), unique=True, max_size=4))
        fields = [draw(_field(name, tables)) for name in names]
        plain = [f for f in fields if not f.type.many and f.type.scalar is not Scalar.JSON]
        group = st.lists(st.sampled_from(plain), min_size=1, max_size=2, unique=True)
        groups = st.lists(group, max_size=2) if plain else st.just([])
        uniques = [Unique("u", tuple(f.name for f in group)) for group in draw(groups)[:1]]
        indexes = [
            Index(
                "i",
                tuple(draw(st.sampled_from(("", "-"))) + f.name for f in group),
                draw(st.none() | st.sampled_from(group).map(_present)),
                draw(st.sampled_from([(), *((f.name,) for f in plain)])),
            )
            for group in draw(groups)
        ]
        computed, is_indexed = draw(_computed(fields)), draw(st.booleans())
        if computed and is_indexed:
            indexes.append(Index("w", (computed[0].name,)))
        checks = [
            Check(f"{f.name}_said", e.AnyOf((_present(f), e.IsNull(_column(f)))), "said")
            for f in fields
            if draw(st.integers(0, 4)) == 0
        ]
        relations = []
        if draw(st.booleans()):
            other = draw(st.sampled_from(tables))
            link = Link(f"{table}_{other}", "near_id", "far_id")
            relations.append(Relation("links", other, "link", "id", "id", link=link))
        made.append(
            resource(
                table,
                table,
                *fields,
                key=TABLES[table],
                relations=tuple(relations),
                uniques=tuple(uniques),
                indexes=tuple(indexes),
                checks=tuple(checks),
                computed=tuple(computed),
                append_only=draw(st.integers(0, 2)) == 0,
                stamped=draw(st.integers(0, 2)) == 0,
                search_index=any(f.search for f in fields) and draw(st.booleans()),
            )
        )
    return Contract("any", "1", tuple(made))


def renamed(contract: Contract, before: Contract, draw: st.DrawFn) -> Contract:
    """The contract, with some of its new tables and fields said to be old ones under another
    name."""
    old = {item.table: item for item in before.resources}
    gone = [old[table] for table in sorted(old.keys() - {r.table for r in contract.resources})]
    made = []
    for item in contract.resources:
        was = old.get(item.table)
        twin = next((other for other in gone if other.key.type == item.key.type), None)
        if was is None and twin is not None and draw(st.booleans()):
            was = twin
            made.append(replace(item, was=was.table, fields=_renamed(item, was, draw)))
        else:
            made.append(item if was is None else replace(item, fields=_renamed(item, was, draw)))
    return replace(contract, resources=tuple(made))


def _renamed(item: Resource, old: Resource, draw: st.DrawFn) -> tuple[Field, ...]:
    gone = [field.name for field in old.fields if field.name not in item.field_named]
    fields = []
    for field in item.fields:
        new = field.name not in old.field_named and draw(st.booleans())
        fields.append(replace(field, was=gone.pop()) if new and gone else field)
    return tuple(fields)


def _column(field: Field) -> Column:
    return Column(ROW, (), field.name, field.type)


def _present(field: Field) -> e.Expression:
    return e.Not(e.IsNull(_column(field)))


def value_of(kind: Type, chance: random.Random) -> Any:
    """A value of a type, as the contract has it."""
    if kind.many:
        return [chance.randrange(9) for _ in range(chance.randrange(3))]
    match kind.scalar:
        case Scalar.INTEGER:
            return chance.randrange(0, 51) if kind.ge is not None else chance.randrange(-500, 500)
        case Scalar.BOOLEAN:
            return chance.random() < 0.5
        case Scalar.FLOAT:
            return chance.randrange(-40, 40) / 4
        case Scalar.DECIMAL:
            return Decimal(chance.randrange(0, 9999)).scaleb(-places_of(kind))
        case Scalar.DATE:
            return date(2020, 1, 1) + timedelta(chance.randrange(300))
        case Scalar.DATETIME:
            return datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=12 * chance.randrange(300))
        case Scalar.UUID:
            return UUID(int=chance.getrandbits(128))
        case Scalar.JSON:
            return {"a": chance.randrange(9)}
        case Scalar.CHOICE:
            return chance.choice(kind.choices)
        case _:
            text = chance.choice(("Ab", "ÄB", "12", "7", "x'y", "aß"))
            return text * 2 if kind.max_length is None else text


Rows = Mapping[str, list[dict[str, Any]]]


def rows_of(contract: Contract, seed: int) -> Rows:
    """Some rows of each table, in the contract's values. References are for who puts them in."""
    chance = random.Random(seed)
    found: dict[str, list[dict[str, Any]]] = {}
    for item in contract.resources:
        found[item.table] = [_row(item, number, chance) for number in range(chance.randrange(5))]
    return found


def _row(item: Resource, number: int, chance: random.Random) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for field in item.fields:
        row[field.name] = value_of(field.type, chance)
        if field.optional and chance.random() < 0.3:
            row[field.name] = None
    row["id"] = {UUID_TYPE: UUID(int=number + 1), INTEGER: number + 1}.get(
        item.key.type, f"key{number}"
    )
    return row
