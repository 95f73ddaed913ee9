"""Names and their spellings."""

import difflib
import re
from collections.abc import Iterable

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ES = ("s", "x", "z", "ch", "sh")
_UNCOUNTED = frozenset({"media", "news", "data", "series", "equipment", "information", "stock"})
_IRREGULAR = {
    "person": "people", "child": "children", "man": "men", "woman": "women", "datum": "data",
    "medium": "media", "criterion": "criteria", "analysis": "analyses", "mouse": "mice",
}  # fmt: skip


def snake(name: str) -> str:
    """`OrderLine` → `order_line`."""
    return _WORD.sub("_", name).lower()


def kebab(name: str) -> str:
    """`OrderLine` and `order_line` → `order-line`."""
    return snake(name).replace("_", "-")


def pascal(name: str) -> str:
    """`order_line` → `OrderLine`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def plural(name: str) -> str:
    """The English plural of the last word of a snake-case name: `order_line` → `order_lines`."""
    head, _, word = name.rpartition("_")
    return f"{head}_{_plural_word(word)}" if head else _plural_word(word)


def _plural_word(word: str) -> str:
    if word in _UNCOUNTED:
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("y") and word[-2:-1] not in {"a", "e", "i", "o", "u", ""}:
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(_ES) else "s")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like this one, or None where none is like it."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def pointer(*parts: str | int) -> str:
    """A JSON Pointer (RFC 6901) from its unescaped reference tokens."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
