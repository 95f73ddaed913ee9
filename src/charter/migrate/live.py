"""What a live database adds to a plan: how large tables are, and so how long steps take."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from charter.migrate.load import identifier_text, rows_of
from charter.migrate.step import Step, Work
from charter.sql.dialect import Dialect
from charter.sql.mysql import MYSQL
from charter.sql.own.history import Release
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE
from charter.sql.statement import Statement
from charter.store.session import Session

MIB = 2**20
_CATALOG_SECONDS = 0.01
_MIB_PER_SECOND: Mapping[Work, float] = MappingProxyType(
    {Work.SCAN: 250.0, Work.BUILD: 40.0, Work.REWRITE: 25.0, Work.ROWS: 2.0}
)
"""What a small machine does; larger ones do several times as much."""
_ROW_BYTES = 120
"""Of a row where the size of its table is not known."""
_HARMLESS_LOCKS = frozenset({"", "SHARE UPDATE EXCLUSIVE", "ROW EXCLUSIVE", "ROW SHARE", "NONE"})
"""Beside these others read and write."""
_VERSIONS: Mapping[str, Statement] = MappingProxyType(
    {
        POSTGRES.name: Statement("SHOW server_version", label="server version"),
        SQLITE.name: Statement("SELECT sqlite_version()", label="server version"),
        MYSQL.name: Statement("SELECT version()", label="server version"),
    }
)
_BYTES: Mapping[str, Statement] = MappingProxyType(
    {
        POSTGRES.name: Statement(
            "SELECT pg_total_relation_size(to_regclass($1))", label="table size"
        ),
        MYSQL.name: Statement(
            "SELECT max(data_length + index_length) FROM information_schema.tables"
            " WHERE table_schema = database() AND table_name = ?",
            label="table size",
        ),
    }
)
_THERE = Statement(
    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", label="table is there"
)


@dataclass(frozen=True, slots=True)
class Size:
    """About how large a table is. Bytes have those of its indexes with them."""

    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Live:
    """What was read. Tables that are not there have no size."""

    version: str
    sizes: Mapping[str, Size]

    def seconds(self, step: Step) -> float:
        """About how long a step takes on a small machine."""
        size = self.sizes.get(step.table)
        speed = _MIB_PER_SECOND.get(step.work)
        if size is None or speed is None:
            return _CATALOG_SECONDS
        return _CATALOG_SECONDS + size.bytes / MIB / speed


async def live(session: Session, dialect: Dialect, tables: Iterable[str]) -> Live:
    """The version of the server, and the sizes of those of the tables that are there."""
    version = (await session.fetch(_VERSIONS[dialect.name]))[0][0]
    sizes = {}
    for table in dict.fromkeys(tables):
        size = await _size(session, dialect, table)
        if size is not None:
            sizes[table] = size
    return Live(str(version), sizes)


async def _size(session: Session, dialect: Dialect, table: str) -> Size | None:
    size = _BYTES.get(dialect.name)
    if size is not None:
        name = identifier_text(table) if dialect.name == POSTGRES.name else table
        found = (await session.fetch(size, (name,)))[0][0]
        return None if found is None else Size(await rows_of(session, dialect, table), int(found))
    if not await session.fetch(_THERE, (table,)):
        return None
    rows = await rows_of(session, dialect, table)
    return Size(rows, rows * _ROW_BYTES)


def blocking(step: Step, facts: Live, lock_timeout: float) -> bool:
    """Whether others would wait for a step for longer than the lock timeout."""
    slow = step.work in {Work.SCAN, Work.REWRITE}
    return slow and step.lock not in _HARMLESS_LOCKS and facts.seconds(step) > lock_timeout


def using(releases: Iterable[Release], table: str, column: str = "") -> tuple[Release, ...]:
    """The releases that use a table, or a column of it."""
    return tuple(
        item
        for item in releases
        if table in item.uses and (not column or column in item.uses[table])
    )
