"""Values as TOML 1.0, for people to read: texts of several lines as literal strings."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def inline(value: Any) -> str:
    """A value on one line. None has no form in TOML: members that are None are left out."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return _line(value)
        case Mapping():
            members = (
                f"{key(name)} = {inline(item)}" for name, item in value.items() if item is not None
            )
            return "{ " + ", ".join(members) + " }" if value else "{}"
        case Sequence():
            return f"[{', '.join(map(inline, value))}]"
        case _:
            raise TypeError(f"{type(value).__name__} has no form in TOML")


def block(texts: Sequence[str]) -> str:
    """An array of texts, each of which begins on a line of its own."""
    if not texts:
        return "[]"
    return "[\n" + "".join(f"{_lines(text)},\n" for text in texts) + "]"


def key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _line(name)


def _line(text: str) -> str:
    if "'" in text or "\n" in text or "\t" in text or _CONTROL.search(text):
        return _escaped(text)
    return f"'{text}'"


def _lines(text: str) -> str:
    """A newline right after the opening quotes is not part of the text."""
    if "'''" not in text and not text.endswith("'") and not _CONTROL.search(text):
        return f"'''\n{text}'''"
    return _escaped(text)


def _escaped(text: str) -> str:
    # JSON leaves the one control character that TOML does not take.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
