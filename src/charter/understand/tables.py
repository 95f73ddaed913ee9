"""Which tables are resources of a contract, which are pairs, and which are neither."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from charter.contract.types import Scalar
from charter.sql.audit import AUDIT_NAMES
from charter.sql.identity.tables import IDENTITY_NAMES
from charter.sql.schema import Column, ForeignKey, Table
from charter.sql.sqlite import SQLITE
from charter.sql.system import SYSTEM_TABLES
from charter.understand import samples
from charter.understand.found import Found
from charter.understand.kinds import kind_of, native

CHARTERS_OWN = frozenset(
    {*SYSTEM_TABLES, *IDENTITY_NAMES, *AUDIT_NAMES, "charter_migrations", "charter_releases"}
)
_HOUSEKEEPING = frozenset(
    {"alembic_version", "ar_internal_metadata", "databasechangelog", "databasechangeloglock",
     "django_migrations", "django_session", "django_content_type", "django_admin_log",
     "flyway_schema_history", "goose_db_version", "knex_migrations", "knex_migrations_lock",
     "migrations", "phinxlog", "schema_migrations", "sequelizemeta", "spatial_ref_sys",
     "__efmigrationshistory", "_prisma_migrations", "typeorm_metadata"}
)  # fmt: skip
"""Tables of frameworks, with which no client of a service has anything to do."""
_KEYS = frozenset({Scalar.INTEGER, Scalar.TEXT, Scalar.UUID})


@dataclass(frozen=True, slots=True)
class Key:
    """The column that tells rows apart. `given`: keys of new rows come with them. `chosen`: it
    is not the primary key, but unique and never null."""

    column: str
    scalar: Scalar
    given: bool
    chosen: bool


@dataclass(frozen=True, slots=True)
class Keyed:
    """A table that can be a resource."""

    table: Table
    key: Key


@dataclass(frozen=True, slots=True)
class Pair:
    """A table of pairs of rows: two references, in the order of the columns."""

    table: Table
    near: ForeignKey
    far: ForeignKey


@dataclass(frozen=True)
class Sorted:
    """All tables by what becomes of them; `omitted` has the reason for each."""

    keyed: tuple[Keyed, ...]
    pairs: tuple[Pair, ...]
    omitted: Mapping[str, str]

    @cached_property
    def named(self) -> Mapping[str, Keyed]:
        """The resources by their tables, in small letters: SQLite tells no case apart."""
        return {item.table.name.lower(): item for item in self.keyed}


def sort_out(found: Found) -> Sorted:
    """What becomes of each table and view."""
    omitted: dict[str, str] = {}
    keyed: dict[str, Keyed] = {}
    unkeyed: list[Table] = []
    for table in _tables(found, omitted):
        key = _key(found, table)
        if key is None:
            unkeyed.append(table)
        else:
            keyed[table.name.lower()] = Keyed(table, key)
    pairs = [
        pair
        for table in (*unkeyed, *(item.table for item in keyed.values()))
        if (pair := _pair(table, keyed)) is not None
    ]
    paired = {pair.table.name for pair in pairs}
    for table in unkeyed:
        if table.name not in paired:
            omitted[table.name] = _why(table)
    kept = tuple(item for item in keyed.values() if item.table.name not in paired)
    return Sorted(_targets_first(kept), tuple(pairs), omitted)


def _tables(found: Found, omitted: dict[str, str]) -> Iterator[Table]:
    """The tables that hold the service's own rows; why the others do not."""
    for table in found.schema.tables:
        if table.name in CHARTERS_OWN or found.about(table).part:
            continue
        shape = table.modifiers.split(", ")[0]
        if shape.startswith(("a ", "part ")):
            omitted[table.name] = f"{shape}: a view can be read with table=, key= and read_only="
            if "view" not in shape:
                omitted[table.name] = f"it is {shape}"
        elif table.name.lower() in _HOUSEKEEPING:
            omitted[table.name] = "a table of a framework's own"
        elif any(not column.name for column in table.columns):
            omitted[table.name] = "a column has no name"
        else:
            yield table


def _key(found: Found, table: Table) -> Key | None:
    """The primary key where it is one column, else the first unique column without nulls."""
    columns = {column.name: column for column in table.columns}
    primary = table.key.columns if table.key is not None else ()
    uniques = [item.columns for item in table.uniques if not item.modifiers]
    uniques += [
        tuple(part.name for part in index.columns)
        for index in table.indexes
        if index.unique and index.where is None and not index.modifiers
    ]
    for names in (primary, *uniques):
        column = columns.get(names[0]) if len(names) == 1 else None
        chosen = names is not primary
        if column is None or (chosen and column.nullable):
            continue
        scalar = _key_scalar(found, table, column)
        if scalar is not None:
            given = scalar is Scalar.INTEGER and not numbered(found.dialect, table, column)
            return Key(column.name, scalar, given, chosen)
    return None


