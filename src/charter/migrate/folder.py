"""All migrations of a project: their order, the last ones, and the state that they lead to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import combinations
from pathlib import Path

from charter.migrate.faults import (
    MIGRATION_CIRCLE,
    MIGRATION_MISSING,
    MIGRATION_UNREADABLE,
    MIGRATIONS_CONFLICT,
    MigrationFault,
)
from charter.migrate.file import SUFFIX, read
from charter.migrate.migration import Change, Migration
from charter.migrate.objects import TABLE, ObjectName, ObjectValue
from charter.migrate.step import Work

FOLDER = "migrations"
"""The name of the folder beside the contract."""
_WHOLE = frozenset({"sqlite"})
"""Dialects that change a table by writing it anew as it is to be, with all of its parts."""


def read_folder(folder: Path) -> tuple[Migration, ...]:
    """All migrations of a folder, in the order in which they are applied.

    None where there is no such folder. Raises MigrationFault.
    """
    return ordered(_read(path) for path in sorted(folder.glob(f"*{SUFFIX}")))


def _read(path: Path) -> Migration:
    try:
        return read(path.read_text(encoding="utf-8"), path.stem)
    except (OSError, UnicodeDecodeError) as error:
        raise MigrationFault(MIGRATION_UNREADABLE, f"{path.name}: {error}") from None


def ordered(migrations: Iterable[Migration]) -> tuple[Migration, ...]:
    """The migrations, each behind those that it comes after; by name where both ways are right.

    Raises MigrationFault where there is no such order, or two that do not know of each other
    change one thing.
    """
    named = {migration.name: migration for migration in migrations}
    for migration in named.values():
        for before in migration.after:
            if before not in named:
                message = f"{migration.name} comes after {before}, which is not there"
                raise MigrationFault(MIGRATION_MISSING, message)
    sorter = TopologicalSorter({name: found.after for name, found in named.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        circle = " after ".join(error.args[1])
        raise MigrationFault(MIGRATION_CIRCLE, circle) from None
    order: list[Migration] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += (named[name] for name in ready)
        sorter.done(*ready)
    _refuse_conflicts(order)
    return tuple(order)


def heads(migrations: Sequence[Migration]) -> tuple[str, ...]:
    """The names of those that nothing comes after."""
    followed = {name for migration in migrations for name in migration.after}
    return tuple(sorted(item.name for item in migrations if item.name not in followed))


def state(migrations: Iterable[Migration], dialect: str) -> dict[ObjectName, ObjectValue]:
    """The objects of a database on which the migrations, in this order, were applied."""
    found: dict[ObjectName, ObjectValue] = {}
    for migration in migrations:
        change = migration.changes.get(dialect)
        if change is not None:
            for name in change.effects.removed:
                found.pop(name, None)
            found.update(change.effects.put)
    return found


def _refuse_conflicts(order: Sequence[Migration]) -> None:
    before = _before(order)
    for first, second in combinations(order, 2):
        if first.name not in before[second.name]:
            for dialect in first.changes.keys() & second.changes.keys():
                _refuse_conflict(first, second, dialect)


def _before(order: Sequence[Migration]) -> Mapping[str, frozenset[str]]:
    """For each migration all those that come before it, however far."""
    found: dict[str, frozenset[str]] = {}
    for migration in order:
        found[migration.name] = frozenset(migration.after).union(
            *(found[name] for name in migration.after)
        )
    return found


def _refuse_conflict(first: Migration, second: Migration, dialect: str) -> None:
    one, other = first.changes[dialect], second.changes[dialect]
    for name in (*_meeting(one, other, dialect), *_meeting(other, one, dialect)):
        message = f"{first.name} and {second.name} both change {name} ({dialect})"
        raise MigrationFault(MIGRATIONS_CONFLICT, message)


def _meeting(one: Change, other: Change, dialect: str) -> Iterator[str]:
    """What both change: an object, or parts of a table that one of them drops or writes anew."""
    yield from sorted(str(name) for name in one.effects.touched & other.effects.touched)
    whole = {name.table for name in one.effects.removed if name.kind == TABLE}
    if dialect in _WHOLE:
        whole |= {step.table for step in one.steps if step.work is Work.REWRITE}
    yield from sorted(whole & {name.table for name in other.effects.touched})
