"""Names of constraints and indexes: stable, no longer than a database takes, each given once."""

from collections.abc import Iterable
from hashlib import sha256

MAX_BYTES = 63
"""PostgreSQL cuts longer names off; no other database in use takes less."""


def bounded(name: str, seed: str = "") -> str:
    """The name where it is short enough, else its beginning and a hash of all of it.

    A `seed` always adds the hash, of the name and the seed.
    """
    if not seed and len(name.encode()) <= MAX_BYTES:
        return name
    digest = sha256(f"{name}\0{seed}".encode()).hexdigest()[:8]
    head = name.encode()[: MAX_BYTES - len(digest) - 1].decode(errors="ignore")
    return f"{head}_{digest}"


class Names:
    """Gives names that differ, whatever the case, from each other and from those taken."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = {name.lower() for name in taken}

    def give(self, *parts: str, seed: str = "") -> str:
        """A name of the parts, joined by underscores.

        Where another has it, a hash of the parts and the seed is added: what the parts say
        alike once joined (`a_b` of `c`, `a` of `b_c`), the hash tells apart.
        """
        plain = "_".join(parts)
        name = bounded(plain)
        salt = "\0".join((*parts, seed))
        while name.lower() in self._taken:
            name = bounded(plain, salt)
            salt += "\0"
        self._taken.add(name.lower())
        return name
