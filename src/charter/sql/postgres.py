"""PostgreSQL 14 and later: how it stores values and writes them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from charter.contract.expression import Function
from charter.contract.types import TEXTUAL, Scalar, Type, digits_of, places_of
from charter.sql.canonical import (
    decimal_text,
    from_json_text,
    json_form,
    json_text,
    list_text,
)
from charter.sql.dialect import Dialect, Pieces
from charter.sql.fragment import Fragment, checked, joined, listed, number, parameter, sql
from charter.sql.patterns import written
from charter.sql.sources import Codec, Source

MAX_DIGITS = 1000
"""What `numeric(digits, places)` takes."""

_TYPES: Mapping[Scalar, str] = MappingProxyType(
    {
        Scalar.INTEGER: "bigint",
        Scalar.BOOLEAN: "boolean",
        Scalar.FLOAT: "double precision",
        Scalar.DECIMAL: "numeric",
        Scalar.DATE: "date",
        Scalar.DATETIME: "timestamptz",
        Scalar.UUID: "uuid",
        Scalar.JSON: "jsonb",
    }
)


def _text(value: str) -> str:
    # The E form means the same whatever standard_conforming_strings says.
    quoted = "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
    return "E" + quoted if "\\" in value else quoted


# The driver makes them with Python's help. JSON has them as ISO 8601, whatever DateStyle says.
_TOLD_AS_TEXT: Mapping[Scalar, Codec] = MappingProxyType(
    {Scalar.DATETIME: datetime.fromisoformat, Scalar.DATE: date.fromisoformat}
)


class Postgres(Dialect):
    """PostgreSQL. Texts compare by code point (collation C)."""

    name = "postgresql"
    locks_rows = True
    waits_aside = True
    free_rows = " FOR NO KEY UPDATE SKIP LOCKED"
    combines_writes = True
    remote = True
    gathers_pages = True
    sequences = True
    tells_transactions = True
    covers = True
    trigrams = True
    bytes_cast = "::bytea"
    no_limit = sql("ALL")

    def placeholder(self, number: int) -> str:
        return f"${number}"

    def plain_type(self, kind: Type) -> str:
        """The type of an argument: that of a column, without its bounds and collation."""
        return "jsonb" if kind.many else _TYPES.get(kind.scalar, "text")

    def column_type(self, kind: Type) -> str:
        plain = self.plain_type(kind)
        if plain == "numeric":
            return f"numeric({digits_of(kind)}, {places_of(kind)})"
        return 'text COLLATE "C"' if plain == "text" else plain

    def literal(self, value: Any, kind: Type) -> str:
        if value is None:
            return "NULL"
        if kind.many or kind.scalar is Scalar.JSON:
            text = (list_text(kind) if kind.many else json_text)(value)
            return f"{_text(text or 'null')}::jsonb"
        match kind.scalar:
            case Scalar.BOOLEAN:
                return "true" if value else "false"
            case Scalar.INTEGER:
                return str(int(value))
            case Scalar.DECIMAL:
                return decimal_text(value, places_of(kind))
            case Scalar.FLOAT:
                return f"'{float(value)!r}'::double precision"
            case Scalar.DATE | Scalar.DATETIME | Scalar.UUID:
                form = json_form(kind) or str
                return f"{_text(form(value))}::{self.plain_type(kind)}"
            case _:
                return _text(value)

    def encoder(self, kind: Type) -> Codec | None:
        return _encoder(kind)

    def decoder(self, kind: Type) -> Codec | None:
        if kind.many or kind.scalar is Scalar.JSON:
            return from_json_text(kind)
        # Sums of integers are numeric.
        return _decode_integer if kind.scalar is Scalar.INTEGER else None

    def told(self, value: Fragment, kind: Type) -> Fragment:
        return sql("to_json({})::text", value) if kind.scalar in _TOLD_AS_TEXT else value

    def told_decoder(self, kind: Type) -> Codec | None:
        reader = _TOLD_AS_TEXT.get(kind.scalar)
        if reader is None:
            return self.decoder(kind)
        return lambda text: None if text is None else reader(text[1:-1])

    def cast(self, kind: Type) -> str:
        return "::" + self.plain_type(kind)

    def held_alone(self, names: Sequence[Fragment]) -> Fragment | None:
        text = joined(" || chr(31) || ", names)
        return sql('pg_try_advisory_xact_lock(hashtextextended(({}) COLLATE "C", 0))', text)

    # -- expressions ---------------------------------------------------------------------
    def truth(self, value: bool) -> Fragment:
        return sql("true") if value else sql("false")

    def pattern(self, text: str | None) -> str | None:
        return None if text is None else written(text, "%", "_", _like_literal, folded=False)

    def folded_pattern(self, text: str | None) -> str | None:
        return None if text is None else written(text, "%", "_", _like_literal, folded=True)

    def like(self, left: Fragment, pattern: Fragment) -> Fragment:
        return sql("{} LIKE {} ESCAPE E'\\\\'", left, pattern)

    def one_of(self, left: Fragment, source: Source, kind: Type) -> Fragment:
        options = parameter(source, None, f"::{self.plain_type(kind)}[]")
        return sql("{} = ANY({})", left, options)

    def contains(self, items: Fragment, item: Fragment, kind: Type) -> Fragment:
        typed = checked(self.plain_type(kind))
        if kind.scalar is Scalar.DECIMAL:
            item, typed = sql("round({}, {})", item, number(places_of(kind))), sql("text")
        return sql("{} @> to_jsonb(({})::{})", items, item, typed)

    def every_word(self, texts: Sequence[Fragment], source: Source, *, indexed: bool) -> Fragment:
        words = parameter(source, None, "::text[]")
        found = joined(" OR ", (sql("strpos({}, word) > 0", text) for text in texts))
        every = sql(
            "NOT EXISTS (SELECT 1 FROM unnest({}) AS word WHERE ({}) IS NOT TRUE)", words, found
        )
        if not indexed:
            return every
        # An index can look for one of them: the longest is in the fewest rows.
        longest = parameter(source, _longest, "::text")
        likely = joined(" OR ", (sql("{} LIKE {}", text, longest) for text in texts))
        return sql("({}) AND {}", likely, every)

    def extreme(self, function: Function, value: Fragment, kind: Type) -> Fragment:
        least = function is Function.MIN
        if kind.scalar is Scalar.BOOLEAN:
            return sql("bool_and({})" if least else "bool_or({})", value)
        if kind.scalar is Scalar.UUID:  # PostgreSQL 18 is the first with min(uuid)
            return sql("min({}::text)::uuid" if least else "max({}::text)::uuid", value)
        return sql("min({})" if least else "max({})", value)

    def order(self, value: Fragment, *, descending: bool, nullable: bool) -> Fragment:
        return sql("{} DESC" if descending else "{}", value)

    def told_together(self, text: Fragment, separator: str) -> Fragment:
        return sql("string_agg({}, chr({}))", text, number(ord(separator)))

    # -- JSON ----------------------------------------------------------------------------
    def json_value(self, value: Fragment, kind: Type, *, nullable: bool) -> Pieces:
        pieces = _pieces(value, kind)
        if not nullable:
            return pieces
        match pieces:
            case [Fragment() as shown]:
                is_number = kind.scalar in {Scalar.INTEGER, Scalar.FLOAT} and not kind.many
                text = sql("{}::text", shown) if is_number else shown
                return [sql("coalesce({}, 'null')", text)]
            case _:
                return [sql("coalesce('\"' || {} || '\"', 'null')", value)]

    def as_piece(self, value: Fragment) -> Fragment:
        return value  # `concat` writes any value as its type does, and a cast takes longer

    def concatenated(self, pieces: Pieces) -> Fragment:
        texts: list[Fragment] = []
        literal = ""
        for piece in pieces:
            if isinstance(piece, str):
                literal += piece
                continue
            if literal:
                texts.append(checked(_text(literal)))
                literal = ""
            texts.append(piece)
        if literal:
            texts.append(checked(_text(literal)))
        chunks = [texts[at : at + _CHUNK] for at in range(0, len(texts), _CHUNK)]
        if len(chunks) == 1:
            return sql("concat({})", listed(texts))
        return sql("concat({})", listed(sql("concat({})", listed(chunk)) for chunk in chunks))

    def gathered(self, body: Fragment) -> Fragment:
        return sql("string_agg({}, ',')", body)

    def without_last(self, body: Fragment, count: int) -> Fragment:
        """As much as is before the last text, and before the comma that goes with it."""
        texts = self.gathered(body)
        last = sql("(concat('[', {}, ']')::json -> {})::text", texts, number(count))
        return sql("left({}, -1 - length({}))", texts, last)

    def unsupported(self, kind: Type) -> str | None:
        if kind.scalar is Scalar.DECIMAL and digits_of(kind) > MAX_DIGITS:
            return f"PostgreSQL can store decimals of at most {MAX_DIGITS} digits"
        return None


_CHUNK = 90
"""Arguments of one `concat`: no function takes more than 100."""


@lru_cache(maxsize=512)
def _encoder(kind: Type) -> Codec | None:
    if kind.many:
        return list_text(kind)
    return json_text if kind.scalar is Scalar.JSON else None


def _decode_integer(value: Any) -> int | None:
    return None if value is None else int(value)


def _longest(words: Sequence[str] | None) -> str | None:
    """The pattern that finds the longest of some words."""
    return f"%{_like_literal(max(words, key=len))}%" if words else None


_LIKE_SPECIAL = str.maketrans({"%": "\\%", "_": "\\_", "\\": "\\\\"})


def _like_literal(text: str) -> str:
    return text.translate(_LIKE_SPECIAL)


def _pieces(value: Fragment, kind: Type) -> Pieces:
    if kind.many or kind.scalar in {Scalar.JSON, Scalar.INTEGER, Scalar.FLOAT}:
        return [value]
    if kind.scalar in TEXTUAL or kind.scalar in {Scalar.DATE, Scalar.DATETIME}:
        return [sql("to_json({})", value)]
    if kind.scalar is Scalar.BOOLEAN:
        return [sql("CASE {} WHEN true THEN 'true' WHEN false THEN 'false' END", value)]
    return ['"', value, '"']


POSTGRES = Postgres()
