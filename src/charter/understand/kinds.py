"""Types of databases, and the types of a contract that hold the same values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from charter.contract.types import Scalar, Type
from charter.sql.mysql import MYSQL
from charter.sql.sqlite import SQLITE

_NATIVE = re.compile(r"([^(\[]*)(?:\(([^)]*)\))?([^\[]*)((?:\[[0-9]*\])*)")
LONGEST_TEXT = 100_000
"""A bound on the length of a text beyond this says nothing."""


@dataclass(frozen=True, slots=True)
class Native:
    """A type as a database writes it: its name in small letters, and the numbers behind it."""

    name: str
    arguments: tuple[int, ...] = ()
    array: bool = False


def native(text: str) -> Native:
    """Reads `NVARCHAR(40)`, `numeric(10,2)`, `timestamp(6) with time zone` or `text[]`."""
    plain = re.sub(r"\s+collate\s.*", "", " ".join(text.lower().split()))
    match = _NATIVE.fullmatch(plain)
    if match is None:
        return Native(plain)
    name = " ".join(f"{match[1]} {match[3]}".split()).strip('"')
    numbers = tuple(int(item) for item in re.findall(r"-?[0-9]+", match[2] or ""))
    return Native(name, numbers, bool(match[4]))


_NAMES: Mapping[str, Scalar] = MappingProxyType(
    {
        **dict.fromkeys(
            ("varchar", "character varying", "text", "citext", "nvarchar", "string", "clob",
             "varchar2", "nvarchar2", "ntext", "tinytext", "mediumtext", "longtext", "name",
             "varying character"), Scalar.TEXT),
        **dict.fromkeys(
            ("char", "character", "bpchar", "nchar", "native character"), Scalar.TEXT),
        **dict.fromkeys(
            ("integer", "int", "bigint", "smallint", "tinyint", "mediumint", "int2", "int4",
             "int8", "serial", "bigserial", "smallserial", "unsigned big int", "integer unsigned",
             "int unsigned", "bigint unsigned", "smallint unsigned", "tinyint unsigned",
             "mediumint unsigned", "year"), Scalar.INTEGER),
        **dict.fromkeys(("boolean", "bool"), Scalar.BOOLEAN),
        **dict.fromkeys(("real", "double precision", "double", "float", "float4", "float8",
                         "double unsigned", "float unsigned"), Scalar.FLOAT),
        **dict.fromkeys(("numeric", "decimal", "dec", "number", "decimal unsigned"),
                        Scalar.DECIMAL),
        "date": Scalar.DATE,
        **dict.fromkeys(
            ("datetime", "timestamp", "timestamptz", "timestamp with time zone",
             "timestamp without time zone"), Scalar.DATETIME),
        **dict.fromkeys(("uuid", "guid", "uniqueidentifier"), Scalar.UUID),
        **dict.fromkeys(("json", "jsonb"), Scalar.JSON),
    }
)  # fmt: skip
PADDED = frozenset({"char", "character", "bpchar", "nchar", "native character"})
ZONELESS = frozenset({"timestamp", "timestamp without time zone", "datetime"})
SINGLE = frozenset({"real", "float4"})


_MADE_KEY = "char(36) COLLATE ascii_bin"
"""What Charter keeps UUIDs in on MySQL."""


def kind_of(text: str, dialect: str) -> Type | None:
    """The type of a contract for a column of this type; None where there is none."""
    if dialect == MYSQL.name and text == _MADE_KEY:
        return Type(Scalar.UUID)
    found = native(text)
    if found.array:
        return None
    scalar = _NAMES.get(found.name)
    if scalar is None and dialect == SQLITE.name:
        scalar = _affinity(found.name)
    return None if scalar is None else _bounded(Type(scalar), found.arguments)


def _affinity(name: str) -> Scalar | None:
    """What SQLite takes a type of any name for (https://sqlite.org/datatype3.html, 3.1).

    Its last resort is NUMERIC; a name that says nothing of numbers means something else.
    """
    marks = (
        (("int",), Scalar.INTEGER),
        (("char", "clob", "text"), Scalar.TEXT),
        (("real", "floa", "doub"), Scalar.FLOAT),
    )
    for parts, scalar in marks:
        if any(part in name for part in parts):
            return scalar
    return None


def _bounded(kind: Type, arguments: tuple[int, ...]) -> Type:
    match kind.scalar, arguments:
        case Scalar.TEXT, (length,) if 0 < length <= LONGEST_TEXT:
            return replace(kind, max_length=length)
        case Scalar.DECIMAL, (digits,) if digits > 0:
            return replace(kind, digits=digits, places=0)
        case Scalar.DECIMAL, (digits, places) if 0 <= places <= digits and digits > 0:
            return replace(kind, digits=digits, places=places)
    return kind


def unsampled(text: str, dialect: str) -> bool:
    """Whether nothing is learnt from the values of such a column: any is as its type says."""
    if dialect == SQLITE.name:
        return False
    kind = kind_of(text, dialect)
    if dialect == MYSQL.name and kind is not None and kind.scalar in _ZEROS:
        return False
    return kind is None or kind.scalar in _CERTAIN


_CERTAIN = frozenset({Scalar.JSON, Scalar.BOOLEAN, Scalar.DATE, Scalar.DATETIME, Scalar.UUID})
_ZEROS = frozenset({Scalar.DATE, Scalar.DATETIME})
"""What may be all zeros on MySQL, which no day is."""
