"""MySQL and MariaDB: comments, enumerations and estimates from their information schema."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from charter.sql.catalog_mysql import quoted
from charter.sql.existing.mysql import bare_type, labels_of, unescaped
from charter.sql.schema import CheckRule, Column, Schema
from charter.sql.statement import Statement
from charter.understand.found import ColumnAbout, TableAbout, Value
from charter.understand.survey import SAMPLED_CHARACTERS, SAMPLED_ROWS, About, Rows, Survey

_TABLES = Statement(
    "SELECT table_name, table_type, table_comment, table_rows FROM information_schema.tables "
    "WHERE table_schema = database()",
    label="understand: tables",
)
_COLUMNS = Statement(
    "SELECT table_name, column_name, column_comment, column_type "
    "FROM information_schema.columns WHERE table_schema = database()",
    label="understand: columns",
)
_LITERAL = re.compile(r"(?P<set>\b_\w+ ?)?(?P<bits>\bb)?'(?P<text>(?:[^'\\]|''|\\.)*)'", re.DOTALL)
_VERSION = re.compile(r"[0-9.]+")


def _read(results: Sequence[Rows]) -> About:
    table_rows, column_rows = results
    tables = {
        name: TableAbout(comment, None if rows is None else int(rows))
        for name, kind, comment, rows in table_rows
        if kind != "VIEW"
    }
    columns = {
        (table, name): ColumnAbout(
            comment, labels=labels_of(kind) if bare_type(kind) == "enum" else ()
        )
        for table, name, comment, kind in column_rows
    }
    return tables, columns


def _plain(schema: Schema) -> Schema:
    """Literals as standard SQL has them: without backslashes, character sets and bits."""
    return Schema(
        tuple(
            replace(
                table,
                columns=tuple(map(_plain_column, table.columns)),
                checks=tuple(map(_plain_check, table.checks)),
            )
            for table in schema.tables
        )
    )


def _plain_column(column: Column) -> Column:
    return column if column.default is None else replace(column, default=_text(column.default))


def _plain_check(check: CheckRule) -> CheckRule:
    return replace(check, expression=_text(check.expression))


def _text(text: str) -> str:
    return _LITERAL.sub(_literal, text)


def _literal(found: re.Match[str]) -> str:
    if found["bits"]:
        return str(int(found["text"] or "0", 2))
    text = unescaped(found["text"].replace("''", "'"))
    return "'" + text.replace("'", "''") + "'"


def _count(table: str) -> Statement:
    text = f"SELECT count(*) FROM {quoted(table)}"  # noqa: S608 - a quoted name
    return Statement(text, label="understand: count")


def _sample(table: str, columns: Sequence[str], _: int | None) -> Statement:
    shown = ", ".join(f"left(CAST({quoted(c)} AS CHAR), {SAMPLED_CHARACTERS})" for c in columns)
    text = f"SELECT {shown} FROM {quoted(table)} LIMIT {SAMPLED_ROWS}"  # noqa: S608 - quoted names
    return Statement(text, label="understand: sample")


def _values(row: Sequence[Any]) -> list[Value | None]:
    return [None if text is None else Value(text) for text in row]


def _server(version: str) -> str:
    number = _VERSION.match(version)
    name = "MariaDB" if "mariadb" in version.lower() else "MySQL"
    return f"{name} {number[0]}" if number else name


MYSQL_SURVEY = Survey(
    version=Statement("SELECT version()", label="understand: version"),
    server=_server,
    about=(_TABLES, _COLUMNS),
    read=_read,
    count=_count,
    sample=_sample,
    values=_values,
    plain=_plain,
)
