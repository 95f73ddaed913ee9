"""What builders of steps share: turning steps round, their order, and texts that all have."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from charter.migrate.changes import Held
from charter.migrate.step import Need, Phase, Step
from charter.sql.dialect import Dialect
from charter.sql.schema import Table

ROWS_OF = "rows of {} are lost"
_MIRRORED = {
    Phase.CONTRACT: Phase.EXPAND,
    Phase.BACKFILL: Phase.CONTRACT,
    Phase.EXPAND: Phase.CONTRACT,
}


def mirrored(steps: Iterable[Step]) -> list[Step]:
    """The same steps the other way round: what adds a thing, so that it drops it.

    What was done when no older release ran (it tightened) is undone first (it loosens).
    """
    return [_mirrored(step) for step in reversed(list(steps))]


_OPPOSITES = {
    "add": ("drop {}", "Drops the column {}."),
    "create": ("drop {}", "Drops the table {}."),
    "fill": ("fill {} back", "Nothing on the way up; going back, fills {} again."),
    "index": ("drop index {}", "Drops the index {}."),
    "unique": ("drop unique {}", "No longer holds {}."),
    "check": ("drop check {}", "No longer holds {}."),
    "refer": ("drop reference {}", "No longer holds {}."),
    "validate": ("validate {} back", "Nothing on the way up; going back, makes sure of {}."),
    "require": ("free {}", "Lets {} be empty."),
    "default": ("default for {}", "Gives {} a default, for releases that do not know it."),
    "keep": ("stop keeping {}", "Nothing keeps {} any more."),
    "watch": ("stop watching {}", "Nothing notices changes of {} any more."),
    "stop watching": ("watch {}", "Notices where a release changes {} without it."),
    "trigger": ("drop trigger {}", "Drops the trigger {}."),
    "number": ("stop numbering {}", "The database no longer numbers {}."),
}
"""By the first words of a step's name: the name of its mirrored one, and what that does."""


def _mirrored(step: Step) -> Step:
    verb = next(verb for verb in _OPPOSITES if step.name.startswith(f"{verb} "))
    name, does = (text.format(step.name[len(verb) + 1 :]) for text in _OPPOSITES[verb])
    return replace(
        step,
        name=name,
        does=does,
        phase=_MIRRORED[step.phase],
        up=step.down,
        down=step.up,
        lock=step.lock_down,
        lock_down=step.lock,
        work=step.work_down,
        work_down=step.work,
        loses=step.loses_down,
        loses_down=step.loses,
        batch=step.batch_down,
        batch_down=step.batch,
        needs=step.needs_down,
        needs_down=step.needs,
        ran=step.ran_down,
        ran_down=step.ran,
    )


def in_phases(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps phase by phase, otherwise in their order, with names that are unique."""
    order = list(Phase)
    names: set[str] = set()
    found = []
    for step in sorted(steps, key=lambda step: order.index(step.phase)):
        name, count = step.name, 1
        while name in names:
            count += 1
            name = f"{step.name} ({count})"
        names.add(name)
        found.append(replace(step, name=name))
    return tuple(found)


def listed(columns: Iterable[str], dialect: Dialect) -> str:
    return ", ".join(map(dialect.quote, columns))


def count_where(table: str, condition: str, says: str, dialect: Dialect) -> Need:
    """That no row of a table is as the condition says."""
    query = f"SELECT count(*) FROM {dialect.quote(table)} WHERE {condition}"  # noqa: S608
    return Need(query, f"rows of {table} {says}")


def doubles(table: str, columns: Sequence[str], dialect: Dialect, rows: str | None = None) -> Need:
    """That no two rows of a table have the same values; `rows` is what to look at instead."""
    names = listed(columns, dialect)
    present = " AND ".join(f"{dialect.quote(name)} IS NOT NULL" for name in columns)
    query = (
        f"SELECT count(*) FROM (SELECT 1 FROM {rows or dialect.quote(table)}"  # noqa: S608
        f" WHERE {present} GROUP BY {names} HAVING count(*) > 1) AS doubled"
    )
    return Need(query, f"values of {table} ({', '.join(columns)}) stand in several rows")


def fits_filled(table: Table, column: str, value: str, dialect: Dialect) -> tuple[Need, ...]:
    """That no rule of a table is broken once rows without a value in a column have this one."""
    quote = dialect.quote
    shown = ", ".join(
        f"coalesce({quote(name)}, {value}) AS {quote(name)}" if name == column else quote(name)
        for name in (item.name for item in table.columns)
    )
    rows = f"(SELECT {shown} FROM {quote(table.name)}) AS filled"  # noqa: S608
    found = []
    for check in table.checks:
        query = f"SELECT count(*) FROM {rows} WHERE NOT ({check.expression})"  # noqa: S608
        found.append(Need(query, f"rows of {table.name} would not fit {check.name}"))
    for unique in table.uniques:
        if column in unique.columns:
            found.append(doubles(table.name, unique.columns, dialect, rows))
    return tuple(found)


def strays(
    table: str, columns: Sequence[str], target: str, keys: Sequence[str], dialect: Dialect
) -> Need:
    """That every reference of a table leads to a row."""
    one, other = dialect.quote(table), dialect.quote(target)
    present = " AND ".join(f"near.{dialect.quote(name)} IS NOT NULL" for name in columns)
    same = " AND ".join(
        f"far.{dialect.quote(key)} = near.{dialect.quote(name)}"
        for name, key in zip(columns, keys, strict=True)
    )
    query = (
        f"SELECT count(*) FROM {one} AS near WHERE {present}"  # noqa: S608
        f" AND NOT EXISTS (SELECT 1 FROM {other} AS far WHERE {same})"
    )
    return Need(query, f"rows of {table} refer by {', '.join(columns)} to no row of {target}")


def more_than(table: str, rows: int, why: str, dialect: Dialect) -> Need:
    """That a table has no more rows than so many."""
    some = f"SELECT 1 FROM {dialect.quote(table)} LIMIT 1 OFFSET {rows}"  # noqa: S608
    return Need(f"SELECT count(*) FROM ({some}) AS rest", f"rows of {table} {why}")  # noqa: S608


def fold_source(held: Held) -> str | None:
    """The column that this one holds the folded form of."""
    made = held.stored.made if held.stored else None
    return made.removeprefix("fold ") if made and made.startswith("fold ") else None
