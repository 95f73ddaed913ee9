"""Hashes that other systems made: bcrypt, scrypt and PBKDF2, in the forms that are in use.

Each is read into a check of a password; the cost that a hash asks for is bounded, so that no row
of an import can keep a service busy. New hashes are never made in these forms.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass

import bcrypt

BCRYPT_BYTES = 72
"""bcrypt takes no more of a password than this; what comes after never counted."""
MOST_BCRYPT_COST = 16
MOST_PBKDF2_ROUNDS = 10_000_000
MOST_SCRYPT_BYTES = 256 << 20
MOST_SCRYPT_LANES = 16


@dataclass(frozen=True, slots=True)
class Imported:
    """A hash of another system: its scheme, and whether a password (UTF-8) is the one in it."""

    scheme: str
    matches: Callable[[bytes], bool]


def read_imported(stored: str) -> Imported | None:
    """What a stored text is a hash of; None where it is no known form, or asks for too much."""
    for pattern, read in _FORMS:
        found = pattern.fullmatch(stored)
        if found is not None:
            return read(found)
    return None


# -- bcrypt ----------------------------------------------------------------------------------
def _bcrypt(found: re.Match[str]) -> Imported | None:
    stored = found["bcrypt"].encode("ascii")
    if not 4 <= int(found["cost"]) <= MOST_BCRYPT_COST:
        return None
    return Imported("bcrypt", lambda password: _checkpw(password, stored))


def _bcrypt_sha256(found: re.Match[str]) -> Imported | None:
    """Django's: bcrypt of the SHA-256 in hexadecimal, which has no limit of length."""
    plain = _bcrypt(found)
    if plain is None:
        return None
    return Imported(
        "bcrypt_sha256",
        lambda password: plain.matches(hashlib.sha256(password).hexdigest().encode("ascii")),
    )


def _checkpw(password: bytes, stored: bytes) -> bool:
    try:
        return bcrypt.checkpw(password[:BCRYPT_BYTES], stored)
    except ValueError:
        return False


# -- PBKDF2 ----------------------------------------------------------------------------------
def _pbkdf2(digest: str, salt: bytes, rounds: int, expected: bytes) -> Imported | None:
    if not 0 < rounds <= MOST_PBKDF2_ROUNDS:
        return None

    def matches(password: bytes) -> bool:
        made = hashlib.pbkdf2_hmac(digest, password, salt, rounds, len(expected))
        return hmac.compare_digest(made, expected)

    return Imported(f"pbkdf2_{digest}", matches)


def _pbkdf2_phc(found: re.Match[str]) -> Imported | None:
    salt, expected = _base64(found["salt"]), _base64(found["hash"])
    return _pbkdf2(found["digest"] or "sha1", salt, int(found["rounds"]), expected)


def _pbkdf2_django(found: re.Match[str]) -> Imported | None:
    salt, expected = found["salt"].encode(), _base64(found["hash"])
    return _pbkdf2(found["digest"], salt, int(found["rounds"]), expected)


def _pbkdf2_werkzeug(found: re.Match[str]) -> Imported | None:
    salt, expected = found["salt"].encode(), bytes.fromhex(found["hash"])
    return _pbkdf2(found["digest"], salt, int(found["rounds"]), expected)


# -- scrypt ----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Cost:
    """RFC 7914: the cost N, the block size r and the parallelization p."""

    n: int
    r: int
    p: int

    @property
    def memory(self) -> int:
        return 128 * self.r * (self.n + self.p + 2)

    @property
    def acceptable(self) -> bool:
        power_of_two = self.n > 1 and self.n & (self.n - 1) == 0
        bounded = 0 < self.p <= MOST_SCRYPT_LANES and self.memory <= MOST_SCRYPT_BYTES
        return power_of_two and self.r > 0 and bounded


