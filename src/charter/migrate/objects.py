"""A schema as a flat map of objects, each with a name and a frozen value, and those as JSON.

A column of a contract has two objects: the column of the database, and what it stores (a
decimal of two places is an integer in SQLite, as is one of three).
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from types import MappingProxyType
from typing import Any

from charter.sql.schema import (
    CheckRule,
    Column,
    ForeignKey,
    IndexedColumn,
    PrimaryKey,
    Schema,
    Table,
    TableIndex,
    Trigger,
    UniqueKey,
)


@dataclass(frozen=True, slots=True, order=True)
class ObjectName:
    """The name of an object: its table, its kind, and its own name (a table has none)."""

    table: str
    kind: str
    name: str = ""

    def __str__(self) -> str:
        return "/".join(map(_escaped, (self.table, self.kind, self.name))).removesuffix("/")


@dataclass(frozen=True, slots=True)
class TableItself:
    """A table, without its parts."""

    modifiers: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the contract keeps in a column.

    `scalar`, `many`, `digits` and `places` are those of its type. `made` says how a value comes
    about that nobody gives: `fold name` for the folded form of the field `name`. `stands_in` is
    a value, as a literal of the database, that the column can hold in rows that have none.
    """

    scalar: str
    many: bool = False
    digits: int | None = None
    places: int | None = None
    made: str | None = None
    stands_in: str | None = None


ObjectValue = (
    TableItself
    | Column
    | Stored
    | PrimaryKey
    | UniqueKey
    | ForeignKey
    | CheckRule
    | TableIndex
    | Trigger
)
Objects = Mapping[ObjectName, ObjectValue]

TABLE, COLUMN, STORED = "table", "column", "stored"
KEY, UNIQUE, REFERENCE, CHECK, INDEX = "key", "unique", "reference", "check", "index"
TRIGGER = "trigger"
_KINDS: Mapping[str, type[ObjectValue]] = MappingProxyType(
    {
        TABLE: TableItself,
        COLUMN: Column,
        STORED: Stored,
        KEY: PrimaryKey,
        UNIQUE: UniqueKey,
        REFERENCE: ForeignKey,
        CHECK: CheckRule,
        INDEX: TableIndex,
        TRIGGER: Trigger,
    }
)
_KIND_OF: Mapping[type[ObjectValue], str] = MappingProxyType(
    {cls: kind for kind, cls in _KINDS.items()}
)


def objects_of(schema: Schema) -> dict[ObjectName, ObjectValue]:
    """All objects of a schema, in its order."""
    found: dict[ObjectName, ObjectValue] = {}
    for table in schema.tables:
        found[ObjectName(table.name, TABLE)] = TableItself(table.modifiers)
        for part in (*table.columns, *table.constraints, *table.indexes, *table.triggers):
            found[ObjectName(table.name, _KIND_OF[type(part)], part.name)] = part
    return found


def schema_from(objects: Objects) -> Schema:
    """The schema that such objects are. Parts without their table are left out."""
    parts: dict[str, list[Any]] = defaultdict(list)
    for name, value in objects.items():
        parts[name.table].append(value)
    return Schema(
        tuple(
            _table(name.table, value.modifiers, parts[name.table])
            for name, value in objects.items()
            if isinstance(value, TableItself)
        )
    )


def _table(name: str, modifiers: str, parts: list[Any]) -> Table:
    def of(cls: type[Any]) -> tuple[Any, ...]:
        return tuple(part for part in parts if isinstance(part, cls))

    return Table(
        name,
        of(Column),
        next(iter(of(PrimaryKey)), None),
        of(ForeignKey),
        of(UniqueKey),
        of(CheckRule),
        of(TableIndex),
        modifiers,
        of(Trigger),
    )


def plain_object(value: ObjectValue) -> dict[str, Any]:
    """A value as JSON has it. Its name, and members that have their default, are left out."""
    members = asdict(value)
    defaults = {item.name: item.default for item in fields(value)}
    return {
        name: member
        for name, member in members.items()
        if name != "name" and (defaults[name] is MISSING or member != defaults[name])
    }


def object_named(text: str) -> ObjectName:
    """The name that was written as a text. Raises ValueError."""
    parts = [_unescaped(part) for part in text.split("/")]
    if len(parts) not in {2, 3} or parts[1] not in _KINDS:
        raise ValueError(f"{text!r} names no object")
    return ObjectName(*parts)


def read_object(name: ObjectName, members: Mapping[str, Any]) -> ObjectValue:
    """The value of an object from what JSON has. Raises ValueError or TypeError."""
    cls = _KINDS[name.kind]
    known = {item.name for item in fields(cls)}
    given = {member: _frozen(value) for member, value in members.items()}
    if "name" in known:
        given["name"] = name.name
    if given.keys() - known:
        raise ValueError(f"{name} has members that are not known: {sorted(given.keys() - known)}")
    return cls(**given)


def _frozen(value: Any) -> Any:
    """Lists as tuples; the members of an index's columns as such a column."""
    match value:
        case list() | tuple():
            return tuple(map(_frozen, value))
        case Mapping():
            return IndexedColumn(**value)
        case _:
            return value


def _escaped(part: str) -> str:
    return part.replace("%", "%25").replace("/", "%2F")


def _unescaped(part: str) -> str:
    return re.sub("%2F|%25", lambda found: "/" if found[0] == "%2F" else "%", part)
