"""How existing tables of MySQL and MariaDB store values.

Texts are read as they are: sorts and indexes are those of their columns. Where they are compared
exactly, that is asked beside (`Dialect.exact`).
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

from charter.contract.mapping import Form
from charter.contract.resource import Field
from charter.contract.types import TEXTUAL, Scalar, digits_of, places_of
from charter.sql.canonical import decimal_text
from charter.sql.dialect import Dialect
from charter.sql.existing.storage import LIST, Forms, Storage, as_given
from charter.sql.fragment import Fragment, number, parameter, sql
from charter.sql.sources import Source

_SIZED = re.compile(r"\(.*\)")
_LABEL = re.compile(r"'((?:[^']|'')*)'")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_LETTERS: Mapping[str, str] = MappingProxyType(
    {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}
)
_INTEGERS = ("tinyint", "smallint", "mediumint", "int", "bigint")
_TEXTS = ("varchar", "char", "tinytext", "text", "mediumtext", "longtext")
_LONG_TEXTS = ("json", "longtext", "mediumtext", "text", "varchar")
_NUMBERS = (*_INTEGERS, "decimal", "float", "double")

Read = Callable[[Fragment, Field], Fragment]
Write = Callable[[Dialect, Source, Field], Fragment]


def bare_type(column_type: str) -> str:
    """A type without its bounds, sign and collation: `int` of an `int(10) unsigned`."""
    plain = column_type.partition(" COLLATE ")[0].removesuffix(" virtual")
    return _SIZED.sub("", plain).removesuffix(" unsigned")


def labels_of(column_type: str) -> tuple[str, ...]:
    """The texts that an enumeration or a set has, in its own order."""
    inside = column_type.partition("(")[2].rpartition(")")[0]
    return tuple(unescaped(item.replace("''", "'")) for item in _LABEL.findall(inside))


def unescaped(text: str) -> str:
    """What stands in a literal, without the backslashes that the servers write."""
    return _ESCAPED.sub(lambda found: _LETTERS.get(found[1], found[1]), text)


def _among(*types: str) -> Callable[[str, Field], bool]:
    return lambda column_type, field: bare_type(column_type) in types


def _exact(column_type: str, field: Field) -> bool:
    wanted = f"decimal({digits_of(field.type)},{places_of(field.type)})"
    return column_type.removesuffix(" unsigned") == wanted


def _truths(column_type: str, field: Field) -> bool:
    return column_type == "tinyint(1)"


def _bits(column_type: str, field: Field) -> bool:
    return column_type == "bit(1)" or bare_type(column_type) in _INTEGERS


def _enum(column_type: str, field: Field) -> bool:
    known = labels_of(column_type)
    return bare_type(column_type) == "enum" and set(field.type.choices) <= set(known)


def _written(encode: Callable[[Any, Field], Any]) -> Write:
    def write(dialect: Dialect, source: Source, field: Field) -> Fragment:
        def codec(value: Any) -> Any:
            return None if value is None else encode(value, field)

        return parameter(source, codec)

    return write


def _text(column: Fragment, field: Field) -> Fragment:
    return sql("CAST({} AS CHAR)", column)


# -- numbers ---------------------------------------------------------------------------------
def _decimal(column: Fragment, field: Field) -> Fragment:
    return sql("CAST({} AS DECIMAL(65, {}))", column, number(places_of(field.type)))


def _decimal_in_text(column: Fragment, field: Field) -> Fragment:
    # The server takes every text for a number, and what is none for zero.
    plain = _decimal(column, field)
    return sql("CASE WHEN {} REGEXP '^[-+]?[0-9]+([.][0-9]+)?$' THEN {} END", column, plain)


def _as_decimal_text(value: Any, field: Field) -> str:
    return decimal_text(Decimal(value), places_of(field.type))


def _scaled(column: Fragment, field: Field) -> Fragment:
    return _decimal(sql("({} / {})", column, number(10 ** places_of(field.type))), field)


def _as_scaled(value: Any, field: Field) -> int:
    return int(round(Decimal(value), places_of(field.type)).scaleb(places_of(field.type)))


def _float(column: Fragment, field: Field) -> Fragment:
    """By its text: so 0.1 of a `float` is 0.1, and what a reader is shown can be looked for."""
    return sql("CAST(concat({}) AS DOUBLE)", column)


def _whole(column: Fragment, field: Field) -> Fragment:
    return sql("CAST({} AS SIGNED)", column)


def _truth(column: Fragment, field: Field) -> Fragment:
    return sql("({} <> 0)", column)


# -- times -----------------------------------------------------------------------------------
def _day(column: Fragment, field: Field) -> Fragment:
    return sql("CAST({} AS DATE)", column)


def _unix(column: Fragment, field: Field) -> Fragment:
    return sql("(TIMESTAMP'1970-01-01 00:00:00' + INTERVAL {} SECOND)", column)


def _unix_ms(column: Fragment, field: Field) -> Fragment:
    return sql("(TIMESTAMP'1970-01-01 00:00:00' + INTERVAL {} * 1000 MICROSECOND)", column)


def _as_unix(value: datetime, field: Field) -> int:
    return _as_unix_ms(value, field) // 1000


def _as_unix_ms(value: datetime, field: Field) -> int:
    whole = value.astimezone(UTC).replace(microsecond=0)
    return int(whole.timestamp()) * 1000 + value.microsecond // 1000


# -- UUIDs and JSON --------------------------------------------------------------------------
def _uuid(column: Fragment, field: Field) -> Fragment:
    return sql("lower(CAST({} AS CHAR))", column)


def _hex(column: Fragment, field: Field) -> Fragment:
    parts = [
        sql("substr({}, {}, {})", column, number(start), number(length))
        for start, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    ]
    return sql("lower(CAST(concat({}, '-', {}, '-', {}, '-', {}, '-', {}) AS CHAR))", *parts)


def _bytes(column: Fragment, field: Field) -> Fragment:
    return _hex(sql("hex({})", column), field)


def _as_hex(value: Any, field: Field) -> str:
    return UUID(str(value)).hex


def _as_bytes(dialect: Dialect, source: Source, field: Field) -> Fragment:
    return sql("unhex({})", _written(_as_hex)(dialect, source, field))


def _json(column: Fragment, field: Field) -> Fragment:
    """Without the blanks and tabs that a text may have between its parts. Each server reads the
    comments that are its own."""
    return sql("/*!80017 CAST(CAST({} AS JSON) AS CHAR) *//*M! JSON_COMPACT({}) */", column, column)


def _of(*types: str, read: Read | None = None, write: Write = as_given) -> Storage:
    wants = " or ".join(types)
    if read is None:
        return Storage(wants, _among(*types), write=write)
    return Storage(wants, _among(*types), read, write)


_ENUM = Storage("an enum that has all the choices", _enum, _text)
_JSON = _of(*_LONG_TEXTS, read=_json)
_EXACT = Storage("decimal of just these digits and places", _exact)

MYSQL_FORMS: Forms = MappingProxyType(
    {
        **{(kind, None): _of(*_TEXTS) for kind in TEXTUAL},
        **{(kind, Form.ENUM): _ENUM for kind in TEXTUAL},
        (Scalar.INTEGER, None): _of(*_INTEGERS),
        (Scalar.INTEGER, Form.NUMBER): _of("year", "decimal", *_INTEGERS, read=_whole),
        (Scalar.BOOLEAN, None): Storage("tinyint(1)", _truths, _truth),
        (Scalar.BOOLEAN, Form.NUMBER): Storage("bit(1) or an integer", _bits, _truth),
        (Scalar.FLOAT, None): _of("double"),
        (Scalar.FLOAT, Form.NUMBER): _of(*_NUMBERS, read=_float),
        (Scalar.DECIMAL, None): _EXACT,
        (Scalar.DECIMAL, Form.NUMBER): _of(*_NUMBERS, read=_decimal),
        (Scalar.DECIMAL, Form.TEXT): _of(
            *_TEXTS, read=_decimal_in_text, write=_written(_as_decimal_text)
        ),
        (Scalar.DECIMAL, Form.SCALED): _of(*_INTEGERS, read=_scaled, write=_written(_as_scaled)),
        (Scalar.DATE, None): _of("date"),
        (Scalar.DATE, Form.NAIVE): _of("datetime", "timestamp", read=_day),
        (Scalar.DATETIME, None): _of("datetime", "timestamp"),
        (Scalar.DATETIME, Form.NAIVE): _of("datetime", "timestamp"),
        (Scalar.DATETIME, Form.UNIX): _of(*_INTEGERS, read=_unix, write=_written(_as_unix)),
        (Scalar.DATETIME, Form.UNIX_MS): _of("bigint", read=_unix_ms, write=_written(_as_unix_ms)),
        (Scalar.UUID, None): _of("char", "varchar", "uuid"),
        (Scalar.UUID, Form.TEXT): _of("char", "varchar", read=_uuid),
        (Scalar.UUID, Form.HEX): _of("char", "varchar", read=_hex, write=_written(_as_hex)),
        (Scalar.UUID, Form.BYTES): _of("binary", "varbinary", read=_bytes, write=_as_bytes),
        (Scalar.JSON, None): _JSON,
        (Scalar.JSON, Form.TEXT): _JSON,
        (LIST, None): _JSON,
        (LIST, Form.TEXT): _JSON,
    }
)
