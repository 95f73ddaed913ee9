"""What a CHECK says of single columns, read from its text as far as its form is a simple one."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from charter.sql.table_text import Token, identifier, tokens

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_WORD = re.compile(r"[^\W\d][\w$]*")
_TYPE_WORDS = frozenset({"varying", "precision", "with", "without", "time", "zone"})
_MIRRORED = MappingProxyType({">=": "<=", ">": "<", "<=": ">=", "<": ">", "=": "="})
_LENGTHS = frozenset({"length", "char_length", "character_length", "len"})
Parts = Sequence[Token]


@dataclass(frozen=True, slots=True)
class Choices:
    """A column has one of these texts, or of these numbers as they are written."""

    column: str
    texts: tuple[str, ...]
    numbers: bool = False


@dataclass(frozen=True, slots=True)
class Bounded:
    """A column, or the length of its text, compares so with a number (`>=`, `>`, `<=`, `<`)."""

    column: str
    sign: str
    number: Decimal
    length: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """Two columns of a row compare so."""

    left: str
    sign: str
    right: str


@dataclass(frozen=True, slots=True)
class Present:
    """A column is not null."""

    column: str


Said = Choices | Bounded | Compared | Present


@dataclass(frozen=True, slots=True)
class Condition:
    """What a condition says; `whole` where that is all of it."""

    said: tuple[Said, ...]
    whole: bool


def condition(text: str) -> Condition:
    """Reads a condition, as SQLite keeps it or as the servers write it anew."""
    said: list[Said] = []
    whole = True
    for part in _conjuncts(_bare(_without_casts(tokens(_rounded(text))))):
        found = list(_simple(part))
        said += found
        whole = whole and bool(found)
    return Condition(tuple(said), whole)


_BRACKET = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")|([\[\]])""")


def _rounded(text: str) -> str:
    """The text with `ARRAY[…]` as `ARRAY(…)`: neither database has names in such brackets."""
    return _BRACKET.sub(lambda m: m[1] or {"[": "(", "]": ")"}[m[2]], text)


def _without_casts(parts: Parts) -> list[Token]:
    found: list[Token] = []
    at = 0
    while at < len(parts):
        if parts[at].text == ":" and parts[at + 1 : at + 2] == (Token(":"),):
            at = _after_type(parts, at + 2)
        else:
            found.append(parts[at])
            at += 1
    return found


def _after_type(parts: Parts, at: int) -> int:
    """The place behind the name of a type, which may have several words, numbers and `[]`."""
    at += 1
    while at < len(parts):
        if parts[at].text == "." or parts[at].text in _TYPE_WORDS:
            at += 2 if parts[at].text == "." else 1
        elif parts[at].text == "(":
            at = _closing(parts, at) + 1
        else:
            break
    return at


def _bare(parts: Parts) -> Parts:
    """Without the brackets around all of it."""
    while len(parts) > 2 and parts[0].text == "(" and _closing(parts, 0) == len(parts) - 1:
        parts = parts[1:-1]
    return parts


def _closing(parts: Parts, start: int) -> int:
    depth = 0
    for at in range(start, len(parts)):
        depth += (parts[at].text == "(") - (parts[at].text == ")")
        if not depth:
            return at
    return len(parts)


def _conjuncts(parts: Parts) -> Iterator[Parts]:
    """The conditions that all have to hold: what stands between each AND of the whole."""
    depth, begin, between = 0, 0, False
    for at, part in enumerate(parts):
        depth += (part.text == "(") - (part.text == ")")
        if depth or not part.word:
            continue
        if part.text == "or":
            yield _present_or(parts)
            return
        if part.text == "and" and between:
            between = False
        elif part.text == "and":
            yield from _conjuncts(_bare(parts[begin:at]))
            begin = at + 1
        between = between or part.text == "between"
    last = parts[begin:]
    yield from _conjuncts(_bare(last)) if begin else (last,)


