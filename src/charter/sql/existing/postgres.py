"""How PostgreSQL's existing tables store values.

Texts are read as `text`, which keeps their collation and, but for `char(n)`, `citext` and enums,
their indexes.
"""

import re
from collections.abc import Callable
from types import MappingProxyType

from charter.contract.mapping import Form
from charter.contract.resource import Field
from charter.contract.types import TEXTUAL, Scalar, digits_of, places_of
from charter.sql.dialect import Dialect
from charter.sql.existing.storage import LIST, Forms, Storage
from charter.sql.fragment import Fragment, identifier, number, sql
from charter.sql.sources import Source

_SIZED = re.compile(r"\s*\(.*?\)")
_INTEGERS = ("smallint", "integer", "bigint")
_TEXTS = ("text", "character varying", "character", "citext", "name")
_NUMBERS = (*_INTEGERS, "numeric", "real", "double precision")


def bare_type(column_type: str) -> str:
    """A type without its bounds and collation: `character varying` of a `varchar(40)`."""
    return _SIZED.sub("", column_type.partition(" COLLATE ")[0])


def _among(*types: str) -> Callable[[str, Field], bool]:
    return lambda column_type, field: bare_type(column_type) in types


def _exact(column_type: str, field: Field) -> bool:
    return column_type == f"numeric({digits_of(field.type)},{places_of(field.type)})"


def _enum(column_type: str, field: Field) -> bool:
    name = "" if field.stored is None else field.stored.name
    return column_type in {name, f'"{name}"'}


Read = Callable[[Fragment, Field], Fragment]
Write = Callable[[Dialect, Source, Field], Fragment]


def _argument(dialect: Dialect, source: Source, field: Field) -> Fragment:
    return dialect.argument(source, field.type)


def _text(column: Fragment, field: Field) -> Fragment:
    return sql("{}::text", column)


def _as_enum(dialect: Dialect, source: Source, field: Field) -> Fragment:
    name = "" if field.stored is None else field.stored.name
    return sql("{}::{}", _argument(dialect, source, field), identifier(name))


# -- numbers ---------------------------------------------------------------------------------
def _decimal(column: Fragment, field: Field) -> Fragment:
    return sql("round(({})::numeric, {})", column, number(places_of(field.type)))


def _as_decimal_text(dialect: Dialect, source: Source, field: Field) -> Fragment:
    return sql("{}::text", _decimal(_argument(dialect, source, field), field))


def _scaled(column: Fragment, field: Field) -> Fragment:
    unit = number(10 ** places_of(field.type))
    return _decimal(sql("({}::numeric / {})", column, unit), field)


def _as_scaled(dialect: Dialect, source: Source, field: Field) -> Fragment:
    unit = number(10 ** places_of(field.type))
    return sql("round({} * {})::bigint", _argument(dialect, source, field), unit)


def _float(column: Fragment, field: Field) -> Fragment:
    """By its text: so 0.1 of a `real` is 0.1, and what a reader is shown can be looked for."""
    return sql("({}::text)::double precision", column)


def _whole(column: Fragment, field: Field) -> Fragment:
    return sql("({})::bigint", column)


def _truth(column: Fragment, field: Field) -> Fragment:
    return sql("({} <> 0)", column)


def _as_number(dialect: Dialect, source: Source, field: Field) -> Fragment:
    return sql("{}::integer", _argument(dialect, source, field))


# -- times -----------------------------------------------------------------------------------
def _naive(column: Fragment, field: Field) -> Fragment:
    return sql("({} AT TIME ZONE 'UTC')", column)


def _as_naive(dialect: Dialect, source: Source, field: Field) -> Fragment:
    return _naive(_argument(dialect, source, field), field)


def _day(column: Fragment, field: Field) -> Fragment:
    return sql("{}::date", column)


def _as_midnight(dialect: Dialect, source: Source, field: Field) -> Fragment:
    return sql("{}::timestamp", _argument(dialect, source, field))


def _unix(column: Fragment, field: Field) -> Fragment:
    return sql("to_timestamp({})", column)


def _unix_ms(column: Fragment, field: Field) -> Fragment:
    return sql("to_timestamp({} / 1000.0)", column)


