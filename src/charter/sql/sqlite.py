"""SQLite 3.40 and later: how it stores values and writes them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

from charter.contract.expression import Function
from charter.contract.types import (
    MAX_INTEGER,
    MIN_INTEGER,
    TEXTUAL,
    Scalar,
    Type,
    digits_of,
    places_of,
)
from charter.sql.canonical import (
    datetime_text,
    from_json_text,
    json_text,
    list_text,
)
from charter.sql.dialect import Dialect, Pieces
from charter.sql.fragment import Fragment, checked, joined, listed, number, parameter, sql
from charter.sql.patterns import written
from charter.sql.sources import Codec, Source

MAX_DIGITS = 18
"""Decimals are integers of 64 bits here, scaled by their places."""

_COLUMN: Mapping[Scalar, str] = MappingProxyType(
    {
        Scalar.INTEGER: "INTEGER",
        Scalar.BOOLEAN: "INTEGER",
        Scalar.DECIMAL: "INTEGER",
        Scalar.FLOAT: "REAL",
    }
)


def scaled(value: Decimal, places: int) -> int | float:
    """A decimal as the integer that is stored; a float where it has more places than that.

    No stored value equals such a float, and it compares with them as the decimal does.
    """
    moved = value.scaleb(places)
    return _number(int(moved)) if moved == moved.to_integral_value() else float(moved)


def _number(value: int) -> int | float:
    # An integer of more than 64 bits is bound as a float: it equals none and compares as it is.
    return value if MIN_INTEGER <= value <= MAX_INTEGER else float(value)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


class Sqlite(Dialect):
    """SQLite. Tables are STRICT, texts compare by their bytes."""

    name = "sqlite"
    scaled_decimals = True
    numbers_in_order = True
    no_limit = sql("-1")

    def placeholder(self, number: int) -> str:
        return f"?{number}"

    def column_type(self, kind: Type) -> str:
        return "TEXT" if kind.many else _COLUMN.get(kind.scalar, "TEXT")

    def literal(self, value: Any, kind: Type) -> str:
        encode = self.encoder(kind)
        match encode(value) if encode else value:
            case None:
                return "NULL"
            case int() | float() as number:
                return repr(number)
            case text:
                return _text(text)

    def encoder(self, kind: Type) -> Codec | None:
        return _encoder(kind)

    def decoder(self, kind: Type) -> Codec | None:
        if kind.many or kind.scalar is Scalar.JSON:
            return from_json_text(kind)
        if kind.scalar is Scalar.DECIMAL:
            places = places_of(kind)
            return lambda value: None if value is None else Decimal(value).scaleb(-places)
        return _DECODERS.get(kind.scalar)

    def key(self, source: Source) -> Fragment:
        return parameter(source, _key)

    # -- expressions ---------------------------------------------------------------------
    def truth(self, value: bool) -> Fragment:
        return sql("TRUE") if value else sql("FALSE")

    def pattern(self, text: str | None) -> str | None:
        return None if text is None else written(text, "*", "?", _glob_literal, folded=False)

    def folded_pattern(self, text: str | None) -> str | None:
        return None if text is None else written(text, "*", "?", _glob_literal, folded=True)

    def like(self, left: Fragment, pattern: Fragment) -> Fragment:
        return sql("{} GLOB {}", left, pattern)

    def one_of(self, left: Fragment, source: Source, kind: Type) -> Fragment:
        options = parameter(source, _list_encoder(kind))
        return sql("{} IN (SELECT value FROM json_each({}))", left, options)

    def contains(self, items: Fragment, item: Fragment, kind: Type) -> Fragment:
        if kind.scalar is Scalar.DECIMAL:
            item = _decimal_text(item, places_of(kind))
        return sql(
            "EXISTS (SELECT 1 FROM json_each({}) AS item WHERE item.value = {})", items, item
        )

    def every_word(self, texts: Sequence[Fragment], source: Source, *, indexed: bool) -> Fragment:
        words = parameter(source, json_text)
        found = joined(" OR ", (sql("instr({}, word.value) > 0", text) for text in texts))
        return sql(
            "NOT EXISTS (SELECT 1 FROM json_each({}) AS word WHERE ({}) IS NOT TRUE)", words, found
        )

    def extreme(self, function: Function, value: Fragment, kind: Type) -> Fragment:
        return sql("min({})", value) if function is Function.MIN else sql("max({})", value)

    def order(self, value: Fragment, *, descending: bool, nullable: bool) -> Fragment:
        if descending:
            return sql("{} DESC NULLS FIRST" if nullable else "{} DESC", value)
        return sql("{} NULLS LAST" if nullable else "{}", value)

    def told_together(self, text: Fragment, separator: str) -> Fragment:
        return sql("group_concat({}, char({}))", text, number(ord(separator)))

    # -- JSON ----------------------------------------------------------------------------
    def json_value(self, value: Fragment, kind: Type, *, nullable: bool) -> Pieces:
        if not kind.many and kind.scalar in TEXTUAL:
            return [sql("json_quote({})", value)]
        if nullable and "SELECT" in str(value.parts):
            # What is written twice would be worked out twice.
            shown = self.concatenated(self._value(sql("one.value"), kind, nullable=True))
            return [sql("(SELECT {} FROM {})", shown, _once(value))]
        return self._value(value, kind, nullable=nullable)

    def _value(self, value: Fragment, kind: Type, *, nullable: bool) -> Pieces:
        pieces = _pieces(value, kind)
        if not nullable:
            return pieces
        return [sql("iif({} IS NULL, 'null', {})", value, self.concatenated(pieces))]

    def concatenated(self, pieces: Pieces) -> Fragment:
        if not any(isinstance(piece, Fragment) for piece in pieces):
            return checked(_text("".join(str(piece) for piece in pieces)))
        chunks = [pieces[at : at + _CHUNK] for at in range(0, len(pieces), _CHUNK)]
        return joined(" || ", map(_printf, chunks))

    def gathered(self, body: Fragment) -> Fragment:
        return sql("group_concat({}, ',')", body)

    def without_last(self, body: Fragment, count: int) -> Fragment:
        """The list that they are without its last item, and then without its brackets."""
        texts = sql("'[' || {} || ']'", self.gathered(body))
        rest = sql("json_remove({}, {})", texts, checked(f"'$[{count}]'"))
        return sql("trim({}, '[]')", rest)

    def unsupported(self, kind: Type) -> str | None:
        if kind.scalar is Scalar.DECIMAL and not kind.many and digits_of(kind) > MAX_DIGITS:
            return f"SQLite can store decimals of at most {MAX_DIGITS} digits"
        return None


def _key(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


_CHUNK = 90
"""Pieces of one `printf`: no function takes more than 100 arguments everywhere."""


def _printf(pieces: Pieces) -> Fragment:
    template = "".join("%s" if isinstance(p, Fragment) else p.replace("%", "%%") for p in pieces)
    values = [piece for piece in pieces if isinstance(piece, Fragment)]
    return sql("printf({})", listed([checked(_text(template)), *values]))


def _once(value: Fragment) -> Fragment:
    # The limit keeps SQLite from putting the expression where its name stands.
    return sql("(SELECT {} AS value LIMIT 1 OFFSET 0) AS one", value)


def _pieces(value: Fragment, kind: Type) -> Pieces:
    if kind.many or kind.scalar is Scalar.JSON or kind.scalar is Scalar.INTEGER:
        return [value]
    match kind.scalar:
        case Scalar.BOOLEAN:
            return [sql("iif({}, 'true', 'false')", value)]
        case Scalar.FLOAT:
            return [_float_text(value)]
        case Scalar.DECIMAL:
            return ['"', _decimal_text(value, places_of(kind)), '"']
        case _:
            return ['"', value, '"']


def _float_text(value: Fragment) -> Fragment:
    """The shorter of the texts that stand for the number: 15 digits where they are enough."""
    if "SELECT" in str(value.parts):
        return sql("(SELECT {} FROM {})", _float_text(sql("one.value")), _once(value))
    return sql(
        "iif(CAST(printf('%!.15g', {}) AS REAL) = {}, printf('%!.15g', {}), printf('%!.17g', {}))",
        value, value, value, value,
    )  # fmt: skip


def _decimal_text(value: Fragment, places: int) -> Fragment:
    if "SELECT" in str(value.parts):
        return sql("(SELECT {} FROM {})", _decimal_text(sql("one.value"), places), _once(value))
    if not places:
        return sql("CAST({} AS TEXT)", value)
    template = checked(_text(f"%s%d.%0{places}d"))
    unit = checked(str(10**places))
    return sql(
        "printf({}, iif({} < 0, '-', ''), abs({}) / {}, abs({}) % {})",
        template, value, value, unit, value, unit,
    )  # fmt: skip


_GLOB_SPECIAL = str.maketrans({"*": "[*]", "?": "[?]", "[": "[[]"})


def _glob_literal(text: str) -> str:
    return text.translate(_GLOB_SPECIAL)


@lru_cache(maxsize=512)
def _encoder(kind: Type) -> Codec | None:
    if kind.many:
        return list_text(kind)
    match kind.scalar:
        case Scalar.JSON:
            return json_text
        case Scalar.DECIMAL:
            return _decimals(places_of(kind))
        case scalar:
            return _ENCODERS.get(scalar)


@lru_cache(maxsize=512)
def _list_encoder(kind: Type) -> Codec:
    encode = _encoder(replace(kind, many=False))
    if encode is None:
        return json_text
    return lambda items: None if items is None else json_text([encode(item) for item in items])


def _decimals(places: int) -> Codec:
    return lambda value: None if value is None else scaled(Decimal(value), places)


def _encode_datetime(value: datetime | None) -> str | None:
    return None if value is None else datetime_text(value)


def _encode_date(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _encode_uuid(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _encode_boolean(value: bool | None) -> int | None:
    return None if value is None else int(value)


def _encode_integer(value: int | None) -> int | float | None:
    return None if value is None else _number(value)


def _encode_float(value: float | None) -> float | None:
    return None if value is None else float(value)


def _decode_datetime(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _decode_date(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)


def _decode_uuid(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)


def _decode_boolean(value: int | None) -> bool | None:
    return None if value is None else bool(value)


_ENCODERS: Mapping[Scalar, Codec] = MappingProxyType(
    {
        Scalar.DATETIME: _encode_datetime,
        Scalar.DATE: _encode_date,
        Scalar.UUID: _encode_uuid,
        Scalar.BOOLEAN: _encode_boolean,
        Scalar.INTEGER: _encode_integer,
        Scalar.FLOAT: _encode_float,
    }
)
_DECODERS: Mapping[Scalar, Codec] = MappingProxyType(
    {
        Scalar.DATETIME: _decode_datetime,
        Scalar.DATE: _decode_date,
        Scalar.UUID: _decode_uuid,
        Scalar.BOOLEAN: _decode_boolean,
    }
)
SQLITE = Sqlite()
