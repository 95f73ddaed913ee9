"""What SQLite keeps in the text of CREATE TABLE only: names of constraints, checks, collations.

It is read as tokens, so that neither layout nor quoting matters.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from charter.sql.names import quote

_TOKEN = re.compile(
    r"""
    (?P<blank>\s+|--[^\n]*|/\*.*?\*/)
    | (?P<literal>[xX]?'(?:[^']|'')*')
    | (?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
    | (?P<word>[^\W\d][\w$]*)
    | (?P<other>\d[\w.]*|->>|->|<=|>=|<>|!=|==|\|\||<<|>>|.)
    """,
    re.VERBOSE | re.DOTALL,
)

Kind = Literal["primary", "unique", "check", "foreign"]
_OPENINGS = frozenset({"constraint", "primary", "unique", "check", "foreign"})


@dataclass(frozen=True, slots=True)
class Token:
    """A token. `text` is the same for all ways to write it; a `word` may be a keyword."""

    text: str
    word: bool = False


@dataclass(slots=True)
class Clause:
    """A constraint as it was written. Of a column's own constraint, that is the one column."""

    kind: Kind
    name: str
    columns: tuple[str, ...] = ()
    condition: str = ""
    deferrable: bool = False
    numbered: bool = False
    """AUTOINCREMENT."""


@dataclass(frozen=True, slots=True)
class TableText:
    clauses: tuple[Clause, ...]
    collations: dict[str, str]
    generated: dict[str, str]


def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of a text of SQL, without blanks and comments."""
    return tuple(_tokens(text))


def _tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        found = match[0]
        match match.lastgroup:
            case "word":
                yield Token(found.lower(), word=True)
            case "name":
                end = {"[": "]"}.get(found[0], found[0])
                inner = found[1:-1].replace(end * 2, end) if end != "]" else found[1:-1]
                yield Token(quote(inner) if inner else '""')
            case "blank":
                pass
            case _:
                yield Token(found)


def spelled(parts: Sequence[Token]) -> str:
    """Tokens as one text, the same for the same tokens."""
    return " ".join(part.text for part in parts)


def identifier(token: Token) -> str:
    """The name that a token writes."""
    quoted = token.text.startswith('"')
    return token.text[1:-1].replace('""', '"') if quoted else token.text


def predicate(text: str) -> str | None:
    """The condition of a partial index, from its CREATE INDEX."""
    parts = tokens(text)
    for place, depth in _depths(parts):
        if not depth and parts[place] == Token("where", word=True):
            return spelled(parts[place + 1 :])
    return None


def table_text(text: str) -> TableText:
    """What a CREATE TABLE says of constraints, collations and generated columns."""
    parts = tokens(text)
    start = parts.index(Token("("))
    clauses: list[Clause] = []
    collations: dict[str, str] = {}
    generated: dict[str, str] = {}
    for element in _elements(_group(parts, start)):
        if element[0].word and element[0].text in _OPENINGS:
            clauses += _Reader(element, ()).clauses
            continue
        column = identifier(element[0])
        reader = _Reader(element[1:], (column,))
        clauses += reader.clauses
        if reader.collation:
            collations[column] = reader.collation
        if reader.generated:
            generated[column] = reader.generated
    return TableText(tuple(clauses), collations, generated)


def _depths(parts: Sequence[Token]) -> Iterator[tuple[int, int]]:
    depth = 0
    for place, part in enumerate(parts):
        depth -= part.text == ")"
        yield place, depth
        depth += part.text == "("


def _group(parts: Sequence[Token], start: int) -> Sequence[Token]:
    """What stands between the bracket at a place and the one that closes it."""
    for place, depth in _depths(parts[start:]):
        if place and not depth:
            return parts[start + 1 : start + place]
    return parts[start + 1 :]


def _elements(parts: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The parts between commas that stand in no bracket."""
    begin = 0
    for place, depth in _depths(parts):
        if not depth and parts[place].text == ",":
            yield parts[begin:place]
            begin = place + 1
    yield parts[begin:]


class _Reader:
    """Reads the constraints of one column, or one constraint of the table."""

    def __init__(self, parts: Sequence[Token], column: tuple[str, ...]) -> None:
        self.clauses: list[Clause] = []
        self.collation = ""
        self.generated = ""
        self._parts = parts
        self._column = column
        self._name = ""
        for place, depth in _depths(parts):
            if not depth and parts[place].word:
                self._word(parts[place].text, place)

    def _word(self, word: str, place: int) -> None:
        match word:
            case "constraint":
                self._name = identifier(self._parts[place + 1])
            case "primary" | "unique" | "foreign":
                self._clause(word, self._column or self._columns(place))
            case "references" if self._column:
                self._clause("foreign", self._column)
            case "check":
                condition = spelled(self._after(place))
                self._clause("check", self._column, condition)
            case "autoincrement":
                self.clauses[-1].numbered = True
            case "deferrable" if self._parts[place - 1].text != "not":
                self.clauses[-1].deferrable = True
            case "collate":
                self.collation = identifier(self._parts[place + 1])
            case "as":
                self.generated = spelled(self._after(place))

    def _clause(self, kind: Kind, columns: tuple[str, ...], condition: str = "") -> None:
        self.clauses.append(Clause(kind, self._name, columns, condition))
        self._name = ""

    def _after(self, place: int) -> Sequence[Token]:
        """The bracket that follows a place."""
        start = next(at for at in range(place, len(self._parts)) if self._parts[at].text == "(")
        return _group(self._parts, start)

    def _columns(self, place: int) -> tuple[str, ...]:
        return tuple(identifier(element[0]) for element in _elements(self._after(place)))
