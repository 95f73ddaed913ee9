"""What SQLite's errors mean. https://www.sqlite.org/rescode.html"""

import re

import apsw

from charter.store.errors import (
    BadValue,
    StoreError,
    TimedOut,
    Unavailable,
    Violated,
    Violation,
)

COLUMNS = re.compile(r"constraint failed: (?P<columns>[^\s.]+\.[^,]+(?:, [^\s.]+\.[^,]+)*)$")
INDEX = re.compile(r"constraint failed: index '(?P<name>.*)'$")
NAMED = re.compile(r"constraint failed: (?P<name>.+)$")
# The first verb outside quotes is what a statement does: a CTE of SQLite's cannot write.
VERB = re.compile(
    r""""[^"]*"|'[^']*'|`[^`]*`|\[[^]]*]|\b(?P<verb>INSERT|UPDATE|DELETE|REPLACE)\b""",
    re.IGNORECASE,
)

VIOLATIONS = {
    apsw.SQLITE_CONSTRAINT_UNIQUE: Violation.UNIQUE,
    apsw.SQLITE_CONSTRAINT_PRIMARYKEY: Violation.UNIQUE,
    apsw.SQLITE_CONSTRAINT_ROWID: Violation.UNIQUE,
    apsw.SQLITE_CONSTRAINT_NOTNULL: Violation.NOT_NULL,
    apsw.SQLITE_CONSTRAINT_CHECK: Violation.CHECK,
    apsw.SQLITE_CONSTRAINT_TRIGGER: Violation.CHECK,
    apsw.SQLITE_CONSTRAINT_FOREIGNKEY: Violation.REFERENCE,
}
TIMED_OUT = (apsw.InterruptError, apsw.BusyError, apsw.LockedError)
UNAVAILABLE = (
    apsw.FullError,
    apsw.IOError,
    apsw.ReadOnlyError,
    apsw.CantOpenError,
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.PermissionsError,
    apsw.AuthError,
    apsw.NoMemError,
    apsw.ConnectionClosedError,
)
BAD_VALUES = (OverflowError, UnicodeEncodeError, apsw.MismatchError, apsw.TooBigError)
FAILURES = (apsw.Error, OverflowError, UnicodeEncodeError)
"""All that running a statement can raise for a reason outside the program."""


def translated(error: Exception, text: str = "") -> StoreError:
    """The error of errors.py for one of SQLite's; `text` is the statement that met it."""
    match error:
        case apsw.ConstraintError():
            return violated(error, text)
        case apsw.InterruptError():
            return TimedOut("the statement took too long")
        case apsw.BusyError() | apsw.LockedError():
            return TimedOut("the database was locked for too long")
        case _ if isinstance(error, UNAVAILABLE):
            return Unavailable(f"SQLite: {error}")
        case _ if isinstance(error, BAD_VALUES):
            return BadValue(f"SQLite cannot take a value: {type(error).__name__}")
        case _:
            return StoreError(f"SQLite: {error}")


def violated(error: apsw.ConstraintError, text: str) -> StoreError:
    """What a constraint tells: for UNIQUE and NOT NULL the columns, for CHECK its name.

    SQLite does not say which foreign key failed, nor on which side: a DELETE can only fail on
    the side that is referred to, and for other statements the other side is far likelier.
    """
    message = str(error)
    extended = error.extendedresult  # type: ignore[attr-defined]
    if extended == apsw.SQLITE_CONSTRAINT_DATATYPE:
        return BadValue(f"SQLite: {message}")
    violation = VIOLATIONS.get(extended)
    if violation is None:
        return StoreError(f"SQLite: {message}")
    if violation is Violation.REFERENCE:
        deleting = verb_of(text) == "DELETE"
        return Violated(Violation.REFERENCED if deleting else Violation.REFERENCE)
    if violation is Violation.CHECK:
        named = NAMED.search(message)
        return Violated(violation, constraint=named["name"] if named else message)
    if index := INDEX.search(message):
        return Violated(violation, constraint=index["name"])
    if columns := COLUMNS.search(message):
        parts = [column.split(".", 1) for column in columns["columns"].split(", ")]
        return Violated(violation, table=parts[0][0], columns=tuple(name for _, name in parts))
    return Violated(violation)


def verb_of(text: str) -> str:
    """INSERT, UPDATE, DELETE or REPLACE; empty for a statement that only reads."""
    for found in VERB.finditer(text):
        if verb := found["verb"]:
            return str(verb).upper()
    return ""
