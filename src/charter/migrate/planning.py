"""A plan: the migration that takes what the migrations so far make to what a contract wants."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from charter.contract.contract import Contract
from charter.migrate.changes import Changes, ColumnChange, TableChange
from charter.migrate.compare import compare
from charter.migrate.conversions import SAME, conversion
from charter.migrate.faults import (
    CHANGE_UNSUPPORTED,
    FILL_MISSING,
    FILL_UNFIT,
    MigrationFault,
)
from charter.migrate.folder import heads, state
from charter.migrate.migration import Change, Effects, Migration
from charter.migrate.objects import COLUMN, ObjectName, Objects, ObjectValue, Stored
from charter.migrate.renames import Answers, resolved
from charter.migrate.spelling import literal_of
from charter.migrate.steps.registry import BUILDERS
from charter.migrate.wanted import FOLD, NOW, Wanted, wanted
from charter.sql.dialect import Dialect
from charter.sql.dialects import dialect_named
from charter.sql.own.history import MIGRATIONS, RELEASES
from charter.sql.schema import Column

APART = frozenset({MIGRATIONS.name, RELEASES.name})
"""The tables of the history: there before the first migration."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said on the command line. `fills` are values by `TABLE.COLUMN`."""

    answers: Answers = field(default_factory=Answers)
    fills: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def planned(
    contract: Contract,
    so_far: Sequence[Migration],
    dialects: Sequence[str],
    name: str,
    said: Said,
    does: str = "",
) -> Migration | None:
    """The migration, after the last ones of those so far (in their order); None where nothing
    is to be done on any of the dialects. Raises MigrationFault."""
    changes = {
        dialect: change
        for dialect in dialects
        if (change := change_of(contract, state(so_far, dialect), dialect, said)) is not None
    }
    return Migration(name, heads(so_far), changes, does) if changes else None


def change_of(contract: Contract, before: Objects, dialect: str, said: Said) -> Change | None:
    """What has to be done on one dialect; None for nothing."""
    want = wanted(contract, dialect_named(dialect), APART)
    renames = resolved(before, want.objects, want.renames, said.answers)
    fills = {**_defaults(want), **dict(_given(want, dialect_named(dialect), said))}
    changes = compare(before, want.objects, renames, fills)
    _refuse_unsupported(changes, dialect)
    _refuse_unfilled(changes, dialect)
    _refuse_unused(changes, said)
    effects = _effects(before, want.objects)
    steps = BUILDERS[dialect](changes)
    return Change(effects, steps) if effects.touched or steps else None


def _effects(before: Objects, after: Objects) -> Effects:
    """All that is another, unless it is nothing but values that stand in for missing ones."""
    put = {name: value for name, value in after.items() if before.get(name) != value}
    removed = tuple(name for name in before if name not in after)
    if removed or any(_counts(before.get(name), value) for name, value in put.items()):
        return Effects(put, removed)
    return Effects()


def _counts(before: ObjectValue | None, after: ObjectValue) -> bool:
    if isinstance(before, Stored) and isinstance(after, Stored):
        return replace(before, stands_in=None) != replace(after, stands_in=None)
    return True


def _defaults(want: Wanted) -> dict[tuple[str, str], str]:
    """The contract's own defaults, where a row cannot be without a value."""
    return {
        place: literal
        for place, literal in want.defaults.items()
        if _required(want.objects, ObjectName(place[0], COLUMN, place[1]))
    }


def _required(objects: Objects, name: ObjectName) -> bool:
    column = objects.get(name)
    return isinstance(column, Column) and not column.nullable


def _given(want: Wanted, dialect: Dialect, said: Said) -> Iterator[tuple[tuple[str, str], str]]:
    for name, text in said.fills.items():
        table, _, column = name.rpartition(".")
        kind = want.types.get((table, column))
        if kind is None:
            message = f"--fill {name}: the contract has no such field (TABLE.COLUMN=VALUE)"
            raise MigrationFault(FILL_UNFIT, message)
        yield (table, column), literal_of(text, kind, f"--fill {name}", dialect)


def _each(changes: Changes) -> Iterator[tuple[TableChange, ColumnChange]]:
    for change in changes:
        if change.before is not None and change.after is not None:
            for column in change.columns:
                yield change, column


def _refuse_unsupported(changes: Changes, dialect: str) -> None:
    for change, item in _each(changes):
        key = change.before.key if change.before else None
        if item.before is None or key is None or item.before.name not in key.columns:
            continue
        kept = item.after is not None and conversion(item.before, item.after, dialect) is SAME
        if not kept:
            message = f"{change.name}.{item.before.name} is its key, and of another type now"
            raise MigrationFault(CHANGE_UNSUPPORTED, message)


def _refuse_unfilled(changes: Changes, dialect: str) -> None:
    """Columns that need a value for rows that exist, and have none."""
    missing = [
        f"{change.name}.{item.after.name}"
        for change, item in _each(changes)
        if item.after is not None and item.fill is None and _needs(item, dialect)
    ]
    if missing:
        spelt = " ".join(f"--fill {name}=VALUE" for name in missing)
        message = f"rows that exist have no value for {', '.join(missing)}: add {spelt}"
        raise MigrationFault(FILL_MISSING, message)


def _needs(item: ColumnChange, dialect: str) -> bool:
    after = item.after
    if after is None or after.column.nullable or after.column.identity:
        return False
    if after.column.generated is not None or after.column.default is not None:
        return False
    made = (after.stored.made if after.stored else None) or ""
    if made == NOW or made.startswith(FOLD):
        return False
    return item.before is None or conversion(item.before, after, dialect) is None


def _refuse_unused(changes: Changes, said: Said) -> None:
    used = {f"{change.name}.{item.after.name}" for change, item in _each(changes) if item.after}
    for name in said.fills:
        if name not in used:
            message = f"--fill {name}: the field is there, and nothing about it changes"
            raise MigrationFault(FILL_UNFIT, message)
