"""What a MySQL or MariaDB server has counted of the use of its indexes, where it counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from charter.sql.statement import Statement
from charter.store.database import Database, Row
from charter.store.errors import StoreError

UNCOUNTED = (
    "The server does not count what it uses: only what other indexes make unnecessary is told. "
    "MariaDB counts after SET GLOBAL userstat = 1, both servers with performance_schema=ON."
)
_SETTINGS = Statement(
    "SHOW GLOBAL VARIABLES WHERE variable_name IN ('userstat', 'performance_schema')",
    label="whether the server counts",
)
_UPTIME = Statement("SHOW GLOBAL STATUS LIKE 'Uptime'", label="since when the server counts")
_USERSTAT = Statement(
    "SELECT table_name, index_name FROM information_schema.index_statistics"
    " WHERE table_schema = database() AND rows_read > 0",
    label="use of indexes",
)
_PERFORMANCE = Statement(
    "SELECT object_name, index_name FROM performance_schema.table_io_waits_summary_by_index_usage"
    " WHERE object_schema = database() AND index_name IS NOT NULL AND count_star > 0",
    label="use of indexes",
)
_SIZES = Statement(
    "SELECT table_name, index_name, stat_value * @@innodb_page_size FROM mysql.innodb_index_stats"
    " WHERE database_name = database() AND stat_name = 'size'",
    label="size of indexes",
)
_SOURCES: Mapping[str, Statement] = MappingProxyType(
    {"userstat": _USERSTAT, "performance_schema": _PERFORMANCE}
)
Name = tuple[str, str]
"""A table and an index of it."""


@dataclass(frozen=True, slots=True)
class IndexUse:
    """`read` are the indexes that something was read by. `source` is who counts, None for nobody;
    `since` is when the server was started: it may count for a shorter time."""

    source: str | None
    since: str | None = None
    read: frozenset[Name] = frozenset()
    sizes: Mapping[Name, int] = field(default_factory=lambda: MappingProxyType({}))


async def use_of_indexes(database: Database) -> IndexUse:
    """Asks the server. Sizes are not known where the user may not read its statistics."""
    settings = dict(map(_name, await database.read(_SETTINGS, ())))
    source = next((name for name in _SOURCES if settings.get(name) == "ON"), None)
    if source is None:
        return IndexUse(None)
    read = frozenset(map(_name, await database.read(_SOURCES[source], ())))
    try:
        sizes = {_name(row): int(row[2]) for row in await database.read(_SIZES, ())}
    except StoreError:
        sizes = {}
    ((_, seconds),) = await database.read(_UPTIME, ())
    started = datetime.now(UTC) - timedelta(seconds=int(seconds))
    return IndexUse(source, started.isoformat(timespec="seconds"), read, sizes)


def _name(row: Row) -> Name:
    return str(row[0]), str(row[1])