def _scrypt(cost: _Cost, salt: bytes, expected: bytes) -> Imported | None:
    if not cost.acceptable:
        return None

    def matches(password: bytes) -> bool:
        made = hashlib.scrypt(
            password,
            salt=salt,
            n=cost.n,
            r=cost.r,
            p=cost.p,
            maxmem=cost.memory + (1 << 20),
            dklen=len(expected),
        )
        return hmac.compare_digest(made, expected)

    return Imported("scrypt", matches)


def _scrypt_phc(found: re.Match[str]) -> Imported | None:
    cost = _Cost(1 << int(found["ln"]), int(found["r"]), int(found["p"]))
    return _scrypt(cost, _base64(found["salt"]), _base64(found["hash"]))


def _scrypt_django(found: re.Match[str]) -> Imported | None:
    cost = _Cost(int(found["n"]), int(found["r"]), int(found["p"]))
    return _scrypt(cost, found["salt"].encode(), _base64(found["hash"]))


def _scrypt_werkzeug(found: re.Match[str]) -> Imported | None:
    cost = _Cost(int(found["n"]), int(found["r"]), int(found["p"]))
    return _scrypt(cost, found["salt"].encode(), bytes.fromhex(found["hash"]))


# -- the forms -------------------------------------------------------------------------------
def _base64(text: str) -> bytes:
    """Base64 with or without padding; `.` for `+`, as passlib writes it."""
    bare = text.rstrip("=").replace(".", "+")
    return base64.b64decode(bare + "=" * (-len(bare) % 4))


_DIGEST = "(?P<digest>sha1|sha256|sha512)"
_ROUNDS = r"(?P<rounds>\d{1,8})"
_SALT = r"(?P<salt>[^$]{1,256})"
_HEX = r"(?P<hash>(?:[0-9a-f]{2}){16,128})"
# Of 4n + 1 characters no Base64 is made: the last group has two, three or four.
_B64 = r"(?P<{0}>(?:[A-Za-z0-9+/.]{{4}})*[A-Za-z0-9+/.]{{2,4}}=*)"
_SALT_64, _HASH_64 = _B64.format("salt"), r"(?=[^$]{22,})" + _B64.format("hash")
_BCRYPT = r"(?P<bcrypt>\$2[aby]\$(?P<cost>\d\d)\$[./A-Za-z0-9]{53})"

_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Imported | None]], ...] = (
    (re.compile(rf"(?:bcrypt\$)?{_BCRYPT}"), _bcrypt),
    (re.compile(rf"bcrypt_sha256\${_BCRYPT}"), _bcrypt_sha256),
    (re.compile(rf"pbkdf2_{_DIGEST}\${_ROUNDS}\${_SALT}\${_HASH_64}"), _pbkdf2_django),
    (re.compile(rf"pbkdf2:{_DIGEST}:{_ROUNDS}\${_SALT}\${_HEX}"), _pbkdf2_werkzeug),
    (
        re.compile(
            rf"\$pbkdf2(?:-{_DIGEST})?\$(?:i=)?{_ROUNDS}(?:,l=\d+)?\${_SALT_64}\${_HASH_64}"
        ),
        _pbkdf2_phc,
    ),
    (
        re.compile(rf"scrypt:(?P<n>\d{{1,8}}):(?P<r>\d{{1,4}}):(?P<p>\d{{1,4}})\${_SALT}\${_HEX}"),
        _scrypt_werkzeug,
    ),
    (
        re.compile(
            rf"scrypt\$(?P<n>\d{{1,8}})\${_SALT}\$(?P<r>\d{{1,4}})\$(?P<p>\d{{1,4}})\${_HASH_64}"
        ),
        _scrypt_django,
    ),
    (
        re.compile(
            r"\$scrypt\$ln=(?P<ln>\d{1,2}),r=(?P<r>\d{1,4}),p=(?P<p>\d{1,4})"
            rf"\${_SALT_64}\${_HASH_64}"
        ),
        _scrypt_phc,
    ),
)
