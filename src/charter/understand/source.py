"""Pieces of Python: literals and comments of texts that nobody can trust."""

import textwrap
from decimal import Decimal

from charter.contract.types import Bound
from charter.understand.draft import Code

WIDTH = 88
"""Characters of a line, as `ruff format` has them where nothing else is said."""
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}


def literal(text: str) -> Code:
    """A text as a string literal on one line, in the quotes that need fewer backslashes."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return Code(quote + "".join(_escaped(item, quote) for item in text) + quote)


def _escaped(character: str, quote: str) -> str:
    if character == quote:
        return "\\" + quote
    if character in _NAMED:
        return _NAMED[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def number(value: Bound) -> Code:
    """A number as Python writes it."""
    if isinstance(value, Decimal):
        return Code(str(int(value)) if value == int(value) else f'Decimal("{value}")')
    return Code(repr(value))


def plain(text: str) -> str:
    """A text on one line: blanks for whatever is no printable character."""
    return " ".join("".join(item if item.isprintable() else " " for item in text).split())


def comment(text: str, indent: int) -> list[str]:
    """A text as the lines of a comment."""
    lead = " " * indent + "# "
    return textwrap.wrap(
        plain(text), WIDTH, initial_indent=lead, subsequent_indent=lead, break_on_hyphens=False
    )


def docstring(text: str, indent: int) -> list[str]:
    """A text of several lines as a docstring; nothing in it ends it or is read by Python."""
    lines = [plain(line).replace("\\", "\\\\").replace('"', "'") for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    if not lines:
        return []
    lead = " " * indent
    wide = [
        part
        for line in lines
        for part in textwrap.wrap(line, WIDTH - indent - 6, break_on_hyphens=False) or [""]
    ]
    if len(wide) == 1:
        return [f'{lead}"""{wide[0]}"""']
    body = [f"{lead}{line}" if line else "" for line in wide[1:]]
    return [f'{lead}"""{wide[0]}', *body, f'{lead}"""']
