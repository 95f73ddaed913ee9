"""Folded texts as they are bound."""

from charter.core.text import fold


def folded(text: str | None) -> str | None:
    """What the shadow column of a search field holds for a text."""
    return None if text is None else fold(text)
