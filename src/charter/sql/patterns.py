"""Patterns of `like`: `*` is any text, `?` is one character, a backslash takes either as it is."""

from collections.abc import Callable

from charter.core.text import fold

ANY_TEXT = None
"""Stands for `*` among the parts of a pattern; ONE stands for `?`."""
ONE = 1

Part = str | int | None


def parts_of(pattern: str) -> list[Part]:
    """The pattern as literal texts, ONE and ANY_TEXT; neighbouring `*` are one."""
    parts: list[Part] = []
    literal = ""
    position = 0
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if character == "\\" and position < len(pattern):
            literal += pattern[position]
            position += 1
        elif character in "*?":
            if literal:
                parts.append(literal)
                literal = ""
            wild = ANY_TEXT if character == "*" else ONE
            if wild is ONE or parts[-1:] != [ANY_TEXT]:
                parts.append(wild)
        else:
            literal += character
    return [*parts, literal] if literal else parts


def written(
    pattern: str, any_text: str, one: str, literal: Callable[[str], str], *, folded: bool
) -> str:
    """The pattern in another notation; `literal` escapes what stands for itself there."""
    texts = []
    for part in parts_of(pattern):
        if isinstance(part, str):
            texts.append(literal(fold(part) if folded else part))
        else:
            texts.append(any_text if part is ANY_TEXT else one)
    return "".join(texts)
