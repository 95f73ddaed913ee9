"""The audit log: its tables, and what is asked of them.

Rows stand in lanes: each row names the digest of the one before it in its lane, so lanes are
chains. A transaction writes to one lane, which nobody else can do until it ends.
"""

from functools import cache

from charter.contract.contract import Contract
from charter.contract.types import DATETIME, INTEGER, TEXT
from charter.sql.aggregate import combined
from charter.sql.dialect import Dialect
from charter.sql.fragment import Fragment, identifier, listed, sql
from charter.sql.own.model import OwnColumn, OwnTable, built
from charter.sql.own.query import Query, decoder, insert, insert_fragment, slot
from charter.sql.schema import Table

AUDIT = OwnTable(
    "charter_audit",
    (
        OwnColumn("lane", INTEGER),
        OwnColumn("number", INTEGER),
        OwnColumn("occurred_at", DATETIME),
        OwnColumn("actor", TEXT, nullable=True),
        OwnColumn("session", TEXT, nullable=True),
        OwnColumn("request_id", TEXT, nullable=True),
        OwnColumn("cause", TEXT),
        OwnColumn("action", TEXT),
        OwnColumn("resource", TEXT),
        OwnColumn("key", TEXT),
        OwnColumn("before", TEXT, nullable=True),
        OwnColumn("after", TEXT, nullable=True),
        OwnColumn("signer", TEXT),
        OwnColumn("digest", TEXT),
    ),
    key=("lane", "number"),
)
"""`before` and `after` are JSON texts of what changed, just as they were signed."""

HEADS = OwnTable(
    "charter_audit_heads",
    (OwnColumn("lane", INTEGER), OwnColumn("number", INTEGER), OwnColumn("digest", TEXT)),
    key=("lane",),
)
"""Where each lane ends."""

_END = 3
"""Values that tell where a lane ends."""
AUDIT_NAMES = (AUDIT.name, HEADS.name)


def audit_tables(contract: Contract, dialect: Dialect) -> tuple[Table, ...]:
    """Both of them; none where nothing is audited."""
    if not contract.audits:
        return ()
    return tuple(built(table, dialect) for table in (AUDIT, HEADS))


@cache
def seize(dialect: Dialect) -> Query:
    """The number and digest at the end of a lane, which is this transaction's from now on."""
    table, lane = identifier(HEADS.name), slot(dialect, INTEGER, 0)
    if not dialect.returns_rows:
        made = sql("INSERT INTO {} (lane, number, digest) VALUES ({}, 0, '')", table, lane)
        found = sql("SELECT number, digest FROM {} WHERE lane = {}", table, lane)
        return Query(
            dialect.statement(found, "read audit lane"),
            (None, None),
            before=dialect.statement(dialect.unless_there(made, [sql("lane")]), "seize audit lane"),
        )
    fragment = sql(
        "INSERT INTO {} (lane, number, digest) VALUES ({}, 0, '')"
        " ON CONFLICT (lane) DO UPDATE SET number = {}.number RETURNING number, digest",
        table, lane, table,
    )  # fmt: skip
    return Query(dialect.statement(fragment, "seize audit lane"), (None, None))


@cache
def append(dialect: Dialect, rows: int) -> tuple[tuple[Query, int], ...]:
    """New rows at the end of a lane, and its new end.

    The values are those of the rows, then the number and digest of the last one, and the lane.
    Each statement stands with the number of values that it takes, in their order.
    """
    log = insert(dialect, AUDIT, rows)
    width = rows * len(AUDIT.columns)
    end = _advance(dialect)
    if not dialect.combines_writes:
        return ((log, width), (Query(dialect.statement(end, "advance audit lane")), _END))
    both = combined([(insert_fragment(dialect, AUDIT, rows), width), (end, _END)])
    return ((Query(dialect.statement(both, f"insert {AUDIT.name}")), width + _END),)


def _advance(dialect: Dialect) -> Fragment:
    number, digest, lane = (
        slot(dialect, kind, at) for at, kind in enumerate((INTEGER, TEXT, INTEGER))
    )
    return sql(
        "UPDATE {} SET number = {}, digest = {} WHERE lane = {}",
        identifier(HEADS.name), number, digest, lane,
    )  # fmt: skip


@cache
def whole_log(dialect: Dialect) -> Query:
    """All rows, lane by lane, in the order of their numbers."""
    names = listed(identifier(column.name) for column in AUDIT.columns)
    fragment = sql("SELECT {} FROM {} ORDER BY lane, number", names, identifier(AUDIT.name))
    decoders = tuple(decoder(dialect, column.kind) for column in AUDIT.columns)
    return Query(dialect.statement(fragment, "read audit log", heavy=True), decoders)


@cache
def heads(dialect: Dialect) -> Query:
    """The end of every lane: lane, number and digest."""
    fragment = sql("SELECT lane, number, digest FROM {} ORDER BY lane", identifier(HEADS.name))
    return Query(dialect.statement(fragment, "read audit heads"), (None, None, None))
