"""What a contract wants of one database: its objects, values for rows that have none, renames."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from charter.contract.contract import Contract
from charter.contract.resource import Field, Given, Made
from charter.contract.types import Scalar, Type, digits_of, places_of
from charter.migrate.objects import STORED, ObjectName, Objects, Stored, objects_of
from charter.migrate.renames import Renames
from charter.sql.derive import schema_of
from charter.sql.dialect import Dialect
from charter.sql.names import FOLDED

NOW, UUID7, FOLD = "now", "uuid7", "fold"
"""How values come about that nobody gives, in `Stored.made`."""
_MADE = {Made.NOW: NOW, Made.UUID7: UUID7}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a dialect is to have. `defaults` are literals for rows that have no value, by table
    and column; `types` are those of the contract, to read values by that people give."""

    objects: Objects
    defaults: Mapping[tuple[str, str], str]
    types: Mapping[tuple[str, str], Type]
    renames: Renames


def wanted(contract: Contract, dialect: Dialect, apart: frozenset[str] = frozenset()) -> Wanted:
    """What the contract wants. Tables that are `apart` are somebody else's to create."""
    objects = {
        name: value
        for name, value in objects_of(schema_of(contract, dialect)).items()
        if name.table not in apart
    }
    defaults: dict[tuple[str, str], str] = {}
    types: dict[tuple[str, str], Type] = {}
    for resource in contract.resources:
        for field in resource.fields:
            place = (resource.table, field.name)
            types[place] = field.type
            if isinstance(field.default, Given):
                defaults[place] = dialect.literal(_given(field), field.type)
            objects[ObjectName(resource.table, STORED, field.name)] = _stored(
                field, contract, dialect
            )
        for field in resource.search_fields:
            name = field.name + FOLDED
            made = Stored(Scalar.TEXT, made=f"{FOLD} {field.name}", stands_in="''")
            objects[ObjectName(resource.table, STORED, name)] = made
    return Wanted(objects, defaults, types, _renames(contract))


def _given(field: Field) -> Any:
    if not isinstance(field.default, Given):
        return None
    is_json = field.type.many or field.type.scalar is Scalar.JSON
    return json.loads(field.default.value) if is_json else field.default.value


def _stored(field: Field, contract: Contract, dialect: Dialect) -> Stored:
    kind = field.type
    value = _given(field) if isinstance(field.default, Given) else _example(kind)
    is_decimal = kind.scalar is Scalar.DECIMAL and not kind.many
    return Stored(
        kind.scalar.value,
        kind.many,
        digits_of(kind) if is_decimal else None,
        places_of(kind) if is_decimal else None,
        _MADE.get(field.default) if isinstance(field.default, Made) else None,
        None if field.references else dialect.literal(value, kind),
    )


def _example(kind: Type) -> Any:
    """A value that the database takes in a column of this type: the one nearest to nothing."""
    if kind.many:
        return []
    match kind.scalar:
        case Scalar.INTEGER:
            return int(_number(kind, Decimal(1)))
        case Scalar.FLOAT:
            return float(_number(kind, Decimal("0.001")))
        case Scalar.DECIMAL:
            return _number(kind, Decimal(1).scaleb(-places_of(kind)))
        case Scalar.BOOLEAN:
            return False
        case Scalar.DATE:
            return date(1970, 1, 1)
        case Scalar.DATETIME:
            return datetime(1970, 1, 1, tzinfo=UTC)
        case Scalar.UUID:
            return UUID(int=0)
        case Scalar.JSON:
            return {}
        case _:
            return kind.choices[0] if kind.choices else "-" * (kind.min_length or 0)


def _number(kind: Type, least: Decimal) -> Decimal:
    """The number nearest to zero within the bounds; `least` is the smallest step that counts."""
    found = Decimal(0)
    lows = [Decimal(str(kind.ge))] if kind.ge is not None else []
    lows += [Decimal(str(kind.gt)) + least] if kind.gt is not None else []
    highs = [Decimal(str(kind.le))] if kind.le is not None else []
    highs += [Decimal(str(kind.lt)) - least] if kind.lt is not None else []
    found = max([found, *lows])
    return min([found, *highs])


def _renames(contract: Contract) -> Renames:
    tables: dict[str, str] = {}
    columns: dict[tuple[str, str], str] = {}
    for resource in contract.resources:
        if resource.was is not None:
            tables[resource.table] = resource.was
        for field in resource.fields:
            if field.was is not None:
                columns[resource.table, field.name] = field.was
                if field.search:
                    columns[resource.table, field.name + FOLDED] = field.was + FOLDED
        for link in (relation.link for relation in resource.relations):
            if link is not None and link.was is not None:
                tables[link.table] = link.was.table
                columns[link.table, link.near] = link.was.near
                columns[link.table, link.far] = link.was.far
    return Renames(tables, columns)
