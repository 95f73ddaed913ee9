"""The relational schema of a contract, as one database stores it: frozen values, no SQL run.

Types, defaults and conditions are texts of that database. What a catalog gives spells them in
its own way, so a schema that was read is compared with a schema that was read (`catalog`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `type` includes the collation where that is not the database's own."""

    name: str
    type: str
    nullable: bool = False
    default: str | None = None
    identity: bool = False
    """The database numbers the rows."""
    generated: str | None = None
    """The expression that the database works it out by whenever the row is written."""


@dataclass(frozen=True, slots=True)
class PrimaryKey:
    name: str
    columns: tuple[str, ...]
    modifiers: str = ""


@dataclass(frozen=True, slots=True)
class UniqueKey:
    """No two rows have the same values; rows with a null among them never count as the same."""

    name: str
    columns: tuple[str, ...]
    modifiers: str = ""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A reference. `on_delete` is an action in the words of SQL, lower case."""

    name: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    on_delete: str = "no action"
    modifiers: str = ""


@dataclass(frozen=True, slots=True)
class CheckRule:
    """A condition on one row. A field's own rule has that field in `columns`.

    `rule` is the name of the contract's check that it holds, None for a field's bounds.
    """

    name: str
    expression: str
    modifiers: str = ""
    columns: tuple[str, ...] = field(default=(), compare=False)
    rule: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class IndexedColumn:
    """A column of an index, or the text of an expression."""

    name: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class TableIndex:
    """An index that is not the work of a key. `where` makes it partial; it carries the columns
    of `include` along without being sorted by them."""

    name: str
    columns: tuple[IndexedColumn, ...]
    where: str | None = None
    unique: bool = False
    modifiers: str = ""
    include: tuple[str, ...] = ()
    trigrams: bool = False
    """It finds parts of texts (PostgreSQL's pg_trgm, in a GIN index)."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """What the database does by itself when rows change. `timing` is as `BEFORE UPDATE`, `body`
    what it does, in the words that databases keep as they were given."""

    name: str
    timing: str
    body: str


Constraint = PrimaryKey | UniqueKey | ForeignKey | CheckRule


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `modifiers` of it and its parts say what is unusual, in the database's words."""

    name: str
    columns: tuple[Column, ...]
    key: PrimaryKey | None = None
    foreign_keys: tuple[ForeignKey, ...] = ()
    uniques: tuple[UniqueKey, ...] = ()
    checks: tuple[CheckRule, ...] = ()
    indexes: tuple[TableIndex, ...] = ()
    modifiers: str = ""
    triggers: tuple[Trigger, ...] = ()

    @property
    def constraints(self) -> tuple[Constraint, ...]:
        key = () if self.key is None else (self.key,)
        return (*key, *self.foreign_keys, *self.uniques, *self.checks)


@dataclass(frozen=True)
class Schema:
    """All tables of a contract, or of a database."""

    tables: tuple[Table, ...]

    @property
    def spelt(self) -> "Schema":
        """Without what has one spelling only: triggers, and indexes by trigrams."""
        return Schema(
            tuple(
                replace(
                    table,
                    triggers=(),
                    indexes=tuple(index for index in table.indexes if not index.trigrams),
                )
                for table in self.tables
            )
        )

    def completed(self, other: "Schema") -> "Schema":
        """These tables, with what `spelt` left out of another schema's."""
        there = other.table_named
        return Schema(
            tuple(
                replace(
                    table,
                    triggers=there[table.name].triggers,
                    indexes=table.indexes
                    + tuple(index for index in there[table.name].indexes if index.trigrams),
                )
                for table in self.tables
            )
        )

    @cached_property
    def table_named(self) -> Mapping[str, Table]:
        return {table.name: table for table in self.tables}

    @cached_property
    def constraint_named(self) -> Mapping[str, tuple[Table, Constraint]]:
        """Each constraint, with its table, by its name (in a contract's schema names are one's
        own): from what a violated constraint is called to the fields that it is about."""
        return {part.name: (table, part) for table in self.tables for part in table.constraints}
