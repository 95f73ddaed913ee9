"""What PostgreSQL's errors mean, by SQLSTATE.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

import re

import asyncpg

from charter.store.errors import (
    BadValue,
    Contended,
    StoreError,
    TimedOut,
    Unavailable,
    Violated,
    Violation,
)

VIOLATIONS = {
    "23505": Violation.UNIQUE,
    "23P01": Violation.UNIQUE,
    "23503": Violation.REFERENCE,
    "23001": Violation.REFERENCED,
    "23514": Violation.CHECK,
    "23502": Violation.NOT_NULL,
}
STATES: dict[str, type[StoreError]] = {
    "57014": TimedOut,  # query_canceled: statement_timeout
    "55P03": TimedOut,  # lock_not_available: lock_timeout
    "25P03": TimedOut,  # idle_in_transaction_session_timeout
    "25P04": TimedOut,  # transaction_timeout
    "25006": Unavailable,  # read_only_sql_transaction: a standby
    "54000": BadValue,  # program_limit_exceeded: too long for an index
}
CLASSES: dict[str, type[StoreError]] = {
    "08": Unavailable,  # connection exception
    "22": BadValue,  # data exception
    "28": Unavailable,  # invalid authorization
    "3D": Unavailable,  # no such database
    "40": Contended,  # transaction rollback
    "53": Unavailable,  # insufficient resources
    "57": Unavailable,  # operator intervention
    "58": Unavailable,  # system error
}
ENDED = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03", "25P04", "25006"})
"""The server ends the connection with these; or it is one to a server that has become a standby,
and another server is the primary."""
SERIALIZATION = frozenset({"40001", "40P01"})
STALE = asyncpg.InvalidCachedStatementError
"""A prepared statement is older than the schema."""
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""All that running a statement can raise for a reason outside the program: TimeoutError is an
OSError."""


def sqlstate(error: BaseException | None) -> str:
    """The SQLSTATE of an error; empty for one that did not come from the server."""
    return str(error.sqlstate or "") if isinstance(error, asyncpg.PostgresError) else ""


def breaks_connection(error: BaseException) -> bool:
    """Whether the connection is of no use any more, or its state is not known."""
    if isinstance(error, TimeoutError):
        return False
    if isinstance(error, (OSError, asyncpg.InternalClientError)):
        return True
    state = sqlstate(error)
    return state.startswith("08") or state in ENDED


def leaves_in_doubt(error: BaseException) -> bool:
    """Whether it is unknown if a statement outside a transaction was committed: no answer of the
    server's own says that it was not."""
    if isinstance(error, asyncpg.PostgresError):
        return sqlstate(error).startswith("08")
    return isinstance(error, (OSError, asyncpg.InternalClientError))


def may_connect_later(error: BaseException) -> bool:
    """Whether the server may only be starting, restarting or full."""
    return breaks_connection(error) or isinstance(error, TimeoutError) or sqlstate(error) == "53300"


def translated(error: Exception, text: str = "") -> StoreError:
    """The error of errors.py for one of asyncpg's; `text` is the statement that met it."""
    state = sqlstate(error)
    if isinstance(error, asyncpg.PostgresError) and state in VIOLATIONS:
        return violated(error, VIOLATIONS[state], text)
    meaning = STATES.get(state) or CLASSES.get(state[:2])
    if meaning is BadValue:
        # The server's and the driver's messages quote the value, which may be a secret.
        return BadValue(f"PostgreSQL cannot take a value ({state})")
    if meaning is not None:
        return meaning(f"PostgreSQL: {error} ({state})")
    if isinstance(error, asyncpg.DataError):
        return BadValue("PostgreSQL cannot take a value of this type or size")
    if isinstance(error, TimeoutError):
        return TimedOut("the database did not answer in time")
    if isinstance(error, OSError):
        return Unavailable(f"PostgreSQL: {error}")
    return StoreError(f"PostgreSQL: {error}")


def violated(error: asyncpg.PostgresError, violation: Violation, text: str) -> Violated:
    """A violation with its place. The server names the constraint, its table, and for NOT NULL
    the column."""
    table = error.table_name
    if violation is Violation.REFERENCE and text and not writes_to(text, str(table)):
        violation = Violation.REFERENCED
    column = error.column_name
    return Violated(
        violation,
        constraint=error.constraint_name,
        table=table,
        columns=(str(column),) if column else (),
    )


def writes_to(text: str, table: str) -> bool:
    """Whether a statement inserts into or updates a table.

    The server names the table of a foreign key whichever side failed, and tells the sides apart
    only in a message that it translates. It is the side of the reference when that table is
    written to, and the other when it is not.
    """
    name = re.escape(table)
    return bool(
        re.search(
            rf'\b(?:INSERT\s+INTO|UPDATE(?:\s+ONLY)?)\s+(?:"?\w+"?\.)?"?{name}"?(?![\w"])',
            text,
            re.IGNORECASE,
        )
    )
