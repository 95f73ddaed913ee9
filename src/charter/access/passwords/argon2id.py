"""Argon2id (RFC 9106) with the parameters that OWASP's password storage cheat sheet gives:
19 MiB of memory, two passes, one lane. Hashes are PHC strings."""

import re
import secrets

from argon2.exceptions import Argon2Error
from argon2.low_level import Type, hash_secret, verify_secret

MEMORY_KIB = 19_456
PASSES = 2
LANES = 1
SALT_BYTES = 16
HASH_BYTES = 32

CURRENT = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$"
"""How the hashes that are made here begin."""

DECOY = CURRENT + "HcWC7tG6ivT997PLm7rZMA$lL80JfWXZK6C7/Z7vPKigG+oJ9PbQD3xHr8OBWVYEAk"
"""The hash of a random text that nobody knows, to verify against where there is no account."""

_MOST_MEMORY_KIB = 262_144
_MOST_PASSES = 16
_MOST_LANES = 16
_PHC = re.compile(
    r"\$argon2(id|i|d)\$v=(?:16|19)\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})"
    r"\$[A-Za-z0-9+/]{11,128}\$[A-Za-z0-9+/]{22,128}"
)
_TYPES = {"id": Type.ID, "i": Type.I, "d": Type.D}


def argon2id(password: bytes) -> str:
    """A fresh hash, with a random salt."""
    made = hash_secret(
        password,
        secrets.token_bytes(SALT_BYTES),
        time_cost=PASSES,
        memory_cost=MEMORY_KIB,
        parallelism=LANES,
        hash_len=HASH_BYTES,
        type=Type.ID,
    )
    return made.decode("ascii")


def is_argon2(stored: str) -> bool:
    """Whether this is an Argon2 hash, of any type, whose cost is one to accept."""
    found = _PHC.fullmatch(stored)
    return found is not None and (
        int(found[2]) <= _MOST_MEMORY_KIB
        and 0 < int(found[3]) <= _MOST_PASSES
        and 0 < int(found[4]) <= _MOST_LANES
    )


def matches_argon2(stored: str, password: bytes) -> bool:
    """Whether the hash, one that `is_argon2`, was made of this password."""
    found = _PHC.fullmatch(stored)
    if found is None:
        return False
    try:
        return verify_secret(stored.encode("ascii"), password, _TYPES[found[1]])
    except Argon2Error:
        return False
