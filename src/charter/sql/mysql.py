"""MySQL 8.0.19 and later, and MariaDB 10.11 and later: how they store values and write them.

One dialect for both: each statement is one that both take, and where a name differs (that of the
collation in which texts compare by code point, and no blank at an end is ignored) it stands in
comments of which each server reads its own.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from charter.contract.expression import Function
from charter.contract.types import (
    TEXTUAL,
    Scalar,
    Type,
    digits_of,
    places_of,
)
from charter.sql.canonical import from_json_text, json_text
from charter.sql.dialect import Dialect, Pieces
from charter.sql.fragment import (
    EMPTY,
    Fragment,
    checked,
    joined,
    listed,
    number,
    parameter,
    render_in_order,
    sql,
)
from charter.sql.mysql_values import (
    DECODERS,
    MOST_DIGITS,
    MOST_PLACES,
    SECONDS,
    encoder,
    key_text,
    list_encoder,
)
from charter.sql.patterns import written
from charter.sql.sources import Codec, Source
from charter.sql.statement import Statement

MAX_DIGITS = 60
"""Of 65 that a decimal can have: some are left for what is compared with it."""
MAX_PLACES = 28
"""Of 30, for the same reason."""

COLLATED = "/*!80017 COLLATE utf8mb4_0900_bin *//*M! COLLATE utf8mb4_nopad_bin */"
_CHARACTERS = "CHARACTER SET utf8mb4 " + COLLATED
_KEY = "char(36) CHARACTER SET ascii COLLATE ascii_bin"

_TYPES: Mapping[Scalar, str] = MappingProxyType(
    {
        Scalar.INTEGER: "bigint",
        Scalar.BOOLEAN: "tinyint(1)",
        Scalar.FLOAT: "double",
        Scalar.DATE: "date",
        Scalar.DATETIME: "datetime(6)",
        Scalar.UUID: _KEY,
    }
)
# Of JSON_TABLE's columns.
_ITEMS: Mapping[Scalar, str] = MappingProxyType(
    {
        Scalar.INTEGER: "decimal(65, 0)",
        Scalar.BOOLEAN: "tinyint",
        Scalar.FLOAT: "double",
        Scalar.DECIMAL: f"decimal({MOST_DIGITS}, {MOST_PLACES})",
        Scalar.DATE: "date",
        Scalar.DATETIME: "datetime(6)",
        Scalar.UUID: _KEY,
    }
)
_ESCAPE = str.maketrans({"\\": "\\\\", "'": "''", "\0": "\\0"})


def _text(value: str) -> str:
    return "'" + value.translate(_ESCAPE) + "'"


class Mysql(Dialect):
    """MySQL and MariaDB, in sessions of `ANSI_QUOTES` and strict modes (`store/mysql.py`)."""

    name = "mysql"
    locks_rows = True
    remote = True
    names_outside = False
    compares_rows = False
    free_rows = " FOR UPDATE SKIP LOCKED"
    reads_what_it_writes = False
    returns_rows = False
    locks_joined = True
    indexes_parts = False
    holds_by_session = True
    checks_numbered = False
    exact_texts = False
    keys_alike = True
    # Columns of text have the collation of their table.
    table_options = f" ENGINE=InnoDB DEFAULT {_CHARACTERS}"
    length_function = "char_length"
    no_limit = number(2**63 - 1)

    # -- names and storage ---------------------------------------------------------------
    def placeholder(self, number: int) -> str:
        return "?"

    def statement(self, fragment: Fragment, label: str, *, heavy: bool = False) -> Statement:
        return render_in_order(fragment, "?", label, heavy=heavy)

    def column_type(self, kind: Type) -> str:
        if kind.many:
            return "longtext"
        if kind.scalar is Scalar.DECIMAL:
            return f"decimal({digits_of(kind)}, {places_of(kind)})"
        return _TYPES.get(kind.scalar, "longtext")

    def indexed_type(self, kind: Type, most: int) -> str:
        plain = self.column_type(kind)
        return f"varchar({max(most, 1)})" if plain == "longtext" else plain

    def literal(self, value: Any, kind: Type) -> str:
        if value is None:
            return "NULL"
        encode = self.encoder(kind)
        match encode(value) if encode else value:
            case bool() as truth:
                return str(int(truth))
            case Decimal() as exact:
                return f"{exact:f}"
            case float() as real:
                text = repr(real)
                return text if "e" in text else text + "e0"
            case int() as whole:
                return str(whole)
            case datetime() as time:
                return f"TIMESTAMP'{time.isoformat(*SECONDS)}'"
            case str() as text:
                return _text(text)
            case other:
                return f"DATE'{other.isoformat()}'"

    def encoder(self, kind: Type) -> Codec | None:
        return encoder(kind)

    def decoder(self, kind: Type) -> Codec | None:
        if kind.many or kind.scalar is Scalar.JSON:
            return from_json_text(kind)
        return DECODERS.get(kind.scalar)

    def key(self, source: Source) -> Fragment:
        return parameter(source, key_text)

    def unsupported(self, kind: Type) -> str | None:
        wide = digits_of(kind) > MAX_DIGITS or places_of(kind) > MAX_PLACES
        if kind.scalar is Scalar.DECIMAL and not kind.many and wide:
            text = f"MySQL can store decimals of at most {MAX_DIGITS} digits, "
            return text + f"{MAX_PLACES} of them after the point"
        return None

    # -- writes --------------------------------------------------------------------------
    def returning(self, columns: Fragment) -> Fragment:
        return EMPTY

    def counted(self, value: Fragment) -> Fragment:
        # The answer to the statement itself has it.
        return sql("LAST_INSERT_ID({})", value)

    def unless_there(self, insert: Fragment, key: Sequence[Fragment]) -> Fragment:
        # Not IGNORE, which takes every other fault for a warning.
        return sql("{} ON DUPLICATE KEY UPDATE {} = {}", insert, key[0], key[0])

    def held_alone(self, names: Sequence[Fragment]) -> Fragment | None:
        # Names are the server's, and have 64 characters at most.
        return sql("GET_LOCK(sha2(concat_ws(char(31), database(), {}), 256), 0)", listed(names))

    def locking(self, rows: Fragment) -> Fragment:
        return sql(" FOR UPDATE")

    # -- expressions ---------------------------------------------------------------------
    def same(self, left: Fragment, right: Fragment) -> Fragment:
        return sql("{} <=> {}", left, right)

    def exact(self, text: Fragment) -> Fragment:
        return sql("CONVERT({} USING utf8mb4){}", text, checked(COLLATED))

    def as_text(self, value: Fragment) -> Fragment:
        return sql("CAST({} AS CHAR)", value)

    def as_float(self, value: Fragment) -> Fragment:
        return sql("CAST({} AS DOUBLE)", value)

    def rounded(self, value: Fragment, places: int) -> Fragment:
        return sql("CAST({} AS DECIMAL(65, {}))", value, number(places))

    def widened(self, value: Fragment) -> Fragment:
        return sql("CAST({} AS DECIMAL(65, 0))", value)

    def truth(self, value: bool) -> Fragment:
        return sql("TRUE") if value else sql("FALSE")

    def pattern(self, text: str | None) -> str | None:
        return None if text is None else written(text, "%", "_", _like_literal, folded=False)

    def folded_pattern(self, text: str | None) -> str | None:
        return None if text is None else written(text, "%", "_", _like_literal, folded=True)

    def like(self, left: Fragment, pattern: Fragment) -> Fragment:
        return sql("{} LIKE {} ESCAPE '|'", left, pattern)

    def one_of(self, left: Fragment, source: Source, kind: Type) -> Fragment:
        options = _items(parameter(source, list_encoder(kind)), kind)
        return sql("{} IN (SELECT item.value FROM {} AS item)", left, options)

    def contains(self, items: Fragment, item: Fragment, kind: Type) -> Fragment:
        found = sql("item.value = {}", item)
        if kind.scalar is Scalar.DATETIME:
            found = sql("item.value = {}", _datetime_text(item))
            kind = Type(Scalar.TEXT)
        return sql("EXISTS (SELECT 1 FROM {} AS item WHERE {})", _items(items, kind), found)

    def every_word(self, texts: Sequence[Fragment], source: Source, *, indexed: bool) -> Fragment:
        words = _items(parameter(source, json_text), Type(Scalar.TEXT))
        found = joined(" OR ", (sql("locate(word.value, {}) > 0", text) for text in texts))
        return sql("NOT EXISTS (SELECT 1 FROM {} AS word WHERE ({}) IS NOT TRUE)", words, found)

    def extreme(self, function: Function, value: Fragment, kind: Type) -> Fragment:
        return sql("min({})", value) if function is Function.MIN else sql("max({})", value)

    def order(self, value: Fragment, *, descending: bool, nullable: bool) -> Fragment:
        if not nullable:
            return sql("{} DESC", value) if descending else value
        if descending:
            return sql("{} IS NULL DESC, {} DESC", value, value)
        return sql("{} IS NULL, {}", value, value)

    # -- texts of groups -----------------------------------------------------------------
    def told_together(self, text: Fragment, separator: str) -> Fragment:
        return sql("group_concat({} SEPARATOR {})", text, checked(_text(separator)))

    def joined_texts(self, texts: Sequence[Fragment], separator: str) -> Fragment:
        return sql("concat_ws({}, {})", checked(_text(separator)), listed(texts))

    # -- JSON ----------------------------------------------------------------------------
    def json_value(self, value: Fragment, kind: Type, *, nullable: bool) -> Pieces:
        pieces = _pieces(value, kind)
        if not nullable:
            return pieces
        return [sql("coalesce(concat({}), 'null')", listed([_COLLATED, *_joinable(pieces)]))]

    def concatenated(self, pieces: Pieces) -> Fragment:
        """Null is left out by `concat_ws`. The collation is named since those of the functions
        that make JSON are not that of the columns."""
        return sql("concat_ws({})", listed([_COLLATED, *_joinable(pieces)]))

    def gathered(self, body: Fragment) -> Fragment:
        return sql("group_concat({} SEPARATOR ',')", body)

    def without_last(self, body: Fragment, count: int) -> Fragment:
        separator = checked(_separator(1))
        return sql(
            "substring_index(group_concat({} SEPARATOR {}), {}, {})",
            body, separator, separator, number(count),
        )  # fmt: skip

    def gathered_sorted(
        self, body: Fragment, order: Sequence[Fragment], depth: int, limit: int | None
    ) -> Fragment:
        by = sql(" ORDER BY {}", listed(order)) if order else EMPTY
        separator = checked(_separator(depth))
        texts = sql("group_concat({}{} SEPARATOR {})", body, by, separator)
        if limit is None:
            return texts
        return sql("substring_index({}, {}, {})", texts, separator, number(limit))

    def end_of_gathered(self, texts: Fragment, depth: int, *, last: bool) -> Fragment:
        separator = checked(_separator(depth))
        return sql("substring_index({}, {}, {})", texts, separator, number(-1 if last else 1))


_COLLATED = sql("'' COLLATE utf8mb4_bin")


def _joinable(pieces: Pieces) -> list[Fragment]:
    """The pieces as expressions, with neighbouring texts joined."""
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
    return [*texts, checked(_text(literal))] if literal or not texts else texts


def _separator(depth: int) -> str:
    """A comma and tabs: as many as tell the lists at this depth from those inside them.

    Inside JSON texts a tab is escaped. Line ends would do too, but some formats end rows by them.
    """
    return "'," + "\\t" * depth + "'"


def _items(items: Fragment, kind: Type) -> Fragment:
    """The items of a JSON array as rows with a `value`."""
    typed = checked(_ITEMS.get(kind.scalar, f"longtext {_CHARACTERS}"))
    return sql("JSON_TABLE({}, '$[*]' COLUMNS (value {} PATH '$'))", items, typed)


def _datetime_text(value: Fragment) -> Fragment:
    """A time in its canonical form: the zeros at the end of its fraction are trimmed."""
    return sql(
        "concat(trim(TRAILING '.' FROM trim(TRAILING '0' FROM"
        " date_format({}, '%Y-%m-%dT%H:%i:%s.%f'))), '+00:00')",
        value,
    )


def _pieces(value: Fragment, kind: Type) -> Pieces:
    if kind.many or kind.scalar in {Scalar.JSON, Scalar.INTEGER, Scalar.FLOAT}:
        return [value]
    if kind.scalar in TEXTUAL:
        return [sql("json_quote({})", value)]
    match kind.scalar:
        case Scalar.BOOLEAN:
            return [sql("CASE {} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END", value)]
        case Scalar.DATETIME:
            return ['"', _datetime_text(value), '"']
        case _:
            return ['"', value, '"']


_LIKE_SPECIAL = str.maketrans({"%": "|%", "_": "|_", "|": "||"})


def _like_literal(text: str) -> str:
    return text.translate(_LIKE_SPECIAL)


MYSQL = Mysql()
