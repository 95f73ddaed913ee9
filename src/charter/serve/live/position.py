"""Positions: how far somebody was told, as a text that only Charter can have written."""

import base64
import hmac
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from charter.sql.log import Mark

MOST_CHARACTERS = 16_384
_PURPOSE = b"charter live position 1\0"
_MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class Position:
    """A mark in the log, and when it was read, in seconds since 1970."""

    mark: Mark
    at: float


@dataclass(frozen=True, slots=True)
class Seal:
    """Writes and reads positions by a secret."""

    key: bytes

    def text(self, position: Position) -> str:
        """The position as a text of letters, digits, `-` and `_`."""
        mark = position.mark
        payload = msgspec.json.encode((mark.upto, mark.missing, int(position.at)))
        sealed = base64.urlsafe_b64encode(self._mac(payload) + payload)
        return sealed.rstrip(b"=").decode("ascii")

    def position(self, text: str) -> Position | None:
        """The position in a text; None for all but what `text` gave."""
        if len(text) > MOST_CHARACTERS:
            return None
        try:
            raw = text.encode("ascii")
            sealed = base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
            mac, payload = sealed[:_MAC_BYTES], sealed[_MAC_BYTES:]
            if not hmac.compare_digest(mac, self._mac(payload)):
                return None
            upto, missing, at = msgspec.json.decode(payload, type=tuple[int, tuple[int, ...], int])
        except ValueError:
            return None
        return Position(Mark(upto, missing), at)

    def _mac(self, payload: bytes) -> bytes:
        return hmac.digest(self.key, _PURPOSE + payload, sha256)[:_MAC_BYTES]