def _as_unix(dialect: Dialect, source: Source, field: Field) -> Fragment:
    return sql("floor(extract(epoch FROM {}))::bigint", _argument(dialect, source, field))


def _as_unix_ms(dialect: Dialect, source: Source, field: Field) -> Fragment:
    return sql("floor(extract(epoch FROM {}) * 1000)::bigint", _argument(dialect, source, field))


# -- UUIDs and JSON --------------------------------------------------------------------------
def _uuid(column: Fragment, field: Field) -> Fragment:
    return sql("({}::text)::uuid", column)


def _uuid_of_bytes(column: Fragment, field: Field) -> Fragment:
    return sql("encode({}, 'hex')::uuid", column)


def _as_uuid_text(dialect: Dialect, source: Source, field: Field) -> Fragment:
    return sql("{}::text", _argument(dialect, source, field))


def _as_hex(dialect: Dialect, source: Source, field: Field) -> Fragment:
    return sql("replace({}::text, '-', '')", _argument(dialect, source, field))


def _as_bytes(dialect: Dialect, source: Source, field: Field) -> Fragment:
    return sql("decode({}, 'hex')", _as_hex(dialect, source, field))


def _json(column: Fragment, field: Field) -> Fragment:
    return sql("({})::jsonb", column)


def _of(*types: str, read: Read | None = None, write: Write = _argument) -> Storage:
    wants = " or ".join(types)
    if read is None:
        return Storage(wants, _among(*types), write=write)
    return Storage(wants, _among(*types), read, write)


_ENUM = Storage("an enum type of this name", _enum, _text, _as_enum)
_JSON_TEXT = _of("json", "text", read=_json)

POSTGRES_FORMS: Forms = MappingProxyType(
    {
        **{(kind, None): _of(*_TEXTS, read=_text) for kind in TEXTUAL},
        **{(kind, Form.ENUM): _ENUM for kind in TEXTUAL},
        (Scalar.INTEGER, None): _of(*_INTEGERS),
        (Scalar.INTEGER, Form.NUMBER): _of("numeric", *_INTEGERS, read=_whole),
        (Scalar.BOOLEAN, None): _of("boolean"),
        (Scalar.BOOLEAN, Form.NUMBER): _of(*_INTEGERS, read=_truth, write=_as_number),
        (Scalar.FLOAT, None): _of("double precision"),
        (Scalar.FLOAT, Form.NUMBER): _of(*_NUMBERS, read=_float),
        (Scalar.DECIMAL, None): Storage("numeric of just these digits and places", _exact),
        (Scalar.DECIMAL, Form.NUMBER): _of(*_NUMBERS, read=_decimal),
        (Scalar.DECIMAL, Form.TEXT): _of(*_TEXTS, read=_decimal, write=_as_decimal_text),
        (Scalar.DECIMAL, Form.SCALED): _of(*_INTEGERS, read=_scaled, write=_as_scaled),
        (Scalar.DATE, None): _of("date"),
        (Scalar.DATE, Form.NAIVE): _of(
            "timestamp without time zone", read=_day, write=_as_midnight
        ),
        (Scalar.DATETIME, None): _of("timestamp with time zone"),
        (Scalar.DATETIME, Form.NAIVE): _of(
            "timestamp without time zone", read=_naive, write=_as_naive
        ),
        (Scalar.DATETIME, Form.UNIX): _of(*_INTEGERS, read=_unix, write=_as_unix),
        (Scalar.DATETIME, Form.UNIX_MS): _of("bigint", read=_unix_ms, write=_as_unix_ms),
        (Scalar.UUID, None): _of("uuid"),
        (Scalar.UUID, Form.TEXT): _of(*_TEXTS, read=_uuid, write=_as_uuid_text),
        (Scalar.UUID, Form.HEX): _of(*_TEXTS, read=_uuid, write=_as_hex),
        (Scalar.UUID, Form.BYTES): _of("bytea", read=_uuid_of_bytes, write=_as_bytes),
        (Scalar.JSON, None): _of("jsonb"),
        (Scalar.JSON, Form.TEXT): _JSON_TEXT,
        (LIST, None): _of("jsonb"),
        (LIST, Form.TEXT): _JSON_TEXT,
    }
)
