"""SQLite: a table written anew as it is to be, in one transaction.

It is the way that SQLite's own manual gives for what ALTER TABLE cannot do
(https://www.sqlite.org/lang_altertable.html, section 7). Foreign keys have to be off.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from charter.contract.types import TEXT
from charter.migrate.step import Need
from charter.migrate.steps.building import listed
from charter.sql.ddl import index_text, tables, trigger_texts
from charter.sql.schema import CheckRule, ForeignKey, Schema, Table, UniqueKey
from charter.sql.sqlite import SQLITE


@dataclass(frozen=True, slots=True)
class Carried:
    """Where the values of a column come from: an expression over a row as it was.

    `misfits` is a condition on rows whose value does not go over.
    """

    value: str
    misfits: str | None = None


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A table as it is, and as it is to be. `carried` has each of its columns then but those
    that the database works out.

    `added` are columns beside those of `target`, as ALTER TABLE … ADD has them.
    """

    source: Table
    target: Table
    carried: Mapping[str, Carried]
    added: Sequence[str] = ()

    @property
    def shown(self) -> str:
        """The same with what the database works out."""
        made = [
            f"{column.generated} AS {SQLITE.quote(column.name)}"
            for column in self.target.columns
            if column.generated is not None
        ]
        if not made:
            return self.moved
        return f"SELECT *, {', '.join(made)} FROM ({self.moved})"  # noqa: S608

    @property
    def moved(self) -> str:
        """A SELECT of all rows as they are to be."""
        values = ", ".join(
            f"{part.value} AS {SQLITE.quote(name)}" for name, part in self.carried.items()
        )
        return f"SELECT {values} FROM {SQLITE.quote(self.source.name)}"  # noqa: S608


def rebuilt(rebuild: Rebuild) -> tuple[str, ...]:
    """The statements."""
    return tuple(_statements(rebuild))


def _statements(rebuild: Rebuild) -> Iterator[str]:
    source, target = rebuild.source, rebuild.target
    scratch = replace(target, name=f"charter_new_{target.name}", indexes=(), triggers=())
    new, old, final = (SQLITE.quote(table.name) for table in (scratch, source, target))
    yield from tables(Schema((scratch,)), SQLITE)
    yield from (f"ALTER TABLE {new} ADD COLUMN {text}" for text in rebuild.added)
    yield f"INSERT INTO {new} ({listed(rebuild.carried, SQLITE)}) {rebuild.moved}"
    if _numbered(source) and _numbered(target):
        one, other = (SQLITE.literal(table.name, TEXT) for table in (scratch, source))
        # Numbers of rows that are gone are not given again.
        yield f"DELETE FROM sqlite_sequence WHERE name = {one}"  # noqa: S608
        yield (
            f"INSERT INTO sqlite_sequence (name, seq) SELECT {one}, seq"  # noqa: S608
            f" FROM sqlite_sequence WHERE name = {other}"
        )
    yield f"DROP TABLE {old}"
    yield f"ALTER TABLE {new} RENAME TO {final}"
    yield from (index_text(index, target, SQLITE) for index in target.indexes)
    for trigger in target.triggers:
        yield from trigger_texts(trigger, target, SQLITE)


def _numbered(table: Table) -> bool:
    return any(column.identity for column in table.columns)


def needs(rebuild: Rebuild) -> tuple[Need, ...]:
    """What must hold of the rows that are there, so that none of them is refused."""
    return tuple(_needs(rebuild))


def _needs(rebuild: Rebuild) -> Iterator[Need]:
    source, target = rebuild.source, rebuild.target
    table = source.name
    for name, part in rebuild.carried.items():
        if part.misfits is not None:
            says = f"rows of {table} have a value that {name} cannot take"
            yield Need(
                f"SELECT count(*) FROM {SQLITE.quote(table)} WHERE {part.misfits}",  # noqa: S608
                says,
            )
    moved = f"({rebuild.shown}) AS moved"
    were = {column.name: column for column in source.columns}
    for column in target.columns:
        before = were.get(column.name)
        if not column.nullable and (before is None or before.nullable):
            name = SQLITE.quote(column.name)
            query = f"SELECT count(*) FROM {moved} WHERE {name} IS NULL"  # noqa: S608
            yield Need(query, f"rows of {table} have no {column.name}")
    other = {name for name, part in rebuild.carried.items() if part.value != SQLITE.quote(name)}
    for check in target.checks:
        # Which columns a rule of the contract is about stands in its text only.
        if check not in source.checks or other.intersection(check.columns or other):
            yield _violating(check, moved, table)
    for unique in target.uniques:
        if unique not in source.uniques or other.intersection(unique.columns):
            yield _doubled(unique, moved, table)
    for reference in target.foreign_keys:
        if reference not in source.foreign_keys or other.intersection(reference.columns):
            yield _stray(reference, moved, table)


def _violating(check: CheckRule, moved: str, table: str) -> Need:
    query = f"SELECT count(*) FROM {moved} WHERE NOT ({check.expression})"  # noqa: S608
    return Need(query, f"rows of {table} do not fit {check.name}")


def _doubled(unique: UniqueKey, moved: str, table: str) -> Need:
    names = listed(unique.columns, SQLITE)
    present = " AND ".join(f"{SQLITE.quote(name)} IS NOT NULL" for name in unique.columns)
    query = (
        f"SELECT count(*) FROM (SELECT 1 FROM {moved} WHERE {present}"  # noqa: S608
        f" GROUP BY {names} HAVING count(*) > 1) AS doubled"
    )
    says = f"values of {table} ({', '.join(unique.columns)}) would stand in several rows"
    return Need(query, says)


def _stray(reference: ForeignKey, moved: str, table: str) -> Need:
    (column,), (key,) = reference.columns, reference.target_columns
    name = SQLITE.quote(column)
    query = (
        f"SELECT count(*) FROM {moved} WHERE {name} IS NOT NULL AND NOT EXISTS"  # noqa: S608
        f" (SELECT 1 FROM {SQLITE.quote(reference.target)} AS far"
        f" WHERE far.{SQLITE.quote(key)} = moved.{name})"
    )
    return Need(query, f"rows of {table} would refer to no row of {reference.target}")
