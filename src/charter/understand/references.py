"""Foreign keys as references of a contract: which can be, and which make parts of an owner."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from charter.contract.types import Scalar
from charter.sql.schema import Column, ForeignKey, Table
from charter.understand.eye import PARTS
from charter.understand.tables import Keyed, Sorted, leads_to_key

Words = Mapping[str, Sequence[str]]
_ACTIONS: Mapping[str, str] = {
    "no action": "restrict",
    "restrict": "restrict",
    "cascade": "cascade",
    "set null": "set_null",
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that names the key of a row of another table. `on_delete` is a contract's word.
    `owned`: the rows are parts of the one that they refer to."""

    source: Keyed
    column: Column
    target: Keyed
    on_delete: str
    unique: bool
    owned: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A foreign key that cannot be a reference: its columns stay plain values."""

    table: str
    columns: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class References:
    made: tuple[Reference, ...]
    refused: tuple[Refused, ...]


def references_of(tables: Sorted, words: Words, own: Set[str] = frozenset()) -> References:
    """All references between the resources, whose classes are called by these words. `own` are
    tables that Charter has made."""
    made: list[Reference] = []
    refused: list[Refused] = []
    for item in tables.keyed:
        seen: set[str] = set()
        for part in item.table.foreign_keys:
            why = _unfit(part, item, tables, seen)
            if why:
                refused.append(Refused(item.table.name, part.columns, why))
                continue
            seen.add(part.columns[0])
            made.append(_reference(item, part, tables))
    kept, circular = _without_circles(made)
    refused += circular
    return References(_owned(kept, words, own), tuple(refused))


def _unfit(part: ForeignKey, item: Keyed, tables: Sorted, seen: set[str]) -> str:
    """Why a foreign key is no reference; empty where it is one."""
    columns = {column.name: column for column in item.table.columns}
    column = columns.get(part.columns[0])
    target = ".".join((part.target, ", ".join(part.target_columns)))
    if len(part.columns) > 1:
        return f"it refers to {part.target} with several columns"
    if column is None or part.columns[0] in seen:
        return f"another foreign key has the column already, this one refers to {target}"
    if part.columns[0] == item.key.column:
        return f"the key of its own rows refers to {target}"
    if part.target.lower() not in tables.named:
        return f"{part.target} is not in the contract"
    if not leads_to_key(part, tables.named):
        return f"it refers to {target}, which is not the key"
    if part.on_delete not in _ACTIONS:
        return f"on delete {part.on_delete} is not known to a contract"
    if part.on_delete == "set null" and not column.nullable:
        return "on delete set null, of a column that cannot be null"
    return ""


def _reference(item: Keyed, part: ForeignKey, tables: Sorted) -> Reference:
    column = next(column for column in item.table.columns if column.name == part.columns[0])
    target = tables.named[part.target.lower()]
    unique = (column.name,) in unique_columns(item.table)
    return Reference(item, column, target, _ACTIONS[part.on_delete], unique)


def unique_columns(table: Table) -> set[tuple[str, ...]]:
    """The sets of columns in which no two rows are the same, the key aside."""
    found = {item.columns for item in table.uniques if not item.modifiers}
    found |= {
        tuple(part.name for part in index.columns)
        for index in table.indexes
        if index.unique and index.where is None and not index.modifiers
    }
    return found


def _without_circles(made: Sequence[Reference]) -> tuple[list[Reference], list[Refused]]:
    """The references without those that close a circle of rows that need each other."""
    needed: dict[str, set[str]] = {}
    kept, circular = [], []
    for item in made:
        source, target = item.source.table.name, item.target.table.name
        if not item.column.nullable and source in _reached(needed, target):
            why = f"rows of {source} and {target} could never be made: they need each other first"
            circular.append(Refused(source, (item.column.name,), why))
            continue
        if not item.column.nullable:
            needed.setdefault(source, set()).add(target)
        kept.append(item)
    return kept, circular


def _reached(needed: Mapping[str, set[str]], start: str) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        for name in needed.get(waiting.pop(), set()) - found:
            found.add(name)
            waiting.append(name)
    return found


def _owned(made: Sequence[Reference], words: Words, own: Set[str]) -> tuple[Reference, ...]:
    """The references, those of parts to their owners marked: each part has one owner only.

    An owner is referred to by every row of the part. Rows go with it (`cascade`), or are named
    as its lines, items and the like.
    """
    owners: dict[str, list[Reference]] = {}
    for item in made:
        if _composes(item, words, own):
            owners.setdefault(item.source.table.name, []).append(item)
    single = {name: items[0] for name, items in owners.items() if len(items) == 1}
    return tuple(replace(item, owned=single.get(item.source.table.name) is item) for item in made)


def _composes(item: Reference, words: Words, own: Set[str]) -> bool:
    source, target = item.source.table.name, item.target.table.name
    if item.column.nullable or source == target or item.on_delete == "set_null":
        return False
    key = item.source.key
    if source not in own and (key.given or key.scalar is Scalar.TEXT):
        # Parts are told from new ones by their keys, so these do not come with them.
        return False
    part, owner = tuple(words[source]), tuple(words[target])
    if not part or not owner:
        return False
    named = part[: len(owner)] == owner and len(part) > len(owner)
    counted = part[-1] in PARTS
    return (named and counted) or (item.on_delete == "cascade" and (named or counted))
