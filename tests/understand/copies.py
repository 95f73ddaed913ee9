"""The tables of a SQLite file, with their rows, as MySQL would have them."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tests.understand.generated import quoted
from tests.understand.places import mysql_database

_ROWS = 500
_TYPES = (("nvarchar", "varchar"), ("numeric", "decimal"), ("integer", "int"))
"""What each calls a type."""


def mysql_copy(path: Path, url: str) -> str:
    """Copies a file into an empty database; its URL."""
    with closing(sqlite3.connect(path)) as database:
        mysql_database(url, ";\n".join(["SET foreign_key_checks = 0", *_statements(database)]))
    return url


def _statements(database: sqlite3.Connection) -> Iterator[str]:
    for (table,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'"):
        name = quoted(table)
        columns = database.execute(f"PRAGMA table_info({name})").fetchall()
        keys = database.execute(f"PRAGMA foreign_key_list({name})").fetchall()
        primary = [quoted(column[1]) for column in sorted(columns, key=lambda c: c[5]) if column[5]]
        lines = [
            f"{quoted(column)} {_type(kind)}{' NOT NULL' if needed else ''}"
            f"{' AUTO_INCREMENT' if part and len(primary) == 1 else ''}"
            for _, column, kind, needed, _, part in columns
        ]
        lines.append(f"PRIMARY KEY ({', '.join(primary)})")
        lines += [
            f"FOREIGN KEY ({quoted(own)}) REFERENCES {quoted(target)} ({quoted(theirs)})"
            for _, _, target, own, theirs, *_ in keys
        ]
        yield f"CREATE TABLE {name} ({', '.join(lines)}) DEFAULT CHARSET=utf8mb4"
        rows = database.execute(f"SELECT * FROM {name}").fetchall()
        for start in range(0, len(rows), _ROWS):
            shown = (f"({', '.join(map(_literal, row))})" for row in rows[start : start + _ROWS])
            yield f"INSERT INTO {name} VALUES {', '.join(shown)}"


def _type(declared: str) -> str:
    kind = declared.lower()
    for old, new in _TYPES:
        kind = re.sub(rf"^{old}", new, kind)
    return kind


def _literal(value: str | int | float | None) -> str:
    match value:
        case None:
            return "NULL"
        case str():
            escaped = value.replace("\\", "\\\\").replace("'", "''")
            return f"'{escaped}'"
        case _:
            return repr(value)
