"""Where a database stands: each migration, each release, and what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from charter.migrate import history
from charter.migrate.migration import Migration
from charter.migrate.releases import releases
from charter.migrate.turn import Target, looking
from charter.sql.own.history import MIGRATIONS, RELEASES, Entry, Release, State
from charter.store.schema import found_schema


class Standing(StrEnum):
    """How a migration stands, in the words that people read."""

    APPLIED = "applied"
    WAITING = "waits for older releases to end"
    UNDER_WAY = "under way"
    REVERTING = "being rolled back"
    PENDING = "pending"
    CHANGED = "changed since it was applied"
    UNKNOWN = "applied, its file is missing"


_STANDINGS = {
    State.APPLIED: Standing.APPLIED,
    State.EXPANDED: Standing.WAITING,
    State.EXPANDING: Standing.UNDER_WAY,
    State.CONTRACTING: Standing.UNDER_WAY,
    State.REVERTING: Standing.REVERTING,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One migration. Its entry in the history is None where it was never begun, its number of
    steps where it is not in the folder."""

    name: str
    standing: Standing
    entry: Entry | None
    steps: int | None


@dataclass(frozen=True, slots=True)
class Status:
    """All migrations, and all releases that have said that they are there."""

    lines: tuple[Line, ...]
    releases: tuple[Release, ...]

    @property
    def settled(self) -> bool:
        """Whether everything is applied, and is what was applied."""
        return all(line.standing is Standing.APPLIED for line in self.lines)


async def status(target: Target, migrations: Sequence[Migration]) -> Status:
    """Where a database stands. It changes nothing. Raises StoreError."""
    async with looking(target) as session:
        dialect = target.dialect
        there = (await found_schema(dialect, session.fetch)).table_named
        known = MIGRATIONS.name in there
        entries = await history.entries(session, dialect) if known else ()
        alive = await releases(session, dialect) if RELEASES.name in there else ()
    return Status(lines(entries, migrations, dialect.name), alive)


def lines(
    entries: Sequence[Entry], migrations: Sequence[Migration], dialect: str
) -> tuple[Line, ...]:
    """All migrations: those of the history in its order, then those that are pending."""
    named = {item.name: item for item in migrations}
    noted = {entry.name for entry in entries}
    found = [_noted(entry, named.get(entry.name), dialect) for entry in entries]
    pending = [
        Line(item.name, Standing.PENDING, None, _steps(item, dialect))
        for item in migrations
        if item.name not in noted
    ]
    return (*found, *pending)


def _noted(entry: Entry, migration: Migration | None, dialect: str) -> Line:
    if migration is None:
        return Line(entry.name, Standing.UNKNOWN, entry, None)
    standing = _STANDINGS[entry.state]
    if migration.fingerprint != entry.fingerprint:
        standing = Standing.CHANGED
    return Line(entry.name, standing, entry, _steps(migration, dialect))


def _steps(migration: Migration, dialect: str) -> int:
    change = migration.changes.get(dialect)
    return 0 if change is None else len(change.steps)
