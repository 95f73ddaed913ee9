"""The history of migrations, and the releases that run: their tables, and what rows of them say.

A migration takes a database from the schema with one fingerprint to that with another. Between
the two a database serves releases of either side; which ones, `accepted` says.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from charter.contract.types import DATETIME, INTEGER, TEXT
from charter.sql.dialect import Dialect
from charter.sql.own.model import OwnColumn, OwnTable, built
from charter.sql.own.query import Query, change, every, insert, remove
from charter.sql.schema import Schema, Table

MIGRATIONS = OwnTable(
    "charter_migrations",
    (
        OwnColumn("name", TEXT),
        OwnColumn("fingerprint", TEXT),
        OwnColumn("number", INTEGER),
        OwnColumn("state", TEXT),
        OwnColumn("done", INTEGER),
        OwnColumn("step", TEXT, nullable=True),
        OwnColumn("reached", TEXT, nullable=True),
        OwnColumn("schema_before", TEXT),
        OwnColumn("schema_after", TEXT),
        OwnColumn("touches", TEXT),
        OwnColumn("allowed", TEXT),
        OwnColumn("began_at", DATETIME),
        OwnColumn("changed_at", DATETIME),
        OwnColumn("author", TEXT),
    ),
    key=("name",),
)
"""`number` is the order in which they came here, `done` how many steps are done, `step` the one
that is under way and `reached` the last key of its batches, as JSON. `touches` is a JSON array of
the tables that may differ from either schema while the migration is under way, `allowed` one of
the steps that were named on the command line."""

RELEASES = OwnTable(
    "charter_releases",
    (
        OwnColumn("id", TEXT),
        OwnColumn("name", TEXT),
        OwnColumn("schema_used", TEXT),
        OwnColumn("uses", TEXT),
        OwnColumn("beat", INTEGER),
        OwnColumn("started_at", DATETIME),
        OwnColumn("seen_at", DATETIME),
    ),
    key=("id",),
)
"""The processes that serve. `uses` is a JSON object of their tables with the columns of each;
`beat` counts up while a process lives, so that nobody has to compare clocks."""

BEAT_SECONDS = 5.0
"""How often a process that serves says that it is there."""
HISTORY_TABLES = (MIGRATIONS, RELEASES)
HISTORY_NAMES = tuple(table.name for table in HISTORY_TABLES)


class State(StrEnum):
    """How far a migration is."""

    EXPANDING = "expanding"
    EXPANDED = "expanded"
    """Releases of either side can run. What takes something away waits for the older ones."""
    CONTRACTING = "contracting"
    APPLIED = "applied"
    REVERTING = "reverting"


@dataclass(frozen=True, slots=True)
class Noted:
    """What a release knows of a migration in its folder."""

    name: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the history, in the order of its columns."""

    name: str
    fingerprint: str
    number: int
    state: State
    done: int
    step: str | None
    reached: str | None
    before: str
    after: str
    touches: frozenset[str]
    allowed: frozenset[str]
    began_at: datetime
    changed_at: datetime
    author: str

    @classmethod
    def read(cls, values: Sequence[Any]) -> "Entry":
        """An entry from the typed values of a row."""
        name, fingerprint, number, state, done, step, reached, before, after, *rest = values
        touches, allowed, began_at, changed_at, author = rest
        return cls(
            name, fingerprint, number, State(state), done, step, reached, before, after,
            frozenset(json.loads(touches)), frozenset(json.loads(allowed)),
            began_at, changed_at, author,
        )  # fmt: skip

    def values(self) -> tuple[Any, ...]:
        """The values of its row."""
        return (
            self.name, self.fingerprint, self.number, self.state.value, self.done, self.step,
            self.reached, self.before, self.after, json.dumps(sorted(self.touches)),
            json.dumps(sorted(self.allowed)), self.began_at, self.changed_at, self.author,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Release:
    """One row of the releases. `uses` has the columns of each table that it reads and writes."""

    id: str
    name: str
    schema: str
    uses: Mapping[str, frozenset[str]]
    beat: int
    started_at: datetime
    seen_at: datetime

    @classmethod
    def read(cls, values: Sequence[Any]) -> "Release":
        """A release from the typed values of a row."""
        key, name, schema, uses, beat, started_at, seen_at = values
        used = {table: frozenset(columns) for table, columns in json.loads(uses).items()}
        return cls(key, name, schema, used, beat, started_at, seen_at)

    def values(self) -> tuple[Any, ...]:
        """The values of its row."""
        uses = {table: sorted(columns) for table, columns in sorted(self.uses.items())}
        return (
            self.id, self.name, self.schema, json.dumps(uses), self.beat,
            self.started_at, self.seen_at,
        )  # fmt: skip


def history_tables(dialect: Dialect) -> tuple[Table, ...]:
    """Both tables as a database has them."""
    return tuple(built(table, dialect) for table in HISTORY_TABLES)


def fingerprint_of(schema: Schema) -> str:
    """What tells two schemas of one dialect apart, whatever the order of their parts.

    The order of columns does not count: a column that was added later stands at the end. The
    tables of this module do not count: they come before all else.
    """
    parts = sorted(part for table in without_history(schema).tables for part in _parts(table))
    return sha256("\n".join(parts).encode()).hexdigest()


def _parts(table: Table) -> Iterator[str]:
    yield f"{table.name} {table.modifiers}"
    for part in (*table.columns, *table.constraints, *table.indexes):
        # What is as usual is left out, so that a new kind of fact about a part changes nothing.
        said = {
            item.name: value
            for item in fields(part)
            if item.compare and (value := getattr(part, item.name)) != item.default
        }
        yield f"{table.name} {type(part).__name__} {sorted(said.items())}"


def without_history(schema: Schema) -> Schema:
    """The schema without the tables of this module: they are made before any other."""
    return Schema(tuple(table for table in schema.tables if table.name not in HISTORY_NAMES))


def uses_of(schema: Schema) -> dict[str, frozenset[str]]:
    """The columns of each table, as a release tells them."""
    return {t.name: frozenset(column.name for column in t.columns) for t in schema.tables}


def accepted(entries: Collection[Entry]) -> frozenset[str]:
    """The fingerprints of the schemas whose releases this database serves.

    Only the last migration can be under way: until it is expanded releases of the schema before
    it are served, then those of both, and those of the one after it from when it contracts.
    """
    if not entries:
        return frozenset()
    last = max(entries, key=lambda entry: entry.number)
    match last.state:
        case State.EXPANDING | State.REVERTING:
            return frozenset({last.before})
        case State.EXPANDED:
            return frozenset({last.before, last.after})
        case State.CONTRACTING | State.APPLIED:
            return frozenset({last.after})


def entries(dialect: Dialect) -> Query:
    """All entries of the history."""
    return every(dialect, MIGRATIONS)


def releases(dialect: Dialect) -> Query:
    """All releases that have said that they are there."""
    return every(dialect, RELEASES)


def note_entry(dialect: Dialect) -> Query:
    """A new entry, with the values of `Entry.values`."""
    return insert(dialect, MIGRATIONS)


def change_entry(dialect: Dialect) -> Query:
    """An entry anew: the values of `Entry.values`, then its name."""
    return change(dialect, MIGRATIONS, MIGRATIONS.names, ("name",))


def remove_entry(dialect: Dialect) -> Query:
    """Forget a migration, by its name."""
    return remove(dialect, MIGRATIONS, ("name",))


def note_release(dialect: Dialect) -> Query:
    """A new release, with the values of `Release.values`."""
    return insert(dialect, RELEASES)


def note_beat(dialect: Dialect) -> Query:
    """A release is there still: its beat, the time, and its id. Gives its id where it is known."""
    return change(dialect, RELEASES, ("beat", "seen_at"), ("id",), None, ("id",))


def noted(migrations: Sequence[Noted], schema: str, now: datetime, author: str) -> list[Entry]:
    """Entries that say of migrations that they are all there: the database was made with this
    schema."""
    nothing: frozenset[str] = frozenset()
    return [
        Entry(
            item.name, item.fingerprint, number, State.APPLIED, 0, None, None, "", schema,
            nothing, nothing, now, now, author,
        )
        for number, item in enumerate(migrations, 1)
    ]  # fmt: skip


def remove_release(dialect: Dialect) -> Query:
    """A release has ended, or is dead: its id."""
    return remove(dialect, RELEASES, ("id",))
