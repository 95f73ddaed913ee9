"""Whether a password is one to accept: its length, and how soon it would be guessed.

After OWASP ASVS 5.0, section 6.2, and NIST SP 800-63B: no rules about kinds of characters, no
expiry; a length, a list of common passwords, the words around the account, and an estimate of
the guesses that are needed (zxcvbn).
"""

import re
import unicodedata
from collections.abc import Container, Iterable
from dataclasses import dataclass

from zxcvbn_rs_py import zxcvbn

from charter.access.passwords.common import COMMON_PASSWORDS
from charter.access.passwords.text import LONGEST_INPUT, normalised
from charter.core.codes import COMMON_PASSWORD, GUESSABLE_PASSWORD, WRONG_FORMAT, WRONG_LENGTH
from charter.core.problems import Flaw

JUDGED = 32
"""Characters that zxcvbn looks at: its time grows with the square of their number, and a prefix
that is hard to guess is enough."""
LONGEST_WORD = 64
MOST_WORDS = 50
SHORTEST_WORD = 3
LEAST_REST = 5
"""Characters that a password must have besides the user's own words."""

_GUESSES = (0, 10**3, 10**6, 10**8, 10**10)
"""The guesses from which on zxcvbn gives the scores 0 to 4."""
_ADVICE = (
    "This is soon guessed. Add an uncommon word or two; dates, keyboard rows, repeats and "
    "replaced letters add little."
)
_APART = re.compile(r"[^\w]+|_")


@dataclass(frozen=True, slots=True)
class StrengthRules:
    """What is asked of a new password. ValueError where a number is out of its range."""

    shortest: int = 8
    """Characters (code points after normalisation). ASVS 5.0, 6.2.1: 8 at least, 15 advised."""
    longest: int = 128
    """Characters. ASVS 5.0, 6.2.9: 64 at least."""
    least_score: int = 3
    """zxcvbn's score from 0 to 4; 3 takes more than 10⁸ guesses."""
    words: tuple[str, ...] = ()
    """Words that anybody would try here, such as the name of the service (ASVS 5.0, 6.2.11)."""
    breached: Container[str] = frozenset()
    """Passwords that were published in breaches (ASVS 5.0, 6.2.12), besides the common ones."""

    def __post_init__(self) -> None:
        if not 8 <= self.shortest <= 64 <= self.longest <= LONGEST_INPUT:
            raise ValueError(f"shortest is from 8 to 64, longest from 64 to {LONGEST_INPUT}")
        if not 0 <= self.least_score <= 4:
            raise ValueError("least_score is from 0 to 4")


def password_flaws(
    password: str,
    context: Iterable[str] = (),
    rules: StrengthRules | None = None,
    *,
    pointer: str = "/password",
) -> tuple[Flaw, ...]:
    """What is wrong with a new password: nothing, or the first thing that is.

    `context` is the user's own: name, e-mail address, and other texts that somebody who knows
    them would try. Codes: `wrong_length`, `wrong_format`, `common_password`,
    `guessable_password`. No message has the password in it.
    """
    rules = rules or StrengthRules()
    if len(password) > LONGEST_INPUT:
        return (_too_long(rules, pointer),)
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in password):
        message = "A password has no control characters."
        return (Flaw(WRONG_FORMAT.name, message, pointer),)
    text = normalised(password)
    if len(text) > rules.longest:
        return (_too_long(rules, pointer),)
    if len(text) < rules.shortest:
        message = f"At least {rules.shortest} characters are needed."
        return (Flaw(WRONG_LENGTH.name, message, pointer),)
    if text.casefold() in COMMON_PASSWORDS:
        return (Flaw(COMMON_PASSWORD.name, "This password is one of the most used.", pointer),)
    if text in rules.breached:
        message = "This password was published in a breach, and is tried by attackers."
        return (Flaw(COMMON_PASSWORD.name, message, pointer),)
    words = _words((*context, *rules.words))
    if len(_without(text.casefold(), words)) < LEAST_REST:
        message = "This is little more than your own name or address, or the name of the service."
        return (Flaw(GUESSABLE_PASSWORD.name, message, pointer),)
    if zxcvbn(text[:JUDGED], words).guesses < _GUESSES[rules.least_score]:
        return (Flaw(GUESSABLE_PASSWORD.name, _ADVICE, pointer),)
    return ()


def _too_long(rules: StrengthRules, pointer: str) -> Flaw:
    return Flaw(WRONG_LENGTH.name, f"At most {rules.longest} characters are taken.", pointer)


def _without(text: str, words: list[str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "")
    return text


def _words(texts: Iterable[str]) -> list[str]:
    """The texts and the words in them, in lower case, each once, and not too many."""
    found: dict[str, None] = {}
    for text in texts:
        whole = normalised(text[:LONGEST_INPUT]).casefold()
        for word in (whole, *whole.split("@"), *_APART.split(whole)):
            if SHORTEST_WORD <= len(word) <= LONGEST_WORD and len(found) < MOST_WORDS:
                found[word] = None
    return list(found)
