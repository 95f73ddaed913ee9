"""How SQLite's existing tables store values. Any column can hold any value: what a form cannot
read comes out as null."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

from charter.contract.mapping import Form
from charter.contract.resource import Field
from charter.contract.types import TEXTUAL, Scalar, places_of
from charter.sql.canonical import decimal_text
from charter.sql.dialect import Dialect
from charter.sql.existing.storage import LIST, Forms, Storage
from charter.sql.fragment import Fragment, number, parameter, sql
from charter.sql.sources import Source

_TEXT, _NUMERIC, _INTEGER, _REAL, _BLOB = "TEXT", "NUMERIC", "INTEGER", "REAL", "BLOB"


def affinity(column_type: str) -> str:
    """What a column of a declared type makes of values (https://sqlite.org/datatype3.html)."""
    declared = column_type.partition(" COLLATE ")[0].upper()
    for parts, found in (
        (("INT",), _INTEGER),
        (("CHAR", "CLOB", "TEXT"), _TEXT),
        (("BLOB",), _BLOB),
        (("REAL", "FLOA", "DOUB"), _REAL),
    ):
        if any(part in declared for part in parts):
            return found
    return _NUMERIC if declared and declared != "ANY" else _BLOB


def _among(*affinities: str) -> Callable[[str, Field], bool]:
    return lambda column_type, field: affinity(column_type) in affinities


_texts = _among(_TEXT, _BLOB)
_numbers = _among(_INTEGER, _NUMERIC, _REAL, _BLOB)
_whole = _among(_INTEGER, _NUMERIC, _BLOB)
_times = _among(_TEXT, _NUMERIC, _BLOB)


def _written(
    encode: Callable[[Any, Field], Any],
) -> Callable[[Dialect, Source, Field], Fragment]:
    def write(dialect: Dialect, source: Source, field: Field) -> Fragment:
        def codec(value: Any) -> Any:
            return None if value is None else encode(value, field)

        return parameter(source, codec)

    return write


# -- decimals --------------------------------------------------------------------------------
def _number(column: Fragment, field: Field) -> Fragment:
    unit = number(10 ** places_of(field.type))
    return sql("CAST(round({} * {}) AS INTEGER)", column, unit)


def _integer(column: Fragment, field: Field) -> Fragment:
    return sql("CAST({} AS INTEGER)", column)


def _number_in_text(column: Fragment, field: Field) -> Fragment:
    return _number(sql("CAST({} AS REAL)", column), field)


def _as_number(value: Any, field: Field) -> float:
    return float(round(Decimal(value), places_of(field.type)))


def _as_decimal_text(value: Any, field: Field) -> str:
    return decimal_text(Decimal(value), places_of(field.type))


# -- times -----------------------------------------------------------------------------------
def _naive(column: Fragment, field: Field) -> Fragment:
    """Any text that begins with `YYYY-MM-DD`, behind which `HH:MM:SS` and a fraction can stand."""
    return sql(
        "(strftime('%Y-%m-%dT%H:%M:%S', substr({}, 1, 19))"
        " || rtrim(rtrim(rtrim(substr({}, 20, 7), 'Z'), '0'), '.') || '+00:00')",
        column, column,
    )  # fmt: skip


def _iso(column: Fragment, field: Field) -> Fragment:
    """The same with `Z`, or with an offset, in which case the time is moved to UTC."""
    offset = sql("(length({}) > 19 AND substr({}, -6, 1) IN ('+', '-'))", column, column)
    moved = sql(
        "(strftime('%Y-%m-%dT%H:%M:%S', substr({}, 1, 19) || substr({}, -6))"
        " || rtrim(rtrim(substr({}, 20, min(7, length({}) - 25)), '0'), '.') || '+00:00')",
        column, column, column, column,
    )  # fmt: skip
    return sql("iif({}, {}, {})", offset, moved, _naive(column, field))


def _unix(column: Fragment, field: Field) -> Fragment:
    return sql("strftime('%Y-%m-%dT%H:%M:%S+00:00', {}, 'unixepoch')", column)


def _unix_ms(column: Fragment, field: Field) -> Fragment:
    part = sql("(({} % 1000 + 1000) % 1000)", column)
    seconds = sql("(({} - {}) / 1000)", column, part)
    return sql(
        "(strftime('%Y-%m-%dT%H:%M:%S', {}, 'unixepoch')"
        " || rtrim(rtrim(printf('.%03d', {}), '0'), '.') || '+00:00')",
        seconds, part,
    )  # fmt: skip


def _day(column: Fragment, field: Field) -> Fragment:
    return sql("date({})", column)


def _as_naive(value: datetime, field: Field) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")


def _as_iso(value: datetime, field: Field) -> str:
    return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"


def _as_unix(value: datetime, field: Field) -> int:
    return _as_unix_ms(value, field) // 1000


def _as_unix_ms(value: datetime, field: Field) -> int:
    whole = value.astimezone(UTC).replace(microsecond=0)
    return int(whole.timestamp()) * 1000 + value.microsecond // 1000


def _as_midnight(value: date, field: Field) -> str:
    return f"{value.isoformat()} 00:00:00"


# -- UUIDs -----------------------------------------------------------------------------------
def _hex(column: Fragment, field: Field) -> Fragment:
    parts = [
        sql("substr({}, {}, {})", column, number(start), number(length))
        for start, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    ]
    return sql("lower({} || '-' || {} || '-' || {} || '-' || {} || '-' || {})", *parts)


def _bytes(column: Fragment, field: Field) -> Fragment:
    return sql("iif({} IS NULL, NULL, {})", column, _hex(sql("hex({})", column), field))


def _as_hex(value: Any, field: Field) -> str:
    return UUID(str(value)).hex


def _as_bytes(value: Any, field: Field) -> bytes:
    return UUID(str(value)).bytes


_NUMBER_COLUMN = "a column of numbers"
_TEXT_COLUMN = "a column of texts"
_TIME_COLUMN = "a column of texts or times"
_WHOLE_COLUMN = "a column of integers"

SQLITE_FORMS: Forms = MappingProxyType(
    {
        **{(kind, None): Storage(_TEXT_COLUMN, _texts) for kind in TEXTUAL},
        (Scalar.INTEGER, None): Storage(_WHOLE_COLUMN, _whole),
        (Scalar.INTEGER, Form.NUMBER): Storage(_NUMBER_COLUMN, _numbers, _integer),
        (Scalar.BOOLEAN, None): Storage(_WHOLE_COLUMN, _whole),
        (Scalar.BOOLEAN, Form.NUMBER): Storage(_WHOLE_COLUMN, _whole),
        (Scalar.FLOAT, None): Storage(_NUMBER_COLUMN, _among(_REAL, _NUMERIC, _BLOB)),
        (Scalar.FLOAT, Form.NUMBER): Storage(_NUMBER_COLUMN, _numbers),
        (Scalar.DECIMAL, None): Storage("a column of scaled integers", _among(_INTEGER)),
        (Scalar.DECIMAL, Form.SCALED): Storage(_WHOLE_COLUMN, _whole),
        (Scalar.DECIMAL, Form.NUMBER): Storage(
            _NUMBER_COLUMN, _numbers, _number, _written(_as_number)
        ),
        (Scalar.DECIMAL, Form.TEXT): Storage(
            _TEXT_COLUMN, _texts, _number_in_text, _written(_as_decimal_text)
        ),
        (Scalar.DATE, None): Storage(_TIME_COLUMN, _times),
        (Scalar.DATE, Form.NAIVE): Storage(_TIME_COLUMN, _times, _day, _written(_as_midnight)),
        (Scalar.DATETIME, None): Storage(_TIME_COLUMN, _times),
        (Scalar.DATETIME, Form.NAIVE): Storage(_TIME_COLUMN, _times, _naive, _written(_as_naive)),
        (Scalar.DATETIME, Form.ISO): Storage(_TIME_COLUMN, _times, _iso, _written(_as_iso)),
        (Scalar.DATETIME, Form.UNIX): Storage(_NUMBER_COLUMN, _numbers, _unix, _written(_as_unix)),
        (Scalar.DATETIME, Form.UNIX_MS): Storage(
            _NUMBER_COLUMN, _numbers, _unix_ms, _written(_as_unix_ms)
        ),
        (Scalar.UUID, None): Storage(_TEXT_COLUMN, _texts),
        (Scalar.UUID, Form.TEXT): Storage(_TEXT_COLUMN, _texts),
        (Scalar.UUID, Form.HEX): Storage(_TEXT_COLUMN, _texts, _hex, _written(_as_hex)),
        (Scalar.UUID, Form.BYTES): Storage(
            "a column of bytes", _among(_BLOB), _bytes, _written(_as_bytes)
        ),
        (Scalar.JSON, None): Storage(_TEXT_COLUMN, _texts),
        (Scalar.JSON, Form.TEXT): Storage(_TEXT_COLUMN, _texts),
        (LIST, None): Storage(_TEXT_COLUMN, _texts),
        (LIST, Form.TEXT): Storage(_TEXT_COLUMN, _texts),
    }
)
MOST_DIGITS = 15
"""Digits of a decimal that a number of SQLite's, or a text read as one, holds for certain."""