def _key_scalar(found: Found, table: Table, column: Column) -> Scalar | None:
    declared = found.about_column(table, column).base or column.type
    kind = kind_of(declared, found.dialect)
    if kind is None or column.generated is not None:
        return None
    if found.dialect == SQLITE.name and kind.scalar is Scalar.TEXT:
        sample = found.sample(table, column)
        return Scalar.UUID if samples.all_have(sample, samples.PLAIN_UUID) else Scalar.TEXT
    if found.dialect == SQLITE.name and kind.scalar is Scalar.UUID:
        return None
    return kind.scalar if kind.scalar in _KEYS else None


def numbered(dialect: str, table: Table, column: Column) -> bool:
    """Whether the database gives each row its number in this column."""
    if column.identity or (column.default or "").startswith("nextval("):
        return True
    primary = table.key is not None and table.key.columns == (column.name,)
    alias = native(column.type).name == "integer" and "WITHOUT ROWID" not in table.modifiers
    return dialect == SQLITE.name and primary and alias


def _pair(table: Table, keyed: Mapping[str, Keyed]) -> Pair | None:
    """The two references of a table that has nothing else, but for what fills itself."""
    own = [item for item in table.foreign_keys if len(item.columns) == 1]
    own.sort(key=lambda item: [column.name for column in table.columns].index(item.columns[0]))
    names = [item.columns[0] for item in own]
    if len(own) != 2 or len(set(names)) != 2 or len(table.foreign_keys) != 2:
        return None
    if not all(leads_to_key(item, keyed) for item in own):
        return None
    together = {frozenset(item.columns) for item in table.uniques}
    together |= {frozenset(table.key.columns)} if table.key else set()
    together |= {
        frozenset(part.name for part in index.columns)
        for index in table.indexes
        if index.unique and index.where is None
    }
    rest = [column for column in table.columns if column.name not in names]
    key = table.key.columns if table.key else ()
    numbered_alone = keyed.get(table.name.lower())
    surrogate = numbered_alone is not None and not numbered_alone.key.given
    surrogate = surrogate and all((column.name,) == key for column in rest)
    fills = all(column.nullable or column.default or column.identity for column in rest)
    composite = set(key) == set(names) and fills
    alone = not rest or (surrogate and (fills or _counted(numbered_alone)))
    if frozenset(names) not in together or not (composite or alone):
        return None
    if any(column.nullable for column in table.columns if column.name in names):
        return None
    return Pair(table, own[0], own[1])


def _counted(item: Keyed | None) -> bool:
    return item is not None and item.key.scalar is Scalar.INTEGER


def leads_to_key(reference: ForeignKey, keyed: Mapping[str, Keyed]) -> bool:
    """Whether a reference names the key of a resource."""
    target = keyed.get(reference.target.lower())
    if target is None:
        return False
    theirs = reference.target_columns or (
        target.table.key.columns if target.table.key is not None else ()
    )
    return [name.lower() for name in theirs] == [target.key.column.lower()]


def _why(table: Table) -> str:
    if table.key is None:
        return "it has no primary key, and no unique column that could be one"
    names = ", ".join(table.key.columns)
    if len(table.key.columns) > 1:
        return f"its key is several columns ({names}): give it a column of its own as key"
    return f"its key {names} is neither a number, a text nor a UUID"


def _targets_first(items: Sequence[Keyed]) -> tuple[Keyed, ...]:
    """The resources so that most references name one that stands before, else as they were."""
    named = {item.table.name.lower(): item for item in items}
    done: dict[str, Keyed] = {}
    for start in items:
        stack: list[tuple[Keyed, Iterator[ForeignKey]]] = []
        seen = {start.table.name.lower()}
        if start.table.name.lower() not in done:
            stack.append((start, iter(start.table.foreign_keys)))
        while stack:
            item, references = stack[-1]
            following = next(references, None)
            if following is None:
                done[item.table.name.lower()] = item
                stack.pop()
                continue
            target = named.get(following.target.lower())
            if target is not None and following.target.lower() not in {*done, *seen}:
                seen.add(following.target.lower())
                stack.append((target, iter(target.table.foreign_keys)))
    return tuple(done.values())
