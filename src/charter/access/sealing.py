"""Small secrets at rest, such as those of TOTP, which a service must be able to read back.

AES-256-GCM under a key derived from a secret of the service (HKDF-SHA256, RFC 5869). The sealed
text names its key, so keys rotate: the first of them seals, all of them open. It is bound to a
context (whose secret of what), so a sealed text that is copied to another row does not open.
"""

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from charter.access.keys import SHORTEST_SECRET, Algorithm, BadKey, TokenKey

_NONCE = 12
_VERSION = "v1"
_LABEL = b"charter sealing 1"
_FORM = re.compile(r"v1\.([0-9a-f]{16})\.([A-Za-z0-9_-]{38,65536})")


class BadSeal(Exception):
    """A text that cannot be opened: of another context, altered, or sealed with a key that is
    not known here."""


@dataclass(frozen=True, slots=True, eq=False)
class SealingKey:
    """A key to seal with. Its id is derived from it, and says nothing about it."""

    id: str
    _cipher: AESGCM = field(repr=False)


def sealing_key(secret: bytes) -> SealingKey:
    """The key derived from a secret; BadKey where the secret has less than 32 bytes."""
    if len(secret) < SHORTEST_SECRET:
        raise BadKey(f"a sealing key of {len(secret)} bytes; at least {SHORTEST_SECRET} are needed")
    key = HKDF(SHA256(), 32, salt=None, info=_LABEL).derive(secret)
    return SealingKey(hashlib.sha256(_LABEL + key).hexdigest()[:16], AESGCM(key))


def sealing_keys(keys: Iterable[TokenKey]) -> list[SealingKey]:
    """The keys derived from the HS256 keys among those of the service, in their order. None of
    an asymmetric key: its signatures are not secret."""
    secret = (key.sign(_LABEL) for key in keys if key.algorithm is Algorithm.HS256)
    return [sealing_key(one) for one in secret]


class Sealer:
    """Seals with the first key, opens with any. BadKey where there is none."""

    __slots__ = ("_by_id", "_first")

    def __init__(self, keys: Sequence[SealingKey]) -> None:
        if not keys:
            raise BadKey("no key to seal secrets with")
        self._first = keys[0]
        self._by_id = {key.id: key for key in keys}

    def seal(self, secret: bytes, context: str) -> str:
        """The sealed text of a secret: `v1.KEY.CIPHERTEXT`, safe to store."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + self._first._cipher.encrypt(nonce, secret, self._bound(context))
        text = base64.urlsafe_b64encode(sealed).decode("ascii").rstrip("=")
        return f"{_VERSION}.{self._first.id}.{text}"

    def open(self, sealed: str, context: str) -> bytes:
        """The secret in a sealed text; BadSeal where it does not open in this context."""
        found = _FORM.fullmatch(sealed)
        if found is None:
            raise BadSeal("this is not a sealed text")
        key = self._by_id.get(found[1])
        if key is None:
            raise BadSeal(f"sealed with the key {found[1]}, which is not set here")
        try:
            data = base64.urlsafe_b64decode(found[2] + "=" * (-len(found[2]) % 4))
            return key._cipher.decrypt(data[:_NONCE], data[_NONCE:], self._bound(context))
        except (InvalidTag, binascii.Error):
            raise BadSeal("altered, or sealed for something else") from None

    def is_current(self, sealed: str) -> bool:
        """Whether a text is sealed with the first key; where not, seal it anew when it is next
        at hand."""
        found = _FORM.fullmatch(sealed)
        return found is not None and found[1] == self._first.id

    @staticmethod
    def _bound(context: str) -> bytes:
        return _LABEL + b"\0" + context.encode()
