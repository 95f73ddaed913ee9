"""Text as search sees it."""

import unicodedata


def fold(text: str) -> str:
    """The text without differences of case and compatibility forms (Unicode NFKC casefold)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
