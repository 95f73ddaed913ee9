"""How busy a database is, how large its tables are, and who holds their locks."""

from collections.abc import Mapping
from types import MappingProxyType

from charter.migrate.pace import Pace
from charter.sql.dialect import Dialect
from charter.sql.fragment import identifier, sql
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE
from charter.sql.statement import Statement
from charter.store.errors import StoreError
from charter.store.session import Session

_LAG = Statement(
    # A replica that has replayed everything keeps the lag that it had last for some seconds.
    "SELECT coalesce(max(extract(epoch FROM replay_lag)), 0)::float8 FROM pg_stat_replication"
    " WHERE replay_lsn < pg_current_wal_lsn()",
    label="replication lag",
)
_WAITING = Statement(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'",
    label="sessions that wait",
)
_HOLDERS = Statement(
    "SELECT a.pid, coalesce(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::float8,"
    " a.application_name, a.state"
    " FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
    " WHERE l.relation = to_regclass($1) AND l.granted AND a.pid <> pg_backend_pid()"
    " ORDER BY a.xact_start LIMIT 3",
    label="holders of locks",
)


_MYSQL_WAITING = Statement(
    "SELECT count(*) FROM information_schema.processlist"
    " WHERE db = database() AND (state LIKE 'Waiting for table%lock' OR id IN (SELECT"
    " trx_mysql_thread_id FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'))",
    label="sessions that wait",
)
_MYSQL_HOLDERS = Statement(
    "SELECT id, timestampdiff(SECOND, trx_started, now()), user, command"
    " FROM information_schema.innodb_trx JOIN information_schema.processlist"
    " ON id = trx_mysql_thread_id WHERE db = database() AND id <> connection_id()"
    " ORDER BY trx_started LIMIT 3",
    label="transactions",
)


async def load(session: Session, dialect: Dialect, pace: Pace) -> str | None:
    """Why a backfill should let others go first just now; None where it need not, or where the
    user may not know."""
    if dialect.name == SQLITE.name:
        return None
    on_postgres = dialect.name == POSTGRES.name
    lag = (await session.fetch(_LAG))[0][0] if on_postgres else 0
    if lag > pace.most_lag:
        return f"a replica is {lag:.0f} s behind"
    try:
        waiting = (await session.fetch(_WAITING if on_postgres else _MYSQL_WAITING))[0][0]
    except StoreError:
        if on_postgres or not session.alive:
            raise
        # It takes the right PROCESS to see the transactions of others.
        return None
    if waiting > pace.most_waiting:
        return f"{waiting} sessions wait for locks"
    return None


async def holders(session: Session, dialect: Dialect, table: str) -> str:
    """Who has held locks on a table for longest; on MySQL, whose transactions are the oldest.
    Empty where that is not known."""
    if dialect.name == SQLITE.name:
        return ""
    try:
        if dialect.name == POSTGRES.name:
            found = await session.fetch(_HOLDERS, (identifier_text(table),))
        else:
            found = await session.fetch(_MYSQL_HOLDERS)
    except StoreError:
        return ""
    return "; ".join(
        f"process {pid} ({name or 'no name'}, {state}) has been in a transaction for {age:.0f} s"
        for pid, age, name, state in found
    )


def identifier_text(name: str) -> str:
    """A name as SQL has it."""
    return "".join(part for part in identifier(name).parts if isinstance(part, str))


async def rows_of(session: Session, dialect: Dialect, table: str) -> int:
    """About how many rows a table has: 0 only where it has none."""
    estimate = _ESTIMATES.get(dialect.name)
    if estimate is not None:
        name = identifier_text(table) if dialect.name == POSTGRES.name else table
        found = await session.fetch(estimate, (name,))
        if found and (found[0][0] or 0) > 0:
            return int(found[0][0])
    fragment = sql(
        "SELECT count(*) FROM (SELECT 1 FROM {} LIMIT 1000000) AS counted", identifier(table)
    )
    return int((await session.fetch(dialect.statement(fragment, "count rows")))[0][0])


_ESTIMATE = Statement(
    # What was counted last, made larger as the file has grown since.
    "SELECT CASE WHEN reltuples > 0 AND relpages > 0 THEN reltuples / relpages"
    " * (pg_relation_size(oid) / current_setting('block_size')::int) ELSE 0 END::bigint"
    " FROM pg_class WHERE oid = to_regclass($1)",
    label="estimate rows",
)
_ESTIMATES: Mapping[str, Statement] = MappingProxyType(
    {
        POSTGRES.name: _ESTIMATE,
        MYSQL.name: Statement(
            "SELECT table_rows FROM information_schema.tables"
            " WHERE table_schema = database() AND table_name = ?",
            label="estimate rows",
        ),
    }
)
