"""Hashes of passwords: made in one way, verified in all that are known."""

from dataclasses import dataclass

from charter.access.passwords.argon2id import CURRENT, DECOY, argon2id, is_argon2, matches_argon2
from charter.access.passwords.imported import read_imported
from charter.access.passwords.text import LONGEST_INPUT, forms


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether the password is right, and if so whether its hash should be made anew: it came
    from another system, or was made with older parameters."""

    ok: bool
    needs_upgrade: bool = False


def hash_password(password: str) -> str:
    """The Argon2id hash of the normalised password, as a PHC string. Takes some 25 ms."""
    return argon2id(forms(password)[0])


def verify(stored: str, password: str) -> Verified:
    """Whether a password is the one in a stored hash.

    A stored text that is no known hash, and a password of more than 1,024 characters, are wrong
    after the same work as any other wrong password.
    """
    if len(password) > LONGEST_INPUT:
        stored, password = DECOY, ""
    for place, form in enumerate(forms(password)):
        if _matches(stored, form):
            current = place == 0 and stored.startswith(CURRENT)
            return Verified(ok=True, needs_upgrade=not current)
    return Verified(ok=False)


def scheme_of(stored: str) -> str | None:
    """The scheme of a hash that can be imported (`argon2`, `bcrypt`, `bcrypt_sha256`, `scrypt`,
    `pbkdf2_sha256`…); None where it is not known, or asks for more work than is accepted."""
    if is_argon2(_bare(stored)):
        return "argon2"
    imported = read_imported(stored)
    return imported.scheme if imported is not None else None


def _matches(stored: str, password: bytes) -> bool:
    bare = _bare(stored)
    if is_argon2(bare):
        return matches_argon2(bare, password)
    imported = read_imported(stored)
    if imported is not None:
        return imported.matches(password)
    matches_argon2(DECOY, password)
    return False


def _bare(stored: str) -> str:
    """The PHC string; Django writes the name of its hasher before it."""
    return stored.removeprefix("argon2") if stored.startswith("argon2$") else stored
