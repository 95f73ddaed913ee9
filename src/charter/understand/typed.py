"""The type of a contract that holds the values of a column, and how they are stored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from charter.contract.types import MAX_INTEGER, Scalar, Type
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE
from charter.understand import samples
from charter.understand.found import ColumnAbout, Sample
from charter.understand.kinds import PADDED, SINGLE, ZONELESS, Native, kind_of, native

GUESSED_PLACES = 2
"""Places of a decimal that has none of its own, at least."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A type, and the word for how its values are stored where that is not Charter's way.

    Without a type the column cannot be a field. `what` and `why` are what a person should know.
    """

    type: Type | None
    stored: str = ""
    what: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """All that is known of a column: its type as it is declared, the rest, its values."""

    declared: str
    about: ColumnAbout
    sample: Sample
    flag: bool
    """A CHECK lets it be 0 or 1 only."""
    json: bool
    """A CHECK lets it be JSON only."""
    moment: bool
    """Its name is one that times have."""


def typed(told: Told, dialect: str) -> Typed:
    """The type of a column."""
    declared = replace(told, declared=told.about.base or told.declared)
    kind = kind_of(declared.declared, dialect)
    return _DIALECTS.get(dialect, _server)(declared, kind)


def _out(why: str) -> Typed:
    return Typed(None, what="left out", why=why)


# -- SQLite: any value may stand in any column -----------------------------------------------
def _sqlite(told: Told, kind: Type | None) -> Typed:
    if kind is None:
        return _out(f"no field has the type {told.declared or '(none)'}")
    blobs = sum(value.kind == "blob" for value in told.sample)
    if blobs:
        return _out(f"{blobs} of {len(told.sample)} values are BLOBs")
    return _SQLITE.get(kind.scalar, _as_it_is)(told, kind)


def _as_it_is(told: Told, kind: Type) -> Typed:
    return Typed(kind)


def _sqlite_text(told: Told, kind: Type) -> Typed:
    if not any(part in told.declared.lower() for part in ("char", "clob", "text")):
        return _out(f"SQLite takes {told.declared} for a number, and its values are texts")
    if told.json:
        return Typed(Type(Scalar.JSON))
    if told.moment and samples.all_have(told.sample, samples.DAY):
        return Typed(Type(Scalar.DATE))
    if told.moment and (stored := _time_form(told.sample)) is not None:
        return Typed(Type(Scalar.DATETIME), stored)
    return Typed(kind)


def _time_form(sample: Sample) -> str | None:
    """How all of these times are stored; None where they are no times, or not alike."""
    forms = (
        (samples.CHARTERS_TIME, ""),
        (samples.NAIVE_TIME, "naive"),
        (samples.ZONED_TIME, "iso"),
    )
    for form, stored in forms:
        if samples.all_have(sample, form):
            return stored
    if sample and samples.kinds(sample) == {"integer"}:
        return "unix_ms" if any(len(value.text) > 11 for value in sample) else "unix"
    return None


def _sqlite_integer(told: Told, kind: Type) -> Typed:
    others = sum(value.kind != "integer" for value in told.sample)
    if others:
        return _out(f"{others} of {len(told.sample)} values are no integers")
    flag = told.flag or native(told.declared) == native("tinyint(1)")
    if flag and not any(value.text not in {"0", "1"} for value in told.sample):
        return Typed(Type(Scalar.BOOLEAN))
    return Typed(kind)


def _sqlite_boolean(told: Told, kind: Type) -> Typed:
    others = sum(value.text not in {"0", "1"} for value in told.sample)
    return _out(f"{others} of {len(told.sample)} values are not 0 or 1") if others else Typed(kind)


def _sqlite_float(told: Told, kind: Type) -> Typed:
    others = sum(value.kind not in {"real", "integer"} for value in told.sample)
    return _out(f"{others} of {len(told.sample)} values are no numbers") if others else Typed(kind)


_EXACT = 15
"""Digits of a decimal that a number of SQLite keeps."""


def _sqlite_decimal(told: Told, kind: Type) -> Typed:
    others = sum(value.kind not in {"real", "integer"} for value in told.sample)
    if others:
        return _out(f"{others} of {len(told.sample)} values are no numbers")
    found = _sized(kind, told.sample, _EXACT)
    if found.type is not None and (found.type.digits or 0) > _EXACT:
        places = min(found.type.places or 0, _EXACT)
        kind = replace(kind, digits=_EXACT, places=places)
        why = f"SQLite keeps {_EXACT} digits of a {told.declared}"
        return Typed(kind, "number", "a decimal cut short", why)
    return replace(found, stored="number")


def _sized(kind: Type, sample: Sample, digits: int) -> Typed:
    """The type with digits and places: of a decimal without them, those that its values have."""
    if kind.digits is not None:
        return Typed(kind)
    places = max(GUESSED_PLACES, min(6, samples.places(sample)))
    why = "the column says neither digits nor places: these are a guess"
    return Typed(replace(kind, digits=digits, places=places), "", "a decimal of any size", why)


def _sqlite_date(told: Told, kind: Type) -> Typed:
    if not told.sample or samples.all_have(told.sample, samples.DAY):
        return Typed(kind)
    if samples.all_have(told.sample, samples.MIDNIGHT):
        return Typed(kind, "naive")
    return _sqlite_datetime(told, Type(Scalar.DATETIME))


def _sqlite_datetime(told: Told, kind: Type) -> Typed:
    stored = _time_form(told.sample) if told.sample else "naive"
    if stored is None:
        wrong = samples.breaking(told.sample, samples.NAIVE_TIME)
        return _out(f"{wrong} of {len(told.sample)} values are no times of a known form")
    return Typed(kind, stored)


def _numeric(told: Told, kind: Type) -> Typed:
    return _out(f"SQLite takes {told.declared} for a number, and its values are texts")


_SQLITE: Mapping[Scalar, Callable[[Told, Type], Typed]] = MappingProxyType(
    {
        Scalar.TEXT: _sqlite_text,
        Scalar.INTEGER: _sqlite_integer,
        Scalar.BOOLEAN: _sqlite_boolean,
        Scalar.FLOAT: _sqlite_float,
        Scalar.DECIMAL: _sqlite_decimal,
        Scalar.DATE: _sqlite_date,
        Scalar.DATETIME: _sqlite_datetime,
        Scalar.UUID: _numeric,
        Scalar.JSON: _numeric,
    }
)


# -- servers: a column's type holds for all its values ---------------------------------------
def _server(told: Told, kind: Type | None) -> Typed:
    if told.about.labels:
        name = told.declared
        if "." in name:
            return _out(f"the enumeration {name} is in another schema")
        choices = Type(Scalar.CHOICE, choices=told.about.labels)
        return Typed(choices, f"enum:{_unquoted(name)}")
    if kind is None:
        return _out(f"no field has the type {told.declared}")
    name = native(told.declared).name
    match kind.scalar:
        case Scalar.DATETIME if name in ZONELESS:
            return Typed(kind, "naive")
        case Scalar.FLOAT if name in SINGLE:
            return Typed(kind, "number")
        case Scalar.JSON if name == "json":
            return Typed(kind, "text")
        case Scalar.INTEGER if told.flag:
            return Typed(Type(Scalar.BOOLEAN), "number")
        case Scalar.DECIMAL if kind.digits is None:
            return replace(_sized(kind, told.sample, 18), stored="number")
        case Scalar.TEXT if name in PADDED:
            why = "char(n) is filled up with blanks"
            return Typed(kind, what="padded text", why=why)
    return Typed(kind)


# -- MySQL and MariaDB -----------------------------------------------------------------------
def _mysql(told: Told, kind: Type | None) -> Typed:
    found = native(told.declared)
    if told.about.labels:
        return Typed(Type(Scalar.CHOICE, choices=told.about.labels), "enum")
    if found == Native("bit", (1,)):
        return Typed(Type(Scalar.BOOLEAN), "number")
    if found.name == "year":
        return Typed(Type(Scalar.INTEGER), "number")
    if kind is None:
        plain = told.declared.partition(" COLLATE ")[0]
        return _out(f"no field has the type {plain}{_bytes_of(found)}")
    if told.json:
        return Typed(Type(Scalar.JSON))
    return _MYSQL.get(kind.scalar, _as_it_is)(told, kind)


def _bytes_of(found: Native) -> str:
    uuid = found == Native("binary", (16,))
    return ': a UUID field with stored="bytes" would read the UUIDs in it' if uuid else ""


def _mysql_integer(told: Told, kind: Type) -> Typed:
    found = native(told.declared)
    if found == Native("tinyint", (1,)):
        others = sum(value.text not in {"0", "1"} for value in told.sample)
        if not others:
            return Typed(Type(Scalar.BOOLEAN))
        why = f"{others} of {len(told.sample)} values are not 0 or 1, so it is a number"
        return Typed(kind, "", "values break the type", why)
    if told.flag:
        return Typed(Type(Scalar.BOOLEAN), "number")
    if found.name == "bigint unsigned":
        why = f"it can hold numbers above {MAX_INTEGER}, which no field has"
        return Typed(replace(kind, ge=0), "", "a large number", why)
    return Typed(replace(kind, ge=0) if found.name.endswith(" unsigned") else kind)


def _mysql_decimal(told: Told, kind: Type) -> Typed:
    unsigned = native(told.declared).name.endswith(" unsigned")
    wide = MYSQL.unsupported(kind)
    if wide is not None:
        return _out(wide)
    return Typed(replace(kind, ge=Decimal(0)) if unsigned else kind)


def _mysql_text(told: Told, kind: Type) -> Typed:
    tiny = native(told.declared).name == "tinytext"
    return Typed(replace(kind, max_length=255) if tiny else kind)


def _mysql_float(told: Told, kind: Type) -> Typed:
    return Typed(kind, "number" if native(told.declared).name.startswith("float") else "")


def _mysql_time(told: Told, kind: Type) -> Typed:
    zeros = sum("-00" in value.text for value in told.sample)
    if zeros:
        return _out(f"{zeros} of {len(told.sample)} values are all zeros, or zeros in part")
    # `timestamp` is in UTC for the session that reads it; `datetime` has no zone.
    zoneless = kind.scalar is Scalar.DATETIME and told.declared not in _WITH_ZONE
    return Typed(kind, "naive" if zoneless else "")


_WITH_ZONE = frozenset({"timestamp", *(f"timestamp({digits})" for digits in range(1, 7))})
_MYSQL: Mapping[Scalar, Callable[[Told, Type], Typed]] = MappingProxyType(
    {
        Scalar.INTEGER: _mysql_integer,
        Scalar.DECIMAL: _mysql_decimal,
        Scalar.FLOAT: _mysql_float,
        Scalar.TEXT: _mysql_text,
        Scalar.DATE: _mysql_time,
        Scalar.DATETIME: _mysql_time,
    }
)


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


_DIALECTS: Mapping[str, Callable[[Told, Type | None], Typed]] = MappingProxyType(
    {SQLITE.name: _sqlite, POSTGRES.name: _server, MYSQL.name: _mysql}
)