def _present_or(parts: Parts) -> Parts:
    """What `x IS NULL OR …` asks where there is a value; all of it where it is not that."""
    column = [part.text for part in parts[:1]]
    first = [part.text for part in parts if part.text not in "()"][1:4]
    if first == ["is", "null", "or"] and column:
        at = next(n for n, part in enumerate(parts) if part.text == "or")
        rest = _bare(parts[at + 1 :])
        return rest if not any(p.word and p.text in {"or", "and"} for p in rest) else parts
    return parts


def _simple(parts: Parts) -> Iterator[Said]:
    """What one condition says; nothing where its form is none of the known."""
    flat = [part for part in parts if part.text not in "()"]
    texts = [part.text for part in flat]
    if not flat or any(item in {"or", "case", "select"} for item in texts):
        return
    if texts[0] in _LENGTHS and len(flat) > 3:
        yield from _compared(flat[1:], length=True)
    elif texts[1:] == ["is", "not", "null"] and _column(flat[0]):
        yield Present(identifier(flat[0]))
    elif _column(flat[0]) and texts[1:2] == ["in"]:
        yield from _chosen(flat[0], flat[2:])
    elif _column(flat[0]) and texts[1:4] == ["=", "any", "array"]:
        yield from _chosen(flat[0], flat[4:])
    elif _column(flat[0]) and texts[1:2] == ["between"] and "and" in texts:
        middle = texts.index("and")
        low, high = _number(flat[2:middle]), _number(flat[middle + 1 :])
        if low is not None and high is not None:
            yield Bounded(identifier(flat[0]), ">=", low)
            yield Bounded(identifier(flat[0]), "<=", high)
    else:
        yield from _compared(flat)


def _compared(flat: Parts, *, length: bool = False) -> Iterator[Said]:
    sign = next((at for at, part in enumerate(flat) if part.text in _MIRRORED), 0)
    left, right = flat[:sign], flat[sign + 1 :]
    if not left or not right:
        return
    text = flat[sign].text
    if len(left) == 1 and len(right) == 1 and _column(left[0]) and _column(right[0]):
        if length:
            return
        yield Compared(identifier(left[0]), text, identifier(right[0]))
        return
    if len(right) == 1 and _column(right[0]) and not length:
        left, right, text = right, left, _MIRRORED[text]
    if len(left) != 1 or not _column(left[0]):
        return
    column, number = identifier(left[0]), _number(right)
    if number is None:
        if text == "=" and (choice := _text(right)) is not None:
            yield Choices(column, (choice,))
    elif text == "=":
        yield Bounded(column, ">=", number, length)
        yield Bounded(column, "<=", number, length)
    else:
        yield Bounded(column, text, number, length)


def _chosen(column: Token, parts: Parts) -> Iterator[Said]:
    items: list[list[Token]] = [[]]
    for part in parts:
        if part.text == ",":
            items.append([])
        else:
            items[-1].append(part)
    texts = [_text(item) for item in items]
    numbers = [_number(item) for item in items]
    if None not in texts:
        yield Choices(identifier(column), tuple(text for text in texts if text is not None))
    elif None not in numbers:
        yield Choices(identifier(column), tuple(map(str, numbers)), numbers=True)


_KEYWORDS = frozenset({"not", "null", "true", "false", "current_date", "current_timestamp"})


def _column(part: Token) -> bool:
    # A plain word in quotes is none that may be a keyword, but a name all the same.
    named = part.text.startswith('"') or bool(_WORD.fullmatch(part.text))
    return named and part.text not in _KEYWORDS


def _number(parts: Parts) -> Decimal | None:
    text = "".join(part.text for part in parts).strip("'")
    return Decimal(text) if _NUMBER.fullmatch(text) else None


_ESCAPES: Mapping[str, str] = MappingProxyType({"n": "\n", "t": "\t", "r": "\r", "b": "\b"})


def _text(parts: Parts) -> str | None:
    """The text of a literal; None where it is none."""
    match parts:
        case [Token(text=text)] if text.startswith("'"):
            return text[1:-1].replace("''", "'")
        case [Token(text="e"), Token(text=text)] if text.startswith("'"):
            inner = text[1:-1].replace("''", "'")
            return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), inner, flags=re.DOTALL)
    return None
