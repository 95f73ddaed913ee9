"""The statements of a backfill: ranges of a key, and what is filled in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from charter.contract.types import TEXT
from charter.migrate.step import Batch, Fill, Maker
from charter.sql.dialect import Dialect
from charter.sql.fragment import (
    EMPTY,
    Fragment,
    checked,
    identifier,
    joined,
    listed,
    number,
    parameter,
    sql,
)
from charter.sql.sources import Codec, SlotValue
from charter.sql.statement import Statement

_MADE = {Maker.FOLD: TEXT}
"""The types of values that are made here."""


@dataclass(frozen=True, slots=True)
class Ranges:
    """The statements over one batch. Values are bound as a driver gave them: those of the lower
    end of a range first, which none but the first range is without, then those of its upper end,
    which the last one is without."""

    batch: Batch
    dialect: Dialect

    @property
    def width(self) -> int:
        return len(self.batch.key)

    @property
    def made(self) -> tuple[Fill, ...]:
        return tuple(item for item in self.batch.fills if item.maker is not None)

    @property
    def sources(self) -> tuple[str, ...]:
        """The expressions that values are made from."""
        return tuple(dict.fromkeys(item.source for item in self.made if item.source is not None))

    def upper(self, rows: int, *, lower: bool) -> Statement:
        """The key that ends a range of so many rows; no row where fewer are left."""
        fragment = sql(
            "SELECT {} FROM {} {} ORDER BY {} LIMIT 1 OFFSET {}",
            self._key(), self._table(), self._where(self._range(lower=lower, upper=False)),
            self._key(), number(rows - 1),
        )  # fmt: skip
        return self._statement(fragment, "range")

    def left(self) -> Statement:
        """A row where one is left that is not done."""
        fragment = sql("SELECT 1 FROM {} WHERE {} LIMIT 1", self._table(), self._undone())
        return self._statement(fragment, "left")

    def fill(self, *, lower: bool, upper: bool) -> Statement:
        """Fill the rows of a range by expressions alone."""
        sets = listed(
            sql("{} = {}", identifier(item.column), checked(item.sql or "NULL"))
            for item in self.batch.fills
        )
        test = self._undone_within(lower=lower, upper=upper)
        if not self.dialect.reads_what_it_writes:
            return self._statement(self._fill_joined(sets, test), "fill")
        if self.dialect.free_rows:
            test = sql("{} IN ({})", self._row(), self._free(EMPTY, test))
        fragment = sql("UPDATE {} SET {} WHERE {}", self._table(), sets, test)
        return self._statement(fragment, "fill")

    def _fill_joined(self, sets: Fragment, test: Fragment) -> Fragment:
        """The same where the rows are found apart: with a limit they are a table of their own."""
        table, free = self._table(), identifier("charter_free")
        names = [identifier(f"charter_{place}") for place in range(self.width)]
        keys = list(map(identifier, self.batch.key))
        shown = listed(sql("{} AS {}", key, name) for key, name in zip(keys, names, strict=True))
        rows = sql(
            "SELECT {} FROM {} WHERE {} LIMIT {}{}",
            shown, table, test, self.dialect.no_limit, checked(self.dialect.free_rows),
        )  # fmt: skip
        same = joined(
            " AND ",
            (
                sql("{}.{} = {}.{}", table, key, free, name)
                for key, name in zip(keys, names, strict=True)
            ),
        )
        return sql("UPDATE {} JOIN ({}) AS {} ON {} SET {}", table, rows, free, same, sets)

    def rows(self, *, lower: bool, upper: bool) -> Statement:
        """The keys of the rows of a range, each followed by what values are made from."""
        more = listed(map(checked, self.sources))
        test = self._undone_within(lower=lower, upper=upper)
        return self._statement(self._free(more, test), "rows")

    def fill_one(self) -> Statement:
        """Fill one row: the values that were made, then its key."""
        sets = []
        for item in self.batch.fills:
            value = checked(item.sql or "NULL")
            if item in self.made:
                value = parameter(SlotValue(self.made.index(item)))
            sets.append(sql("{} = {}", identifier(item.column), value))
        first = len(self.made)
        key = joined(
            " AND ",
            (
                sql("{} = {}", identifier(name), parameter(SlotValue(first + place)))
                for place, name in enumerate(self.batch.key)
            ),
        )
        fragment = sql("UPDATE {} SET {} WHERE {}", self._table(), listed(sets), key)
        return self._statement(fragment, "fill one")

    def encoders(self) -> Sequence[Codec | None]:
        """How each value that is made is bound."""
        return [self.dialect.encoder(_MADE[item.maker]) for item in self.made if item.maker]

    def _free(self, more: Fragment, test: Fragment) -> Fragment:
        """The rows that nobody else has: those come in the next round."""
        columns = joined(", ", (self._key(), more))
        fragment = sql("SELECT {} FROM {} WHERE {}", columns, self._table(), test)
        return sql("{}{}", fragment, checked(self.dialect.free_rows))

    def _undone_within(self, *, lower: bool, upper: bool) -> Fragment:
        return joined(" AND ", (self._range(lower=lower, upper=upper), self._undone()))

    def _undone(self) -> Fragment:
        return sql("({})", checked(self.batch.where))

    def _range(self, *, lower: bool, upper: bool) -> Fragment:
        above = sql("{} > {}", self._row(), self._values(0)) if lower else EMPTY
        first = self.width if lower else 0
        below = sql("{} <= {}", self._row(), self._values(first)) if upper else EMPTY
        return joined(" AND ", (above, below))

    def _where(self, test: Fragment) -> Fragment:
        return sql("WHERE {}", test) if test else EMPTY

    def _row(self) -> Fragment:
        return self._key() if self.width == 1 else sql("({})", self._key())

    def _values(self, first: int) -> Fragment:
        values = listed(parameter(SlotValue(first + place)) for place in range(self.width))
        return values if self.width == 1 else sql("({})", values)

    def _key(self) -> Fragment:
        return listed(map(identifier, self.batch.key))

    def _table(self) -> Fragment:
        return identifier(self.batch.table)

    def _statement(self, fragment: Fragment, what: str) -> Statement:
        return self.dialect.statement(fragment, f"backfill {self.batch.table}: {what}")
