"""Renames: those that were declared or given, and those that have to be asked for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from charter.migrate.faults import RENAME_UNCLEAR, RENAME_UNKNOWN, MigrationFault
from charter.migrate.objects import COLUMN, STORED, TABLE, ObjectName, Objects, Stored
from charter.sql.names import FOLDED
from charter.sql.schema import Column

_EVERYWHERE = frozenset({"id", "created_at", "updated_at", "version"})


@dataclass(frozen=True, slots=True)
class Renames:
    """Old names by new ones. Columns are named by their table as it is now, and their name."""

    tables: Mapping[str, str]
    columns: Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Answers:
    """What was said on the command line: `OLD=NEW` for a table, `TABLE.OLD=NEW` for a column;
    and what is no rename, by the old name: `TABLE` or `TABLE.COLUMN`."""

    renames: tuple[str, ...] = ()
    drops: frozenset[str] = frozenset()


def resolved(before: Objects, after: Objects, declared: Renames, answers: Answers) -> Renames:
    """The renames that are still to be made.

    Declared ones whose old name is gone, or is one that is wanted, say nothing any more. Raises
    MigrationFault where one that was given names what is not there, or where something that goes
    and something that comes could be the same and nobody has said.
    """
    given = _given(answers.renames, declared)
    tables = {
        new: old for new, old in given.tables.items() if _possible(before, after, (old,), (new,))
    }
    columns: dict[tuple[str, str], str] = {}
    for (table, new), old in given.columns.items():
        was = tables.get(table, table)
        if _possible(before, after, (was, old), (table, new)):
            columns[table, new] = old
    _refuse_unknown(answers.renames, tables, columns)
    columns.update(_folded(before, after, tables, columns))
    found = Renames(tables, columns)
    questions = [
        *_table_questions(before, after, found, answers.drops),
        *_column_questions(before, after, found, answers.drops),
    ]
    if questions:
        raise MigrationFault(RENAME_UNCLEAR, "\n".join(questions))
    return found


def _given(texts: Iterable[str], declared: Renames) -> Renames:
    tables, columns = dict(declared.tables), dict(declared.columns)
    for text in texts:
        table, old, new = _read(text)
        if old:
            columns[table, new] = old
        else:
            tables[new] = table
    return Renames(tables, columns)


def _read(text: str) -> tuple[str, str, str]:
    """Table, old column (empty for a table) and new name."""
    left, equals, new = text.partition("=")
    table, _, old = left.rpartition(".") if "." in left else (left, "", "")
    if not (equals and table and new) or "." in new:
        message = f"{text!r} is neither TABLE.OLD=NEW nor OLD=NEW"
        raise MigrationFault(RENAME_UNKNOWN, message)
    return table, old, new


def _possible(before: Objects, after: Objects, old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    """Whether the old name is there and not wanted, and the new one wanted and not there."""
    was, now = _object(*old), _object(*new)
    if was not in before or now not in after:
        return False
    if len(old) == 1:
        return was not in after and now not in before
    here, there = _object(new[0], old[1]), _object(old[0], new[1])
    return here not in after and there not in before


def _object(table: str, column: str | None = None) -> ObjectName:
    return ObjectName(table, TABLE) if column is None else ObjectName(table, COLUMN, column)


def _refuse_unknown(
    texts: Iterable[str],
    tables: Mapping[str, str],
    columns: Mapping[tuple[str, str], str],
) -> None:
    for text in texts:
        table, old, new = _read(text)
        known = columns.get((table, new)) == old if old else tables.get(new) == table
        if not known:
            message = f"--rename {text}: the old name is not there to be renamed, or the new one"
            raise MigrationFault(RENAME_UNKNOWN, f"{message} is not wanted")


def _folded(
    before: Objects,
    after: Objects,
    tables: Mapping[str, str],
    columns: Mapping[tuple[str, str], str],
) -> Iterator[tuple[tuple[str, str], str]]:
    """The columns of folded texts go with the columns of the texts."""
    for (table, new), old in columns.items():
        was = tables.get(table, table)
        if _possible(before, after, (was, old + FOLDED), (table, new + FOLDED)):
            yield (table, new + FOLDED), old + FOLDED


def _table_questions(
    before: Objects, after: Objects, renames: Renames, drops: frozenset[str]
) -> Iterator[str]:
    there, wanted = _tables(before), _tables(after)
    gone = there.keys() - wanted.keys() - set(renames.tables.values()) - drops
    come = wanted.keys() - there.keys() - renames.tables.keys()
    for old in sorted(gone):
        for new in sorted(come):
            if _alike(there[old], wanted[new]):
                yield (
                    f"the table {old} goes and {new} comes. The same: --rename {old}={new}, or"
                    f" `was=` at its class. Another: --drop {old}"
                )


def _tables(objects: Objects) -> dict[str, dict[str, str]]:
    """The tables that are not Charter's own, with the types of their columns."""
    found: dict[str, dict[str, str]] = {}
    for name, value in objects.items():
        if isinstance(value, Column) and not name.table.startswith("charter_"):
            found.setdefault(name.table, {})[name.name] = value.type
    return found


def _alike(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether at least half of the columns of each are in both."""
    mine, theirs = ({(k, v) for k, v in side.items() if k not in _EVERYWHERE} for side in
                    (one, other))  # fmt: skip
    return 2 * len(mine & theirs) >= max(len(mine), len(theirs))


def _column_questions(
    before: Objects, after: Objects, renames: Renames, drops: frozenset[str]
) -> Iterator[str]:
    there, wanted = _tables(before), _tables(after)
    for table, columns in wanted.items():
        was = renames.tables.get(table, table)
        if was not in there:
            continue
        taken = {old for (of, _), old in renames.columns.items() if of == table}
        gone = there[was].keys() - columns.keys() - taken
        come = {new for new in columns.keys() - there[was].keys()
                if (table, new) not in renames.columns}  # fmt: skip
        for old in sorted(gone):
            one = before[_object(was, old)]
            for new in sorted(come):
                asked = _one_kind(before, was, old) == _one_kind(after, table, new)
                if asked and isinstance(one, Column) and f"{was}.{old}" not in drops:
                    yield (
                        f"{was}.{old} goes and {table}.{new} comes. The same: --rename"
                        f" {table}.{old}={new}, or `was=` at its field. Another: --drop"
                        f" {was}.{old}"
                    )


def _one_kind(objects: Objects, table: str, column: str) -> object:
    """What two columns that could be the same have in common; no two folded texts are asked for:
    they go with their fields."""
    stored = objects.get(ObjectName(table, STORED, column))
    if isinstance(stored, Stored):
        if stored.made is not None and stored.made.startswith("fold "):
            return object()
        return stored.scalar, stored.many
    value = objects[_object(table, column)]
    if isinstance(value, Column) and value.generated is not None:
        return object()
    return value.type if isinstance(value, Column) else None
