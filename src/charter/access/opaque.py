"""Opaque secrets: refresh tokens, API keys, browser sessions, one-time tokens.

Each is 256 random bits behind a prefix that says what it is, with a checksum at its end, so that
a scanner of source code can tell a secret that leaked from one that looks alike. A database has
only the SHA-256 of one: a fast hash is enough for what cannot be guessed.
"""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field
from enum import StrEnum

SECRET_BITS = 256

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_BODY = 43
_CHECK = 6
_HINT = 6

PATTERN = re.compile(rf"ch[rkso]_[0-9A-Za-z]{{{_BODY + _CHECK}}}")
"""What a scanner looks for. The last six characters are the CRC-32 of all before, in base 62."""


class Kind(StrEnum):
    """What an opaque secret is for; its value is the prefix."""

    REFRESH = "chr_"
    API_KEY = "chk_"
    SESSION = "chs_"
    ONE_TIME = "cho_"


@dataclass(frozen=True, slots=True)
class Minted:
    """A new secret: its text, which is shown once, and what is stored of it."""

    text: str = field(repr=False)
    digest: str
    """SHA-256 of the text, 64 hexadecimal digits."""
    hint: str
    """Prefix and first characters, to recognise it in a list."""


def mint(kind: Kind) -> Minted:
    """A new random secret of this kind."""
    text = _checked(kind.value + _base62(secrets.randbits(SECRET_BITS), _BODY))
    return Minted(text, _digest(text), text[: len(kind.value) + _HINT])


def digest_of(text: str, kind: Kind) -> str | None:
    """What to look for in the database; None where the text is no secret of this kind.

    Which secret it is is never compared here: it is found by its digest, and how long that takes
    says nothing about the text of another.
    """
    if kind_of(text) is not kind:
        return None
    return _digest(text)


def kind_of(text: str) -> Kind | None:
    """What kind of secret a text has the form and the checksum of; None where of none."""
    if PATTERN.fullmatch(text) is None:
        return None
    if not hmac.compare_digest(_checked(text[:-_CHECK]).encode(), text.encode()):
        return None
    return Kind(text[:4])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _checked(text: str) -> str:
    return text + _base62(zlib.crc32(text.encode("ascii")), _CHECK)


def _base62(number: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        number, rest = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[rest] + digits
    return digits
