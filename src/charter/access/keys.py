"""Keys that tokens are verified and signed with, each bound to one algorithm.

Supported are HS256 and RS256 (RFC 7518), ES256 (RFC 7518) and Ed25519 (RFC 8037, named by
RFC 9864). A token never chooses how it is verified: its `alg` can only name the algorithm that
a key is bound to already, so `none` and algorithm confusion (RFC 8725, section 3.1) have no way
in.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol

from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

SHORTEST_SECRET = 32
"""Bytes; RFC 7518, section 3.2: a key of the same size as the hash output or larger."""
SHORTEST_RSA = 2048
"""Bits; RFC 7518, section 3.3."""
MOST_KEYS = 100

PUBLIC_MEMBERS = frozenset({"kty", "crv", "x", "y", "n", "e"})
"""The members of a JWK that everybody may see (RFC 7518, section 6; RFC 8037)."""
_PUBLIC_MARKS = (b"-----BEGIN ", b"---- BEGIN ", b"ssh-", b"ecdsa-sha2-")


class BadKey(Exception):
    """A key that cannot be used: what it is and what is wrong, never the key itself."""


class Algorithm(StrEnum):
    """How a key signs: the registered JWS names."""

    HS256 = "HS256"
    RS256 = "RS256"
    ES256 = "ES256"
    ED25519 = "Ed25519"


HEADER_NAMES = MappingProxyType(
    {**{name.value: name for name in Algorithm}, "EdDSA": Algorithm.ED25519}
)
"""What a token may write as `alg`. `EdDSA` is the older name, here for Ed25519 keys only."""


class _Scheme(Protocol):
    def sign(self, msg: bytes, key: Key) -> bytes: ...
    def verify(self, msg: bytes, sig: bytes, key: Key) -> bool: ...


_REGISTRY = JWSRegistry(algorithms=list(Algorithm))
_SCHEMES: MappingProxyType[Algorithm, _Scheme] = MappingProxyType(
    {algorithm: _REGISTRY.get_alg(algorithm.value) for algorithm in Algorithm}
)


def _algorithm_of(material: Key) -> Algorithm | None:
    match material:
        case OctKey():
            return Algorithm.HS256
        case RSAKey():
            return Algorithm.RS256
        case ECKey() if material.raw_value.curve.name == "secp256r1":
            return Algorithm.ES256
        case OKPKey() if material.curve_name == "Ed25519":
            return Algorithm.ED25519
        case _:
            return None


@dataclass(frozen=True, slots=True, eq=False)
class TokenKey:
    """One key and the one algorithm it is for. Its text form never has the key in it."""

    algorithm: Algorithm
    kid: str | None
    _material: Key = field(repr=False)

    @property
    def can_sign(self) -> bool:
        return self._material.is_private

    def verifies(self, signed: bytes, signature: bytes) -> bool:
        """Whether the signature over these bytes was made with this key."""
        try:
            return _SCHEMES[self.algorithm].verify(signed, signature, self._material)
        except ValueError:
            return False

    def public_jwk(self) -> Mapping[str, Any] | None:
        """The public half as a JWK (RFC 7517), or None where there is none: a secret is never
        given out."""
        if isinstance(self._material, OctKey):
            return None
        members = self._material.as_dict(private=False)
        public = {name: members[name] for name in members.keys() & PUBLIC_MEMBERS}
        named = {} if self.kid is None else {"kid": self.kid}
        return {**public, **named, "alg": self.algorithm.value, "use": "sig"}

    def sign(self, text: bytes) -> bytes:
        """The signature over these bytes; BadKey where this is a public key."""
        if not self.can_sign:
            raise BadKey(f"{self!r} is a public key: it verifies tokens, but cannot sign one")
        return _SCHEMES[self.algorithm].sign(text, self._material)


def bind(material: Key, kid: str | None, where: str) -> TokenKey:
    """A key for the algorithm that its type is for; BadKey where it is too weak or has none."""
    algorithm = _algorithm_of(material)
    if algorithm is None:
        raise BadKey(f"{where}: not an RSA, EC P-256 or Ed25519 key")
    if isinstance(material, RSAKey) and material.raw_value.key_size < SHORTEST_RSA:
        size = material.raw_value.key_size
        raise BadKey(f"{where}: an RSA key of {size} bits; at least {SHORTEST_RSA} are needed")
    return TokenKey(algorithm, kid, material)


def secret_key(secret: bytes, kid: str | None, where: str) -> TokenKey:
    """An HS256 key; BadKey where it is short, or where it is a public key that everyone has."""
    if any(mark in secret for mark in _PUBLIC_MARKS):
        raise BadKey(f"{where}: this is a PEM or SSH key, not a secret; give it as a key file")
    if len(secret) < SHORTEST_SECRET:
        raise BadKey(f"{where}: {len(secret)} bytes long; at least {SHORTEST_SECRET} are needed")
    try:
        return TokenKey(Algorithm.HS256, kid, OctKey.import_key(secret))
    except ValueError:
        raise BadKey(f"{where}: this is a public key or certificate, not a secret") from None


class KeySet:
    """The keys that are trusted: at most one for an algorithm and `kid`.

    Where several keys share an algorithm, each must have a `kid`: which key a token means is
    never guessed. BadKey otherwise.
    """

    __slots__ = ("_by_kid", "_keys", "_only")

    def __init__(self, keys: Sequence[TokenKey]) -> None:
        if not 0 < len(keys) <= MOST_KEYS:
            raise BadKey(f"{len(keys)} keys; from 1 to {MOST_KEYS} are accepted")
        by_algorithm: dict[Algorithm, list[TokenKey]] = {}
        for key in keys:
            by_algorithm.setdefault(key.algorithm, []).append(key)
        for algorithm, group in by_algorithm.items():
            kids = [key.kid for key in group]
            if len(group) > 1 and (None in kids or len(set(kids)) < len(kids)):
                raise BadKey(f"{len(group)} keys for {algorithm}: each needs a `kid` of its own")
        self._keys = tuple(keys)
        self._only = {name: group[0] for name, group in by_algorithm.items() if len(group) == 1}
        self._by_kid = {(key.algorithm, key.kid): key for key in keys if key.kid is not None}

    def find(self, algorithm: Algorithm, kid: str | None) -> TokenKey | None:
        """The key that a token's header means, or None.

        A `kid` finds the key of that name, or a key that has no name (a secret, a PEM file).
        A token without a `kid` finds a key only where its algorithm has just one.
        """
        only = self._only.get(algorithm)
        if kid is None:
            return only
        named = self._by_kid.get((algorithm, kid))
        if named is not None:
            return named
        return only if only is not None and only.kid is None else None

    def signing_key(self) -> TokenKey:
        """The first key that can sign; BadKey where all are public."""
        for key in self._keys:
            if key.can_sign:
                return key
        raise BadKey("only public keys are set: tokens can be verified, but not signed")

    def current(self, now: float) -> "KeySet":
        """Itself: these keys do not change with time."""
        return self

    def __iter__(self) -> Iterator[TokenKey]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return f"KeySet({list(self._keys)!r})"


class Keys(Protocol):
    """Where the keys come from: a KeySet, or a file that is watched."""

    def current(self, now: float) -> KeySet:
        """The keys to trust at this time (seconds since the epoch). The same object for as
        long as they are the same."""
        ...
