"""Where a database differs from what the contract wants, said for people."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from charter.sql.schema import (
    CheckRule,
    Column,
    ForeignKey,
    PrimaryKey,
    Schema,
    Table,
    TableIndex,
    Trigger,
    UniqueKey,
)

Part = PrimaryKey | UniqueKey | ForeignKey | CheckRule | TableIndex | Trigger
P = TypeVar("P", PrimaryKey, UniqueKey, ForeignKey, CheckRule, TableIndex, Trigger)


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. `part` names the column, constraint or index, None for a whole table."""

    table: str
    part: str | None
    message: str
    harmless: bool = False
    """The contract holds all the same: an index or a trigger that somebody added."""

    def __str__(self) -> str:
        return self.message


def absent(wanted: Schema, found: Schema) -> bool:
    """Whether the database has none of the tables, so that they can be created."""
    return not wanted.table_named.keys() & found.table_named.keys()


def differences(
    wanted: Schema, found: Schema, made: Collection[str] = ()
) -> tuple[Difference, ...]:
    """What differs, table by table in the order of the contract. Both were read from catalogs.

    Tables that the contract does not have are no difference, unless Charter has `made` them.
    """
    changes: list[Difference] = []
    for table in wanted.tables:
        there = found.table_named.get(table.name)
        if there is None:
            changes.append(Difference(table.name, None, f"the table {table.name} is missing"))
        else:
            changes.extend(_table(table, there))
    for name in sorted(set(made) & found.table_named.keys() - wanted.table_named.keys()):
        text = f"the table {name} is there, the contract has no such table any more"
        changes.append(Difference(name, None, text))
    return tuple(changes)


def _table(wanted: Table, found: Table) -> Iterator[Difference]:
    name = wanted.name
    if wanted.modifiers != found.modifiers:
        text = f"{name} is {found.modifiers or 'a plain table'}"
        text += f", the contract wants {wanted.modifiers or 'a plain table'}"
        yield Difference(name, None, text)
        if not found.columns:
            return
    yield from _columns(wanted, found)
    yield from _parts(name, _present(wanted.key), _present(found.key))
    yield from _parts(name, wanted.uniques, found.uniques)
    yield from _parts(name, wanted.foreign_keys, found.foreign_keys)
    yield from _parts(name, wanted.checks, found.checks)
    yield from _parts(name, wanted.indexes, found.indexes)
    yield from _parts(name, wanted.triggers, found.triggers)


def _present(key: PrimaryKey | None) -> tuple[PrimaryKey, ...]:
    return () if key is None else (key,)


def _columns(wanted: Table, found: Table) -> Iterator[Difference]:
    there = {column.name: column for column in found.columns}
    for column in wanted.columns:
        name = f"{wanted.name}.{column.name}"
        other = there.pop(column.name, None)
        if other is None:
            text = f"{name} is missing, the contract wants {_told(column)}"
            yield Difference(wanted.name, column.name, text)
            continue
        for has, wants in _facts(other, column):
            text = f"{name} {has}, the contract wants {wants}"
            yield Difference(wanted.name, column.name, text)
    for column in there.values():
        text = f"{wanted.name}.{column.name} is there ({_told(column)})"
        text += ", the contract has no such column"
        yield Difference(wanted.name, column.name, text)


def _told(column: Column) -> str:
    return column.type if column.nullable else f"{column.type} not null"


def _facts(found: Column, wanted: Column) -> Iterator[tuple[str, str]]:
    """What a column is or has, and what the contract wants instead."""
    if found.type != wanted.type:
        yield f"is {found.type}", wanted.type
    if found.nullable != wanted.nullable:
        words = {True: "null allowed", False: "not null"}
        has = "allows null" if found.nullable else "is not null"
        yield has, words[wanted.nullable]
    if found.default != wanted.default:
        has = "has no default" if found.default is None else f"has the default {found.default}"
        yield has, "none" if wanted.default is None else wanted.default
    if found.generated != wanted.generated:
        has = "is written by clients"
        if found.generated is not None:
            has = f"is generated as ({found.generated})"
        yield has, "that" if wanted.generated is None else f"({wanted.generated})"
    if found.identity != wanted.identity:
        has = "is numbered" if found.identity else "is not numbered"
        yield f"{has} by the database", "that" if wanted.identity else "that not"


def _parts(table: str, wanted: Sequence[P], found: Sequence[P]) -> Iterator[Difference]:
    """Compares by name, then pairs what is the same under another name."""
    there = {part.name: part for part in found if part.name}
    left = [part for part in found if not (part.name and part.name in _names(wanted))]
    gone: list[P] = []
    for part in wanted:
        other = there.get(part.name)
        if other is None:
            gone.append(part)
        elif other != part:
            text = f"{table}: {_kind(part)} {part.name} is {_body(other)}"
            text += f", the contract wants {_body(part)}"
            yield Difference(table, part.name, text)
    for part in gone:
        twin = next((other for other in left if replace(other, name=part.name) == part), None)
        if twin is None:
            text = f"{table}: {_kind(part)} {part.name} is missing: {_body(part)}"
        else:
            left.remove(twin)
            text = f"{table}: {_kind(twin)} {_body(twin)} is named {twin.name or 'nothing'}"
            text += f", the contract names it {part.name}"
        yield Difference(table, part.name, text)
    for part in left:
        text = f"{table}: {_kind(part)} {part.name or 'without a name'} is there"
        text += f" ({_body(part)}), the contract has none such"
        yield Difference(table, part.name or None, text, _harmless(part))


def _harmless(part: Part) -> bool:
    return isinstance(part, Trigger) or (isinstance(part, TableIndex) and not part.unique)


def _names(parts: Sequence[P]) -> set[str]:
    return {part.name for part in parts}


_KINDS = {
    PrimaryKey: "the primary key",
    UniqueKey: "the unique constraint",
    ForeignKey: "the foreign key",
    CheckRule: "the check",
    TableIndex: "the index",
    Trigger: "the trigger",
}


def _kind(part: Part) -> str:
    if isinstance(part, TableIndex) and part.unique:
        return "the unique index"
    return _KINDS[type(part)]


def _body(part: Part) -> str:
    """What a constraint or index says, without its name."""
    text = _said(part)
    modifiers = "" if isinstance(part, Trigger) else part.modifiers
    return f"{text} {modifiers}" if modifiers else text


def _said(part: Part) -> str:
    match part:
        case PrimaryKey() | UniqueKey():
            return f"({', '.join(part.columns)})"
        case ForeignKey():
            target = f"{part.target} ({', '.join(part.target_columns)})"
            return f"({', '.join(part.columns)}) references {target} on delete {part.on_delete}"
        case CheckRule(expression=text):
            return text if text.startswith("(") and text.endswith(")") else f"({text})"
        case TableIndex():
            columns = ", ".join(
                f"{column.name} desc" if column.descending else column.name
                for column in part.columns
            )
            text = f"({columns}) by trigrams" if part.trigrams else f"({columns})"
            if part.include:
                text += f" with {', '.join(part.include)}"
            return text if part.where is None else f"{text} where {part.where}"
        case Trigger():
            return f"{part.timing.lower()}: {part.body}"
