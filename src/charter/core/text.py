"""Text as search sees it, and as e-mail addresses of accounts are compared."""

import unicodedata


def fold(text: str) -> str:
    """The text without differences of case and compatibility forms (Unicode NFKC casefold)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def lowered(text: str) -> str:
    """The text in small letters, each letter in its one composed form (Unicode NFC).

    It is how e-mail addresses of accounts are kept: no provider in use tells `Ada@` from `ada@`.
    """
    return unicodedata.normalize("NFC", text.lower())
