"""How two schemas differ, table by table: typed changes without any SQL."""

from dataclasses import dataclass

from charter.migrate.objects import Stored
from charter.sql.schema import (
    CheckRule,
    Column,
    ForeignKey,
    PrimaryKey,
    Table,
    TableIndex,
    Trigger,
    UniqueKey,
)

Part = PrimaryKey | UniqueKey | ForeignKey | CheckRule | TableIndex


@dataclass(frozen=True, slots=True)
class Held:
    """A column and what it stores (None where it is no field of a contract)."""

    column: Column
    stored: Stored | None = None

    @property
    def name(self) -> str:
        return self.column.name


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """A column that comes (no `before`), goes (no `after`), or is another than before.

    `fill` is a literal for rows that have no value.
    """

    before: Held | None
    after: Held | None
    fill: str | None = None


@dataclass(frozen=True, slots=True)
class PartChange:
    """A constraint or index that comes, goes, or is another than before under the same name.

    Where only its name is another, `renamed` holds.
    """

    before: Part | None
    after: Part | None
    renamed: bool = False


@dataclass(frozen=True, slots=True)
class TriggerChange:
    """A trigger that comes, goes, or does the same thing under another name or in other words."""

    before: Trigger | None
    after: Trigger | None


@dataclass(frozen=True, slots=True)
class TableChange:
    """A table that comes, goes, is renamed, or has other parts. Only what differs is listed."""

    before: Table | None
    after: Table | None
    columns: tuple[ColumnChange, ...] = ()
    parts: tuple[PartChange, ...] = ()
    triggers: tuple[TriggerChange, ...] = ()

    @property
    def name(self) -> str:
        """Its name as it is after the change, or was where it goes."""
        found = self.after or self.before
        return found.name if found else ""

    @property
    def renamed(self) -> bool:
        both = self.before is not None and self.after is not None
        return both and self.was != self.name

    @property
    def was(self) -> str:
        return self.before.name if self.before else self.name


Changes = tuple[TableChange, ...]
