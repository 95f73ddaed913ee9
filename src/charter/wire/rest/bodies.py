"""Bodies: from bytes to decoded JSON, within bounds and without doubt about its meaning.

Numbers with a point or an exponent become `Decimal`. Objects with two members of one name are
refused: RFC 8259 (section 4) leaves open which of them counts, and two programs that disagree
on that are a hole.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from charter.core.codes import MALFORMED, TOO_COMPLEX, UNSUPPORTED_MEDIA_TYPE
from charter.core.problems import Problem

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
FOR_POST = (JSON,)
FOR_PATCH = (MERGE_PATCH, JSON)

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKETS = bytes.maketrans(b"{}", b"[]")
_OTHERS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_CHARSET = re.compile(r';[ \t]*charset[ \t]*=[ \t]*"?([^";]*)"?', re.IGNORECASE)


def check_type(headers: Mapping[str, str], accepted: tuple[str, ...]) -> None:
    """Raises `unsupported_media_type`, with the member `accept`, for any other Content-Type."""
    given = headers.get("content-type")
    if given in accepted:
        return
    essence, _, parameters = (given or "").partition(";")
    charset = _CHARSET.match(";" + parameters.lstrip(" \t"))
    if essence.strip(" \t").lower() not in accepted:
        what = "The body has no Content-Type" if given is None else "The body's Content-Type is"
        shown = "" if given is None else f" {essence.strip()[:100]}"
        message = f"{what}{shown}; send {' or '.join(accepted)}."
    elif charset and charset[1].strip(" \t").lower() not in {"utf-8", "utf8"}:
        message = "The charset of a JSON body is UTF-8."
    else:
        return
    raise Problem(UNSUPPORTED_MEDIA_TYPE, message, members={"accept": accepted})


def decoded(body: bytes, max_depth: int) -> Any:
    """The JSON value of a body. Raises `malformed`, or `too_complex` where it is too deep."""
    if not body.strip(b" \t\r\n"):
        raise Problem(MALFORMED, "The body is empty; JSON is expected.")
    bare = _STRINGS.sub(b"", body)
    if bare.count(b"[") + bare.count(b"{") > max_depth and _is_deeper(bare, max_depth):
        raise Problem(TOO_COMPLEX, f"Lists and objects can be nested {max_depth} deep.")
    try:
        value = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError, ValueError) as error:
        raise Problem(MALFORMED, f"The body is not JSON: {_why(error)}.") from None
    if bare.count(b":") != _members(value):
        raise Problem(MALFORMED, "An object in the body has two members of one name.")
    return value


def _is_deeper(bare: bytes, depth: int) -> bool:
    """Whether brackets are nested deeper; each round takes away the innermost ones."""
    rest = bare.translate(_BRACKETS, _OTHERS)
    for _ in range(depth):
        if not rest:
            return False
        rest = rest.replace(b"[]", b"")
    return bool(rest)


def _members(value: Any) -> int:
    """How many members all objects in a value have together."""
    if type(value) is dict:
        return len(value) + sum(
            _members(item) for item in value.values() if type(item) in _CONTAINERS
        )
    if type(value) is list:
        return sum(_members(item) for item in value if type(item) in _CONTAINERS)
    return 0


_CONTAINERS = frozenset({dict, list})


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not valid UTF-8"
    if isinstance(error, msgspec.DecodeError):
        return str(error).removeprefix("JSON is malformed: ").rstrip(".").lower()
    return "a number cannot be read"
