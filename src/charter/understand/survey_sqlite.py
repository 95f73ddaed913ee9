"""SQLite: it has no comments and no estimates; each value has a storage class of its own."""

from collections.abc import Sequence
from typing import Any

from charter.sql.sqlite import SQLITE
from charter.sql.statement import Statement
from charter.understand.found import Value
from charter.understand.survey import SAMPLED_CHARACTERS, SAMPLED_ROWS, About, Rows, Survey


def _read(_: Sequence[Rows]) -> About:
    return {}, {}


def _count(table: str) -> Statement:
    text = f"SELECT count(*) FROM {SQLITE.quote(table)}"  # noqa: S608 - a quoted name
    return Statement(text, label="understand: count")


def _sample(table: str, columns: Sequence[str], _: int | None) -> Statement:
    names = [SQLITE.quote(column) for column in columns]
    parts = (
        f"typeof({name}), iif(typeof({name}) = 'blob', '', substr({name}, 1, {SAMPLED_CHARACTERS}))"
        for name in names
    )
    shown = ", ".join(parts)
    text = f"SELECT {shown} FROM {SQLITE.quote(table)} LIMIT {SAMPLED_ROWS}"  # noqa: S608
    return Statement(text, label="understand: sample")


def _values(row: Sequence[Any]) -> list[Value | None]:
    pairs = zip(row[::2], row[1::2], strict=True)
    return [None if kind == "null" else Value(str(text), kind) for kind, text in pairs]


SQLITE_SURVEY = Survey(
    version=Statement("SELECT sqlite_version()", label="understand: version"),
    server=lambda version: f"SQLite {version}",
    about=(),
    read=_read,
    count=_count,
    sample=_sample,
    values=_values,
)
