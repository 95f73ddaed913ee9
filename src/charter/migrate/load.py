"""How busy a database is, how large its tables are, and who holds their locks."""

from charter.migrate.pace import Pace
from charter.sql.dialect import Dialect
from charter.sql.fragment import identifier, sql
from charter.sql.postgres import POSTGRES
from charter.sql.statement import Statement
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


async def load(session: Session, dialect: Dialect, pace: Pace) -> str | None:
    """Why a backfill should let others go first just now; None where it need not."""
    if dialect.name != POSTGRES.name:
        return None
    lag = (await session.fetch(_LAG))[0][0]
    if lag > pace.most_lag:
        return f"a replica is {lag:.0f} s behind"
    waiting = (await session.fetch(_WAITING))[0][0]
    if waiting > pace.most_waiting:
        return f"{waiting} sessions wait for locks"
    return None


async def holders(session: Session, table: str) -> str:
    """Who has held locks on a table of PostgreSQL for longest; empty where that is not known."""
    found = await session.fetch(_HOLDERS, (identifier_text(table),))
    return "; ".join(
        f"process {pid} ({name or 'no name'}, {state}) has been in a transaction for {age:.0f} s"
        for pid, age, name, state in found
    )


async def nobody_known(_: Session, __: str) -> str:
    """The same where a database does not tell."""
    return ""


def identifier_text(name: str) -> str:
    """A name as SQL has it."""
    return "".join(part for part in identifier(name).parts if isinstance(part, str))


async def rows_of(session: Session, dialect: Dialect, table: str) -> int:
    """About how many rows a table has: 0 only where it has none."""
    if dialect.name == POSTGRES.name:
        found = await session.fetch(_ESTIMATE, (identifier_text(table),))
        if found and found[0][0] > 0:
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
