"""Cursors: where a page of a list begins, sealed so that only Charter can have written it.

A cursor holds the sort values of the last row seen. It is bound to its list by a fingerprint
(resource, sort, filter), so that it opens nowhere else. It is signed, not secret: what it holds
has been shown to its receiver, who may read but not change it.
"""

import base64
import hmac
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import Any

import msgspec

from charter.contract.types import Scalar, Type
from charter.core.codes import INVALID_CURSOR, TOO_COMPLEX
from charter.core.problems import Problem
from charter.plan.unfit import Unfit
from charter.plan.values import Reader, json_reader, loose

MOST_BYTES = 4096
"""Characters of a cursor; it must fit into a URL together with the rest of the query."""

_MAC_BYTES = 16
_PURPOSE = b"charter cursor 1\0"


def seal(values: Sequence[Any], types: Sequence[Type], fingerprint: bytes, key: bytes) -> str:
    """The cursor behind a row with these sort values (null allowed), in the order of `types`.

    Raises `too_complex` where the values are too long to stand in a URL.
    """
    if len(values) != len(types):
        raise ValueError(f"{len(types)} sort values are expected, not {len(values)}")
    return seal_json(msgspec.json.encode([_plain(value) for value in values]), fingerprint, key)


def seal_json(payload: bytes, fingerprint: bytes, key: bytes) -> str:
    """The same for sort values that are a JSON array already."""
    sealed = base64.urlsafe_b64encode(_mac(payload, fingerprint, key) + payload)
    if len(sealed) > MOST_BYTES:
        raise Problem(
            TOO_COMPLEX, "The values that this list is sorted by are too long to page by them."
        )
    return sealed.rstrip(b"=").decode("ascii")


def open_cursor(
    text: str, types: Sequence[Type], fingerprint: bytes, key: bytes
) -> tuple[Any, ...]:
    """The sort values in a cursor. Raises `invalid_cursor` on all but what `seal` gave."""
    try:
        values = _opened(text, fingerprint, key)
        readers = [_reader(type_) for type_ in types]
        return tuple(
            None if value is None else read(value)
            for value, read in zip(values, readers, strict=True)
        )
    except (ValueError, ArithmeticError, TypeError, Unfit):
        raise Problem(INVALID_CURSOR) from None


def _opened(text: str, fingerprint: bytes, key: bytes) -> list[Any]:
    if len(text) > MOST_BYTES:
        raise ValueError("too long")
    raw = text.encode("ascii")
    sealed = base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
    if base64.urlsafe_b64encode(sealed).rstrip(b"=") != raw:
        raise ValueError("not the one spelling of its bytes")
    mac, payload = sealed[:_MAC_BYTES], sealed[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(payload, fingerprint, key)):
        raise ValueError("not sealed with this key for this list")
    return msgspec.json.decode(payload, type=list[Any])


def _mac(payload: bytes, fingerprint: bytes, key: bytes) -> bytes:
    length = len(fingerprint).to_bytes(4, "big")
    return hmac.digest(key, _PURPOSE + length + fingerprint + payload, sha256)[:_MAC_BYTES]


def _plain(value: Any) -> Any:
    """The value as JSON has it; decimals as text."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value


@lru_cache(maxsize=256)
def _reader(type_: Type) -> Reader:
    """Decimals are read as they are: a sum can have more digits than a column holds."""
    return Decimal if type_.scalar is Scalar.DECIMAL else json_reader(loose(type_))
