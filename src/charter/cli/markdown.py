"""Tables of GitHub Flavored Markdown."""

from collections.abc import Iterator, Sequence

_SPECIAL = "\\|<*`"
"""What Markdown would take for its own."""


def table_lines(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table (section 4.10); its cells are Markdown already."""
    for cells in (headings, ["---"] * len(headings), *rows):
        yield "| " + " | ".join(cells) + " |"


def bold(text: str) -> str:
    return f"**{escaped(text)}**"


def escaped(text: str) -> str:
    for character in _SPECIAL:
        text = text.replace(character, "\\" + character)
    return text
