"""What the steps that two releases survive are made of, on each kind of server."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from charter.migrate.changes import Changes, ColumnChange, Held, Part, TableChange
from charter.migrate.conversions import Conversion, conversion
from charter.migrate.step import Phase, Step
from charter.migrate.steps.letting import Bracket, Standing
from charter.sql.dialect import Dialect
from charter.sql.naming import bounded
from charter.sql.schema import Column, Table, Trigger


@dataclass(frozen=True, slots=True)
class Names:
    """What a column is called while both releases run, and after the swap."""

    early: str
    late: str


@dataclass(frozen=True, slots=True)
class Ways:
    """How the value of one column becomes that of another, and back."""

    forward: Conversion
    back: Conversion


@dataclass(frozen=True, slots=True)
class Pair:
    """A column as it was and as it is to be, on a table that has its new name already."""

    table: Table
    before: Held
    after: Held
    fill: str | None
    dialect: str
    second: bool = False
    """Whether another column takes the place of the first, under the same name."""

    @property
    def keeps_name(self) -> bool:
        return self.before.name == self.after.name

    @property
    def next(self) -> Names:
        """The new column."""
        name = self.after.name
        return Names(next_name(name) if self.keeps_name else name, name)

    @property
    def last(self) -> Names:
        """The old column, as somebody sees it who comes from the end: `early` is what it is
        called after the swap."""
        name = self.before.name
        return Names(last_name(name) if self.keeps_name else name, name)

    @property
    def forward(self) -> Conversion | None:
        return conversion(self.before, self.after, self.dialect)

    @property
    def back(self) -> Conversion | None:
        return conversion(self.after, self.before, self.dialect)


def next_name(name: str) -> str:
    """What takes the place of something is called so until it has the name."""
    return bounded(f"{name}_next")


def last_name(name: str) -> str:
    """What has lost its place to another is called so."""
    return bounded(f"{name}_prev")


@dataclass(frozen=True, slots=True)
class Twins:
    """Two columns that hold one value: whichever is written, the other follows. What sees to it
    is called by the label, whatever the columns are called."""

    table: Table
    old: str
    new: str
    ways: Ways
    label: str

    @property
    def says(self) -> str:
        return (
            f"Keeps {self.old} and {self.new} of {self.table.name} in step, whichever is written."
        )


@dataclass(frozen=True, slots=True)
class Swap:
    """Two columns that swap their names once both are filled; what keeps them in step before and
    after, where they are."""

    pair: Pair
    early: Twins | None = None
    late: Twins | None = None


@dataclass(slots=True)
class Grown:
    """Steps of one table's columns: those that add, those that swap names, and those that would
    add what goes, were it the other way round. `first` run before anything is renamed."""

    first: list[Step] = field(default_factory=list)
    adds: list[Step] = field(default_factory=list)
    swaps: list[Swap] = field(default_factory=list)
    returns: list[Step] = field(default_factory=list)
    derived: list[Step] = field(default_factory=list)
    """Those that add what is worked out of other columns, once these are there."""
    derived_returns: list[Step] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sides:
    """A table that stays. `seconds` are columns that another column takes the place of, under the
    same name."""

    change: TableChange
    before: Table
    after: Table
    seconds: frozenset[str]


Placed = tuple[Part, Phase]
"""A constraint or index, and when it may come."""


class Kit(Protocol):
    """How one kind of server does what the builder asks for. All that adds a thing can drop it
    the other way round (`building.mirrored`)."""

    @property
    def dialect(self) -> Dialect: ...

    @property
    def renames_keys(self) -> bool:
        """Whether columns of a key can have another name in a view, and so before older releases
        have ended."""

    @property
    def trusts_triggers(self) -> bool:
        """Whether a column that cannot be empty can be left out by whoever writes, where a
        trigger sees to it."""

    @property
    def leans(self) -> bool:
        """Whether a reference leans on an index, which cannot go before it does."""

    # -- tables ----------------------------------------------------------------------------
    def begin(self, changes: Changes) -> list[Step]:
        """What has to be there before all else."""

    def create(self, table: Table) -> Step:
        """A table without its references."""

    def rename(self, before: Table, after: Table, keys: dict[str, str], *, view: bool) -> Step:
        """Another name for a table, for columns of its key, or for both. With a `view` the table
        has its name of before as well."""

    def view_goes(self, sides: Sides, keys: dict[str, str]) -> Step:
        """The name of before goes."""

    # -- columns ---------------------------------------------------------------------------
    def bare(self, table: Table, held: Held, name: str, does: str) -> Step:
        """A column that may be empty."""

    def comes(self, table: Table, held: Held, names: Names, fill: str | None) -> list[Step]:
        """A column with the values that rows get which have none."""

    def keep(self, name: str, twins: Twins) -> Step:
        """Keeps two columns in step; the step has this name."""

    def watch(self, table: Table, column: str, source: str) -> Step:
        """A folded text that is emptied where its text is changed without it."""

    def differ(self, one: str, other: str) -> str:
        """The condition that two expressions are not the same; nothing is the same as nothing."""

    def required(self, table: Table, column: Column, name: str, phase: Phase) -> list[Step]:
        """A column, under this name, that is never null from now on."""

    def numbered(self, table: Table, column: Column) -> Step:
        """A key that the database numbers from now on."""

    def widens(self, before: Held, after: Held) -> bool:
        """Whether the type can become another one where the column is."""

    def widened(self, pair: Pair, was: Table, back: Conversion) -> list[Step]:
        """That, on the table that has its name of before."""

    def swaps(self, sides: Sides, found: Sequence[Swap]) -> list[Step]:
        """All swaps of a table."""

    def derived(self, item: ColumnChange, sides: Sides, grown: Grown) -> None:
        """A column that the database works out, before or after."""

    # -- constraints, indexes and triggers ---------------------------------------------------
    def order(self, part: Part) -> int:
        """Parts that lean on others come after those."""

    def apart(self, part: Part, sides: Sides) -> bool:
        """Whether a part is seen to with the swaps."""

    def added(self, table: Table, parts: Sequence[Placed]) -> list[Step]:
        """Parts of a table that others use."""

    def renamed_parts(
        self, table: Table, pairs: Iterable[tuple[Part, str, str]], phase: Phase
    ) -> list[Step]:
        """Parts that get another name (part, old, new)."""

    def trigger(self, trigger: Trigger, table: Table, phase: Phase) -> Step:
        """A trigger that the contract asks for."""

    def another_trigger(self, old: Trigger, new: Trigger, table: Table) -> Step:
        """One in the place of another, without a moment in which none holds."""

    def letting(self, guarded: Standing, sides: Mapping[str, Sides]) -> Bracket:
        """Makes the steps around fills of guarded tables."""
