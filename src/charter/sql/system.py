"""The tables of Charter's own that stand beside those of a contract."""

from collections.abc import Mapping
from types import MappingProxyType

from charter.contract.types import DATETIME, INTEGER, TEXT, UUID, Scalar, Type
from charter.sql.dialect import Dialect
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.schema import (
    Column,
    IndexedColumn,
    PrimaryKey,
    Table,
    TableIndex,
)
from charter.sql.sqlite import SQLITE

OUTBOX = "charter_outbox"
IDEMPOTENCY = "charter_idempotency"
META = "charter_meta"
SYSTEM_TABLES = (OUTBOX, IDEMPOTENCY, META)

TABLES_ENTRY = "tables"
"""The entry of `charter_meta` with a JSON array of the tables that Charter has made."""

JSON = Type(Scalar.JSON)
BYTES_TYPES: Mapping[str, str] = MappingProxyType(
    {SQLITE.name: "BLOB", POSTGRES.name: "bytea", MYSQL.name: "longblob"}
)
KEY_TEXT = 255
"""Characters of a text by which rows of Charter's own tables are found."""
SCOPE_TEXT = 500
"""The same of who repeats a request: an actor and its tenant."""
TABLE_MODIFIERS: Mapping[str, str] = MappingProxyType({SQLITE.name: "STRICT"})
PAIR_MODIFIERS: Mapping[str, str] = MappingProxyType({SQLITE.name: "STRICT, WITHOUT ROWID"})
"""For tables of nothing but short keys.

Measured on SQLite 3.54 with keys of UUID text: while rows are short, WITHOUT ROWID saves a fifth
of the file and a sixth of the time to read a row by its key. With rows of 2 KB the same read
takes 2.6 times as long, a range of an index 5 times, an update twice: and the rows of a resource
can be wide.
"""


def system_tables(dialect: Dialect) -> tuple[Table, ...]:
    """The outbox, the answers that idempotent requests replay, and notes about the schema."""
    return (_outbox(dialect), _idempotency(dialect), _meta(dialect))


TRANSACTION = "xid"
"""The column of the outbox with the transaction of an entry, where those commit in any order."""
CURRENT_TRANSACTION = "pg_current_xact_id()::text::bigint"


def _outbox(dialect: Dialect) -> Table:
    """Its rows are the log of all changes. On PostgreSQL, numbers are given out in another order
    than transactions commit in, so an entry says which one it is of."""
    text, time = dialect.column_type(TEXT), dialect.column_type(DATETIME)
    index = TableIndex(f"{OUTBOX}_{TRANSACTION}_idx", (IndexedColumn(TRANSACTION),))
    told = Column(TRANSACTION, dialect.column_type(INTEGER), default=CURRENT_TRANSACTION)
    return Table(
        OUTBOX,
        (
            Column("sequence", dialect.column_type(INTEGER), identity=True),
            Column("id", dialect.column_type(UUID)),
            Column("event", text),
            Column("resource", text, nullable=True),
            Column("key", text, nullable=True),
            Column("actor", text, nullable=True),
            Column("occurred_at", time),
            Column("payload", dialect.column_type(JSON)),
            Column("request_id", text, nullable=True),
            *([told] if dialect.tells_transactions else []),
        ),
        key=PrimaryKey("charter_outbox_pkey", ("sequence",)),
        indexes=(index,) if dialect.tells_transactions else (),
        modifiers=TABLE_MODIFIERS.get(dialect.name, ""),
    )


def _idempotency(dialect: Dialect) -> Table:
    time = dialect.column_type(DATETIME)
    return Table(
        IDEMPOTENCY,
        (
            Column("scope", dialect.indexed_type(TEXT, SCOPE_TEXT)),
            Column("key", dialect.indexed_type(TEXT, KEY_TEXT)),
            Column("fingerprint", BYTES_TYPES[dialect.name]),
            Column("answer", BYTES_TYPES[dialect.name]),
            Column("created_at", time),
            Column("expires_at", time),
        ),
        key=PrimaryKey("charter_idempotency_pkey", ("scope", "key")),
        indexes=(TableIndex("charter_idempotency_expires_at_idx", (IndexedColumn("expires_at"),)),),
        modifiers=TABLE_MODIFIERS.get(dialect.name, ""),
    )


def _meta(dialect: Dialect) -> Table:
    text = dialect.column_type(TEXT)
    return Table(
        META,
        (Column("name", dialect.indexed_type(TEXT, KEY_TEXT)), Column("value", text)),
        key=PrimaryKey("charter_meta_pkey", ("name",)),
        modifiers=TABLE_MODIFIERS.get(dialect.name, ""),
    )
