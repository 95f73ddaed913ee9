"""Texts that match a pattern: the regular expressions that a contract may have.

The grammar is the common part of dialects that contracts are held to: literals, escaped
punctuation, classes, groups, alternatives, counts, `.`, `^` and `$`.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

_MOST_MORE = 3
"""How often more than the least a part comes whose count has no upper bound."""
_PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
_ANY = "abcdefghijklmnopqrstuvwxyz0123456789"
_COUNT = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}")
_UNBOUNDED = -1

Make = Callable[[random.Random], str]


@lru_cache(maxsize=256)
def texts_of(pattern: str) -> Make:
    """What makes texts of a pattern. Raises ValueError where the pattern is not understood."""
    parser = _Parser(pattern)
    made = parser.alternatives()
    if parser.at != len(pattern):
        raise ValueError(f"`{pattern[parser.at]}` in {pattern} is not understood")
    return made


@dataclass
class _Parser:
    pattern: str
    at: int = 0

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def take(self) -> str:
        self.at += 1
        return self.pattern[self.at - 1]

    def alternatives(self) -> Make:
        options = [self.sequence()]
        while self.peek() == "|":
            self.at += 1
            options.append(self.sequence())
        return options[0] if len(options) == 1 else lambda dice: dice.choice(options)(dice)

    def sequence(self) -> Make:
        parts: list[Make] = []
        while self.peek() not in ("", "|", ")"):
            parts.append(self.counted(self.atom()))
        return lambda dice: "".join([part(dice) for part in parts])

    def atom(self) -> Make:
        match self.take():
            case "(":
                if self.pattern.startswith("?:", self.at):
                    self.at += 2
                inner = self.alternatives()
                if self.peek() != ")":
                    raise ValueError(f"a group in {self.pattern} does not end")
                self.at += 1
                return inner
            case "[":
                return _one_of(self.members())
            case "\\":
                return _always(self.take())
            case ".":
                return _one_of(_ANY)
            case "^" | "$":
                return _always("")
            case literal:
                return _always(literal)

    def members(self) -> str:
        outside = self.peek() == "^"
        self.at += outside
        found: list[str] = []
        while self.peek() != "]":
            first = self.member()
            ranged = self.peek() == "-" and self.pattern[self.at + 1 : self.at + 2] != "]"
            if ranged:
                self.at += 1
                found.extend(map(chr, range(ord(first), ord(self.member()) + 1)))
            else:
                found.append(first)
        self.at += 1
        if outside:
            return "".join(one for one in _PRINTABLE if one not in found)
        return "".join(found)

    def member(self) -> str:
        if not self.peek():
            raise ValueError(f"a class in {self.pattern} does not end")
        return self.take() if self.peek() != "\\" else (self.take(), self.take())[1]

    def counted(self, make: Make) -> Make:
        least, most = 1, 1
        match self.peek():
            case "*":
                least, most = 0, _UNBOUNDED
            case "+":
                least, most = 1, _UNBOUNDED
            case "?":
                least, most = 0, 1
            case "{":
                least, most = self.bounds()
                self.at -= 1
            case _:
                return make
        self.at += 1
        if self.peek() == "?":
            self.at += 1
        top = least + _MOST_MORE if most == _UNBOUNDED else most
        return lambda dice: "".join([make(dice) for _ in range(dice.randint(least, top))])

    def bounds(self) -> tuple[int, int]:
        found = _COUNT.match(self.pattern, self.at)
        if found is None:
            raise ValueError(f"a count in {self.pattern} is not understood")
        self.at = found.end()
        least = int(found[1])
        if found[2] is None:
            return least, least
        return least, int(found[3]) if found[3] else _UNBOUNDED


def _one_of(members: str) -> Make:
    if not members:
        raise ValueError("a class has no members")
    return lambda dice: dice.choice(members)


def _always(text: str) -> Make:
    return lambda _: text
