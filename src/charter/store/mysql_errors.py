"""What the errors of MySQL and MariaDB mean, by their numbers.

https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html
https://mariadb.com/kb/en/mariadb-error-code-reference/
"""

import re

from asyncmy import errors

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
    1062: Violation.UNIQUE,
    1586: Violation.UNIQUE,
    1216: Violation.REFERENCE,
    1452: Violation.REFERENCE,
    1217: Violation.REFERENCED,
    1451: Violation.REFERENCED,
    3819: Violation.CHECK,
    4025: Violation.CHECK,
    1048: Violation.NOT_NULL,
    1364: Violation.NOT_NULL,
}
MEANINGS: dict[int, type[StoreError]] = {
    1205: TimedOut,  # lock wait timeout
    1317: TimedOut,  # query interrupted
    1969: TimedOut,  # max_statement_time (MariaDB)
    3024: TimedOut,  # max_execution_time (MySQL)
    1213: Contended,  # deadlock
    1020: Contended,  # record has changed since last read
    1614: Contended,  # XA deadlock
    1040: Unavailable,  # too many connections
    1044: Unavailable,  # access denied to a database
    1045: Unavailable,  # access denied
    1049: Unavailable,  # no such database
    1021: Unavailable,  # disk full
    1037: Unavailable,  # out of memory
    1038: Unavailable,  # out of sort memory
    1041: Unavailable,  # out of memory
    1114: Unavailable,  # table full
    1142: Unavailable,  # command denied
    1143: Unavailable,  # column denied
    1203: Unavailable,  # too many connections of the user
    1226: Unavailable,  # a limit of the user
    1290: Unavailable,  # --read-only
    1461: Unavailable,  # too many prepared statements
    1792: Unavailable,  # read-only transaction
    1836: Unavailable,  # read-only mode
    1118: BadValue,  # row too large
    1153: BadValue,  # packet larger than max_allowed_packet
    1260: BadValue,  # cut by group_concat
    1264: BadValue,  # out of range
    1265: BadValue,  # data truncated
    1267: BadValue,  # a character that the column's character set does not have
    1292: BadValue,  # truncated wrong value
    1301: BadValue,  # result larger than max_allowed_packet
    1365: BadValue,  # division by zero
    1366: BadValue,  # incorrect value for column
    1367: BadValue,  # illegal value found during parsing
    1406: BadValue,  # data too long
    1411: BadValue,  # incorrect value for function
    1441: BadValue,  # datetime function overflow
    1690: BadValue,  # out of range in an expression
    3140: BadValue,  # invalid JSON text
    3141: BadValue,  # invalid JSON text in argument
}
LOST = frozenset({2006, 2013, 2055, 1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184})
"""The connection is gone, or the server is about to end it."""
ENDED = LOST | {1153, 1927, 4031, 3169}
UNREACHABLE = frozenset({2002, 2003, 2005})
SERIALIZATION = frozenset({1213, 1020, 1614})
STALE = frozenset({1412, 1615, 1243})
"""A prepared statement is older than the schema, or the server has forgotten it."""
CUT = frozenset({1260, 1301})
"""Warnings that a text in the answer is not whole."""
FAILURES: tuple[type[Exception], ...] = (errors.MySQLError, OSError)
"""All that running a statement can raise for a reason outside the program."""

_KEY = re.compile(r"for key ['\"`](?P<key>[^'\"`]*)['\"`]\s*$")
_REFERENCE = re.compile(r"CONSTRAINT [`\"](?P<name>[^`\"]+)[`\"] FOREIGN KEY")
_CHECK = re.compile(
    r"(?:Check constraint ['`\"](?P<mysql>[^'`\"]+)['`\"] is violated"
    r"|CONSTRAINT [`'\"](?P<mariadb>[^`'\"]+)[`'\"] failed)",
    re.IGNORECASE,
)
_COLUMN = re.compile(r"^(?:Column|Field) '(?P<column>[^']+)'")
_TABLE = re.compile(
    r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(?:\"(?P<quoted>[^\"]+)\"|(?P<plain>\w+))",
    re.IGNORECASE,
)


def number_of(error: BaseException | None) -> int:
    """The number of an error; 0 for one that is none of the server's or the driver's."""
    if isinstance(error, errors.MySQLError) and error.args and isinstance(error.args[0], int):
        return error.args[0]
    return 0


def breaks_connection(error: BaseException) -> bool:
    """Whether the connection is of no use any more, or its state is not known."""
    if isinstance(error, TimeoutError):
        return False
    if isinstance(error, (OSError, errors.InterfaceError, errors.InternalError)):
        return True
    return number_of(error) in ENDED | UNREACHABLE


def leaves_in_doubt(error: BaseException) -> bool:
    """Whether it is unknown if a statement outside a transaction was committed."""
    return breaks_connection(error) or isinstance(error, TimeoutError)


def may_connect_later(error: BaseException) -> bool:
    """Whether the server may only be starting, restarting or full."""
    number = number_of(error)
    return breaks_connection(error) or isinstance(error, TimeoutError) or number in {1040, 1203}


def translated(error: Exception, text: str = "") -> StoreError:
    """The error of errors.py for one of asyncmy's; `text` is the statement that met it."""
    number = number_of(error)
    if number in VIOLATIONS:
        return violated(str(error.args[1]), VIOLATIONS[number], text)
    meaning = MEANINGS.get(number)
    if meaning is BadValue:
        # The server's messages quote the value, which may be a secret.
        return BadValue(f"MySQL cannot take or give a value ({number})")
    if meaning is not None:
        return meaning(f"MySQL: {error}")
    if isinstance(error, TimeoutError):
        return TimedOut("the database did not answer in time")
    if breaks_connection(error):
        return Unavailable(f"MySQL: {error}")
    if isinstance(error, errors.DataError):
        return BadValue("MySQL cannot take a value of this type or size")
    return StoreError(f"MySQL: {error}")


def violated(message: str, violation: Violation, text: str) -> Violated:
    """A violation with its place, which the server tells in a message only.

    What a message quotes of a value stands before the name, so the name is taken from its end.
    """
    table = table_of(text)
    match violation:
        case Violation.UNIQUE:
            found = _KEY.search(message)
            name = found["key"].rpartition(".")[2] if found else None
            return Violated(violation, constraint=name, table=table)
        case Violation.REFERENCE | Violation.REFERENCED:
            found = _REFERENCE.search(message)
            return Violated(violation, constraint=found["name"] if found else None, table=table)
        case Violation.CHECK:
            found = _CHECK.search(message)
            name = (found["mysql"] or found["mariadb"]) if found else None
            return Violated(violation, constraint=name, table=table)
        case Violation.NOT_NULL:
            found = _COLUMN.search(message)
            columns = (found["column"],) if found else ()
            return Violated(violation, table=table, columns=columns)


def table_of(text: str) -> str | None:
    """The table that a statement writes to."""
    found = _TABLE.search(text)
    return (found["quoted"] or found["plain"]) if found else None
