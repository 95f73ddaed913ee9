"""A migration as a file: TOML that people read in a review, and that is verified when read."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import msgspec

from charter.migrate.faults import MIGRATION_CHANGED, MIGRATION_UNREADABLE, MigrationFault
from charter.migrate.migration import Change, Effects, Migration
from charter.migrate.objects import object_named, plain_object, read_object
from charter.migrate.step import Phase, Step, Work
from charter.migrate.toml import block, inline, key

SUFFIX = ".toml"
_HEAD = """\
# Made by `charter migrate plan`. Commit it as it is: `fingerprint` holds for all that stands here.
"""
_OWN = frozenset({"name", "fingerprint", "after", "does"})


def written(migration: Migration) -> str:
    """The text of the migration's file."""
    return "".join(_written(migration))


def _written(migration: Migration) -> Iterator[str]:
    yield f"{_HEAD}name = {inline(migration.name)}\n"
    yield f"fingerprint = {inline(migration.fingerprint)}\n"
    yield f"after = {inline(migration.after)}\n"
    if migration.does:
        yield f"does = {inline(migration.does)}\n"
    for dialect, change in migration.changes.items():
        yield f"\n[{key(dialect)}]\n"
        removed = "".join(f"    {inline(str(name))},\n" for name in change.effects.removed)
        yield f"removed = [\n{removed}]\n" if removed else "removed = []\n"
        yield f"\n[{key(dialect)}.put]\n"
        for name, value in change.effects.put.items():
            yield f"{key(str(name))} = {inline(plain_object(value))}\n"
        for step in change.steps:
            yield f"\n[[{key(dialect)}.steps]]\n"
            yield from _step(step)


_FIRST = ("name", "phase", "does", "table", "lock", "work")
_STATEMENTS = ("up", "down")
_BLOCKS = ("ran", "ran_down")
_DEFAULTS = asdict(Step("", Phase.EXPAND, "", (), (), "", Work.CATALOG, ""))


def _step(step: Step) -> Iterator[str]:
    members = asdict(step)
    for name in _FIRST:
        yield f"{name} = {inline(members.pop(name))}\n"
    for name in _STATEMENTS:
        yield f"{name} = {block(members.pop(name))}\n"
    for name, value in members.items():
        if value != _DEFAULTS[name]:
            shown = block if name in _BLOCKS else inline
            yield f"{name} = {shown(value)}\n"


def read(text: str, name: str) -> Migration:
    """The migration of a file with this text; `name` is the file's, without its ending.

    Raises MigrationFault where it cannot be read, or is not what was planned.
    """
    try:
        members = tomllib.loads(text)
        migration = _migration(members)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise MigrationFault(MIGRATION_UNREADABLE, f"{name}{SUFFIX}: {_said(error)}") from None
    if migration.name != name:
        message = f"{name}{SUFFIX} says that it is {migration.name!r}"
        raise MigrationFault(MIGRATION_CHANGED, message)
    if migration.fingerprint != members["fingerprint"]:
        message = f"{name}{SUFFIX}: the fingerprint of its content is {migration.fingerprint}"
        raise MigrationFault(MIGRATION_CHANGED, message)
    return migration


def _said(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def _migration(members: Mapping[str, Any]) -> Migration:
    return Migration(
        msgspec.convert(members["name"], str),
        msgspec.convert(members["after"], tuple[str, ...]),
        {dialect: _change(value) for dialect, value in members.items() if dialect not in _OWN},
        msgspec.convert(members.get("does", ""), str),
    )


def _change(members: Mapping[str, Any]) -> Change:
    named = {object_named(text): value for text, value in members["put"].items()}
    put = {name: read_object(name, value) for name, value in named.items()}
    removed = tuple(map(object_named, members["removed"]))
    steps = tuple(_read_step(item) for item in members.get("steps", ()))
    return Change(Effects(put, removed), steps)


def _read_step(members: Mapping[str, Any]) -> Step:
    unknown = sorted(members.keys() - _DEFAULTS.keys())
    if unknown:
        raise ValueError(f"a step has members that are not known: {', '.join(unknown)}")
    return msgspec.convert(members, Step)
