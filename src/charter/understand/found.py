"""What was found in a database: its schema, and what a schema does not say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from charter.sql.schema import Column, Schema, Table


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a sample, as text. `kind` is its storage class, where columns have none."""

    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class ColumnAbout:
    """What a column says beside its type.

    `base` is the type itself where the column's is a name for another one (a domain), `labels`
    are those of an enumeration, `checks` the conditions of a domain over `VALUE`.
    """

    comment: str = ""
    base: str = ""
    labels: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableAbout:
    """What a table says beside its columns. `rows` may be the database's own estimate.

    `part` is the table that this one is a partition of.
    """

    comment: str = ""
    rows: int | None = None
    exact: bool = False
    part: str = ""


NOTHING = ColumnAbout()
UNCOUNTED = TableAbout()
Columns = Mapping[tuple[str, str], ColumnAbout]
Sample = tuple[Value, ...]
"""Values of a column that are not null, of as many rows as were looked at."""


@dataclass(frozen=True, slots=True)
class Catalogued:
    """What the catalog of a database tells."""

    schema: Schema
    tables: Mapping[str, TableAbout]
    columns: Columns


@dataclass(frozen=True, slots=True)
class Found:
    """All that was found. `server` is the kind of database and its version, `place` what it is
    called. `on` is the day, as ISO 8601 has it. `made` are the tables
    that Charter has made for a contract."""

    dialect: str
    server: str
    place: str
    on: str
    catalogued: Catalogued
    samples: Mapping[tuple[str, str], Sample] = field(default_factory=lambda: MappingProxyType({}))
    made: frozenset[str] = frozenset()

    @property
    def schema(self) -> Schema:
        return self.catalogued.schema

    def about(self, table: Table) -> TableAbout:
        return self.catalogued.tables.get(table.name, UNCOUNTED)

    def about_column(self, table: Table, column: Column) -> ColumnAbout:
        return self.catalogued.columns.get((table.name, column.name), NOTHING)

    def sample(self, table: Table, column: Column) -> Sample:
        return self.samples.get((table.name, column.name), ())
