"""The grammar of filters: conditions, lists of values, and `any`, `all` and `not` around them.

    group     = ( "any" / "all" / "not" ) "=(" part *( "," part ) ")"     ; `not` has one part
    part      = group / condition
    condition = name [ "[" comparator "]" ] "=" value
    value     = text / list                              ; a list after `[in]` and `[nin]`
    list      = "(" text *( "," text ) ")"
    text      = bare / DQUOTE *( character / "\\" character ) DQUOTE
    bare      = *( any character but "," "(" ")" and DQUOTE )

As a parameter of its own, a condition is `name[comparator]=value` with the value as it is, and
the parentheses of a list can be left out: `status[in]=draft,placed`.
"""

from dataclasses import dataclass
from typing import Literal

MOST_NESTED = 8
"""Groups within groups."""

LISTED = frozenset({"in", "nin"})

Kind = Literal["any", "all", "not"]
_KINDS: dict[str, Kind] = {"any": "any", "all": "all", "not": "not"}
GROUPS = frozenset(_KINDS)
Raw = str | tuple[str, ...]
"""A value as it was written, without quotes; or the list of them."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A test without its value. `comparator` is empty where none was written."""

    name: str
    comparator: str


@dataclass(frozen=True, slots=True)
class Group:
    kind: Kind
    parts: tuple["Part", ...]


Part = Condition | Group


class Unreadable(Exception):
    """The text does not follow the grammar."""


def condition_named(name: str) -> Condition:
    """From the name of a parameter: `total[gte]` → total, gte."""
    field, bracket, rest = name.partition("[")
    if not bracket:
        return Condition(name, "")
    if not rest.endswith("]") or len(rest) == 1:
        raise Unreadable(f"`{name[:100]}` is to be a name and one comparator, as in `total[gte]`")
    return Condition(field, rest[:-1])


def listed(text: str) -> tuple[str, ...]:
    """The items of a list, with or without parentheses around it."""
    scanner = _Scanner(text if text.startswith("(") else f"({text})")
    items = scanner.list_()
    scanner.end()
    return items


def grouped(kind: str, text: str) -> tuple[Group, tuple[Raw, ...]]:
    """The structure of a group, and the values of its conditions from left to right."""
    scanner = _Scanner(text)
    group = scanner.group(_KINDS[kind], 1)
    scanner.end()
    return group, tuple(scanner.values)


class _Scanner:
    """Reads a text from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.values: list[Raw] = []

    def end(self) -> None:
        if self._at < len(self._text):
            raise self._unreadable("nothing more")

    def group(self, kind: Kind, depth: int) -> Group:
        if depth > MOST_NESTED:
            raise Unreadable(f"groups are at most {MOST_NESTED} deep")
        self._expect("(")
        parts = [self._part(depth)]
        while self._peek() == ",":
            self._at += 1
            parts.append(self._part(depth))
        self._expect(")")
        if kind == "not" and len(parts) > 1:
            raise Unreadable("`not` has one part: write not=(any=(…)) or not=(all=(…))")
        return Group(kind, tuple(parts))

    def list_(self) -> tuple[str, ...]:
        self._expect("(")
        items = [self._value()]
        while self._peek() == ",":
            self._at += 1
            items.append(self._value())
        self._expect(")")
        return tuple(items)

    def _part(self, depth: int) -> Part:
        equals = self._text.find("=", self._at)
        if equals < 0:
            raise self._unreadable("a condition, such as status=placed,")
        name = self._text[self._at : equals]
        self._at = equals + 1
        if name in _KINDS:
            return self.group(_KINDS[name], depth + 1)
        condition = condition_named(name)
        if not name or not _NO_NAME.isdisjoint(name):
            raise Unreadable(f"`{name[:100]}` is no name of a field")
        is_list = condition.comparator in LISTED
        self.values.append(self.list_() if is_list else self._value())
        return condition

    def _value(self) -> str:
        if self._peek() == '"':
            return self._quoted()
        start = self._at
        while self._peek() not in _ENDS:
            self._at += 1
        return self._text[start : self._at]

    def _quoted(self) -> str:
        found: list[str] = []
        self._at += 1
        while (character := self._peek()) != '"':
            if character == "\\":
                self._at += 1
                character = self._peek()
            if not character:
                raise self._unreadable("the quotation mark that ends the text")
            found.append(character)
            self._at += 1
        self._at += 1
        return "".join(found)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _expect(self, character: str) -> None:
        if self._peek() != character:
            raise self._unreadable(f"`{character}`")
        self._at += 1

    def _unreadable(self, expected: str) -> Unreadable:
        found = self._text[self._at : self._at + 20]
        where = f"before `{found}`" if found else "at the end"
        return Unreadable(f'{expected} is expected {where}; quote text that has , ( ) or "')


_ENDS = frozenset({"", ",", "(", ")", '"'})
_NO_NAME = frozenset('(),"')
