"""What the database of a running service tells of its indexes: those that nobody uses, those that
others make unnecessary, and tables that the planner knows nothing about. Nothing is changed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from charter.contract.contract import Contract
from charter.sql.ddl import drop_index_text
from charter.sql.derive import schema_of
from charter.sql.dialect import Dialect
from charter.sql.dialects import dialect_named
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.schema import IndexedColumn, Schema, Table, TableIndex
from charter.sql.statement import Statement
from charter.store.address import Dialect as Kind
from charter.store.address import dialect_of, shown, sqlite_path
from charter.store.database import Database
from charter.store.errors import Unavailable
from charter.store.open import open_database
from charter.store.schema import found_schema
from charter.verify.plans.live_mysql import UNCOUNTED, IndexUse, use_of_indexes

_SMALL = 64 * 1024
"""Bytes below which an index that nobody uses is not worth a word."""
_STALE_ROWS = 1_000
_STALE_SHARE = 0.5
_READ_WHOLE = 10_000
"""Rows that a table has at least where it matters that it is read whole."""
_OFTEN = 100

_SINCE = Statement(
    "SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()",
    label="since when the database counts",
)
_USED = Statement(
    "SELECT s.relname, s.indexrelname, s.idx_scan, pg_relation_size(s.indexrelid),"
    " i.indisunique, i.indisvalid"
    " FROM pg_stat_user_indexes s JOIN pg_index i ON i.indexrelid = s.indexrelid"
    " WHERE s.schemaname = current_schema() ORDER BY 1, 2",
    label="use of indexes",
)
_TABLES = Statement(
    "SELECT relname, n_live_tup, n_mod_since_analyze,"
    " last_analyze IS NULL AND last_autoanalyze IS NULL, seq_scan, seq_tup_read"
    " FROM pg_stat_user_tables WHERE schemaname = current_schema() ORDER BY 1",
    label="use of tables",
)


class Sign(StrEnum):
    """What is found."""

    UNUSED = "nobody uses it"
    COVERED = "another index does the same"
    INVALID = "it was never finished"
    UNKNOWN = "it was never analysed"
    STALE = "it has changed much since it was analysed"
    WHOLE = "it is often read whole"


@dataclass(frozen=True, slots=True)
class LiveFinding:
    """Of an index (`name`), or of a table. `remedy` is what to do, as words or SQL."""

    sign: Sign
    table: str
    name: str | None
    detail: str
    remedy: str


@dataclass(frozen=True, slots=True)
class LiveReport:
    """`counts` tells whether the database counts what is used, and `since` from when on; None for
    all the time."""

    database: str
    since: str | None
    findings: tuple[LiveFinding, ...]
    counts: bool = True
    hint: str = ""
    """What would have the database count."""

    def as_document(self) -> Mapping[str, Any]:
        return {
            "database": self.database,
            "since": self.since,
            "findings": [
                {
                    "sign": one.sign.value,
                    "table": one.table,
                    "index": one.name,
                    "detail": one.detail,
                    "remedy": one.remedy,
                }
                for one in self.findings
            ],
        }


async def live_report(contract: Contract, url: str) -> LiveReport:
    """Look at the database of a URL. Raises ValueError, MissingDriver and Unavailable."""
    dialect = dialect_named(dialect_of(url))
    if dialect_of(url) is Kind.SQLITE:
        path = sqlite_path(url)
        if path is None or not path.exists():
            raise Unavailable("there is no such file")
    database = open_database(url)
    await database.open()
    try:
        schema = await found_schema(dialect, database.read)
        found = [*_covered(schema, dialect)]
        since, counts, hint = None, dialect is POSTGRES, ""
        if dialect is POSTGRES:
            since = await _since(database)
            known = frozenset(one.name for one in found)
            used = [
                one
                for one in await _of_indexes(contract, dialect, database)
                if one.name not in known
            ]
            found += used
            found += _of_tables(await database.read(_TABLES, ()))
        elif dialect is MYSQL:
            use = await use_of_indexes(database)
            since, counts = use.since, use.source is not None
            hint = "" if counts else UNCOUNTED
            if counts:
                passed = _own(contract, dialect) | {one.name for one in found if one.name}
                found += _unused(schema, use, _declared(contract, dialect), passed)
    finally:
        await database.close()
    return LiveReport(shown(url), since, tuple(found), counts, hint)


async def _since(database: Database) -> str | None:
    rows = await database.read(_SINCE, ())
    return None if not rows or rows[0][0] is None else rows[0][0].isoformat(timespec="seconds")


async def _of_indexes(
    contract: Contract, dialect: Dialect, database: Database
) -> list[LiveFinding]:
    declared, own = _declared(contract, dialect), _own(contract, dialect)
    found = []
    for table, name, scans, size, unique, valid in await database.read(_USED, ()):
        drop = f"DROP INDEX CONCURRENTLY {dialect.quote(name)};"
        if not valid:
            found.append(LiveFinding(Sign.INVALID, table, name, "left behind", drop))
        elif not unique and not scans and size >= _SMALL and name not in own:
            detail = f"{size / 1024:,.0f} KB, written with every insert"
            found.append(LiveFinding(Sign.UNUSED, table, name, detail, declared.get(name, drop)))
    return found


def _declared(contract: Contract, dialect: Dialect) -> Mapping[str, str]:
    """For the indexes that the contract declares, by their names, where it does so."""
    found: dict[str, str] = {}
    tables = schema_of(contract, dialect).table_named
    for resource in contract.resources:
        if resource.mapped is not None:
            continue
        made = tables[resource.table].indexes
        for index, declared in zip(made, resource.indexes, strict=False):
            line = declared.place.line
            found[index.name] = f"leave out the index of line {line} of the contract"
    return found


def _own(contract: Contract, dialect: Dialect) -> frozenset[str]:
    """The indexes that Charter makes unasked, for deletes and for tables of its own."""
    made = {index.name for table in schema_of(contract, dialect).tables for index in table.indexes}
    return frozenset(made - _declared(contract, dialect).keys())


def _of_tables(rows: Iterable[Sequence[Any]]) -> Iterator[LiveFinding]:
    for table, live, changed, never, scans, read in rows:
        if live < _STALE_ROWS:
            continue
        analyse = f"ANALYZE {POSTGRES.quote(table)};"
        if never:
            detail = f"{live:,} rows, and the planner guesses"
            yield LiveFinding(Sign.UNKNOWN, table, None, detail, analyse)
        elif changed > live * _STALE_SHARE:
            detail = f"{changed:,} changes to {live:,} rows"
            yield LiveFinding(Sign.STALE, table, None, detail, analyse)
        if live >= _READ_WHOLE and scans >= _OFTEN:
            detail = f"{scans:,} times, {read:,} rows in all"
            remedy = "charter verify FILE --plans tells which statements do it"
            yield LiveFinding(Sign.WHOLE, table, None, detail, remedy)


# -- indexes that others make unnecessary ------------------------------------------------------
def _unused(
    schema: Schema, use: IndexUse, declared: Mapping[str, str], passed: frozenset[str]
) -> Iterator[LiveFinding]:
    """Indexes of MySQL that nothing was read by, but for those that its foreign keys need."""
    for table in schema.tables:
        needed = {key.columns for key in table.foreign_keys}
        for index in table.indexes:
            columns = tuple(column.name for column in index.columns)
            supports = any(columns[: len(key)] == key for key in needed)
            spared = index.unique or index.name in passed or supports
            size = use.sizes.get((table.name, index.name))
            if spared or (table.name, index.name) in use.read or (size or _SMALL) < _SMALL:
                continue
            told = "" if size is None else f"{size / 1024:,.0f} KB, "
            remedy = declared.get(index.name, f"{drop_index_text(index, table, MYSQL)};")
            detail = f"{told}written with every insert"
            yield LiveFinding(Sign.UNUSED, table.name, index.name, detail, remedy)


def _covered(schema: Schema, dialect: Dialect) -> Iterator[LiveFinding]:
    for table in schema.tables:
        for index in table.indexes:
            if index.unique:
                continue
            other = next((name for name in _covering(table, index)), None)
            if other is not None:
                detail = f"{other} begins with the same columns"
                remedy = f"drop it: {dialect.quote(index.name)}"
                yield LiveFinding(Sign.COVERED, table.name, index.name, detail, remedy)


def _covering(table: Table, index: TableIndex) -> Iterator[str]:
    """Keys and indexes that have all columns of an index at their beginning."""
    keys = [unique for unique in (table.key, *table.uniques) if unique is not None]
    if index.where is None:
        for key in keys:
            columns = tuple(IndexedColumn(name) for name in key.columns)
            if _begins(columns, index.columns):
                yield key.name
    for other in table.indexes:
        longer = len(other.columns) > len(index.columns)
        # Of two that are the same, one stays.
        twin = len(other.columns) == len(index.columns) and other.name < index.name
        alike = other.where == index.where and (longer or twin)
        if alike and _begins(other.columns, index.columns):
            yield other.name


def _begins(columns: Sequence[IndexedColumn], wanted: Sequence[IndexedColumn]) -> bool:
    """Whether columns begin with others, read from either end."""
    first = tuple(columns[: len(wanted)])
    turned = tuple(IndexedColumn(one.name, not one.descending) for one in wanted)
    return first in (tuple(wanted), turned)
