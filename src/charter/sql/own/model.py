"""How a table of Charter's own is declared: its schema and its statements are made from it."""

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from charter.contract.types import Type
from charter.sql.dialect import Dialect
from charter.sql.schema import (
    Column,
    ForeignKey,
    IndexedColumn,
    PrimaryKey,
    Table,
    TableIndex,
    UniqueKey,
)
from charter.sql.system import BYTES_TYPES, KEY_TEXT, TABLE_MODIFIERS


class Raw(Enum):
    """Kinds of column that no field of a contract has."""

    BYTES = "bytes"
    ACCOUNT = "account"
    """The key of an account."""


Kind = Type | Raw


@dataclass(frozen=True, slots=True)
class OwnColumn:
    """A column. A reference names a table of Charter's own by its name; its rows go with the row
    that they refer to. A column of kind ACCOUNT always refers to the accounts."""

    name: str
    kind: Kind
    nullable: bool = False
    references: str | None = None


@dataclass(frozen=True)
class OwnTable:
    """A table of Charter's own. `indexed` are single columns, beside those of key and uniques."""

    name: str
    columns: tuple[OwnColumn, ...]
    key: tuple[str, ...]
    uniques: tuple[str, ...] = ()
    indexed: tuple[str, ...] = ()

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        return {column.name: column.kind for column in self.columns}

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True, slots=True)
class Accounts:
    """Where the accounts are: the table of the contract's own resource, and its key."""

    table: str
    key: str
    type: Type


def built(own: OwnTable, dialect: Dialect, accounts: Accounts | None = None) -> Table:
    """The table as a database has it. `accounts` are needed where a column refers to them."""
    return Table(
        own.name,
        tuple(Column(c.name, _type(own, c, accounts, dialect), c.nullable) for c in own.columns),
        key=PrimaryKey(f"{own.name}_pkey", own.key),
        foreign_keys=tuple(
            ForeignKey(f"{own.name}_{c.name}_fkey", (c.name,), *target, "cascade")
            for c in own.columns
            if (target := _target(c, accounts)) is not None
        ),
        uniques=tuple(UniqueKey(f"{own.name}_{name}_key", (name,)) for name in own.uniques),
        indexes=tuple(
            TableIndex(f"{own.name}_{name}_idx", (IndexedColumn(name),)) for name in own.indexed
        ),
        modifiers=TABLE_MODIFIERS.get(dialect.name, ""),
    )


def _type(own: OwnTable, column: OwnColumn, accounts: Accounts | None, dialect: Dialect) -> str:
    indexed = {*own.key, *own.uniques, *own.indexed}
    match column.kind:
        case Raw.BYTES:
            return BYTES_TYPES[dialect.name]
        case Raw.ACCOUNT:
            kind = _given(accounts).type
            return dialect.indexed_type(kind, kind.max_length or KEY_TEXT)
        case Type() as kind if column.name in indexed or column.references is not None:
            return dialect.indexed_type(kind, KEY_TEXT)
        case Type() as kind:
            return dialect.column_type(kind)


def _target(column: OwnColumn, accounts: Accounts | None) -> tuple[str, tuple[str, ...]] | None:
    if column.kind is Raw.ACCOUNT:
        given = _given(accounts)
        return given.table, (given.key,)
    return None if column.references is None else (column.references, ("id",))


def _given(accounts: Accounts | None) -> Accounts:
    if accounts is None:
        raise ValueError("the table refers to accounts: say where they are")
    return accounts
