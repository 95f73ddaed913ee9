"""Recovery codes: what gets a user in whose second factor is lost, each of them once.

A code has 120 random bits, so its SHA-256 is enough to store (OWASP ASVS 5.0, 6.5.2: 112 bits
and more), and one statement can find and spend it.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass, field

CODES = 10

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U to be misread."""
_LENGTH = 24
_GROUP = 6
_FORM = re.compile(f"[{_ALPHABET}]{{{_LENGTH}}}")
_MISREAD = str.maketrans("ILO", "110", " -\t\r\n\u00a0\u2010\u2011\u2013\u2212")
_LONGEST_INPUT = 64


@dataclass(frozen=True, slots=True)
class RecoveryCode:
    """A code as it is shown, once, and what is stored of it."""

    text: str = field(repr=False)
    digest: str
    """SHA-256 of the code without its dashes, 64 hexadecimal digits."""


def new_recovery_codes() -> tuple[RecoveryCode, ...]:
    """Ten new codes, which replace all that a user had before."""
    return tuple(_new() for _ in range(CODES))


def recovery_digest(text: str) -> str | None:
    """What to look for among the user's codes; None where the text is no code at all.

    Spaces, dashes and case do not matter; I and L are read as 1, O as 0.
    """
    if len(text) > _LONGEST_INPUT:
        return None
    code = text.upper().translate(_MISREAD)
    return _digest(code) if _FORM.fullmatch(code) else None


def _new() -> RecoveryCode:
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    groups = (code[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))
    return RecoveryCode("-".join(groups), _digest(code))


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode("ascii")).hexdigest()
