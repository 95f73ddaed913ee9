"""What becomes of the values of a column whose type is another from now on.

A conversion keeps every value that fits, or says how many do not: nothing is cut or rounded.
What has no conversion begins anew.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from charter.contract.types import TEXTUAL, Scalar
from charter.migrate.changes import Held
from charter.migrate.objects import Stored

_EXACT = 2**53
"""Whole numbers up to this one are exact as floats."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """An SQL expression for the value, and a condition that holds for values that fit (None
    where all do). Both have `{}` for the column."""

    value: str
    fits: str | None = None

    def of(self, column: str) -> str:
        """The expression over a column: null for what does not fit."""
        value = self.value.replace("{}", column)
        if self.fits is None:
            return value
        return f"CASE WHEN {self.fits.replace('{}', column)} THEN {value} END"

    def misfits(self, column: str) -> str | None:
        """The condition on rows whose value does not fit; None where there can be none."""
        if self.fits is None:
            return None
        return f"{column} IS NOT NULL AND ({self.fits.replace('{}', column)}) IS NOT TRUE"


SAME = Conversion("{}")
_LENGTH = re.compile(r"varchar\((\d+)\)")
Make = Callable[[Stored, Stored], Conversion]
_TEXTS = frozenset(scalar.value for scalar in TEXTUAL)


def conversion(old: Held, new: Held, dialect: str) -> Conversion | None:
    """How values go over; `SAME` where they stay as they are, None where they cannot."""
    if old.column.generated != new.column.generated:
        return None
    before, after = old.stored, new.stored
    if before is None or after is None:
        return SAME if before is after and old.column.type == new.column.type else None
    if _family(before) == _family(after) and not _is_decimal(after):
        return _shorter(old.column.type, new.column.type)
    if before.many or after.many:
        return None
    if (before.digits, before.places) == (after.digits, after.places) and _is_decimal(before):
        return SAME
    make = _CONVERSIONS[dialect].get((_family(before)[0], _family(after)[0]))
    return None if make is None else make(before, after)


def _shorter(old: str, new: str) -> Conversion:
    """The same value, where the type has a length (MySQL) that holds it."""
    before, after = (_LENGTH.fullmatch(kind) for kind in (old, new))
    if after is None or (before is not None and int(before[1]) <= int(after[1])):
        return SAME
    return Conversion("{}", f"char_length({{}}) <= {after[1]}")


def _family(stored: Stored) -> tuple[str, bool]:
    return ("text" if stored.scalar in _TEXTS else stored.scalar), stored.many


def _is_decimal(stored: Stored) -> bool:
    return stored.scalar == Scalar.DECIMAL and not stored.many


def _digits(stored: Stored) -> tuple[int, int]:
    """Digits before the point, and after it."""
    places = stored.places or 0
    return (stored.digits or 0) - places, places


# -- PostgreSQL ------------------------------------------------------------------------------
def _pg_numeric(_: Stored, after: Stored) -> Conversion:
    whole, places = _digits(after)
    fits = f"{{}} = round({{}}::numeric, {places}) AND abs({{}}::numeric) < 1e{whole}"
    return Conversion(f"({{}})::numeric({after.digits}, {after.places})", fits)


def _pg_float_numeric(_: Stored, after: Stored) -> Conversion:
    whole, places = _digits(after)
    back = f"round({{}}::numeric, {places})::double precision = {{}}"
    fits = f"CASE WHEN abs({{}}) < 1e{whole} THEN {back} ELSE false END"
    return Conversion(f"round({{}}::numeric, {places})", fits)


def _pg(value: str, fits: str | None = None) -> Make:
    return lambda before, after: Conversion(value, fits)


_MONTHS = (
    "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    "|02-(0[1-9]|1[0-9]|2[0-8])"
)
_UUID = "-".join("[0-9a-f]" * length for length in (8, 4, 4, 4, 12))
_INTEGERS = "BETWEEN -9223372036854775808 AND 9223372036854775807"
_POSTGRES: Mapping[tuple[str, str], Make] = {
    ("integer", "decimal"): _pg_numeric,
    ("decimal", "decimal"): _pg_numeric,
    ("float", "decimal"): _pg_float_numeric,
    ("decimal", "integer"): _pg("({})::bigint", f"{{}} = trunc({{}}) AND {{}} {_INTEGERS}"),
    ("float", "integer"): _pg("({})::bigint", f"{{}} = trunc({{}}) AND abs({{}}) <= {_EXACT}"),
    ("integer", "float"): _pg("({})::double precision", f"{{}} BETWEEN -{_EXACT} AND {_EXACT}"),
    ("decimal", "float"): _pg(
        "({})::double precision", "({})::double precision::numeric = {}"
    ),
    ("integer", "text"): _pg("({})::text"),
    ("uuid", "text"): _pg("({})::text"),
    ("date", "text"): _pg("to_char({}, 'YYYY-MM-DD')"),
    ("text", "integer"): _pg("({})::bigint", "{} ~ '^(0|-?[1-9][0-9]{0,17})$'"),
    ("text", "uuid"): _pg("({})::uuid", f"{{}} ~ '^{_UUID}$'"),
    ("text", "date"): _pg("({})::date", f"{{}} ~ '^[0-9]{{4}}-({_MONTHS})$'"),
    ("boolean", "integer"): _pg("({})::integer::bigint"),
    ("integer", "boolean"): _pg("{} = 1", "{} IN (0, 1)"),
    ("date", "datetime"): _pg("({})::timestamp AT TIME ZONE 'UTC'"),
    ("datetime", "date"): _pg(
        "({} AT TIME ZONE 'UTC')::date",
        "{} = date_trunc('day', {} AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'",
    ),
}  # fmt: skip


# -- SQLite: decimals are integers, scaled by their places -----------------------------------
def _lite_numeric(before: Stored, after: Stored) -> Conversion:
    (whole, places), (_, were) = _digits(after), _digits(before)
    more, most = places - were, 10 ** (whole + places)
    if more >= 0:
        # The bound is on what is there: a product could leave 64 bits.
        bound = -(-most // 10**more)
        return Conversion(f"({{}} * {10**more})", f"{{}} > -{bound} AND {{}} < {bound}")
    less = 10**-more
    return Conversion(
        f"({{}} / {less})",
        f"{{}} % {less} = 0 AND {{}} / {less} BETWEEN -{most - 1} AND {most - 1}",
    )


def _lite_float_numeric(_: Stored, after: Stored) -> Conversion:
    whole, places = _digits(after)
    scaled = f"CAST(round({{}} * {10**places}) AS INTEGER)"
    fits = f"abs({{}}) < 1e{whole} AND CAST({scaled} AS REAL) / {10**places} = {{}}"
    return Conversion(scaled, fits)


def _lite_integer(before: Stored, _: Stored) -> Conversion:
    scale = 10 ** (before.places or 0)
    return Conversion(f"({{}} / {scale})", f"{{}} % {scale} = 0")


def _lite_float(before: Stored, _: Stored) -> Conversion:
    scale = 10 ** (before.places or 0)
    return Conversion(f"(CAST({{}} AS REAL) / {scale})", f"{{}} BETWEEN -{_EXACT} AND {_EXACT}")


_SQLITE: Mapping[tuple[str, str], Make] = {
    ("integer", "decimal"): _lite_numeric,
    ("decimal", "decimal"): _lite_numeric,
    ("float", "decimal"): _lite_float_numeric,
    ("decimal", "integer"): _lite_integer,
    ("float", "integer"): _pg(
        "CAST({} AS INTEGER)", f"abs({{}}) <= {_EXACT} AND {{}} = CAST({{}} AS INTEGER)"
    ),
    ("integer", "float"): _lite_float,
    ("decimal", "float"): _lite_float,
    ("integer", "text"): _pg("CAST({} AS TEXT)"),
    ("uuid", "text"): _pg("{}"),
    ("date", "text"): _pg("{}"),
    ("text", "integer"): _pg(
        "CAST({} AS INTEGER)", "length({}) <= 18 AND CAST(CAST({} AS INTEGER) AS TEXT) = {}"
    ),
    ("text", "uuid"): _pg("{}", f"{{}} GLOB '{_UUID}'"),
    ("text", "date"): _pg("{}", "date({}) = {}"),
    ("boolean", "integer"): _pg("{}"),
    ("integer", "boolean"): _pg("{}", "{} IN (0, 1)"),
    ("date", "datetime"): _pg("({} || 'T00:00:00+00:00')"),
    ("datetime", "date"): _pg("substr({}, 1, 10)", "substr({}, 11) = 'T00:00:00+00:00'"),
}  # fmt: skip


# -- MySQL and MariaDB: a cast that does not fit is an error where rows are written ------------
def _my_numeric(_: Stored, after: Stored) -> Conversion:
    whole, places = _digits(after)
    most = 10**whole
    fits = f"{{}} = round({{}}, {places}) AND {{}} > -{most} AND {{}} < {most}"
    return Conversion(f"CAST({{}} AS DECIMAL({after.digits}, {after.places}))", fits)


def _my_float_numeric(_: Stored, after: Stored) -> Conversion:
    whole, _places = _digits(after)
    cast = f"CAST({{}} AS DECIMAL({after.digits}, {after.places}))"
    fits = f"CASE WHEN abs({{}}) < 1e{whole} - 1 THEN CAST({cast} AS DOUBLE) = {{}} ELSE FALSE END"
    return Conversion(cast, fits)


def _my_matches(value: str, pattern: str) -> Make:
    # Whatever the collation, and to the very end.
    return _pg(value, f"{{}} REGEXP '^(?-i)({pattern})\\\\z'")


_MYSQL: Mapping[tuple[str, str], Make] = {
    ("integer", "decimal"): _my_numeric,
    ("decimal", "decimal"): _my_numeric,
    ("float", "decimal"): _my_float_numeric,
    ("decimal", "integer"): _pg(
        "CAST({} AS SIGNED)", f"{{}} = truncate({{}}, 0) AND {{}} {_INTEGERS}"
    ),
    ("float", "integer"): _pg(
        "CAST({} AS SIGNED)", f"abs({{}}) <= {_EXACT} AND {{}} = truncate({{}}, 0)"
    ),
    ("integer", "float"): _pg("CAST({} AS DOUBLE)", f"{{}} BETWEEN -{_EXACT} AND {_EXACT}"),
    ("decimal", "float"): _pg(
        "CAST({} AS DOUBLE)",
        f"abs({{}}) <= {_EXACT} AND CAST(CAST({{}} AS DOUBLE) AS DECIMAL(65, 28)) = {{}}",
    ),
    ("integer", "text"): _pg("CAST({} AS CHAR)"),
    ("uuid", "text"): _pg("CAST({} AS CHAR)"),
    ("date", "text"): _pg("CAST({} AS CHAR)"),
    ("text", "integer"): _my_matches("CAST({} AS SIGNED)", "0|-?[1-9][0-9]{0,17}"),
    ("text", "uuid"): _my_matches("{}", _UUID),
    ("text", "date"): _my_matches("CAST({} AS DATE)", f"(?!0000)[0-9]{{4}}-({_MONTHS})"),
    ("boolean", "integer"): _pg("{}"),
    ("integer", "boolean"): _pg("{}", "{} IN (0, 1)"),
    ("date", "datetime"): _pg("CAST({} AS DATETIME(6))"),
    ("datetime", "date"): _pg("CAST({} AS DATE)", "{} = CAST(CAST({} AS DATE) AS DATETIME(6))"),
}  # fmt: skip

_CONVERSIONS: Mapping[str, Mapping[tuple[str, str], Make]] = MappingProxyType(
    {"postgresql": _POSTGRES, "sqlite": _SQLITE, "mysql": _MYSQL}
)
